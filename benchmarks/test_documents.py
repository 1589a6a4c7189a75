"""What documents cost: writing one, and reading all of a store, as each run begins."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from actbench import provenance
from actbench.results import Trial, prepare_store, read_trials, write_trial

RESULTS = Path(__file__).resolve().parent.parent / "results"


def _example() -> Trial:
    """Return a trial as studies keep them."""
    found, _ = read_trials(RESULTS, "alpha-sweep")
    return found[0]


@pytest.mark.parametrize("documents", [1_000, 10_000])
def test_documents(benchmark: Any, tmp_path: Path, documents: int) -> None:
    """Time reading so many documents, and writing each of them, to the disk and named."""
    count = 10 if benchmark.disabled else documents
    example = _example()
    prepare_store(tmp_path, example.experiment)

    def write() -> float:
        begun = time.perf_counter()
        for seed in range(count):
            write_trial(tmp_path, replace(example, seed=seed))
        return time.perf_counter() - begun

    seconds = write()
    found, faults = benchmark.pedantic(lambda: read_trials(tmp_path, example.experiment))
    assert (len(found), faults) == (count, [])
    if not benchmark.disabled:
        size = next((tmp_path / example.experiment).iterdir()).stat().st_size
        benchmark.extra_info |= {
            "documents": count,
            "bytes_of_one": size,
            "seconds_to_write_one": seconds / count,
            "seconds_to_read_one": benchmark.stats.stats.median / count,
            "versions": provenance.versions(),
        }
