"""Run time of the activations of the experiment `ranking`, relative to ReLU."""

import pytest

from actbench import provenance
from actbench.activations.catalogue import names
from actbench.experiments.catalogue import get_experiment
from benchmarks.cases import Case
from benchmarks.implementations import implementations
from benchmarks.paired import Benchmark, Paired
from benchmarks.passes import BOTH

# PReLU is left out because the gradient of its slopes adds to its run time.
RANKED = [
    condition.name
    for condition in get_experiment("ranking").conditions
    if condition.name in names() and not condition.member.trained_parameters
]


# Many rounds, because run times of several activations differ by a few per cent only.
@pytest.mark.beside_relu
@pytest.mark.parametrize("rounds", [200])
def test_relative_to_relu(
    paired: Paired, benchmark: Benchmark, pytestconfig: pytest.Config, rounds: int
) -> None:
    """Time forward + backward of the study's first layer, all activations in every round.

    `relative_to_relu` in the saved file has the ratio of each activation to ReLU, which is the
    median of paired ratios, and its 95% interval. `noise` is the difference between two timings
    of ReLU. User functions of `--activation` are timed as well.
    """
    functions = dict.fromkeys(["relu", *RANKED, *pytestconfig.getoption("activation")])
    calls = {}
    for function in functions:
        case = Case(function, BOTH, "float32", 331_776, "mixed")
        implementation = next(iter(implementations(function)))
        call = implementation.build(BOTH, *case.arrays())
        if call is not None:
            calls[function] = call
    timings = paired(calls, minimum_rounds=rounds)
    if timings is None:
        return
    benchmark.extra_info |= {
        "dtype": "float32",
        "size": 331_776,
        "relative_to_relu": {
            name: {"ratio": comparison.ratio, "interval": comparison.interval}
            for name, comparison in timings.comparisons.items()
        },
        "noise": next(iter(timings.comparisons.values())).noise,
        "versions": provenance.versions(),
    }
