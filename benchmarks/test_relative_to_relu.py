"""Run time of the activations of the experiment `ranking`, relative to ReLU."""

import pytest

from actbench import provenance
from actbench.activations.catalogue import names
from actbench.experiments.catalogue import get_experiment
from actbench.testing.paired import Benchmark, Paired
from benchmarks.cases import Case
from benchmarks.implementations import implementations
from benchmarks.passes import BOTH
from benchmarks.selection import ANY_FUNCTION, requested

# PReLU is left out because the gradient of its slopes adds to its run time.
RANKED = [
    condition.name
    for condition in get_experiment("ranking").conditions
    if condition.name in names() and not condition.member.trained_parameters
]
SIZE = 331_776


def _functions(config: pytest.Config) -> list[str]:
    """Return ReLU and the functions to time: those that options name, or all of the ranking."""
    functions = requested(config, "functions") or RANKED
    return list(dict.fromkeys(["relu", *functions, *config.getoption("activation")]))


# Many rounds, because run times of several activations differ by a few per cent only.
@pytest.mark.beside_relu
@pytest.mark.axes(
    functions=ANY_FUNCTION, passes=BOTH, dtypes="float32", sizes=SIZE, inputs="mixed"
)
@pytest.mark.parametrize("rounds", [200])
def test_relative_to_relu(
    paired: Paired, benchmark: Benchmark, pytestconfig: pytest.Config, rounds: int
) -> None:
    """Time forward + backward of the study's first layer, all activations in every round.

    `relative_to_relu` in the saved file has the ratio of each activation to ReLU, which is the
    median of paired ratios, and its 95% interval. `noise` is the difference between two timings
    of ReLU. `--functions` replaces the activations of the ranking, and user functions of
    `--activation` are added.
    """
    calls = {}
    for function in _functions(pytestconfig):
        case = Case(function, BOTH, "float32", SIZE, "mixed")
        implementation = next(iter(implementations(function)))
        call = implementation.build(BOTH, *case.arrays())
        if call is not None:
            calls[function] = call
    if len(calls) < 2:
        pytest.skip("there is no function to compare with relu")
    timings = paired(calls, minimum_rounds=rounds)
    if timings is None:
        return
    benchmark.extra_info |= {
        "dtype": "float32",
        "size": SIZE,
        "relative_to_relu": {
            name: {"ratio": comparison.ratio, "interval": comparison.interval}
            for name, comparison in timings.comparisons.items()
        },
        "noise": next(iter(timings.comparisons.values())).noise,
        "versions": provenance.versions(),
    }
