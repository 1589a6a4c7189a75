"""A job: the conditions of one stacked block, from the data to the trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from actbench.activations.code_hash import hash_of_user_code
from actbench.data import Dataset
from actbench.experiments.experiment import Condition, Experiment, Profile
from actbench.experiments.running.part import Configuration
from actbench.models.member import Member
from actbench.models.network import Network, Shape
from actbench.provenance import machine, versions
from actbench.results import Trial, encode_correct_images
from actbench.training.settings import LabelledImages, Settings, TrainingData, prepare, steps

if TYPE_CHECKING:
    from actbench.training.block import Block
    from actbench.training.train import TrainingResult


@dataclass(frozen=True)
class Job:
    """The conditions of one seed that form a stacked block.

    Args:
        experiment: experiment of the conditions.
        profile: size of the protocol.
        conditions: conditions with the same network, batch size and training images.
        configuration: common to all trials of the profile.
        seed: seed of the weights, of the batches and of the choice of images.
        lock: file that is locked while a run trains the block.
        checkpoint: file that is written after each epoch; None for none.
        workers: number of processes that train blocks of the run at the same time.
    """

    experiment: Experiment
    profile: Profile
    conditions: tuple[Condition, ...]
    configuration: Configuration
    seed: int
    lock: Path
    checkpoint: Path | None = None
    workers: int = 1

    @property
    def network(self) -> Network:
        """Network of all members."""
        return self.conditions[0].network or self.experiment.network

    @property
    def settings(self) -> Settings:
        """Settings of the training."""
        return settings_of(self.profile, self.conditions[0])

    @property
    def steps(self) -> int:
        """Number of steps of each trial."""
        images = self.configuration["train_images"]
        return steps(images * (1 + self.conditions[0].inverted), self.settings)

    def __str__(self) -> str:
        names = ", ".join(condition.name for condition in self.conditions)
        return f"{self.experiment.name} {self.profile.name}, seed {self.seed} ({names})"


def settings_of(profile: Profile, condition: Condition) -> Settings:
    """Return the training settings of a condition."""
    batch_size = condition.batch_size or profile.settings.batch_size
    return replace(profile.settings, batch_size=batch_size)


def setup(experiment: Experiment, profile: Profile, condition: Condition) -> dict[str, object]:
    """Return all settings of a condition, ready for JSON.

    A user function has the entry "code", the hash of its code. A tuned condition has the entry
    "tuned_rates", the learning rates that were tried.
    """
    network = condition.network or experiment.network
    code = hash_of_user_code(condition.member.activation)
    return (
        condition.member.describe()
        | ({"code": code} if code else {})
        | ({"tuned_rates": list(condition.tuned_rates)} if condition.tuned_rates else {})
        | {
            "network": [str(layer) for layer in network.layers],
            "batch_size": settings_of(profile, condition).batch_size,
            "inverted_copies": condition.inverted,
        }
    )


def train_job(
    job: Job, data: Dataset, on_steps: Callable[[int], None] = lambda _: None
) -> list[Trial]:
    """Train a block and return its trials.

    Args:
        job: the block to train.
        data: the data of all jobs, with the classes of the experiment.
        on_steps: called repeatedly with the number of steps of each trial since the last call.

    Raises:
        RequestError: the images are too small for the network, or a batch is larger than the
            data.
    """
    from actbench.training.threads import threads_per_worker
    from actbench.training.train import train

    started = datetime.now(UTC).isoformat(timespec="seconds")
    prepared = _prepare(job, data)
    block = _block_of(job)
    setups = [setup(job.experiment, job.profile, condition) for condition in job.conditions]
    # Another number of threads sums in another order.
    made_with = {"versions": versions(), "threads_per_worker": threads_per_worker()}
    results = train(
        block,
        prepared,
        job.settings,
        seed=job.seed,
        on_steps=on_steps,
        observers=job.experiment.observers,
        checkpoint=job.checkpoint,
        identity=[job.configuration, setups, made_with],
    )
    measure = job.experiment.measure
    measured = measure(block, prepared) if measure else [{} for _ in results]
    scores = _scores(block, prepared.test_original, prepared.test_inverted)
    return [
        _trial(job, number, result, measured[number], scores[number], block, started)
        for number, result in enumerate(results)
    ]


@lru_cache(maxsize=16)
def _cached_block(
    network: Network,
    members: tuple[Member, ...],
    input_shape: Shape,
    classes: int,
    optimizer: Literal["adam", "sgd"],
) -> Block:
    """Return a block for all seeds, because tracing its graphs takes seconds."""
    from actbench.training.block import Block

    return Block(
        network, members, input_shape=input_shape, classes=classes, seed=0, optimizer=optimizer
    )


def _block_of(job: Job) -> Block:
    block = _cached_block(
        job.network,
        tuple(condition.member for condition in job.conditions),
        (*job.configuration["image_shape"], 1),
        job.configuration["classes"],
        job.settings.optimizer,
    )
    block.restart(job.seed)
    return block


def _prepare(job: Job, data: Dataset) -> TrainingData:
    return prepare(
        data,
        train_images=job.configuration["train_images"],
        validation_images=job.configuration["validation_images"],
        test_images=job.configuration["test_images"],
        seed=job.seed,
        inverted=job.conditions[0].inverted,
    )


@dataclass(frozen=True)
class _Scores:
    """Test results of one member."""

    original: npt.NDArray[np.bool_]
    inverted: npt.NDArray[np.bool_]
    original_loss: float
    inverted_loss: float


def _scores(block: Block, original: LabelledImages, inverted: LabelledImages) -> list[_Scores]:
    """Return the scores of all members.

    Losses are averaged in float64, because a float32 sum of ten thousand numbers has too few
    digits to compare.
    """
    correct, loss = block.score(*original)
    inverted_correct, inverted_loss = block.score(*inverted)
    return [
        _Scores(
            correct[member],
            inverted_correct[member],
            float(loss[member].mean(dtype=float)),
            float(inverted_loss[member].mean(dtype=float)),
        )
        for member in range(len(block.members))
    ]


def _trial(
    job: Job,
    number: int,
    result: TrainingResult,
    measured: Mapping[str, object],
    scores: _Scores,
    block: Block,
    started: str,
) -> Trial:
    """Return the document of one member."""
    from actbench.training.threads import threads_per_worker

    condition = job.conditions[number]
    original, inverted = float(scores.original.mean()), float(scores.inverted.mean())
    is_correct = [*scores.original, *scores.inverted]
    keeps_images = job.experiment.keeps_correct_images
    return Trial(
        experiment=job.experiment.name,
        profile=job.profile.name,
        condition=condition.name,
        factors=dict(condition.factors),
        seed=job.seed,
        # Both halves have the same size, so the score on all images is their mean.
        test_accuracy=(original + inverted) / 2,
        test_loss=(scores.original_loss + scores.inverted_loss) / 2,
        test_accuracy_original=original,
        test_loss_original=scores.original_loss,
        test_accuracy_inverted=inverted,
        test_loss_inverted=scores.inverted_loss,
        curves=result.curves,
        trained_parameters=block.trained_parameters(number),
        measured=result.observed | dict(measured),
        correct_images=encode_correct_images(is_correct) if keeps_images else None,
        parameters=sum(weight.size for weight in block.weights(number)),
        configuration=job.configuration,
        setup=setup(job.experiment, job.profile, condition),
        versions=versions(),
        machine=machine()
        | {"workers": job.workers, "threads_per_worker": threads_per_worker()},
        started=started,
        seconds=round(result.seconds, 3),
        seconds_per_step=round(result.seconds_per_step, 6),
    )
