"""Activation functions: records, properties, look-up by name. Only NumPy is needed."""

from actbench.activations.catalogue import get, names
from actbench.activations.formula_activation import from_formula
from actbench.activations.record import Activation
from actbench.activations.vector import VectorActivation, get_vector, vector_names

__all__ = [
    "Activation",
    "VectorActivation",
    "from_formula",
    "get",
    "get_vector",
    "names",
    "vector_names",
]
