"""The output of `actbench run`: a table; verdicts and a figure need the extra for reports."""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from actbench.cli.comparison_table import (
    accuracy_lines,
    best_first,
    differences,
    pairs_of,
    rows_of,
    table_lines,
)
from actbench.cli.extras import missing_package_message
from actbench.errors import RequestError
from actbench.experiments import Experiment
from actbench.experiments.selection import compares_activations, reference_activation
from actbench.results import Trial


def check_figure(experiment: Experiment, figure: Path) -> None:
    """Check before a run that the figure which was asked for can be drawn after it.

    Raises:
        RequestError: the experiment does not compare activations, or the file ending is not
            that of a figure.
        ModuleNotFoundError: matplotlib or the report is not installed.
    """
    from analysis.training.run_summary import check_path

    if not compares_activations(experiment):
        raise RequestError(
            f"--figure: expected an experiment that compares activations, such as ranking, "
            f"got {experiment.name}; `actbench report` draws its figures"
        )
    check_path(figure)


def print_results(
    experiment: Experiment, profile_name: str, trials: Sequence[Trial], figure: Path
) -> None:
    """Print the table of a run and, if the experiment compares activations, draw its figure.

    Without the packages of the report, the table has no verdicts and there is no figure.

    Args:
        experiment: the experiment with the conditions of the run.
        profile_name: the profile.
        trials: the trials of the run.
        figure: the file of the figure.

    Raises:
        RequestError: the figure cannot be written.
    """
    title = f"{experiment.name}, profile {profile_name}"
    images = "original and inverted" if experiment.conditions[0].inverted else "original"
    print(title)
    if not compares_activations(experiment):
        print(
            "mean test accuracy and its 95% interval over n seeds (on original and inverted "
            "images if both were trained on)"
        )
        print("\n".join(accuracy_lines(rows_of(experiment, trials, {}))))
        return
    pairs = pairs_of(experiment)
    reference = reference_activation(
        [str(condition.factors["activation"]) for condition in experiment.conditions]
    )
    print(
        f"mean test accuracy on {images} images over n seeds, and its difference from "
        f"{reference}, seed by seed, in percentage points"
    )
    try:
        import_module("matplotlib")  # run_summary imports it later, when it draws

        from analysis.training import run_summary
    except ModuleNotFoundError as missing:
        rows = best_first(rows_of(experiment, trials, differences(trials, pairs)))
        print("\n".join(table_lines(rows)))
        message = missing_package_message(missing)
        print(f"actbench: no verdicts and no figure: {message}", file=sys.stderr)
        return
    found = run_summary.differences(experiment, trials, pairs)
    rows = best_first(rows_of(experiment, trials, found))
    print("\n".join(table_lines(rows)))
    run_summary.write_figure(rows, title, reference, figure)
    print(f"figure: {figure}")
