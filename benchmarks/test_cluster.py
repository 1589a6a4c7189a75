"""What workers cost: for each job, and beside one process that trains the same blocks."""

from dataclasses import replace
from typing import Any

import pytest

from actbench import provenance
from actbench.data import Dataset, load_mnist
from actbench.experiments import get_experiment, get_profile
from actbench.experiments.job import Job, do
from actbench.results import Trial
from actbench.training.cluster import local_workers
from benchmarks.paired import Paired

pytest.importorskip("distributed", reason="workers need `pip install 'actbench[cluster]'`")

WORKERS = 2


def _jobs(count: int, originals: int) -> list[Job]:
    """Return blocks of the slopes, of one epoch on so many images and their inverses."""
    experiment = get_experiment("alpha-sweep")
    profile = get_profile(experiment, "full")
    profile = replace(profile, settings=replace(profile.settings, epochs=1))
    configuration = {
        "image_shape": [28, 28], "classes": 10, "train_images": originals,
        "validation_images": 0, "test_images": 100,
    }  # fmt: skip
    return [
        Job(experiment, profile, experiment.conditions, configuration, seed)
        for seed in range(count)
    ]


def _nothing(job: Job, data: Dataset) -> list[Trial]:
    del job, data
    return []


@pytest.mark.parametrize("jobs", [1_000, 10_000])
def test_empty_jobs(benchmark: Any, jobs: int) -> None:
    """Time jobs that do nothing, with MNIST beside them, on two workers.

    `seconds_per_job` in the saved file is what a block costs beside its training.
    """
    count = 20 if benchmark.disabled else jobs
    data, asked = load_mnist(), _jobs(count, 1_000)
    with local_workers(WORKERS, print) as workers:
        done = benchmark.pedantic(lambda: list(workers.do(_nothing, asked, data)))
    assert len(done) == count
    if not benchmark.disabled:
        benchmark.extra_info |= {
            "workers": WORKERS,
            "jobs": count,
            "seconds_per_job": benchmark.stats.stats.median / count,
            "versions": provenance.versions("distributed"),
        }


@pytest.mark.parametrize("originals", [500, 12_000])
def test_two_workers_beside_one_process(paired: Paired, benchmark: Any, originals: int) -> None:
    """Time two blocks on two workers of a thread each, and in this process on all cores."""
    data, asked = load_mnist(), _jobs(2, originals)
    if benchmark.disabled and originals > 500:
        pytest.skip("the smaller blocks are enough where nothing is timed")
    with local_workers(WORKERS, print) as workers:
        timings = paired(
            {
                "workers": lambda: list(workers.do(do, asked, data)),
                "one process": lambda: [do(job, data) for job in asked],
            },
            least=5,
        )
    if timings is None:
        return
    found = timings.comparisons["one process"]
    benchmark.extra_info |= {
        "workers": WORKERS,
        "originals": originals,
        "seconds": {name: timings.median(name) for name in ("workers", "one process")},
        "throughput_of_workers": found.ratio,
        "interval": found.interval,
        "noise": found.noise,
        "versions": provenance.versions("distributed"),
    }
