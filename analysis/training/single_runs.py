"""What one run of each would say: two models of one seed on the same test images."""

import pandas as pd

from actbench.statistics import mcnemar
from analysis.results import ExperimentResults
from analysis.site.section import Section
from analysis.training.slope_sweep import LABELS

FIRST, SECOND = "prelu", "alpha=0"


def summarise(sweep: ExperimentResults) -> pd.DataFrame:
    """Return of each seed on how many images one of the two models alone is right, and p."""
    others = {trial.seed: trial for trial in sweep.trials_of(SECOND)}
    rows = []
    for trial in sweep.trials_of(FIRST):
        if trial.seed in others:
            found = mcnemar(trial.is_correct, others[trial.seed].is_correct)
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
    """Return the table, and how many seeds would have claimed what; [] without both models."""
    return [_section(sweep)] if {FIRST, SECOND} <= set(sweep.conditions) else []


def _section(sweep: ExperimentResults) -> Section:
    rows = summarise(sweep)
    first, second = LABELS[FIRST], LABELS[SECOND]
    counts = [
        int(((rows["p"] < 0.05) & (rows[mine] > rows[theirs])).sum())
        for mine, theirs in (("first_only", "second_only"), ("second_only", "first_only"))
    ]
    return Section(
        title="What one run of each would say",
        description=f"{first} and {second} of the same seed on the same test images, by McNemar's "
        f"exact test. Of {len(rows)} seeds {counts[0]} alone would have shown that {first} is "
        f"better at 5%, and {counts[1]} that {second} is: it is right about these two models, "
        "and says nothing of the next two.",
        table=rows,
        columns={
            "seed": "{seed:.0f}",
            f"only {first} right": "{first_only:.0f}",
            f"only {second} right": "{second_only:.0f}",
            "p (McNemar)": "{p:.3f}",
        },
    )
