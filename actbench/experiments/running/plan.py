"""The jobs of a run: which blocks to train, and with which configuration."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from actbench.data import Dataset
from actbench.errors import RequestError
from actbench.experiments.experiment import Condition, Experiment, Profile
from actbench.experiments.running.job import Configuration, Job, settings_of


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
        "data_sha256": data.sha256,
        "image_shape": list(data.image_shape),
        "classes": data.classes,
        "train_images": train_images,
        "validation_images": profile.validation_images,
        "test_images": test_images,
        "order": "numpy.random.default_rng([seed, epoch]).permutation",
        **asdict(profile.settings),
    }


def plan_jobs(
    experiment: Experiment,
    profile: Profile,
    configuration: Configuration,
    missing: Sequence[tuple[int, Condition]],
    checkpoints: Path | None,
) -> Iterator[Job]:
    """Return a job for each block that has missing trials.

    Args:
        experiment: experiment of the conditions.
        profile: size of the protocol.
        configuration: common to all trials.
        missing: seeds and conditions of the missing trials.
        checkpoints: store for the checkpoints of the blocks; None for no checkpoints.
    """
    blocks: dict[object, list[Condition]] = {}
    for condition in experiment.conditions:
        batch_size = settings_of(profile, condition).batch_size
        key = condition.network, batch_size, condition.inverted
        blocks.setdefault(key, []).append(condition)
    for seed in sorted({seed for seed, _ in missing}):
        for number, block in enumerate(blocks.values()):
            conditions = [condition for condition in block if (seed, condition) in missing]
            if not conditions:
                continue
            path = None
            if checkpoints is not None:
                path = checkpoint_path(checkpoints, experiment, profile, seed, number)
                conditions = _with_checkpoint(block, conditions, path)
            yield Job(experiment, profile, tuple(conditions), configuration, seed, path)


def checkpoint_path(
    store: Path, experiment: Experiment, profile: Profile, seed: int, block: int = 0
) -> Path:
    """Return the path of the checkpoint of a block, which exists until its trials do."""
    return store / experiment.name / f"{profile.name}_seed-{seed}_block-{block}.partial"


def _with_checkpoint(
    block: Sequence[Condition], missing: list[Condition], checkpoint: Path
) -> list[Condition]:
    """Return the conditions of the checkpoint if they include all missing ones.

    A run may have been killed when only some documents of a block were written. Then all its
    members continue from the checkpoint together.
    """
    if not checkpoint.exists():
        return missing
    from actbench.training.checkpoint import members_in_checkpoint

    kept = members_in_checkpoint(checkpoint)
    if all(repr(condition.member) in kept for condition in missing):
        return [condition for condition in block if repr(condition.member) in kept]
    return missing
