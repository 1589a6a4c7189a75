"""Run an experiment: train what is missing, one document per trial."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actbench.data import Dataset
from actbench.errors import RequestError
from actbench.experiments.experiment import Condition, Experiment, Profile
from actbench.frameworks.start import start_tensorflow
from actbench.models.sequential import prelu_slopes
from actbench.progress import Progress
from actbench.provenance import machine, versions
from actbench.results import Trial, prepare_store, read_trials, trial_path, write_trial
from actbench.training.settings import TrainingData, prepare, steps


def run(
    experiment: Experiment,
    profile: Profile,
    data: Dataset,
    *,
    store: Path,
    seeds: int | None = None,
    progress: Progress,
) -> list[Trial]:
    """Train every trial of a profile that has no document yet.

    Each trial is stored as soon as it ends, so a run that was stopped goes on where it
    was. What cannot be read in the store is reported and its trial trained again.

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
        for seed, condition, prepared in _with_data(missing, configuration, data):
            trial = _train(
                experiment, profile, condition, prepared, configuration, seed, progress
            )
            write_trial(store, trial)
            done[trial.key] = trial
            progress.trial_done(
                f"{condition.name}, seed {seed}: test accuracy {trial.test_accuracy:.2%}"
            )
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


def _with_data(
    pairs: list[tuple[int, Condition]], configuration: dict[str, Any], data: Dataset
) -> Iterator[tuple[int, Condition, TrainingData]]:
    """Add the prepared data to each pair, made once for all conditions of a seed."""
    current, prepared = None, None
    sizes = {
        name: configuration[name]
        for name in ("train_images", "validation_images", "test_images")
    }
    for seed, condition in pairs:
        if seed != current or prepared is None:
            current, prepared = seed, prepare(data, seed=seed, **sizes)
        yield seed, condition, prepared


def _train(
    experiment: Experiment,
    profile: Profile,
    condition: Condition,
    data: TrainingData,
    configuration: dict[str, Any],
    seed: int,
    progress: Progress,
) -> Trial:
    from actbench.training.fit import evaluate, fit

    started = datetime.now(UTC).isoformat(timespec="seconds")
    model = condition.build(
        input_shape=(*configuration["image_shape"], 1),
        classes=configuration["classes"],
        seed=seed,
    )
    outcome = fit(model, data, profile.settings, seed=seed, on_step=progress.step)
    original = evaluate(model, *data.test_original)
    inverted = evaluate(model, *data.test_inverted)
    # Both halves have the same size, so the score on all is their mean.
    accuracy, loss = ((a + b) / 2 for a, b in zip(original, inverted, strict=True))
    return Trial(
        experiment=experiment.name,
        profile=profile.name,
        condition=condition.name,
        seed=seed,
        test_accuracy=accuracy,
        test_loss=loss,
        test_accuracy_original=original[0],
        test_loss_original=original[1],
        test_accuracy_inverted=inverted[0],
        test_loss_inverted=inverted[1],
        curves=outcome.curves,
        slopes=prelu_slopes(model),
        parameters=model.count_params(),
        configuration=configuration,
        versions=versions(),
        machine=machine(),
        started=started,
        seconds=round(outcome.seconds, 3),
        seconds_per_step=round(outcome.seconds_per_step, 6),
    )
