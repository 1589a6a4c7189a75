"""What an activation costs beside ReLU: those that the experiment `ranking` trains, in turn."""

from typing import Any

import pytest

from actbench import provenance
from actbench.activations.catalogue import names
from actbench.experiments.catalogue import get_experiment
from benchmarks.conftest import Case
from benchmarks.implementations import BOTH, implementations
from benchmarks.paired import Paired

RANKED = [
    each.name
    for each in get_experiment("ranking").conditions
    if each.name in names() and not each.member.trained_parameters
]
"""Without PReLU, whose slopes have gradients of their own."""


# Neighbours differ by a few per cent, so that many are needed.
@pytest.mark.parametrize("rounds", [200])
def test_beside_relu(
    paired: Paired, benchmark: Any, pytestconfig: pytest.Config, rounds: int
) -> None:
    """Time forward + backward of the study's first layer, all functions in every round.

    `beside_relu` in the saved file has of each how many times as long as ReLU it takes, the
    median of paired ratios with its 95% interval; `noise` is what ReLU differs from itself by.
    Functions of `--activation` are timed too.
    """
    words = dict.fromkeys(["relu", *RANKED, *pytestconfig.getoption("activation")])
    calls = {}
    for word in words:
        case = Case(word, BOTH, "float32", 331_776, "mixed")
        ours = next(iter(implementations(word)))
        call = ours.build(BOTH, *case.arrays())
        if call is not None:
            calls[word] = call
    timings = paired(calls, least=rounds)
    if timings is None:
        return
    benchmark.extra_info |= {
        "dtype": "float32",
        "size": 331_776,
        "beside_relu": {
            name: {"times_as_long": found.ratio, "interval": found.interval}
            for name, found in timings.comparisons.items()
        },
        "noise": next(iter(timings.comparisons.values())).noise,
        "versions": provenance.versions(),
    }
