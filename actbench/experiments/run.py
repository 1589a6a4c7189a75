"""Run an experiment: train what is missing, one document per trial."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from actbench.data import Dataset
from actbench.errors import RequestError
from actbench.experiments.experiment import Condition, Experiment, Profile
from actbench.experiments.job import Job, do, settings_of, setup
from actbench.frameworks.start import start_tensorflow
from actbench.models.member import unstackable_reason
from actbench.progress import Progress
from actbench.results import Trial, prepare_store, read_trials, trial_path, write_trial


def run(
    experiment: Experiment,
    profile: Profile,
    data: Dataset,
    *,
    store: Path,
    seeds: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress,
) -> list[Trial]:
    """Train every trial of a profile that has no document yet, block by block.

    A run that was stopped goes on from the last epoch of the block it was at. What cannot be
    read in the store is reported and its trial trained again.

    Args:
        experiment: what is compared.
        profile: how large.
        data: on what.
        store: folder of all results; documents go to STORE/<experiment>/.
        seeds: 0, 1, … seeds − 1 are run; None takes the profile's number.
        workers: processes of this machine that train a block each; None for this process.
        scheduler: address of a Dask scheduler whose workers train instead.
        progress: told of each step and each trial.

    Returns:
        All trials of the profile with these seeds, those found and those trained.

    Raises:
        RequestError: seeds is not positive, the data is too small for the profile, the
            store cannot be written, or holds trials of this profile that were made with
            another configuration; the scheduler does not answer.
    """
    seeds = profile.seeds if seeds is None else seeds
    if seeds < 1:
        raise RequestError(f"--seeds {seeds}: 1 or more would be right")
    if workers is not None and scheduler is not None:
        raise RequestError("--workers and --scheduler: one of them would be right")
    experiment = experiment.within(profile)
    data = _of_classes(data, experiment.classes)
    configuration = _configuration(profile, data)
    prepare_store(store, experiment.name)
    found, faults = read_trials(store, experiment.name)
    for fault in faults:
        progress.note(f"{fault}; not used, kept as it is")
    setups = {each.name: setup(experiment, profile, each) for each in experiment.conditions}
    done = {
        trial.key: _checked(trial, configuration, setups.get(trial.condition), store)
        for trial in found
        if trial.profile == profile.name
    }
    wanted = [(seed, condition) for seed in range(seeds) for condition in experiment.conditions]
    keys = [_key(experiment, profile, condition, seed) for seed, condition in wanted]
    missing = [pair for pair, key in zip(wanted, keys, strict=True) if key not in done]
    if len(missing) < len(wanted):
        progress.note(f"{len(wanted) - len(missing)} of {len(wanted)} trials are in {store}")
    if missing:
        _say_who_is_apart(missing, progress)
    # Only workers of this machine can go on from a checkpoint that another began.
    kept = store if scheduler is None else None
    jobs = list(_jobs(experiment, profile, configuration, missing, kept))
    total = sum(job.steps * len(job.conditions) for job in jobs)
    if jobs:
        with (
            progress.work(f"{experiment.name} {profile.name}", len(missing), total),
            _trainer(workers, scheduler, progress) as train,
        ):
            for job, trials in train(jobs, data):
                for trial in trials:
                    if trial.key not in done:
                        write_trial(store, trial)
                        done[trial.key] = trial
                        progress.trial_done(_said(trial))
                if job.checkpoint:
                    job.checkpoint.unlink(missing_ok=True)
    return [done[key] for key in keys]


Trainer = Callable[[Sequence[Job], Dataset], Iterator[tuple[Job, list[Trial]]]]


@contextmanager
def _trainer(
    workers: int | None, scheduler: str | None, progress: Progress
) -> Iterator[Trainer]:
    """Make ready what trains blocks: this process, or others."""
    if workers is None and scheduler is None:
        yield partial(_here, progress)
        return
    from actbench.training.cluster import local_workers, scheduled_workers

    chosen = (
        local_workers(workers, progress.note)
        if workers is not None
        else scheduled_workers(str(scheduler), progress.note)
    )
    with chosen as found:
        yield partial(_elsewhere, found, progress)


def _here(
    progress: Progress, jobs: Sequence[Job], data: Dataset
) -> Iterator[tuple[Job, list[Trial]]]:
    progress.note("starting TensorFlow")
    start_tensorflow()
    for job in jobs:

        def on_steps(steps: int, members: int = len(job.conditions)) -> None:
            progress.step(steps * members)

        yield job, do(job, data, on_steps)


def _elsewhere(
    workers: Any, progress: Progress, jobs: Sequence[Job], data: Dataset
) -> Iterator[tuple[Job, list[Trial]]]:
    for job, trials in workers.do(_do_quietly, jobs, data):
        progress.step(job.steps * len(job.conditions))
        yield job, trials


def _do_quietly(job: Job, data: Dataset) -> list[Trial]:
    start_tensorflow()
    return do(job, data)


def _of_classes(data: Dataset, classes: tuple[tuple[int, ...], ...] | None) -> Dataset:
    """Return the images of some labels, with the numbers of their classes for labels."""
    if classes is None:
        return data
    number = np.full(256, 255, np.uint8)
    for place, digits in enumerate(classes):
        number[list(digits)] = place
    train, test = (number[labels] for labels in (data.y_train, data.y_test))
    return Dataset(
        data.x_train[train < 255], train[train < 255],
        data.x_test[test < 255], test[test < 255],
        origin=data.origin,
    )  # fmt: skip


def _configuration(profile: Profile, data: Dataset) -> dict[str, Any]:
    """Return what trials must have in common to be compared, ready for JSON."""
    available = len(data.x_train) - profile.validation_images
    train_images = available if profile.train_images is None else profile.train_images
    test_images = len(data.x_test) if profile.test_images is None else profile.test_images
    if train_images > available or train_images < 1 or test_images > len(data.x_test):
        needed = (profile.train_images or 1) + profile.validation_images
        raise RequestError(
            f"{data.origin}: {len(data.x_train)} training and {len(data.x_test)} test images "
            f"are too few for the profile {profile.name}: {needed} and "
            f"{profile.test_images or 1} or more would be right"
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


def _checked(
    trial: Trial, configuration: dict[str, Any], setup: dict[str, Any] | None, store: Path
) -> Trial:
    """Refuse a trial that was made otherwise: it would be compared with those made now."""
    pairs = [(trial.configuration, configuration), (trial.setup, setup or trial.setup)]
    for theirs, ours in pairs:
        for name in theirs.keys() | ours.keys():
            if theirs.get(name) != ours.get(name):
                raise RequestError(
                    f"{trial_path(store, trial.key)}: was made with {name} = "
                    f"{theirs.get(name)}, now it is {ours.get(name)}; another --store would "
                    "be right"
                )
    return trial


def _key(
    experiment: Experiment, profile: Profile, condition: Condition, seed: int
) -> tuple[str, str, str, int]:
    return experiment.name, profile.name, condition.name, seed


def _jobs(
    experiment: Experiment,
    profile: Profile,
    configuration: dict[str, Any],
    missing: Sequence[tuple[int, Condition]],
    kept: Path | None,
) -> Iterator[Job]:
    """Return a job for each block that has conditions that are missing.

    Args:
        experiment: whose blocks they are.
        profile: how large.
        configuration: of all.
        missing: seeds and conditions.
        kept: the store that blocks have checkpoints in; None for none.
    """
    blocks: dict[Any, list[Condition]] = {}
    for condition in experiment.conditions:
        batch = settings_of(profile, condition).batch_size
        alike = condition.network, batch, condition.inverted
        blocks.setdefault(alike, []).append(condition)
    for seed in sorted({seed for seed, _ in missing}):
        for number, block in enumerate(blocks.values()):
            wanted = [condition for condition in block if (seed, condition) in missing]
            if not wanted:
                continue
            checkpoint = kept and checkpoint_path(kept, experiment, profile, seed, number)
            if checkpoint:
                wanted = _together(block, wanted, checkpoint)
            yield Job(experiment, profile, tuple(wanted), configuration, seed, checkpoint)


def checkpoint_path(
    store: Path, experiment: Experiment, profile: Profile, seed: int, block: int = 0
) -> Path:
    """Return where a block is kept until its documents are written."""
    return store / experiment.name / f"{profile.name}_seed-{seed}_block-{block}.partial"


def _together(
    block: Sequence[Condition], missing: list[Condition], checkpoint: Path
) -> list[Condition]:
    """Return the conditions that are trained together: those of the checkpoint, if it helps.

    A run may have been stopped when only some of a block's documents were written.
    """
    if not checkpoint.exists():
        return missing
    from actbench.training.train import members_in

    kept = members_in(checkpoint)
    if all(repr(condition.member) in kept for condition in missing):
        return [each for each in block if repr(each.member) in kept]
    return missing


def _say_who_is_apart(missing: Sequence[tuple[int, Condition]], progress: Progress) -> None:
    """Say which conditions cannot be stacked, and why."""
    for condition in dict.fromkeys(condition for _, condition in missing):
        why = unstackable_reason(condition.member)
        if why:
            progress.note(f"{condition.name}: {why}; trained as a plain Keras model")


def _said(trial: Trial) -> str:
    if trial.diverged:
        return f"{trial.condition}, seed {trial.seed}: diverged"
    accuracy = trial.test_accuracy_as_trained
    return f"{trial.condition}, seed {trial.seed}: test accuracy {accuracy:.2%}"
