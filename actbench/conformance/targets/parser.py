"""Parse the words of the command `actbench audit` into targets."""

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.activations.user_functions import CallableActivation, as_record, load
from actbench.conformance.targets.framework_targets import PREFIXES, framework_target
from actbench.conformance.targets.target import (
    NotInstalledError,
    Target,
    actbench_targets,
    user_target,
)
from actbench.conformance.targets.words import group_words
from actbench.errors import RequestError

TargetArguments = dict[str, Any]
"""PARAMETER=VALUE words; a value is a Python literal or text."""


def parse_targets(
    words: Sequence[str],
    *,
    expected: str | None = None,
    formula: str | None = None,
    device: str = "cpu",
) -> list[Target | NotInstalledError]:
    """Return the targets that the words of a command line name.

    Args:
        words: names of targets, each followed by its PARAMETER=VALUE words.
        expected: name and parameters of the activation that all targets should compute.
        formula: formula that all targets should compute.
        device: "cpu" or "cuda".

    Returns:
        The targets. A target whose framework is not installed is replaced by the error.

    Raises:
        RequestError: a word is not understood.
    """
    if expected and formula:
        raise RequestError("--as and --formula: expected one of them, got both")
    if formula is not None:
        expected = f"formula:{formula}"
    found: list[Target | NotInstalledError] = []
    for name, *settings in group_words(words):
        arguments = dict(_setting(word) for word in settings)
        try:
            found += _targets(name, arguments, expected, device)
        except NotInstalledError as missing:
            found.append(missing)
    return found


def _setting(word: str) -> tuple[str, object]:
    """Return name and value of a PARAMETER=VALUE word."""
    name, _, value = word.partition("=")
    return name, _literal(value)


def _literal(text: str) -> object:
    """Return the value of a Python literal, and any other text unchanged."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _targets(
    name: str, arguments: TargetArguments, expected: str | None, device: str
) -> list[Target]:
    """Return the targets of one name; an activation of actbench has two."""
    prefix, colon, rest = name.partition(":")
    if colon and prefix in PREFIXES:
        activation = None if expected is None else _expected(expected)
        return [framework_target(prefix, rest, arguments, expected=activation, device=device)]
    if colon and prefix != "formula":
        record = as_record(load(name), name)
        if isinstance(record, CallableActivation):
            if expected is None:
                raise RequestError(
                    f"{name}: expected --as NAME or --formula TEXT as well, because it is a "
                    "user function, got neither"
                )
            activation = _expected(expected, arguments)
            return [user_target(name, record.function, activation, device)]
    activation = None if expected is None else _expected(expected)
    return actbench_targets(get(name, **arguments), name, device, expected=activation)


def _expected(text: str, arguments: Mapping[str, Any] | None = None) -> Activation:
    """Return the activation of `--as "NAME PARAMETER=VALUE…"` or of "formula:TEXT"."""
    if text.startswith("formula:"):
        return get(text, **(arguments or {}))
    if not text.split():
        raise RequestError("--as: expected a name of `actbench list`, got ''")
    name, *words = text.split()
    given = dict(arguments or {})
    for word in words:
        key, _, value = word.partition("=")
        given[key] = _literal(value)
    return get(name, **given)
