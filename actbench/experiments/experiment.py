"""What an experiment is: a question, the conditions that are compared, the protocols."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actbench.activations.catalogue import get, names
from actbench.activations.record import Activation
from actbench.models.member import Member
from actbench.models.network import STUDY, Network
from actbench.training.settings import Settings, TrainingData

Observer = Callable[[Any, TrainingData], Mapping[str, Any]]
"""See `actbench.training.observers`; a block, its first argument, is not imported to list."""


@dataclass(frozen=True)
class Condition:
    """One of the things compared.

    Args:
        name: how documents, tables and figures call it.
        member: what fills in the network.
        network: its layers; None takes the experiment's.
        batch_size: images a step; None takes the profile's.
        inverted: whether it is trained on inverted copies of the images as well.
    """

    name: str
    member: Member
    network: Network | None = None
    batch_size: int | None = None
    inverted: bool = True


@dataclass(frozen=True)
class Profile:
    """One size of the protocol.

    Args:
        name: smoke, quick, reduced or full.
        settings: how each network is trained.
        seeds: how many seeds are run if the command names none; signs of fewer than ten pairs
            cannot decide a claim among twenty.
        train_images: originals to train on; None is all. Inverted copies double them.
        validation_images: originals held out of the training set.
        test_images: originals to test on; None is all.
        networks: of the conditions that are run; None is every condition.
    """

    name: str
    settings: Settings
    seeds: int
    train_images: int | None = None
    validation_images: int = 0
    test_images: int | None = None
    networks: tuple[Network, ...] | None = None


def label(activation: Activation) -> str:
    """Return what conditions call an activation: its name, and parameters that are not usual.

    Example:
        >>> from actbench import get
        >>> label(get("swish")), label(get("swish", beta=2))
        ('swish', 'swish(beta=2)')
    """
    usual = activation.name in names() and get(activation.name) == activation
    return activation.name if usual else str(activation)


def smoke(settings: Settings) -> Profile:
    """Return the size at which everything runs and nothing is learned."""
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
    """A question about training, and what is compared to answer it.

    The conditions of a seed that have network, batch size and images in common are one block:
    they start from the same weights and see the same batches.

    Args:
        name: as the command and the folder of documents have it.
        question: what it answers.
        conditions: what is compared.
        of: the conditions that a further activation adds.
        profiles: sizes of the protocol.
        network: of conditions that name none.
        classes: the digits of each class, others are left out; None for a class each.
        observers: what is watched in training, see `actbench.training.observers`.
        measure: what is measured of a trained block: one dict for each member, ready for JSON.
    """

    name: str
    question: str
    conditions: tuple[Condition, ...]
    profiles: tuple[Profile, ...]
    of: Callable[[Activation], Iterable[Condition]]
    network: Network = STUDY
    classes: tuple[tuple[int, ...], ...] | None = None
    observers: tuple[Observer, ...] = ()
    measure: Callable[[Any, TrainingData], Sequence[Mapping[str, Any]]] | None = None

    def with_activation(self, activation: Activation) -> "Experiment":
        """Return the experiment with the conditions that an activation adds."""
        known = {condition.name for condition in self.conditions}
        more = tuple(each for each in self.of(activation) if each.name not in known)
        return replace(self, conditions=(*self.conditions, *more))

    def within(self, profile: Profile) -> "Experiment":
        """Return the experiment with the conditions that a profile runs."""
        if profile.networks is None:
            return self
        kept = (
            each
            for each in self.conditions
            if (each.network or self.network) in profile.networks
        )
        return replace(self, conditions=tuple(kept))
