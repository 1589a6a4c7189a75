"""The conditions of the slope sweep, as the report labels them."""

from actbench.experiments import alpha_sweep
from actbench.results import Factors
from analysis.plotting import short_name
from analysis.results import ExperimentResults

EXPERIMENT = alpha_sweep.EXPERIMENT.name


def label(factors: Factors) -> str:
    """Return the label of a condition.

    Example:
        >>> label({"activation": "leaky_relu", "negative_slope": -0.5})
        'α = −0.5'
        >>> label({"activation": "prelu", "sharing": "tied"})
        'PReLU, shared'
    """
    if "negative_slope" in factors:
        return f"α = {factors['negative_slope']:g}".replace("-", "−")
    if "sharing" in factors:
        return "PReLU, shared" if factors["sharing"] == "tied" else "PReLU"
    return str(factors["activation"])


_LABELS = {each.name: label(each.factors) for each in alpha_sweep.EXPERIMENT.conditions}


def label_of(condition: str) -> str:
    """Return the label of a condition; that of a further activation is its short name."""
    return _LABELS.get(condition, short_name(condition))


def seed_range(sweep: ExperimentResults) -> str:
    """Return the number of seeds, such as "12", or "11 to 12" if conditions differ."""
    counts = sweep.seed_counts
    return " to ".join(map(str, dict.fromkeys((min(counts), max(counts)))))
