"""Constraints that keep trained parameters in their domains."""

import math
from typing import Any

import keras

from actbench.activations.record import Domain

# Distance of a parameter from an exclusive bound. Many functions divide by a parameter, and
# smaller ones would give large values.
_MARGIN = 1e-3


@keras.saving.register_keras_serializable(package="actbench")
class Within(keras.constraints.Constraint):  # type: ignore[misc]
    """Clip a weight to [least, most].

    Args:
        least: lower bound.
        most: upper bound.

    Example:
        >>> Within(0.0, 1.0)(keras.ops.array([-2.0, 0.5, 3.0])).numpy().tolist()
        [0.0, 0.5, 1.0]
    """

    def __init__(self, least: float = -math.inf, most: float = math.inf) -> None:
        self.least = least
        self.most = most

    def __call__(self, weight: Any) -> Any:
        """Return the clipped weight."""
        return keras.ops.clip(weight, self.least, self.most)

    def get_config(self) -> dict[str, float]:
        """Return the two bounds: the configuration that Keras writes into a saved model."""
        return {"least": self.least, "most": self.most}


def domain_constraint(domain: Domain) -> Within | None:
    """Return the constraint that keeps a parameter in its domain; None for all numbers."""
    least = max(domain.least, domain.above + _MARGIN)
    most = min(domain.most, domain.below - _MARGIN)
    return None if domain == Domain() else Within(least, most)
