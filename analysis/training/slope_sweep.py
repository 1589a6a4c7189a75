"""The conditions of the slope sweep, as the report labels them."""

from actbench.experiments import alpha_sweep

EXPERIMENT = alpha_sweep.EXPERIMENT.name

CONDITIONS = tuple(condition.name for condition in alpha_sweep.EXPERIMENT.conditions)
"""The conditions in the order of all tables, figures and colours."""

LABELS = {
    **{name: name.replace("alpha=", "α = ").replace("-", "−") for name in CONDITIONS[:5]},
    "prelu": "PReLU",
    "prelu-shared": "PReLU, shared",
}
