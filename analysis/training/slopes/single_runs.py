"""The conclusions that pairs of single runs would suggest: McNemar's test for each seed."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from actbench.results import Factors, Trial
from actbench.statistics import mcnemar
from analysis.results import ExperimentResults, IncompleteError
from analysis.site.section import Section
from analysis.training.slopes.slope_sweep import label

FIRST: Factors = {"activation": "prelu", "sharing": "channel"}
SECOND: Factors = {"activation": "leaky_relu", "negative_slope": 0.0}
"""The factors of the two conditions that are compared."""


def summarise(sweep: ExperimentResults) -> pd.DataFrame:
    """Return McNemar's test of both models of each seed: seed, first_only, second_only, p."""
    second = {trial.seed: trial for trial in _trials(sweep, SECOND)}
    rows = []
    for trial in _trials(sweep, FIRST):
        if trial.seed in second:
            found = mcnemar(_is_correct(trial), _is_correct(second[trial.seed]))
            rows.append(
                {
                    "seed": trial.seed,
                    "first_only": found.first_only,
                    "second_only": found.second_only,
                    "p": found.p,
                }
            )
    return pd.DataFrame(rows)


def _is_correct(trial: Trial) -> npt.NDArray[np.bool_]:
    if trial.correct_images is None:
        raise IncompleteError(f"{trial.condition}, seed {trial.seed} has no results per image")
    return trial.is_correct


def _trials(sweep: ExperimentResults, factors: Factors) -> list[Trial]:
    return sweep.trials_of(sweep.condition_with(factors))


def sections(sweep: ExperimentResults) -> list[Section]:
    """Return the section with the table; [] if a condition has no trials."""
    has_both = all(sweep.conditions_with(**factors) for factors in (FIRST, SECOND))
    return [_section(sweep)] if has_both else []


def _section(sweep: ExperimentResults) -> Section:
    rows = summarise(sweep)
    first, second = label(FIRST), label(SECOND)
    first_better, second_better = (
        int(((rows["p"] < 0.05) & (rows[more] > rows[less])).sum())
        for more, less in (("first_only", "second_only"), ("second_only", "first_only"))
    )
    return Section(
        title="Conclusions from single runs",
        description=f"{first} and {second} of the same seed on the same test images, compared "
        f"by McNemar's exact test at 5%. Taken alone, {first_better} of {len(rows)} seeds "
        f"would show that {first} is better, and {second_better} that {second} is. Each test "
        "is valid for these two trained models only, not for models trained with other seeds.",
        table=rows,
        columns={
            "seed": "{seed:.0f}",
            f"images only {first} classifies correctly": "{first_only:.0f}",
            f"images only {second} classifies correctly": "{second_only:.0f}",
            "p (McNemar)": "{p:.3f}",
        },
    )
