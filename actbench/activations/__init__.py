"""What an activation is, and all that is known of it. Needs NumPy only."""

from actbench.activations.catalogue import get, names
from actbench.activations.record import Activation

__all__ = ["Activation", "get", "names"]
