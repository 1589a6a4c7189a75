"""Run an experiment: train what is missing, one document per trial."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from actbench.data import Dataset
from actbench.errors import RequestError
from actbench.experiments.experiment import Condition, Experiment, Profile
from actbench.frameworks.start import start_tensorflow
from actbench.progress import Progress
from actbench.provenance import machine, versions
from actbench.results import Trial, prepare_store, read_trials, trial_path, write_trial
from actbench.training.settings import prepare, steps


def run(
    experiment: Experiment,
    profile: Profile,
    data: Dataset,
    *,
    store: Path,
    seeds: int | None = None,
    progress: Progress,
) -> list[Trial]:
    """Train every trial of a profile that has no document yet, the trials of a seed together.

    A run that was stopped goes on from the last epoch of the block it was at. What cannot be
    read in the store is reported and its trial trained again.

    Args:
        experiment: what is compared.
        profile: how large.
        data: on what.
        store: folder of all results; documents go to STORE/<experiment>/.
        seeds: 0, 1, … seeds − 1 are run; None takes the profile's number.
        progress: told of each step and each trial.

    Returns:
        All trials of the profile with these seeds, those found and those trained.

    Raises:
        RequestError: seeds is not positive, the data is too small for the profile, the
            store cannot be written, or holds trials of this profile that were made with
            another configuration.
    """
    seeds = profile.seeds if seeds is None else seeds
    if seeds < 1:
        raise RequestError(f"--seeds {seeds}: 1 or more would be right")
    configuration = _configuration(profile, data)
    prepare_store(store, experiment.name)
    found, faults = read_trials(store, experiment.name)
    for fault in faults:
        progress.note(f"{fault}; not used, kept as it is")
    done = {
        trial.key: _checked(trial, configuration, store)
        for trial in found
        if trial.profile == profile.name
    }
    wanted = [(seed, condition) for seed in range(seeds) for condition in experiment.conditions]
    keys = [_key(experiment, profile, condition, seed) for seed, condition in wanted]
    missing = [pair for pair, key in zip(wanted, keys, strict=True) if key not in done]
    if len(missing) < len(wanted):
        progress.note(f"{len(wanted) - len(missing)} of {len(wanted)} trials are in {store}")
    steps_per_trial = steps(2 * configuration["train_images"], profile.settings)
    if missing:
        progress.note("starting TensorFlow")
        start_tensorflow()
    with progress.work(f"{experiment.name} {profile.name}", len(missing), steps_per_trial):
        for seed, conditions in _blocks(missing):
            checkpoint = checkpoint_path(store, experiment, profile, seed)
            together = _together(experiment, conditions, checkpoint)
            trials = _train(
                experiment, profile, together, data, configuration, seed, checkpoint, progress
            )
            for trial in trials:
                if trial.key not in done:
                    write_trial(store, trial)
                    done[trial.key] = trial
                    progress.trial_done(_said(trial))
            checkpoint.unlink(missing_ok=True)
    return [done[key] for key in keys]


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
        "inverted_copies": True,
        "optimizer": "adam",
        "loss": "categorical_crossentropy",
        "order": "numpy.random.default_rng([seed, epoch]).permutation",
        **asdict(profile.settings),
    }


def _checked(trial: Trial, configuration: dict[str, Any], store: Path) -> Trial:
    """Refuse a trial that was made otherwise: it would be compared with those made now."""
    for name in configuration.keys() | trial.configuration.keys():
        theirs, ours = trial.configuration.get(name), configuration.get(name)
        if theirs != ours:
            raise RequestError(
                f"{trial_path(store, trial.key)}: was made with {name} = {theirs}, now it is "
                f"{ours}; another --store would be right"
            )
    return trial


def _key(
    experiment: Experiment, profile: Profile, condition: Condition, seed: int
) -> tuple[str, str, str, int]:
    return experiment.name, profile.name, condition.name, seed


def checkpoint_path(store: Path, experiment: Experiment, profile: Profile, seed: int) -> Path:
    """Return where a block is kept until its documents are written."""
    return store / experiment.name / f"{profile.name}_seed-{seed}.partial"


def _blocks(pairs: list[tuple[int, Condition]]) -> Iterator[tuple[int, list[Condition]]]:
    """Return the conditions of each seed."""
    for seed, group in groupby(pairs, key=itemgetter(0)):
        yield seed, [condition for _, condition in group]


def _together(
    experiment: Experiment, missing: list[Condition], checkpoint: Path
) -> list[Condition]:
    """Return the conditions that are trained together: those of the checkpoint, if it helps.

    A run may have been stopped when only some of a block's documents were written.
    """
    from actbench.training.train import members_in

    kept = members_in(checkpoint)
    if all(repr(condition.member) in kept for condition in missing):
        return [each for each in experiment.conditions if repr(each.member) in kept]
    return missing


def _said(trial: Trial) -> str:
    if trial.diverged:
        return f"{trial.condition}, seed {trial.seed}: diverged"
    return f"{trial.condition}, seed {trial.seed}: test accuracy {trial.test_accuracy:.2%}"


def _train(
    experiment: Experiment,
    profile: Profile,
    conditions: list[Condition],
    data: Dataset,
    configuration: dict[str, Any],
    seed: int,
    checkpoint: Path,
    progress: Progress,
) -> Iterator[Trial]:
    """Train a block and return its trials."""
    from actbench.training.block import Block
    from actbench.training.train import train

    started = datetime.now(UTC).isoformat(timespec="seconds")
    sizes = ("train_images", "validation_images", "test_images")
    prepared = prepare(data, seed=seed, **{name: configuration[name] for name in sizes})
    block = Block(
        experiment.network,
        [condition.member for condition in conditions],
        input_shape=(*configuration["image_shape"], 1),
        classes=configuration["classes"],
        seed=seed,
    )

    def on_steps(count: int) -> None:
        for _ in range(count * len(conditions)):
            progress.step()

    outcomes = train(
        block,
        prepared,
        profile.settings,
        seed=seed,
        on_steps=on_steps,
        checkpoint=checkpoint,
        identity=configuration,
    )
    original = block.evaluate(*prepared.test_original)
    inverted = block.evaluate(*prepared.test_inverted)
    for place, (condition, outcome) in enumerate(zip(conditions, outcomes, strict=True)):
        (accuracy, loss), (of_inverted, loss_of_inverted) = (
            [float(score[place]) for score in half] for half in (original, inverted)
        )
        yield Trial(
            experiment=experiment.name,
            profile=profile.name,
            condition=condition.name,
            seed=seed,
            # Both halves have the same size, so the score on all is their mean.
            test_accuracy=(accuracy + of_inverted) / 2,
            test_loss=(loss + loss_of_inverted) / 2,
            test_accuracy_original=accuracy,
            test_loss_original=loss,
            test_accuracy_inverted=of_inverted,
            test_loss_inverted=loss_of_inverted,
            curves=outcome.curves,
            slopes=block.slopes(place),
            parameters=sum(weight.size for weight in block.weights(place)),
            configuration=configuration,
            versions=versions(),
            machine=machine(),
            started=started,
            seconds=round(outcome.seconds, 3),
            seconds_per_step=round(outcome.seconds_per_step, 6),
        )
