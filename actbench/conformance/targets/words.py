"""The words of a command line: each target, and the PARAMETER=VALUE words that follow it."""

from collections.abc import Sequence

from actbench.activations.foreign.prefixes import with_usual_prefix
from actbench.errors import RequestError

TargetWords = tuple[str, ...]
"""A target, then its PARAMETER=VALUE words."""


def group_words(words: Sequence[str]) -> list[TargetWords]:
    """Return the words of each target, with the usual spelling of its framework.

    Raises:
        RequestError: the first word is a PARAMETER=VALUE word.

    Example:
        >>> group_words(["keras:elu", "alpha=0.5", "mish"])
        [('keras:elu', 'alpha=0.5'), ('mish',)]
        >>> group_words(["tensorflow:elu"])
        [('tf:elu',)]
    """
    groups: list[TargetWords] = []
    for word in words:
        name, equals, _ = word.partition("=")
        if not (equals and name.isidentifier()):
            groups.append((with_usual_prefix(word),))
        elif groups:
            groups[-1] = (*groups[-1], word)
        else:
            raise RequestError(f"{word}: expected a target before the first setting, got none")
    return groups


def package_of(words: TargetWords) -> str:
    """Return the framework of a target, "user" for a user function, and "" for the others.

    Example:
        >>> package_of(("torch:gelu",)), package_of(("numpy:cosh",)), package_of(("mish",))
        ('torch', 'user', '')
    """
    prefix, colon, _ = words[0].partition(":")
    if not colon or prefix == "formula":
        return ""
    return prefix if prefix in ("keras", "tf", "torch", "jax", "mlx") else "user"
