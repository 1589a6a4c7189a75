"""Changes between two files of benchmarks, with a row for each implementation.

The times of two runs are not comparable, because machines differ and are shared. Each run also
times a copy of the same arrays, so times are compared as multiples of that copy.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from actbench.errors import RequestError
from actbench.files import InvalidFileError, read_document

_LARGEST_FILE = 64 * 2**20


class TimeChange(NamedTuple):
    """The change of one implementation in one benchmark.

    Args:
        benchmark: name of the benchmark.
        implementation: name of the implementation.
        factor: new time divided by old time, both as multiples of the time of a copy.
        noise: largest factor that noise explains: the A/A tests of both runs.
    """

    benchmark: str
    implementation: str
    factor: float
    noise: float

    def is_slower(self, than: float) -> bool:
        """Return whether the time grew by more than a factor, and by more than noise does."""
        return self.factor > max(than, self.noise)

    def is_faster(self, than: float) -> bool:
        """Return whether the time shrank by more than a factor, and by more than noise does."""
        return self.factor < 1 / max(than, self.noise)


def changes(old: Path, new: Path) -> list[TimeChange]:
    """Return a row for each benchmark and implementation that both files have.

    Raises:
        RequestError: a file cannot be read, or both have no such benchmark.
    """
    before, after = (dict(_rows(path)) for path in (old, new))
    found = []
    for key in before.keys() & after.keys():
        earlier, later = before[key], after[key]
        noise = (1 + earlier.noise) * (1 + later.noise)
        found.append(TimeChange(*key, earlier.share / later.share, noise))
    if not found:
        raise RequestError(
            f"{old} and {new}: expected throughput of the same functions in both, got none"
        )
    return sorted(found, key=lambda each: (-each.factor, each.benchmark, each.implementation))


class _Timing(msgspec.Struct):
    share_of_copy: Annotated[float, msgspec.Meta(gt=0)] | None = None


class _Info(msgspec.Struct):
    implementations: dict[str, _Timing] = {}
    noise: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class _Benchmark(msgspec.Struct):
    name: str
    extra_info: _Info


class _File(msgspec.Struct):
    benchmarks: list[_Benchmark]


class _Row(NamedTuple):
    """A timing: bytes per second as a share of those of a copy, and the noise of its run."""

    share: float
    noise: float


def _rows(path: Path) -> Iterator[tuple[tuple[str, str], _Row]]:
    """Yield the benchmark and the implementation of each timing, and the timing."""
    try:
        document = read_document(path, _File, limit=_LARGEST_FILE)
    except InvalidFileError as error:
        raise RequestError(
            f"{path}: expected a file of `pytest benchmarks --benchmark-save`, "
            f"got {error.reason}"
        ) from None
    for benchmark in document.benchmarks:
        info = benchmark.extra_info
        for implementation, timing in info.implementations.items():
            if timing.share_of_copy:
                row = _Row(timing.share_of_copy, info.noise)
                yield (benchmark.name, implementation), row
