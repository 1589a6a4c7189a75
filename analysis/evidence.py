"""All that claims and questions are answered from: trials, and what activations cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from actbench.experiments.catalogue import EXPERIMENTS
from analysis.cost import throughput
from analysis.results import Found, find

MATHEMATICS, DATA, BENCHMARKS = "mathematics", "data", "benchmarks"
"""Sources of claims that no experiment is asked for."""

COSTS = (
    "pytest benchmarks -m full -k beside_relu "
    "--benchmark-json=results/throughput/beside_relu.json"
)
"""The command that makes the documents of costs."""


class Cost(NamedTuple):
    """How many times as long as ReLU an activation takes, with its 95% interval.

    Args:
        times: forward + backward of ours, 331,776 of float32.
        low: of the interval.
        high: likewise.
        noise: what ReLU differs from itself by.
    """

    times: float
    low: float
    high: float
    noise: float


@dataclass(frozen=True)
class Evidence:
    """Documents of all experiments by name, and costs by activation."""

    trials: Mapping[str, Found]
    costs: Mapping[str, Cost]

    def missing(self, source: str) -> str:
        """Return the command that makes the documents of a source; "" if they are there."""
        if source in (MATHEMATICS, DATA):
            return ""
        if source == BENCHMARKS:
            return "" if self.costs else COSTS
        there = bool(self.trials[source].trials)
        return "" if there else f"actbench run {source} --profile full"


def gathered(*stores: Path) -> Evidence:
    """Return what stores have: of each experiment the largest profile; costs of the last."""
    trials = {}
    for experiment in EXPERIMENTS:
        found = [find(store, experiment) for store in dict.fromkeys(stores)]
        faults = tuple(fault for each in found for fault in each.faults)
        trials[experiment.name] = replace(max(found, key=_size), faults=faults)
    return Evidence(trials, costs(throughput.read(stores[-1])[0]))


def costs(entries: Sequence[Mapping[str, Any]]) -> dict[str, Cost]:
    """Return what activations cost.

    Args:
        entries: of the benchmarks, as `analysis.cost.throughput.read` returns them.
    """
    found = {"relu": Cost(1.0, 1.0, 1.0, 0.0)}
    for entry in entries:
        for name, figures in entry.get("beside_relu", {}).items():
            low, high = figures["interval"]
            found[name] = Cost(figures["times_as_long"], low, high, entry["noise"])
    return found if len(found) > 1 else {}


def _size(found: Found) -> int:
    return found.size
