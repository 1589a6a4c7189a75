"""The table of `actbench run`: activations by accuracy, and their paired differences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from actbench.experiments import Experiment
from actbench.experiments.selection import reference_pairs, settings_beside_activation
from actbench.results import Factor, Trial
from actbench.statistics import Estimate, difference, estimate

_WIDTH = 60
"""Characters of the column of names; longer names move their own line only."""


@dataclass(frozen=True)
class PairedDifference:
    """The difference in accuracy from the reference, as fractions of the test images.

    Args:
        mean: mean over the seeds that both conditions have.
        low: lower end of the 95% interval; NaN for one seed.
        high: upper end of the 95% interval; NaN for one seed.
        verdict: the conclusion as in the report; None if the report is not installed.
    """

    mean: float
    low: float
    high: float
    verdict: str | None = None


@dataclass(frozen=True)
class Row:
    """The results of one condition.

    Args:
        condition: name of the condition.
        settings: its factors except the activation.
        accuracy: mean test accuracy, on inverted images as well if they were trained on.
        diverged: number of trials that diverged; they count as 0%.
        reference: name of the condition that it is compared with; None for the reference.
        difference: difference from the reference; None for the reference.
    """

    condition: str
    settings: tuple[tuple[str, Factor], ...]
    accuracy: Estimate
    diverged: int
    reference: str | None = None
    difference: PairedDifference | None = None


def accuracy(trial: Trial) -> float:
    """Return the test accuracy, on inverted images as well if they were trained on."""
    return trial.test_accuracy_as_trained


def pairs_of(experiment: Experiment) -> list[tuple[str, str]]:
    """Return each condition of an experiment with its reference."""
    return reference_pairs({each.name: each.factors for each in experiment.conditions})


def differences(
    trials: Sequence[Trial], pairs: Sequence[tuple[str, str]]
) -> dict[str, PairedDifference]:
    """Return the difference of each condition from its reference, without verdicts.

    Args:
        trials: trials of all conditions.
        pairs: names of conditions and of their references.
    """
    found = {}
    for condition, reference in pairs:
        first, second = _by_seed(trials, condition), _by_seed(trials, reference)
        seeds = sorted(first.keys() & second.keys())
        d = difference([first[seed] for seed in seeds], [second[seed] for seed in seeds])
        found[condition] = PairedDifference(d.mean, *d.interval)
    return found


def rows_of(
    experiment: Experiment, trials: Sequence[Trial], compared: Mapping[str, PairedDifference]
) -> list[Row]:
    """Return one row for each condition, in the order of the experiment.

    Args:
        experiment: the experiment with the conditions of the run.
        trials: its trials; at least one of each condition.
        compared: the differences by the name of the condition; {} for none.
    """
    references = dict(pairs_of(experiment)) if compared else {}
    rows = []
    for condition in experiment.conditions:
        own = [trial for trial in trials if trial.condition == condition.name]
        rows.append(
            Row(
                condition.name,
                settings_beside_activation(condition.factors),
                estimate([accuracy(trial) for trial in own], upper=1.0),
                sum(trial.diverged for trial in own),
                references.get(condition.name),
                compared.get(condition.name),
            )
        )
    return rows


def best_first(rows: Sequence[Row]) -> list[Row]:
    """Return rows of equal settings together, those with the best mean first."""
    order = list(dict.fromkeys(row.settings for row in rows))
    return sorted(rows, key=lambda row: (order.index(row.settings), -row.accuracy.mean))


def table_lines(rows: Sequence[Row]) -> list[str]:
    """Return the heading and one line for each row; rows of other settings after a blank."""
    width = min(max(len(row.condition) for row in rows), _WIDTH)
    has_verdicts = any(row.difference and row.difference.verdict for row in rows)
    heading = f"accuracy  {'95% interval':<17}  difference  {'95% interval':<17}   n"
    lines = [f"  {'':<{width}}  {heading}{'  verdict' if has_verdicts else ''}"]
    settings = rows[0].settings
    for row in rows:
        lines += [""] * (row.settings != settings)
        settings = row.settings
        lines.append(f"  {row.condition:<{width}}  {_numbers(row)}".rstrip())
    return lines


def accuracy_lines(rows: Sequence[Row]) -> list[str]:
    """Return one line for each row with its accuracy alone."""
    width = min(max(len(row.condition) for row in rows), _WIDTH)
    return [
        f"  {row.condition:<{width}} {row.accuracy.mean:7.2%}  {_interval(row)}  "
        f"n = {row.accuracy.count}{_diverged(row)}"
        for row in rows
    ]


def _numbers(row: Row) -> str:
    found = row.difference
    points, interval, verdict = "", "", ""
    if found is not None:
        points, verdict = f"{100 * found.mean:+.2f}", found.verdict or ""
        if found.low == found.low:  # not NaN
            interval = f"[{100 * found.low:+.2f}, {100 * found.high:+.2f}]"
        else:
            interval = "—"
    elif row.reference is None:
        points = "reference"
    return (
        f"{row.accuracy.mean:8.2%}  {_interval(row):<17} {points:>11}  {interval:<17} "
        f"{row.accuracy.count:>3}  {verdict}{_diverged(row)}"
    )


def _interval(row: Row) -> str:
    low, high = row.accuracy.interval
    return f"[{low:.2%}, {high:.2%}]" if row.accuracy.count > 1 else "—"


def _diverged(row: Row) -> str:
    if not row.diverged:
        return ""
    return f"  diverged: {row.diverged} of {row.accuracy.count}, counted as 0%"


def _by_seed(trials: Sequence[Trial], condition: str) -> dict[int, float]:
    return {trial.seed: accuracy(trial) for trial in trials if trial.condition == condition}
