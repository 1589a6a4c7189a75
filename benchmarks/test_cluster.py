"""Overhead of a job on workers, and throughput of two workers relative to one process."""

from dataclasses import replace
from pathlib import Path

import pytest

from actbench import provenance
from actbench.data import Dataset, load_mnist
from actbench.experiments import get_experiment, get_profile
from actbench.experiments.running.job import Job, train_job
from actbench.results import Trial
from actbench.testing.paired import Benchmark, Paired
from actbench.training.cluster import local_workers

pytest.importorskip("distributed", reason="workers need `pip install 'actbench[cluster]'`")

WORKERS = 2


def _jobs(count: int, originals: int, folder: Path) -> list[Job]:
    """Return jobs of the experiment alpha-sweep, each of one block and one epoch.

    Args:
        count: number of jobs.
        originals: training images before their inverted copies are added.
        folder: folder of the files that jobs lock.
    """
    experiment = get_experiment("alpha-sweep")
    profile = get_profile(experiment, "full")
    profile = replace(profile, settings=replace(profile.settings, epochs=1))
    configuration = {
        "image_shape": [28, 28], "classes": 10, "train_images": originals,
        "validation_images": 0, "test_images": 100,
    }  # fmt: skip
    return [
        Job(
            experiment,
            profile,
            experiment.conditions,
            configuration,
            seed,
            lock=folder / f"{seed}.lock",
        )
        for seed in range(count)
    ]


def _train_nothing(job: Job, data: Dataset) -> list[Trial]:
    del job, data
    return []


@pytest.mark.parametrize("jobs", [1_000, 10_000])
def test_empty_jobs(benchmark: Benchmark, tmp_path: Path, jobs: int) -> None:
    """Time jobs that train nothing on two workers that have MNIST.

    `seconds_per_job` in the saved file is the overhead of a block on a worker.
    """
    count = 20 if benchmark.disabled else jobs
    data, queue = load_mnist(), _jobs(count, 1_000, tmp_path)
    with local_workers(WORKERS, print) as workers:
        done = benchmark.pedantic(lambda: list(workers.run(_train_nothing, queue, data)))
    assert len(done) == count
    if not benchmark.disabled:
        benchmark.extra_info |= {
            "workers": WORKERS,
            "jobs": count,
            "seconds_per_job": benchmark.stats.stats.median / count,
            "versions": provenance.versions("distributed"),
        }


@pytest.mark.parametrize("originals", [500, 12_000])
def test_two_workers_relative_to_one_process(
    paired: Paired, benchmark: Benchmark, tmp_path: Path, originals: int
) -> None:
    """Time two blocks on two workers of one thread each, and in one process on all cores."""
    data, queue = load_mnist(), _jobs(2, originals, tmp_path)
    if benchmark.disabled and originals > 500:
        pytest.skip("small blocks are enough because nothing is timed")
    with local_workers(WORKERS, print) as workers:
        timings = paired(
            {
                "workers": lambda: list(workers.run(train_job, queue, data)),
                "one process": lambda: [train_job(job, data) for job in queue],
            },
            minimum_rounds=5,
        )
    if timings is None:
        return
    comparison = timings.comparisons["one process"]
    benchmark.extra_info |= {
        "workers": WORKERS,
        "originals": originals,
        "seconds": {name: timings.median(name) for name in ("workers", "one process")},
        "throughput_of_workers": comparison.ratio,
        "interval": comparison.interval,
        "noise": comparison.noise,
        "versions": provenance.versions("distributed"),
    }
