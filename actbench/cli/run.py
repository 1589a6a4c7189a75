"""`actbench run`: train all conditions of an experiment and print their test accuracy."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from actbench.activations import get
from actbench.cli.requests import Command, integer

if TYPE_CHECKING:
    from actbench.experiments.experiment import Experiment
    from actbench.results import Trial


_WIDTH = 60
"""Characters of the column of names; longer names move their own line only."""


@click.command(cls=Command)
@click.argument("experiment_name", metavar="EXPERIMENT")
@click.option(
    "--profile",
    "profile_name",
    default="quick",
    show_default=True,
    help="Size of the experiment: smoke (seconds), quick (minutes) or full (hours); "
    "ranking also has source.",
)
@click.option("--seeds", type=integer, help="Number of seeds.  [default: that of the profile]")
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder of results; finished trials in it are not trained again.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Data set: a folder of IDX files or an .npz file; it replaces the data of one task.  "
    "[default: the included MNIST, or the data of each task]",
)
@click.option(
    "--task",
    "tasks",
    metavar="NAME",
    multiple=True,
    help="Run only this task of the profile, such as text. May be repeated.",
)
@click.option(
    "--activation",
    "activations",
    metavar="NAME",
    multiple=True,
    help="Compare this activation as well: a name from `actbench list`, formula:TEXT, or a "
    "user function as package.module:attribute. May be repeated.",
)
@click.option(
    "--workers",
    type=integer,
    help="Number of processes on this machine; each trains one seed at a time.",
)
@click.option(
    "--scheduler",
    metavar="tls://HOST:PORT",
    help="Address of a Dask scheduler whose workers train instead.",
)
@click.option(
    "--tls-ca-file",
    type=click.Path(path_type=Path),
    help="Certificate authority of a scheduler with TLS, a PEM file.",
)
@click.option(
    "--tls-cert",
    type=click.Path(path_type=Path),
    help="Certificate for a scheduler with TLS, a PEM file.",
)
@click.option(
    "--tls-key",
    type=click.Path(path_type=Path),
    help="Private key of the certificate, if that file does not contain it.",
)
def run(
    *,
    experiment_name: str,
    profile_name: str,
    seeds: int | None,
    store: Path,
    data: Path | None,
    tasks: tuple[str, ...],
    activations: tuple[str, ...],
    workers: int | None,
    scheduler: str | None,
    tls_ca_file: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
) -> None:
    """Run an experiment, such as alpha-sweep or ranking.

    A run can be stopped with Ctrl-C at any time; the same command continues it.
    """
    # TensorFlow and Dask take seconds to import, and most wrong requests need neither.
    from actbench.data import data_name_of, load_dataset
    from actbench.experiments import get_experiment, get_profile
    from actbench.experiments import run as train
    from actbench.progress import Progress
    from actbench.training.tls import tls_files

    experiment = get_experiment(experiment_name)
    for name in activations:
        experiment = experiment.with_activation(get(name))
    profile = get_profile(experiment, profile_name)
    profile = profile.with_tasks(tasks) if tasks else profile
    experiment = experiment.within(profile)
    dataset = load_dataset(data) if data else None
    with tls_files(ca_file=tls_ca_file, cert=tls_cert, key=tls_key, address=scheduler):
        trials = train(
            experiment,
            profile,
            dataset,
            store=store,
            seeds=seeds,
            workers=workers,
            scheduler=scheduler,
            progress=Progress(),
        )
    names = ", ".join(dict.fromkeys(data_name_of(trial.configuration) for trial in trials))
    print(f"{experiment.name}, profile {profile_name}, data: {names}")
    print("\n".join(_accuracy_lines(experiment, trials)))


def _accuracy_lines(experiment: "Experiment", trials: Sequence["Trial"]) -> list[str]:
    """Return a heading and one line for each condition."""
    from actbench.statistics import estimate

    # A long formula would move the numbers of all other conditions.
    width = min(max(len(condition.name) for condition in experiment.conditions), _WIDTH)
    heading = "mean test accuracy and its 95% interval over n seeds"
    lines = [f"{heading} (on original and inverted images if both were trained on)"]
    for condition in experiment.conditions:
        found = [trial for trial in trials if trial.condition == condition.name]
        accuracy = estimate([trial.test_accuracy_as_trained for trial in found], upper=1.0)
        low, high = accuracy.interval
        interval = f"[{low:.2%}, {high:.2%}]" if accuracy.count > 1 else "—"
        numbers = f"{accuracy.mean:7.2%}  {interval}  n = {accuracy.count}"
        if "tuned_rates" in found[0].setup:
            numbers += f"  learning rate {found[0].setup['learning_rate']:g}"
        if diverged := sum(trial.diverged for trial in found):
            numbers += f"  diverged: {diverged} of {accuracy.count}, counted as 0%"
        lines.append(f"  {condition.name:<{width}} {numbers}")
    return lines
