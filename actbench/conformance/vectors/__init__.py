"""Vectors: hard inputs of an activation with correctly rounded results, for other languages."""

from actbench.conformance.vectors.document import committed_schema, document_of
from actbench.conformance.vectors.file_formats import FORMATS
from actbench.conformance.vectors.make import make_vectors
from actbench.conformance.vectors.vector_set import (
    Breakpoint,
    FormatVectors,
    InputKind,
    Point,
    Result,
    Status,
    Tolerances,
    Vectors,
)

__all__ = [
    "FORMATS",
    "Breakpoint",
    "FormatVectors",
    "InputKind",
    "Point",
    "Result",
    "Status",
    "Tolerances",
    "Vectors",
    "committed_schema",
    "document_of",
    "make_vectors",
]
