"""The parts of an experiment: its question, its conditions and its profiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from actbench.activations.catalogue import get, names
from actbench.activations.record import Activation
from actbench.errors import RequestError
from actbench.experiments.preregistration import PREREGISTRATION
from actbench.experiments.tasks import Task, get_task
from actbench.experiments.tuning import Tuning
from actbench.models.member import Member
from actbench.models.network import STUDY, Network
from actbench.results import Factors
from actbench.training.settings import Settings, TrainingData

if TYPE_CHECKING:  # A block imports TensorFlow, which takes seconds.
    from actbench.training.block import Block
    from actbench.training.observers import Observer

Measure = Callable[["Block", TrainingData], Sequence[Mapping[str, object]]]
"""A measurement of a trained block: one mapping for each member, ready for JSON."""


@dataclass(frozen=True)
class Condition:
    """One of the things that an experiment compares.

    Args:
        name: display name in documents, tables and figures.
        factors: the settings that set the condition apart, such as
            {"activation": "mish", "depth": 15}. Analysis selects and groups by them.
        member: settings of the ensemble member.
        network: layers of the network; None takes the network of the experiment.
        batch_size: images per step; None takes the batch size of the profile.
        inverted: whether inverted copies of the images are part of the training set.
        task: the task that the condition belongs to, whose name is the factor "task"; None for
            the data that the command states.
        tuned_rates: the learning rates that were tried to choose that of the member.
    """

    name: str
    factors: Factors = field(hash=False)
    member: Member
    network: Network | None = None
    batch_size: int | None = None
    inverted: bool = True
    task: Task | None = None
    tuned_rates: tuple[float, ...] = ()


@dataclass(frozen=True)
class Profile:
    """A size of the protocol.

    Args:
        name: smoke, quick, reduced, source or full.
        settings: how each network is trained.
        seeds: number of seeds, unless the command states another.
        train_images: original images for training; None takes all. Inverted copies double the
            number.
        validation_images: original images that are held out from the training set.
        test_images: original images for testing; None takes all.
        networks: only conditions with one of these networks are run; None runs all.
        tasks: names of the tasks whose conditions are run; () runs those without a task.
        has_sizes_of_tasks: whether each task states epochs, batch size, validation images and
            the grid of learning rates in place of the profile.
        tuning: how the learning rate of each condition is chosen; None takes that of its
            member.
    """

    name: str
    settings: Settings
    seeds: int
    train_images: int | None = None
    validation_images: int = 0
    test_images: int | None = None
    networks: tuple[Network, ...] | None = None
    tasks: tuple[str, ...] = ()
    has_sizes_of_tasks: bool = False
    tuning: Tuning | None = None

    def of_task(self, task: Task | None) -> Profile:
        """Return the profile with the sizes of a task, if tasks state them."""
        if task is None or not self.has_sizes_of_tasks:
            return self
        return replace(
            self,
            settings=replace(self.settings, epochs=task.epochs, batch_size=task.batch_size),
            validation_images=task.validation_images,
            tuning=self.tuning and replace(self.tuning, rates=task.rates),
        )

    def with_tasks(self, names: Sequence[str]) -> Profile:
        """Return the profile with only some of its tasks, in its own order.

        Raises:
            RequestError: there is no task of a name, or the profile does not have it.
        """
        for name in names:
            if get_task(name).name not in self.tasks:
                has = ", ".join(self.tasks) or "no tasks"
                raise RequestError(
                    f"--task: expected a task of profile {self.name}, which has {has}, got "
                    f"{name}; try another --profile"
                )
        return replace(self, tasks=tuple(name for name in self.tasks if name in names))


def label(activation: Activation) -> str:
    """Return the name of an activation, with its parameters if they are not the defaults.

    Example:
        >>> from actbench import get
        >>> label(get("swish")), label(get("swish", beta=2))
        ('swish', 'swish(beta=2)')
    """
    is_default = activation.name in names() and get(activation.name) == activation
    return activation.name if is_default else str(activation)


LARGE_PROFILES = ("reduced", "source", "full")
"""Profiles whose results are evidence."""


def smoke(settings: Settings) -> Profile:
    """Return the profile for tests: it runs all code in seconds, and networks learn little."""
    return Profile(
        "smoke",
        replace(settings, epochs=2),
        seeds=2,
        train_images=256,
        validation_images=64,
        test_images=256,
    )


@dataclass(frozen=True)
class Experiment:
    """A question about training, and the conditions that are compared to answer it.

    Conditions of one seed that have the same network, batch size and training images form one
    stacked block: they start from the same weights and see the same batches.

    Args:
        name: name in the command and of the folder of documents.
        question: the question that the experiment answers.
        conditions: the conditions that are compared.
        conditions_for: returns the conditions that a further activation adds.
        profiles: the sizes of the protocol.
        network: the network of conditions that state none.
        classes: the digits of each class, without the digits that are left out; None makes a
            class of each digit.
        observers: quantities that are observed during training, see
            `actbench.training.observers`.
        measure: measures the block after training.
        keeps_correct_images: whether documents keep the result for each test image.

    Raises:
        RequestError: a large profile has too few seeds to decide the primary comparisons, which
            `actbench.experiments.preregistration` lists.
    """

    name: str
    question: str
    conditions: tuple[Condition, ...]
    profiles: tuple[Profile, ...]
    conditions_for: Callable[[Activation], Iterable[Condition]]
    network: Network = STUDY
    classes: tuple[tuple[int, ...], ...] | None = None
    observers: tuple[Observer, ...] = ()
    measure: Measure | None = None
    keeps_correct_images: bool = False

    def __post_init__(self) -> None:
        for profile in self.profiles:
            self.check_seeds(profile, profile.seeds)

    def check_seeds(self, profile: Profile, seeds: int) -> None:
        """Raise if a number of seeds is too small to decide the primary comparisons.

        Only large profiles are checked; the results of small ones are no evidence.

        Raises:
            RequestError: there are too few seeds.
        """
        needed = PREREGISTRATION.minimum_seeds(self.name)
        if profile.name in LARGE_PROFILES and seeds < needed:
            raise RequestError(
                f"seeds of {self.name}, profile {profile.name}: expected {needed} or more, "
                f"because fewer cannot decide its primary comparisons, got {seeds}; profile "
                "quick takes any number"
            )

    def within(self, profile: Profile) -> Experiment:
        """Return the experiment with only the conditions that a profile runs."""
        tasks = profile.tasks or (None,)
        kept = (
            each
            for each in self.conditions
            if (each.task and each.task.name) in tasks
            and (profile.networks is None or (each.network or self.network) in profile.networks)
        )
        return replace(self, conditions=tuple(kept))
