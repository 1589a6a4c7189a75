"""The documents of benchmarks: files of pytest-benchmark."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple, NotRequired, TypedDict

from msgspec import Meta

from actbench.files import InvalidFileError, read_document
from actbench.results import Fault
from analysis.results.benchmark_kinds import check

_RENAMED_KEYS = {
    "what": "pass_name",
    "place": "location",
    "peer": "counterpart",
    "times_ours": "ratio_to_actbench",
    "peer_times_ours": "ratio_to_actbench",
    "keras_times_ours": "ratio_to_actbench",
    "ours_is": "actbench_is",
    "not_here": "unavailable",
    "beside_relu": "relative_to_relu",
}
"""Earlier keys of `extra_info` ↦ the present ones."""

_RENAMED_IMPLEMENTATIONS = {
    "ours": "actbench",
    "ours on NumPy": "actbench on NumPy",
    "naive NumPy": "textbook NumPy",
}
"""Earlier names of implementations ↦ the present ones; they are keys, or items of lists."""

FOLDER = "throughput"
"""The folder of benchmark files in a store."""

_LIMIT = 64 * 2**20
"""Largest size of a file in bytes; one with the times of each round has megabytes."""

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


class _Cpu(TypedDict):
    brand_raw: NotRequired[str]


class _Machine(TypedDict):
    cpu: _Cpu


class _Benchmark(TypedDict):
    fullname: Annotated[str, Meta(min_length=1)]
    extra_info: dict[str, Any]


class _File(TypedDict):
    machine_info: _Machine
    benchmarks: list[_Benchmark]


def read_benchmarks(store: Path) -> tuple[tuple[BenchmarkEntry, ...], tuple[Fault, ...]]:
    """Return the entries of all benchmark files in a store, and the files that are not used.

    An entry of a later file replaces the entry of the same benchmark in an earlier file. An
    entry that is not valid is a fault; the others of its file are used.
    """
    entries: dict[str, BenchmarkEntry] = {}
    faults = []
    for path in sorted((store / FOLDER).glob("*.json")):
        try:
            file = read_file(path)
        except InvalidFileError as error:
            faults.append(Fault(path, f"not a file of pytest-benchmark ({error.reason})"))
            continue
        cpu = file["machine_info"]["cpu"].get("brand_raw", "an unknown processor")
        for benchmark in file["benchmarks"]:
            name = benchmark["fullname"]
            entry = migrate(benchmark["extra_info"]) | {"cpu": cpu}
            try:
                if check(entry):
                    entries[name] = entry
            except ValueError as error:
                faults.append(Fault(path, f"{name}: {error}"))
    return tuple(entries.values()), tuple(faults)


def read_file(path: Path) -> _File:
    """Return the content of a file of pytest-benchmark.

    Raises:
        InvalidFileError: the file cannot be read, or is no such file.
    """
    return read_document(path, _File, limit=_LIMIT)


def migrate(info: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `extra_info` of a file of any version with the present keys and names."""
    renamed = _RENAMED_KEYS | _RENAMED_IMPLEMENTATIONS

    def present(value: Any) -> Any:
        if isinstance(value, dict):
            return {renamed.get(key, key): present(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [present(inner) for inner in value]
        return _RENAMED_IMPLEMENTATIONS.get(value, value) if isinstance(value, str) else value

    return {renamed.get(key, key): present(value) for key, value in info.items()}


def relu_cost_ratios(entries: Sequence[BenchmarkEntry]) -> dict[str, Cost]:
    """Return the cost of each activation that was timed next to ReLU; {} if none was."""
    costs = {"relu": Cost(1.0, 1.0, 1.0, 0.0)}
    for entry in entries:
        for name, timing in entry.get("relative_to_relu", {}).items():
            low, high = timing["interval"]
            costs[name] = Cost(timing["ratio"], low, high, entry["noise"])
    return costs if len(costs) > 1 else {}
