"""The documents of benchmarks: files of pytest-benchmark."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from actbench.results import Fault

FOLDER = "throughput"
"""The folder of benchmark files in a store."""

BenchmarkEntry = Mapping[str, Any]
"""The `extra_info` of one benchmark, with the name of the processor as `cpu`."""


class Cost(NamedTuple):
    """Run time of an activation divided by the run time of ReLU, with its 95% interval.

    Args:
        ratio: forward + backward pass of actbench, 331,776 float32 elements.
        low: lower end of the interval.
        high: upper end of the interval.
        noise: relative difference between two timings of ReLU.
    """

    ratio: float
    low: float
    high: float
    noise: float


def read_benchmarks(store: Path) -> tuple[tuple[BenchmarkEntry, ...], tuple[Fault, ...]]:
    """Return the entries of all benchmark files in a store, and the files that are not used.

    An entry of a later file replaces the entry of the same benchmark in an earlier file.
    """
    entries: dict[str, BenchmarkEntry] = {}
    faults = []
    for path in sorted((store / FOLDER).glob("*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            cpu = document["machine_info"]["cpu"].get("brand_raw", "")
            for benchmark in document["benchmarks"]:
                entries[benchmark["fullname"]] = benchmark["extra_info"] | {"cpu": cpu}
        except (ValueError, KeyError, TypeError) as error:
            faults.append(Fault(path, f"not a file of pytest-benchmark ({error})"))
    return tuple(entries.values()), tuple(faults)


def relu_cost_ratios(entries: Sequence[BenchmarkEntry]) -> dict[str, Cost]:
    """Return the cost of each activation that was timed next to ReLU; {} if none was."""
    costs = {"relu": Cost(1.0, 1.0, 1.0, 0.0)}
    for entry in entries:
        for name, timing in entry.get("relative_to_relu", {}).items():
            low, high = timing["interval"]
            costs[name] = Cost(timing["ratio"], low, high, entry["noise"])
    return costs if len(costs) > 1 else {}
