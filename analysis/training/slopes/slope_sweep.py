"""The conditions of the slope sweep, as the report labels them."""

from actbench.experiments import alpha_sweep
from actbench.results import Factors

EXPERIMENT = alpha_sweep.EXPERIMENT.name

CONDITIONS = tuple(condition.name for condition in alpha_sweep.EXPERIMENT.conditions)
"""The conditions in the order of all tables, figures and colours."""


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
    return "PReLU, shared" if factors["sharing"] == "tied" else "PReLU"


LABELS = {each.name: label(each.factors) for each in alpha_sweep.EXPERIMENT.conditions}
"""Condition ↦ its label."""
