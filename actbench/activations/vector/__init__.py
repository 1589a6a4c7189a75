"""Functions of vectors: softmax and similar functions, gated units, maxout, CReLU."""

from actbench.activations.vector.catalogue import VECTOR_RECORDS, get_vector, vector_names
from actbench.activations.vector.record import VectorActivation

__all__ = ["VECTOR_RECORDS", "VectorActivation", "get_vector", "vector_names"]
