"""`actbench run`: train all conditions of an experiment and print their test accuracy."""

from pathlib import Path

import click

from actbench.cli.experiments import listed_experiments
from actbench.cli.parameters import join_parameters, parse_activation
from actbench.cli.requests import Command, integer

# Click keeps the line breaks of a paragraph that starts with \b.
_EPILOG = """
\b
Examples:
  actbench run ranking --activation "swish beta=2"
  actbench run ranking --activation "formula:x*sigmoid(b*x)" b=1.5 --store mine
  actbench run ranking --only --activation relu --activation mish --seeds 12
  actbench run ranking --only --activation "swish beta=trained"
  actbench run ranking --activation "formula:x*sigmoid(b*x)" b=trained:0.5

\b
A trained parameter has one value for each channel of each layer. It starts at
the default of the function, at 1 in a formula, or at N with trained:N.
"""


class _RunCommand(Command):
    """A command whose option --activation takes PARAMETER=VALUE words after its value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse arguments and options."""
        return super().parse_args(ctx, join_parameters(args, "--activation"))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, and the experiments after them."""
        super().format_options(ctx, formatter)
        with formatter.section("Experiments"):
            formatter.write_dl([(each.name, each.question) for each in listed_experiments()])


@click.command(cls=_RunCommand, epilog=_EPILOG)
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
    metavar="NAME [PARAMETER=VALUE]...",
    multiple=True,
    help="Compare this activation as well: a name from `actbench list`, formula:TEXT, or a "
    "user function as package.module:attribute. PARAMETER=trained trains a parameter. May be "
    "repeated.",
)
@click.option(
    "--only",
    is_flag=True,
    help="Train only the activations that --activation names. They are compared with relu if "
    "it is among them, else with the first one; a single one is compared with relu.",
)
@click.option(
    "--figure",
    type=click.Path(path_type=Path),
    help="File of the figure; its suffix sets the format.  "
    "[default: STORE/EXPERIMENT-PROFILE.svg]",
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
    only: bool,
    figure: Path | None,
    workers: int | None,
    scheduler: str | None,
    tls_ca_file: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
) -> None:
    """Run an experiment, such as alpha-sweep or ranking.

    A run can be stopped with Ctrl-C at any time; the same command continues it. An experiment
    that compares activations ends with a table, the best activation first, and a figure.
    """
    # TensorFlow and Dask take seconds to import, and most wrong requests need neither.
    from actbench.cli.run_output import check_figure, print_results
    from actbench.data import load_dataset
    from actbench.experiments import get_experiment, get_profile
    from actbench.experiments import run as train
    from actbench.experiments.selection import only_activations, with_activations
    from actbench.progress import Progress
    from actbench.training.tls import tls_files

    experiment = get_experiment(experiment_name)
    select = only_activations if only else with_activations
    experiment = select(experiment, [parse_activation(text) for text in activations])
    profile = get_profile(experiment, profile_name)
    profile = profile.with_tasks(tasks) if tasks else profile
    experiment = experiment.within(profile)
    if figure is not None:
        check_figure(experiment, figure)
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
    default_figure = store / f"{experiment.name}-{profile_name}.svg"
    print_results(experiment, profile_name, trials, figure or default_figure)
