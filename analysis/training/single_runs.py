"""The conclusions that pairs of single runs would suggest: McNemar's test for each seed."""

import pandas as pd

from actbench.statistics import mcnemar
from analysis.results import ExperimentResults
from analysis.site.section import Section
from analysis.training.slope_sweep import LABELS

FIRST, SECOND = "prelu", "alpha=0"
"""The two conditions that are compared."""


def summarise(sweep: ExperimentResults) -> pd.DataFrame:
    """Return McNemar's test of both models of each seed: seed, first_only, second_only, p."""
    second = {trial.seed: trial for trial in sweep.trials_of(SECOND)}
    rows = []
    for trial in sweep.trials_of(FIRST):
        if trial.seed in second:
            found = mcnemar(trial.is_correct, second[trial.seed].is_correct)
            rows.append(
                {
                    "seed": trial.seed,
                    "first_only": found.first_only,
                    "second_only": found.second_only,
                    "p": found.p,
                }
            )
    return pd.DataFrame(rows)


def sections(sweep: ExperimentResults) -> list[Section]:
    """Return the section with the table; [] if a condition has no trials."""
    return [_section(sweep)] if {FIRST, SECOND} <= set(sweep.conditions) else []


def _section(sweep: ExperimentResults) -> Section:
    rows = summarise(sweep)
    first, second = LABELS[FIRST], LABELS[SECOND]
    first_wins, second_wins = (
        int(((rows["p"] < 0.05) & (rows[more] > rows[less])).sum())
        for more, less in (("first_only", "second_only"), ("second_only", "first_only"))
    )
    return Section(
        title="Conclusions from single runs",
        description=f"{first} and {second} of the same seed on the same test images, compared "
        f"by McNemar's exact test at 5%. Taken alone, {first_wins} of {len(rows)} seeds would "
        f"show that {first} is better, and {second_wins} that {second} is. Each test is "
        "valid for these two trained models only, not for models trained with other seeds.",
        table=rows,
        columns={
            "seed": "{seed:.0f}",
            f"images only {first} classifies correctly": "{first_only:.0f}",
            f"images only {second} classifies correctly": "{second_only:.0f}",
            "p (McNemar)": "{p:.3f}",
        },
    )
