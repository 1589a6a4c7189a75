"""The exception for wrong requests, and suggestions for misspelt names."""

from collections.abc import Sequence
from difflib import get_close_matches


class RequestError(ValueError):
    """A request of the user was wrong.

    Its message is one line, `SUBJECT: expected X, got Y`, followed by a suggestion if there
    is one. The command `actbench` prints this line and exits with status 2.
    """

    # Keras adds lines on the arguments of a layer to an error without this attribute.
    _keras_call_info_injected = True


def suggest(wrong: str, known: Sequence[str]) -> str:
    """Return the closest known names, or all known names, to end an error message with.

    Args:
        wrong: the name that the user gave.
        known: all valid names.

    Example:
        >>> suggest("swich", ("swish", "mish"))
        'did you mean swish?'
        >>> suggest("dropout", ("swish", "mish"))
        'known names are swish, mish'
    """
    closest = get_close_matches(wrong, known, n=3)
    if closest:
        return f"did you mean {' or '.join(closest)}?"
    return f"known names are {', '.join(known)}"
