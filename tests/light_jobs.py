"""`actbench run` with jobs that train nothing, for tests of clusters and of kills."""

import os
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from actbench.cli import main
from actbench.experiments.running import trainers
from actbench.experiments.running.job import setup
from actbench.results import Trial, encode_correct_images

_SECONDS = 1.0


def train_in_worker(job, data, seconds=_SECONDS):
    """Return made-up trials of a job, which depend only on the job."""
    time.sleep(seconds)
    half_correct = [True, False] * job.configuration["test_images"]
    return [
        Trial(
            experiment=job.experiment.name, profile=job.profile.name,
            condition=condition.name, factors=dict(condition.factors), seed=job.seed,
            test_accuracy=0.5, test_accuracy_original=0.5, test_accuracy_inverted=0.5,
            test_loss=1.0, test_loss_original=1.0, test_loss_inverted=1.0,
            curves={}, trained_parameters=[], measured={"images": len(data.x_train)},
            correct_images=encode_correct_images(half_correct),
            parameters=1, configuration=job.configuration,
            setup=setup(job.experiment, job.profile, condition),
            versions={"python": "3"},
            machine={"cpu": "a processor", "cores": 2, "system": "Linux"},
            started="2026-01-01T00:00:00+00:00",
            seconds=1.0, seconds_per_step=1.0,
        )
        for condition in job.conditions
    ]  # fmt: skip


def run_here(arguments, folder, seconds):
    """Run the command in this process, with jobs of some seconds, and exit with its status.

    Args:
        arguments: arguments of the command.
        folder: folder for the output, and for a file with one line for each trained job.
        seconds: how long a job takes.
    """
    folder = Path(folder)

    def train_job(job, data, on_steps):
        on_steps(job.steps)
        with (folder / "jobs.txt").open("a") as file:
            file.write(f"{job.seed} {job.lock.name}\n")
        return train_in_worker(job, data, seconds)

    vars(trainers).update(train_job=train_job, start_tensorflow=lambda: None)
    with (
        (folder / f"output-{os.getpid()}.txt").open("w") as output,
        redirect_stdout(output),
        redirect_stderr(output),
    ):
        status = main(arguments)
    sys.exit(status)


if __name__ == "__main__":
    # Workers import this module by its name.
    from tests.light_jobs import train_in_worker as by_name

    trainers._train_in_worker = by_name
    sys.exit(main(sys.argv[1:]))
