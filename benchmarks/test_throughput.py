"""Throughput of each activation in all installed implementations, timed alternately."""

import pytest

from actbench import provenance
from actbench.frameworks.libraries import DTYPES
from actbench.testing.paired import Benchmark, Paired, Timings
from benchmarks.cases import Case
from benchmarks.implementations import Implementation, implementations
from benchmarks.passes import BACKWARD, BOTH, FORWARD, copy_call

TENSORS = {FORWARD: 2, BACKWARD: 3, BOTH: 5}
"""Tensors that a pass reads or writes at least: x and y forward; x, the upstream gradient and
the gradient of x backward."""


def test_throughput(
    paired: Paired, benchmark: Benchmark, case: Case, chosen: list[str]
) -> None:
    """Time one pass of an activation; the saved file has the times of all implementations.

    New memory is allocated for each result, as in a layer, and all values are kept until the
    first gradient. The saved file has three numbers for each implementation. The median of
    paired ratios is `ratio_to_actbench`, its 95% interval is `interval`, and `share_of_copy` is
    the number of bytes per second divided by that of a copy.
    """
    inputs, gradients = case.arrays()
    available = [each for each in implementations(case.function) if each.name in chosen]
    built = {each.name: each.build(case.pass_name, inputs, gradients) for each in available}
    calls = {name: call for name, call in built.items() if call is not None}
    if "actbench" not in calls:
        pytest.skip(f"{case.function} has no {case.pass_name} pass here")
    calls["copy"] = copy_call(inputs)
    benchmark.group = f"{case.pass_name} {case.dtype} {case.size:,} {case.inputs}"
    timings = paired(calls)
    if timings is None:
        return
    itemsize = DTYPES[case.dtype].itemsize
    copied = 2 * itemsize * case.size * case.layers / timings.median("copy")
    benchmark.extra_info |= case.document() | {
        "layers": case.layers,
        "copy_bytes_per_second": copied,
        "noise": timings.comparisons["copy"].noise,
        "implementations": {
            each.name: _timing(each, case, timings, copied)
            for each in available
            if each.name in calls
        },
        "unavailable": [name for name in chosen if name not in calls],
        "versions": provenance.versions("torch", "jax"),
    }


def _timing(
    implementation: Implementation, case: Case, timings: Timings, copied: float
) -> dict[str, object]:
    """Return the entry of one implementation in the saved file.

    Args:
        implementation: the implementation.
        case: the case that was timed.
        timings: the times of all implementations.
        copied: bytes per second of a copy.
    """
    seconds = timings.median(implementation.name) / case.layers
    moved = TENSORS[case.pass_name] * DTYPES[case.dtype].itemsize * case.size / seconds
    timing: dict[str, object] = {
        "location": implementation.location,
        "seconds": seconds,
        "elements_per_second": case.size / seconds,
        "bytes_per_second": moved,
        "share_of_copy": moved / copied,
        "bytes_kept": _bytes_kept(implementation, case),
    }
    if implementation.name in timings.comparisons:
        comparison = timings.comparisons[implementation.name]
        timing |= {
            "ratio_to_actbench": comparison.ratio,
            "interval": comparison.interval,
            "actbench_is": comparison.conclusion,
        }
    return timing


def _bytes_kept(implementation: Implementation, case: Case) -> float | None:
    if (
        case.pass_name == FORWARD
        or implementation.bytes_kept is None
        or case.dtype != "float32"
    ):
        return None
    return implementation.bytes_kept()
