"""On what the numbers of the report rest."""

from collections.abc import Iterable
from statistics import median

import pandas as pd

from actbench.data import Dataset
from analysis.results import ExperimentResults
from analysis.site.section import Section
from analysis.training.slope_sweep import EXPERIMENT, LABELS


def summarise(sweep: ExperimentResults, data: Dataset) -> pd.DataFrame:
    """Return the facts of the run, one a row."""
    first = sweep.trials[0]
    asked = first.configuration
    seeds = {LABELS[name]: len(sweep.trials_of(name)) for name in sweep.conditions}
    counts = sorted(set(seeds.values()))
    height, width = asked["image_shape"]
    facts = {
        "experiment": EXPERIMENT,
        "profile": sweep.profile,
        "seeds": str(counts[0])
        if len(counts) == 1
        else ", ".join(f"{name}: {count}" for name, count in seeds.items()),
        "data": f"{data.origin}, SHA-256 {asked['data_sha256'][:16]}…",
        "training images": f"{2 * asked['train_images']:,} of {height} × {width} "
        f"({asked['train_images']:,} originals and their inverted copies)",
        "validation images": f"{2 * asked['validation_images']:,}",
        "test images": f"{2 * asked['test_images']:,}",
        "training": f"{asked['epochs']} epochs, batches of {asked['batch_size']}, Adam with "
        f"learning rate {first.setup['learning_rate']:g}, cross-entropy",
        "versions": _all_of(
            ", ".join(f"{name} {version}" for name, version in trial.versions.items())
            for trial in sweep.trials
        ),
        "machine": _all_of(
            f"{trial.machine['cpu']}, {trial.machine['cores']} cores, {trial.machine['system']}"
            for trial in sweep.trials
        ),
        "run": f"{min(t.started for t in sweep.trials)} to "
        f"{max(t.started for t in sweep.trials)}",
        "training time": f"{sum(t.seconds for t in sweep.trials) / 60:.1f} minutes for "
        f"{len(sweep.trials)} trials, "
        f"{1000 * median(t.seconds_per_step for t in sweep.trials):.0f} ms a step "
        "(median; depends on what else the machine does)",
    }
    return pd.DataFrame({"what": list(facts), "value": list(facts.values())})


def section(sweep: ExperimentResults, data: Dataset) -> Section:
    """Return the table."""
    faults = "".join(f" Not used: {fault}." for fault in sweep.faults)
    return Section(
        "What was run",
        "Every number of this part comes from the documents of these trials; all conditions of "
        f"a seed started from the same weights and saw the same batches.{faults}",
        table=summarise(sweep, data),
    )


def _all_of(values: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(values))
