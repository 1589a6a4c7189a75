"""Parse the words of the command `actbench audit` into targets."""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.activations.user_functions import as_record, load
from actbench.conformance.targets.framework_targets import PREFIXES, framework_target
from actbench.conformance.targets.source import TargetSource
from actbench.conformance.targets.target import (
    NotInstalledError,
    Target,
    actbench_targets,
    location_of,
    user_target,
)
from actbench.conformance.targets.user_function import accepts
from actbench.conformance.targets.words import group_words
from actbench.errors import RequestError
from actbench.formula.parse import is_parameter_name

_FORMULA = "formula:"

TargetArguments = dict[str, Any]
"""PARAMETER=VALUE words; a value is a Python literal or text."""


def parse_targets(
    words: Sequence[str],
    *,
    expected: str | Activation | None = None,
    formula: str | None = None,
    device: str = "cpu",
    library: str | None = None,
    source: TargetSource | None = None,
    libraries: Sequence[str] | None = None,
) -> list[Target | NotInstalledError]:
    """Return the targets that the words of a command line name.

    Args:
        words: names of targets, each followed by its PARAMETER=VALUE words.
        expected: the activation that all targets should compute, or its name and parameters.
        formula: formula that all targets should compute.
        device: "cpu" or "cuda".
        library: the library that runs user functions and activations of actbench; by default
            each that can.
        source: further targets, with prefixes of their own.
        libraries: libraries that compute the activations of actbench; by default all.

    Returns:
        The targets. A target whose framework is not installed is replaced by the error.

    Raises:
        RequestError: a word is not understood.
    """
    if expected and formula:
        raise RequestError("--as and --formula: expected one of them, got both")
    if formula is not None:
        expected = f"{_FORMULA}{formula}"
    found: list[Target | NotInstalledError] = []
    for name, *settings in group_words(words):
        arguments = dict(_setting(word) for word in settings)
        try:
            if source is not None and source.package_of(name) is not None:
                activation = _expected_or_none(expected, arguments)
                found.append(source.target(name, arguments, expected=activation, device=device))
            else:
                own = libraries if library is None else (library,)
                found += _targets(name, arguments, expected, device, library, own)
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
    name: str,
    arguments: TargetArguments,
    expected: str | Activation | None,
    device: str,
    library: str | None,
    libraries: Sequence[str] | None,
) -> list[Target]:
    """Return the targets of one name; an activation of actbench has one for each library."""
    prefix, colon, rest = name.partition(":")
    if colon and prefix in PREFIXES:
        activation = _expected_or_none(expected, arguments)
        return [framework_target(prefix, rest, arguments, expected=activation, device=device)]
    if colon and prefix != "formula":
        found = load(name)
        if not isinstance(found, Activation) and not _is_record(found):
            if not callable(found):
                as_record(found, name)  # raises the error
            return [_user_target(name, found, arguments, expected, device, library)]
    activation = _expected_or_none(expected)
    return actbench_targets(
        get(name, **arguments), name, device, expected=activation, libraries=libraries
    )


def user_object_target(
    found: Callable[..., Any],
    expected: str | Activation | None,
    arguments: TargetArguments,
    *,
    device: str = "cpu",
    library: str | None = None,
) -> Target:
    """Return a callable as a target.

    Args:
        found: the function of one array or tensor, a layer or module, or a class of these.
        expected: the activation that it should compute, or its name and parameters.
        arguments: arguments of the function, of the expected activation, or of both.
        device: device of its library.
        library: the library that runs it; by default the first one that it takes.

    Raises:
        RequestError: the arguments are wrong, or the function takes no tensors of a library.
    """
    return _user_target(location_of(found), found, dict(arguments), expected, device, library)


def _is_record(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, Activation)


def _user_target(
    name: str,
    found: object,
    arguments: TargetArguments,
    expected: str | Activation | None,
    device: str,
    library: str | None,
) -> Target:
    """Return a user function. Each argument goes to it, to the expected activation, or both."""
    if expected is None:
        raise RequestError(
            f"{name}: expected --as NAME or --formula TEXT as well (in Python: expected=… or "
            "formula=…), because it is a user function, got neither"
        )
    own = {key: value for key, value in arguments.items() if accepts(found, key)}
    unknown = arguments.keys() - own.keys() - _parameters_of(expected)
    if unknown:
        raise RequestError(
            f"{name}: expected arguments of the function or parameters of the expected "
            f"activation, got {', '.join(sorted(unknown))}"
        )
    compared = expected_activation(expected, arguments)
    return user_target(name, found, compared, device, own, library)


def _expected_or_none(
    expected: str | Activation | None, arguments: Mapping[str, Any] | None = None
) -> Activation | None:
    return None if expected is None else expected_activation(expected, arguments)


def expected_activation(
    text: str | Activation, arguments: Mapping[str, Any] | None = None
) -> Activation:
    """Return the activation of `--as "NAME PARAMETER=VALUE…"` or of "formula:TEXT".

    Args:
        text: the request; an activation is returned unchanged.
        arguments: arguments of the target. They are parameters of the activation as well if it
            has parameters of these names that the text does not state. The domain of a record
            does not limit them: the parameter has its default if the record refuses the value.
    """
    if isinstance(text, Activation):
        return text
    given: Mapping[str, Any] = arguments or {}
    if text.startswith(_FORMULA):
        known = _formula_parameters(text)
        return get(text, **{key: value for key, value in given.items() if key in known})
    name, *words = _words(text)
    stated: dict[str, Any] = {}
    for word in words:
        key, _, value = word.partition("=")
        stated[key] = _literal(value)
    activation = get(name, **stated)
    for key, value in given.items():
        if key in activation.parameters and key not in stated:
            with suppress(RequestError):
                activation = get(name, **stated, **{key: value})
                stated[key] = value
    return activation


def _parameters_of(expected: str | Activation) -> frozenset[str]:
    """Return the names of the parameters of an expected activation."""
    if isinstance(expected, Activation):
        return frozenset(expected.parameters)
    if expected.startswith(_FORMULA):
        return _formula_parameters(expected)
    return frozenset(get(_words(expected)[0]).parameters)


def _formula_parameters(text: str) -> frozenset[str]:
    """Return the names in "formula:TEXT" that may be parameters."""
    names = re.findall(r"(?<!\w)[^\W\d]\w*", text.removeprefix(_FORMULA))
    return frozenset(name for name in names if is_parameter_name(name))


def _words(text: str) -> list[str]:
    if not text.split():
        raise RequestError("--as: expected a name of `actbench list`, got ''")
    return text.split()
