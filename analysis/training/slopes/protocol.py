"""Protocol of the slope sweep: data, settings, versions, machines and times."""

from statistics import median

import pandas as pd

from actbench.data import Dataset
from analysis.results import ExperimentResults, IncompleteError
from analysis.site.section import Section
from analysis.training.provenance import distinct, machine, not_used
from analysis.training.slopes.slope_sweep import EXPERIMENT, label_of


def summarise(sweep: ExperimentResults, data: Dataset) -> pd.DataFrame:
    """Return the protocol: one row per setting, with its name (setting) and value."""
    first, trials = sweep.trials[0], sweep.trials
    configuration = first.configuration
    seeds = {label_of(name): len(sweep.trials_of(name)) for name in sweep.conditions}
    counts = sorted(set(seeds.values()))
    needed = {"image_shape", "data_sha256", "train_images", "validation_images",
              "test_images", "epochs", "batch_size"}  # fmt: skip
    if lacking := sorted(needed - configuration.keys()):
        raise IncompleteError(f"there is no {', '.join(lacking)} in the configuration")
    height, width, *_ = configuration["image_shape"]
    origin = data.origin if sweep.is_of(data) else "another data set"
    protocol = {
        "experiment": EXPERIMENT,
        "profile": sweep.profile,
        "seeds": str(counts[0])
        if len(counts) == 1
        else ", ".join(f"{name}: {count}" for name, count in seeds.items()),
        "data": f"{origin}, SHA-256 {configuration['data_sha256'][:16]}…",
        "training images": f"{2 * configuration['train_images']:,} of {height} × {width} "
        f"pixels ({configuration['train_images']:,} originals and their inverted copies)",
        "validation images": f"{2 * configuration['validation_images']:,}",
        "test images": f"{2 * configuration['test_images']:,}",
        "training": f"{configuration['epochs']} epochs, batch size "
        f"{configuration['batch_size']}, Adam with learning rate "
        f"{first.setup.get('learning_rate', 'unknown')}, cross-entropy",
        "versions": distinct(
            ", ".join(f"{name} {version}" for name, version in trial.versions.items())
            for trial in trials
        ),
        "machine": distinct(
            f"{machine(trial)}, {trial.machine.get('system', 'unknown system')}"
            for trial in trials
        ),
        "run": f"{min(t.started for t in trials)} to {max(t.started for t in trials)}",
        "training time": f"{sum(t.seconds for t in trials) / 60:.1f} minutes for "
        f"{len(trials)} trials, {1000 * median(t.seconds_per_step for t in trials):.0f} ms per "
        "step (median; it depends on the load of the machine)",
    }
    return pd.DataFrame({"setting": list(protocol), "value": list(protocol.values())})


def section(sweep: ExperimentResults, data: Dataset) -> Section:
    """Return the table."""
    return Section(
        title="Protocol of the slope sweep",
        description="Every number of this part comes from the documents of these trials. All "
        "conditions of a seed started from the same weights and saw the same batches."
        f"{not_used(sweep)}",
        table=summarise(sweep, data),
    )
