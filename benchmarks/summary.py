"""The lines that `pytest benchmarks` prints below the table of pytest-benchmark."""

from collections.abc import Iterator, Sequence

from pytest_benchmark.stats import Metadata

from actbench.frameworks.counterparts import PACKAGES
from actbench.frameworks.libraries import installed

TITLE = "time relative to actbench, with 95% interval"


def relative_times(entries: Sequence[Metadata]) -> Iterator[str]:
    """Yield the times of all implementations relative to actbench, for each throughput case.

    Args:
        entries: the throughput benchmarks that were timed.
    """
    missing: set[str] = set()
    for entry in entries:
        missing |= set(entry.extra_info["unavailable"])
        yield str(entry.param)
        for name, timing in entry.extra_info["implementations"].items():
            share = f"{timing['share_of_copy']:4.0%} of the throughput of a copy"
            if name == "actbench":
                yield f"  {name:18}{timing['location'][:24]:26}{share}"
                continue
            low, high = timing["interval"]
            ratio = f"{timing['ratio_to_actbench']:6.2f} [{low:.2f}, {high:.2f}]"
            yield f"  {name:18}{ratio:26}{share}; actbench is {timing['actbench_is']}"
    for name in sorted(missing):
        yield f"{name}: {_reason_missing(name)}"


def _reason_missing(name: str) -> str:
    package = PACKAGES.get(name.partition(".")[0])
    if package is not None and not installed(package):
        return f"{package} is not installed"
    return "does not have all of these functions and passes"
