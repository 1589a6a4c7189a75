"""Throughput of each activation, by every implementation that is installed, in turn."""

from typing import Any

import pytest

from actbench import provenance
from actbench.frameworks.libraries import DTYPES
from benchmarks.conftest import Case
from benchmarks.implementations import (
    BACKWARD,
    BOTH,
    FORWARD,
    Implementation,
    copying,
    implementations,
)
from benchmarks.paired import Paired

# What a pass must read and write at least, in tensors: x and y; x, the upstream gradient and
# its own; all of these.
TENSORS = {FORWARD: 2, BACKWARD: 3, BOTH: 5}


def test_throughput(paired: Paired, benchmark: Any, case: Case, chosen: list[str]) -> None:
    """Time a pass of an activation; what the others take goes into the saved file too.

    Results are allocated anew, as a layer's are, and all values are kept until the first
    gradient. `times_ours` in the saved file is the median of paired ratios with its 95%
    interval, `share_of_copy` the bytes per second beside those of a copy, timed in turn too.
    """
    xs, gs = case.arrays()
    found = [each for each in implementations(case.function) if each.name in chosen]
    built = {each.name: each.build(case.what, xs, gs) for each in found}
    calls = {name: call for name, call in built.items() if call is not None}
    if "ours" not in calls:
        pytest.skip(f"{case.function} has no {case.what} pass here")
    calls["copy"] = copying(xs)
    benchmark.group = f"{case.what} {case.dtype} {case.size:,} {case.kind}"
    timings = paired(calls)
    if timings is None:
        return
    itemsize = DTYPES[case.dtype].itemsize
    copied = 2 * itemsize * case.size * case.layers / timings.median("copy")
    figures = {}
    for each in found:
        if each.name not in calls:
            continue
        seconds = timings.median(each.name) / case.layers
        moved = TENSORS[case.what] * itemsize * case.size / seconds
        figures[each.name] = {
            "place": each.place,
            "seconds": seconds,
            "elements_per_second": case.size / seconds,
            "bytes_per_second": moved,
            "share_of_copy": moved / copied,
            "bytes_kept": _bytes_kept(each, case),
        }
        if each.name in timings.comparisons:
            comparison = timings.comparisons[each.name]
            figures[each.name] |= {
                "times_ours": comparison.ratio,
                "interval": comparison.interval,
                "ours_is": comparison.conclusion,
            }
    benchmark.extra_info |= case._asdict() | {
        "layers": case.layers,
        "copy_bytes_per_second": copied,
        "noise": timings.comparisons["copy"].noise,
        "implementations": figures,
        "not_here": [name for name in chosen if name not in calls],
        "versions": provenance.versions("torch", "jax"),
    }


def _bytes_kept(implementation: Implementation, case: Case) -> float | None:
    if case.what == FORWARD or implementation.bytes_kept is None or case.dtype != "float32":
        return None
    return implementation.bytes_kept()
