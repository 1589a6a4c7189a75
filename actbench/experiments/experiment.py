"""What an experiment is: a question, the conditions that are compared, the protocols."""

from dataclasses import dataclass

from actbench.models.member import Member
from actbench.models.network import STUDY, Network
from actbench.training.settings import Settings


@dataclass(frozen=True)
class Condition:
    """One of the things compared.

    Args:
        name: how documents, tables and figures call it.
        member: what fills in the network.
    """

    name: str
    member: Member


@dataclass(frozen=True)
class Profile:
    """One size of the protocol.

    Args:
        name: smoke, quick or full.
        settings: how each network is trained.
        seeds: how many seeds are run if the command names none.
        train_images: originals to train on; None is all. Inverted copies double them.
        validation_images: originals held out of the training set.
        test_images: originals to test on; None is all.
    """

    name: str
    settings: Settings
    seeds: int
    train_images: int | None = None
    validation_images: int = 0
    test_images: int | None = None


@dataclass(frozen=True)
class Experiment:
    """A question about training, and what is compared to answer it.

    All conditions of a seed are one block: they start from the same weights and see the same
    batches.
    """

    name: str
    question: str
    conditions: tuple[Condition, ...]
    profiles: tuple[Profile, ...]
    network: Network = STUDY
