"""`actbench run` with jobs that take a second and train nothing, for tests of clusters."""

import sys
import time

from actbench.cli import main
from actbench.experiments.running import trainers
from actbench.experiments.running.job import setup
from actbench.results import Trial, encode_correct_images


def train_in_worker(job, data):
    """Return made-up trials of a job, which depend only on the job."""
    time.sleep(1)
    return [
        Trial(
            experiment=job.experiment.name, profile=job.profile.name,
            condition=condition.name, factors=dict(condition.factors), seed=job.seed,
            test_accuracy=0.5, test_accuracy_original=0.5, test_accuracy_inverted=0.5,
            test_loss=1.0, test_loss_original=1.0, test_loss_inverted=1.0,
            curves={}, trained_parameters=[], measured={"images": len(data.x_train)},
            correct_images=encode_correct_images([True] * 2 * job.configuration["test_images"]),
            parameters=1, configuration=job.configuration,
            setup=setup(job.experiment, job.profile, condition),
            versions={}, machine={}, started="2026-01-01T00:00:00+00:00",
            seconds=1.0, seconds_per_step=1.0,
        )
        for condition in job.conditions
    ]  # fmt: skip


if __name__ == "__main__":
    # Workers import this module by its name.
    from tests.light_jobs import train_in_worker as by_name

    trainers._train_in_worker = by_name
    sys.exit(main(sys.argv[1:]))
