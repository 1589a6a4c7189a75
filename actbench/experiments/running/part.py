"""A part of a run: the conditions of one task, with its data and its sizes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from actbench.data import Dataset, load_mnist
from actbench.errors import RequestError
from actbench.experiments.experiment import Experiment, Profile
from actbench.experiments.tasks import Task

Configuration = dict[str, Any]
"""Data and protocol that all trials of a part have in common, ready for JSON."""


@dataclass(frozen=True, eq=False)
class Part:
    """The conditions of one task, or those without a task.

    Args:
        experiment: the experiment with the conditions of the part only.
        profile: size of the protocol for the task.
        data: images and labels, with the classes of the experiment.
        configuration: common to all trials of the part.
        task: the task; None for none.
    """

    experiment: Experiment
    profile: Profile
    data: Dataset
    configuration: Configuration
    task: Task | None = None

    @property
    def title(self) -> str:
        """Experiment, profile and task, for messages."""
        task = f", {self.task.name}" if self.task else ""
        return f"{self.experiment.name} {self.profile.name}{task}"


def parts_of(experiment: Experiment, profile: Profile, data: Dataset | None) -> Iterator[Part]:
    """Return a part for each task of the profile, with its data.

    Args:
        experiment: the experiment with the conditions of the profile.
        profile: size of the protocol.
        data: replaces the data of the only task; None takes the data of each task, and MNIST
            for conditions without a task.

    Raises:
        RequestError: the data of a task is not installed, or has too few images; or `data` is
            given for several tasks.
    """
    tasks = list(dict.fromkeys(each.task for each in experiment.conditions))
    if data is not None and len(tasks) > 1:
        names = ", ".join(task.name for task in tasks if task)
        raise RequestError(
            f"--data: expected one task whose data it replaces, got {names}; try --task NAME"
        )
    for task in tasks:
        conditions = tuple(each for each in experiment.conditions if each.task == task)
        found = data or (task.load() if task else load_mnist())
        if experiment.classes is not None:
            found = found.with_classes(experiment.classes)
        of_task = profile.of_task(task)
        yield Part(
            replace(experiment, conditions=conditions), of_task, found,
            configuration_of(of_task, found), task,
        )  # fmt: skip


def configuration_of(profile: Profile, data: Dataset) -> Configuration:
    """Return the configuration of all trials of a profile. Only equal ones are compared.

    Raises:
        RequestError: the data has too few images for the profile.
    """
    available = len(data.x_train) - profile.validation_images
    train_images = available if profile.train_images is None else profile.train_images
    test_images = len(data.x_test) if profile.test_images is None else profile.test_images
    if train_images > available or train_images < 1 or test_images > len(data.x_test):
        needed = (profile.train_images or 1) + profile.validation_images
        raise RequestError(
            f"{data.origin}: profile {profile.name}: expected at least {needed} training and "
            f"{profile.test_images or 1} test images, got {len(data.x_train)} and "
            f"{len(data.x_test)}"
        )
    return {
        "data": data.name,
        "data_sha256": data.sha256,
        "image_shape": list(data.image_shape),
        "classes": data.classes,
        "train_images": train_images,
        "validation_images": profile.validation_images,
        "test_images": test_images,
        "order": "numpy.random.default_rng([seed, epoch]).permutation",
        **profile.settings.describe(),
        **({"tuning": profile.tuning.describe()} if profile.tuning else {}),
    }
