"""Look-up by name."""

from dataclasses import fields
from difflib import get_close_matches

from actbench.activations.record import Activation
from actbench.activations.rectifiers import LeakyRelu, Linear, Relu
from actbench.activations.self_gated import DoubledSwish, Mish, Swish
from actbench.activations.sigmoids import Sigmoid, Softplus, Tanh
from actbench.errors import RequestError

RECORDS: tuple[type[Activation], ...] = (
    Linear,
    Sigmoid,
    Tanh,
    Softplus,
    Relu,
    LeakyRelu,
    Swish,
    DoubledSwish,
    Mish,
)

_BY_NAME = {record.name: record for record in RECORDS}


def names() -> tuple[str, ...]:
    """Return the names of all activations, in catalogue order.

    Example:
        >>> import actbench
        >>> actbench.names()[:4]
        ('linear', 'sigmoid', 'tanh', 'softplus')
    """
    return tuple(_BY_NAME)


def get(name: str, **parameters: float) -> Activation:
    """Return the activation of that name.

    Args:
        name: one of `names()`.
        parameters: finite real numbers, by name; those left out have their defaults.

    Raises:
        RequestError: no such activation, no such parameter, or a value that is not a
            finite number.

    Example:
        >>> import actbench
        >>> print(actbench.get("swish", beta=1.5))
        swish(beta=1.5)
    """
    record = _BY_NAME.get(name)
    if record is None:
        raise RequestError(f"unknown activation {name!r}: {suggest(name, names())}")
    known = tuple(field.name for field in fields(record))
    for given in parameters:
        if given not in known:
            right = f"{name} takes {', '.join(known)}" if known else f"{name} takes none"
            raise RequestError(f"unknown parameter {given!r}: {right}")
    return record(**parameters)


def suggest(wrong: str, known: tuple[str, ...]) -> str:
    """Return the end of an error line: the closest known names, or all of them."""
    closest = get_close_matches(wrong, known, n=3)
    if closest:
        return f"did you mean {' or '.join(closest)}?"
    return f"known are {', '.join(known)}"
