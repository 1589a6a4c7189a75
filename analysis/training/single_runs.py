"""What one run of each would say: two models of one seed on the same test images."""

import pandas as pd

from actbench.statistics import mcnemar
from analysis.site.section import Section
from analysis.training.study import LABELS, Study

FIRST, SECOND = "prelu", "alpha=0"


def summarise(study: Study) -> pd.DataFrame:
    """Return of each seed on how many images one of the two models alone is right, and p."""
    others = {trial.seed: trial for trial in study.of(SECOND)}
    rows = []
    for trial in study.of(FIRST):
        if trial.seed in others:
            found = mcnemar(trial.right_images, others[trial.seed].right_images)
            rows.append(
                {
                    "seed": trial.seed,
                    "first_only": found.first_only,
                    "second_only": found.second_only,
                    "p": found.p,
                }
            )
    return pd.DataFrame(rows)


def section(study: Study) -> Section:
    """Return the table, and how many seeds would have claimed what."""
    rows = summarise(study)
    first, second = LABELS[FIRST], LABELS[SECOND]
    counts = [
        int(((rows["p"] < 0.05) & (rows[mine] > rows[theirs])).sum())
        for mine, theirs in (("first_only", "second_only"), ("second_only", "first_only"))
    ]
    return Section(
        title="What one run of each would say",
        text=f"{first} and {second} of the same seed on the same test images, by McNemar's "
        f"exact test. Of {len(rows)} seeds {counts[0]} alone would have shown that {first} is "
        f"better at 5%, and {counts[1]} that {second} is: it is right about these two models, "
        "and says nothing of the next two.",
        table=rows,
        shown={
            "seed": "{seed:.0f}",
            f"only {first} right": "{first_only:.0f}",
            f"only {second} right": "{second_only:.0f}",
            "p (McNemar)": "{p:.3f}",
        },
    )
