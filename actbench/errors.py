"""The one error a user can cause, and the end of its line."""

from difflib import get_close_matches


class RequestError(ValueError):
    """The request was wrong.

    Its message is one line: the thing, where it is, and what would be right. The command
    prints that line and exits with status 2.
    """


def suggest(wrong: str, known: tuple[str, ...]) -> str:
    """Return the end of an error line: the closest known names, or all of them.

    Example:
        >>> suggest("swich", ("swish", "mish"))
        'did you mean swish?'
    """
    closest = get_close_matches(wrong, known, n=3)
    if closest:
        return f"did you mean {' or '.join(closest)}?"
    return f"known are {', '.join(known)}"
