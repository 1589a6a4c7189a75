"""Time to write and to read the documents of many trials."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from actbench import provenance
from actbench.results import Trial, prepare_store, read_trials, write_trial
from actbench.testing.paired import Benchmark

RESULTS = Path(__file__).resolve().parent.parent / "results"


def _stored_trial() -> Trial:
    """Return a trial of a full run."""
    trials, _ = read_trials(RESULTS, "alpha-sweep")
    return trials[0]


@pytest.mark.parametrize("documents", [1_000, 10_000])
def test_documents(benchmark: Benchmark, tmp_path: Path, documents: int) -> None:
    """Time to read all documents of a store, as each run does first, and to write one."""
    count = 10 if benchmark.disabled else documents
    trial = _stored_trial()
    prepare_store(tmp_path, trial.experiment)
    start = time.perf_counter()
    for seed in range(count):
        write_trial(tmp_path, replace(trial, seed=seed))
    seconds = time.perf_counter() - start
    trials, faults = benchmark.pedantic(lambda: read_trials(tmp_path, trial.experiment))
    assert (len(trials), list(faults)) == (count, [])
    if not benchmark.disabled:
        size = next((tmp_path / trial.experiment).iterdir()).stat().st_size
        benchmark.extra_info |= {
            "documents": count,
            "bytes_of_one": size,
            "seconds_to_write_one": seconds / count,
            "seconds_to_read_one": benchmark.stats.stats.median / count,
            "versions": provenance.versions(),
        }
