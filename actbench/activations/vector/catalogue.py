"""The catalogue of functions of vectors, and their look-up by name."""

from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import fields

from actbench.activations.foreign.prefixes import is_foreign
from actbench.activations.vector.crelu import Crelu
from actbench.activations.vector.gated_units import Bilinear, Geglu, Glu, Reglu, Swiglu
from actbench.activations.vector.maxout import Maxout
from actbench.activations.vector.record import VectorActivation
from actbench.activations.vector.softmax import LogSoftmax, Softmax, Softmin, Sparsemax
from actbench.errors import RequestError, suggest

VECTOR_RECORDS: tuple[type[VectorActivation], ...] = (
    Softmax, LogSoftmax, Softmin, Sparsemax, Glu, Bilinear, Reglu, Geglu, Swiglu, Maxout, Crelu,
)  # fmt: skip

_RECORDS_BY_NAME = {record.name: record for record in VECTOR_RECORDS}


def vector_names() -> tuple[str, ...]:
    """Return the names of all functions of vectors.

    Example:
        >>> vector_names()[:2]
        ('softmax', 'log_softmax')
    """
    return tuple(_RECORDS_BY_NAME)


def get_vector(name: str, /, **parameters: int) -> VectorActivation:
    """Return the function of vectors of that name.

    Args:
        name: one of `vector_names()`, in any spelling, or a name in another framework, such
            as "nn.LogSoftmax".
        parameters: the axis and the other parameters of the record, all of them integers.

    Raises:
        RequestError: there is no such function or parameter, or a value is not an integer.

    Example:
        >>> get_vector("softmax")([1.0, 1.0, -1000.0]).tolist()
        [0.5, 0.5, 0.0]
    """
    if not isinstance(name, str):
        raise RequestError(f"name of a function of vectors: expected a string, got {name!r}")
    if name not in _RECORDS_BY_NAME:
        return _of_another_name(name, parameters)
    record = _RECORDS_BY_NAME[name]
    known = [f.name for f in fields(record)]
    for given, value in parameters.items():
        if given not in known:
            raise RequestError(
                f"parameter of {name}: expected {' or '.join(known)}, got {given!r}"
            )
        if type(value) is not int:
            raise RequestError(
                f"parameter {given} of {name}: expected an integer, got {value!r}"
            )
    return record(**parameters)


def _of_another_name(name: str, parameters: Mapping[str, int]) -> VectorActivation:
    """Return the function of vectors that another spelling or framework calls so."""
    from actbench.activations.foreign.names import resolve

    with nullcontext() if is_foreign(name) else suppress(RequestError):
        found = resolve(name, parameters)
        if found.name in _RECORDS_BY_NAME:
            integers = {key: int(value) for key, value in found.parameters.items()}
            return get_vector(found.name, **integers)
    raise RequestError(
        f"name of a function of vectors: expected a known name, got {name!r}; "
        f"{suggest(name.lower(), vector_names())}"
    )
