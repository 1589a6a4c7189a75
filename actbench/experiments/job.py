"""What is trained at a time, here or on another machine: a block, from data to trials."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from actbench.data import Dataset
from actbench.experiments.experiment import Condition, Experiment, Profile
from actbench.models.member import Member
from actbench.models.network import Network, Shape
from actbench.provenance import machine, versions
from actbench.results import Trial, encode_correct_images
from actbench.training.settings import Settings, prepare, steps


@dataclass(frozen=True)
class Job:
    """Conditions of a seed that are one block.

    Args:
        experiment: whose conditions they are.
        profile: how large.
        conditions: that have network, batch size and images in common.
        configuration: what all trials of the profile have in common, ready for JSON.
        seed: of weights, batches and the choice of images.
        checkpoint: where it is kept after each epoch; None for nowhere.
    """

    experiment: Experiment
    profile: Profile
    conditions: tuple[Condition, ...]
    configuration: dict[str, Any]
    seed: int
    checkpoint: Path | None = None

    @property
    def network(self) -> Network:
        """What is trained."""
        return self.conditions[0].network or self.experiment.network

    @property
    def settings(self) -> Settings:
        """How the block is trained."""
        return settings_of(self.profile, self.conditions[0])

    @property
    def steps(self) -> int:
        """How many steps each trial takes."""
        images = self.configuration["train_images"]
        return steps(images * (1 + self.conditions[0].inverted), self.settings)

    def __str__(self) -> str:
        names = ", ".join(condition.name for condition in self.conditions)
        return f"{self.experiment.name} {self.profile.name}, seed {self.seed} ({names})"


@lru_cache(maxsize=16)
def _block(
    network: Network,
    members: tuple[Member, ...],
    input_shape: Shape,
    classes: int,
    optimizer: str,
) -> Any:
    """Return a block that begins with seed 0; the next seed has its graphs at once."""
    from actbench.training.block import Block

    return Block(
        network, members, input_shape=input_shape, classes=classes, seed=0, optimizer=optimizer
    )


def settings_of(profile: Profile, condition: Condition) -> Settings:
    """Return how a condition is trained."""
    found = asdict(profile.settings)
    return Settings(**found | {"batch_size": condition.batch_size or found["batch_size"]})


def setup(experiment: Experiment, profile: Profile, condition: Condition) -> dict[str, Any]:
    """Return what sets a condition apart, ready for JSON."""
    network = condition.network or experiment.network
    return condition.member.describe() | {
        "network": [str(layer) for layer in network.layers],
        "batch_size": settings_of(profile, condition).batch_size,
        "inverted_copies": condition.inverted,
    }


def do(
    job: Job, data: Dataset, on_steps: Callable[[int], None] = lambda _: None
) -> list[Trial]:
    """Train a block and return its trials.

    Args:
        job: what to train.
        data: of all jobs, with the classes of the experiment.
        on_steps: called now and then with how many steps each trial has made since.

    Raises:
        RequestError: the network does not fit the images, or a batch is larger than the data.
    """
    from actbench.training.train import train

    started = datetime.now(UTC).isoformat(timespec="seconds")
    asked, first = job.configuration, job.conditions[0]
    prepared = prepare(
        data,
        seed=job.seed,
        inverted=first.inverted,
        **{name: asked[name] for name in ("train_images", "validation_images", "test_images")},
    )
    block = _block(
        job.network,
        tuple(condition.member for condition in job.conditions),
        (*asked["image_shape"], 1),
        asked["classes"],
        job.settings.optimizer,
    )
    block.restart(job.seed)
    setups = [setup(job.experiment, job.profile, condition) for condition in job.conditions]
    outcomes = train(
        block,
        prepared,
        job.settings,
        seed=job.seed,
        on_steps=on_steps,
        observers=job.experiment.observers,
        checkpoint=job.checkpoint,
        identity=[asked, setups],
    )
    measure = job.experiment.measure
    measured = measure(block, prepared) if measure else [{} for _ in outcomes]
    original = block.score(*prepared.test_original)
    inverted = block.score(*prepared.test_inverted)
    trials = []
    for place, (condition, outcome) in enumerate(zip(job.conditions, outcomes, strict=True)):
        (right, loss), (right_inverted, loss_inverted) = (
            [score[place] for score in half] for half in (original, inverted)
        )
        accuracy, accuracy_inverted = float(right.mean()), float(right_inverted.mean())
        # In float64: a sum of ten thousand in float32 has no digits left to compare.
        loss, loss_inverted = (float(x.mean(dtype=float)) for x in (loss, loss_inverted))
        trials.append(
            Trial(
                experiment=job.experiment.name,
                profile=job.profile.name,
                condition=condition.name,
                factors=dict(condition.factors),
                seed=job.seed,
                # Both halves have the same size, so the score on all is their mean.
                test_accuracy=(accuracy + accuracy_inverted) / 2,
                test_loss=(loss + loss_inverted) / 2,
                test_accuracy_original=accuracy,
                test_loss_original=loss,
                test_accuracy_inverted=accuracy_inverted,
                test_loss_inverted=loss_inverted,
                curves=outcome.curves,
                trained_parameters=block.slopes(place),
                measured=outcome.observed | dict(measured[place]),
                correct_images=encode_correct_images([*right, *right_inverted])
                if job.experiment.keeps_correct_images
                else None,
                parameters=sum(weight.size for weight in block.weights(place)),
                configuration=asked,
                setup=setups[place],
                versions=versions(),
                machine=machine(),
                started=started,
                seconds=round(outcome.seconds, 3),
                seconds_per_step=round(outcome.seconds_per_step, 6),
            )
        )
    return trials
