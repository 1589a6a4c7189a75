"""What is audited: a function of a library, and the activation that it should be."""

import ast
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from actbench.activations.catalogue import RECORDS, get
from actbench.activations.record import Activation, Counterpart
from actbench.activations.user_functions import CallableActivation, as_record, load
from actbench.errors import RequestError, suggest
from actbench.frameworks import counterparts
from actbench.frameworks.libraries import LIBRARIES, Function, Library, installed

PREFIXES = ("keras", "tf", "torch", "jax")
"""What a target of a framework begins with."""


class NotInstalledError(RequestError):
    """A target's framework is not here."""


@dataclass(frozen=True)
class Target:
    """A function of a library, and the activation that it should be.

    Args:
        name: as it was asked for, such as "torch:gelu".
        place: where it is, such as "torch.nn.functional.gelu"; with "numpy" or "tensorflow"
            for the two of ours.
        package: whose it is: actbench, keras, tensorflow, torch, jax, or a module.
        library: what computes it.
        expected: what it should be.
        make: a dtype's name ↦ the function of one tensor of that dtype.
        call: how it is called, in Python, with ({x}) for its tensor.
        imports: what that needs besides its library: a module, after statements if need be.
    """

    name: str
    place: str
    package: str
    library: Library
    expected: Activation
    make: Callable[[str], Function] = field(compare=False)
    call: str = ""
    imports: str = ""


def targets(
    words: Sequence[str],
    *,
    expected: str | None = None,
    formula: str | None = None,
    device: str = "cpu",
) -> list[Target | NotInstalledError]:
    """Return what a command line asks for.

    Args:
        words: names of targets, each with its PARAMETER=VALUE after it.
        expected: what all of them should be: a name and its parameters.
        formula: the same as a formula.
        device: "cpu" or "cuda".

    Returns:
        The targets; in place of one whose framework is not installed, what says so.

    Raises:
        RequestError: a target is not understood.
    """
    if expected and formula:
        raise RequestError("--as and --formula are both given; one would be right")
    if formula is not None:
        expected = f"formula:{formula}"
    asked: list[tuple[str, dict[str, Any]]] = []
    for word in words:
        if _is_setting(word):
            if not asked:
                raise RequestError(
                    f"{word!r}: stands before any target; after one would be right"
                )
            name, _, value = word.partition("=")
            asked[-1][1][name] = _literal(value)
        else:
            asked.append((word, {}))
    found: list[Target | NotInstalledError] = []
    for name, settings in asked:
        try:
            found += _resolve(name, settings, expected, device)
        except NotInstalledError as missing:
            found.append(missing)
    return found


def ours(activation: Activation, name: str, device: str = "cpu") -> list[Target]:
    """Return our own function on NumPy arrays and on TensorFlow tensors."""
    call = f"actbench.get({_quoted(activation, name)})({{x}})"
    return [
        Target(
            name=f"{activation}",
            place=library,
            package="actbench",
            library=LIBRARIES[library](*(() if library == "numpy" else (device,))),
            expected=activation,
            make=lambda _: activation,
            call=call,
            imports="actbench",
        )
        for library in ("numpy", "tensorflow")
    ]


def elsewhere(kind: type[Activation], there: Counterpart, device: str = "cpu") -> Target:
    """Return a framework's function with its own defaults, as the activation with those."""
    return _framework_target(there.name, kind, there, {}, None, device)


def _is_setting(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals) and name.isidentifier()


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _quoted(activation: Activation, name: str) -> str:
    settings = "".join(f", {key}={value!r}" for key, value in activation.parameters.items())
    return repr(name) + settings


def _as(text: str, settings: dict[str, Any] | None = None) -> Activation:
    """Return the activation of `--as "NAME PARAMETER=VALUE…"` or of a formula."""
    if text.startswith("formula:"):
        return get(text, **(settings or {}))
    if not text.split():
        raise RequestError("--as '': a name of `actbench list` would be right")
    name, *rest = text.split()
    given = dict(settings or {})
    for word in rest:
        key, _, value = word.partition("=")
        given[key] = _literal(value)
    return get(name, **given)


def _resolve(
    name: str, settings: dict[str, Any], expected: str | None, device: str
) -> list[Target]:
    prefix, colon, rest = name.partition(":")
    if colon and prefix in PREFIXES:
        return [_of_framework(prefix, rest, settings, expected, device)]
    if colon and prefix != "formula":
        return _of_reader(name, settings, expected, device)
    activation = get(name, **settings)
    if expected is None:
        return ours(activation, name, device)
    should_be = _as(expected)
    return [
        Target(**(vars(target) | {"expected": should_be}))
        for target in ours(activation, name, device)
    ]


def _of_framework(
    prefix: str, rest: str, settings: dict[str, Any], expected: str | None, device: str
) -> Target:
    package = counterparts.PACKAGES[prefix]
    if not installed(package):
        raise NotInstalledError(
            f"{prefix}:{rest}: {package} is not installed; "
            f"python -m pip install {package} would bring it"
        )
    known = [
        (kind, there)
        for kind in RECORDS
        for there in kind.counterparts
        if there.name.partition(".")[0] == prefix
        and rest in (there.name.partition(".")[2], there.name.rpartition(".")[2])
    ]
    fitting = [(kind, there) for kind, there in known if _fits(there, settings)]
    if fitting:
        kind, there = fitting[0]
        return _framework_target(there.name, kind, there, settings, expected, device)
    names = {
        there.name.rpartition(".")[2]
        for kind in RECORDS
        for there in kind.counterparts
        if there.name.startswith(f"{prefix}.")
    }
    if expected is None:
        if known:
            said = " ".join(f"{key}={value}" for key, value in settings.items())
            raise RequestError(
                f"{prefix}:{rest}: what it is with {said or 'no argument'} is not known; "
                "--as NAME would be right"
            )
        near = suggest(rest, tuple(sorted(names)))
        raise RequestError(
            f"{prefix}:{rest}: what it should be is not known; "
            f"--as NAME would be right, or {near}"
        )
    for place in ("", "nn.functional.", "nn.", "activations.", "math.", "layers.", "ops."):
        try:
            counterparts.find(f"{prefix}.{place}{rest}")
        except LookupError:
            continue
        there = Counterpart(f"{prefix}.{place}{rest}")
        return _framework_target(there.name, None, there, settings, expected, device)
    near = suggest(rest, tuple(sorted(names)))
    raise RequestError(f"{prefix}:{rest}: {package} has no such function; {near}")


def _fits(there: Counterpart, settings: dict[str, Any]) -> bool:
    """Return whether a function, called with these settings, is the one that is meant."""
    used = {*there.fixed, *there.parameters.values()}
    if any(key not in used for key in settings):
        return False
    for theirs, value in there.fixed.items():
        given = settings.get(theirs, _python_default(there.name, theirs))
        if given is not inspect.Parameter.empty and given != value:
            return False
    return all(
        theirs in settings or counterparts.default(there.name, theirs) is not None
        for theirs in there.parameters.values()
        if _python_default(there.name, theirs) is not inspect.Parameter.empty
    )


def _python_default(name: str, parameter: str) -> Any:
    try:
        signature = inspect.signature(counterparts.find(name))
    except ValueError:
        return inspect.Parameter.empty
    known = signature.parameters.get(parameter)
    return inspect.Parameter.empty if known is None else known.default


def _framework_target(
    place: str,
    kind: type[Activation] | None,
    there: Counterpart,
    settings: dict[str, Any],
    expected: str | None,
    device: str,
) -> Target:
    prefix, _, rest = place.partition(".")
    package = counterparts.PACKAGES[prefix]
    if not installed(package):
        raise NotInstalledError(f"{prefix}:{rest}: {package} is not installed")
    arguments = dict(settings)
    if kind is not None:
        defaults = {
            ours: settings.get(theirs, counterparts.default(place, theirs))
            for ours, theirs in there.parameters.items()
        }
        known = {key: value for key, value in defaults.items() if value is not None}
        should_be = kind(**known, **there.begins)
        arguments = {
            theirs: should_be.parameters[key] for key, theirs in there.parameters.items()
        } | dict(there.fixed)
    if expected is not None:
        should_be = _as(expected)
        arguments = dict(settings)
    said = "".join(f", {key}={value!r}" for key, value in arguments.items())
    found = counterparts.find(place)
    call = f"{place}({{x}}{said})"
    if not callable(found):
        raise RequestError(f"{place}: is no function; the name of one would be right")
    if inspect.isclass(found) and prefix == "keras":
        call = (
            f"{place}({said.removeprefix(', ')}{', ' if said else ''}dtype='{{dtype}}')({{x}})"
        )
    elif inspect.isclass(found):
        call = f"{place}({said.removeprefix(', ')}).to(torch.{{dtype}})({{x}})"
    _check_arguments(place, found, arguments)
    unusual = "".join(
        f" {key}={value:g}" if isinstance(value, float) else f" {key}={value}"
        for key, value in arguments.items()
        if value != _python_default(place, key)
    )
    return Target(
        name=f"{prefix}:{_short(place)}{unusual}",
        place=place,
        package=package,
        library=LIBRARIES[counterparts.backend(package)](device),
        expected=should_be,
        make=lambda dtype: counterparts.apply(place, arguments, dtype, device),
        call=call,
        imports=_imports(prefix),
    )


def _check_arguments(place: str, found: Any, arguments: dict[str, Any]) -> None:
    """Refuse arguments that a function does not take, where it says what it takes."""
    try:
        signature = inspect.signature(found)
    except ValueError:  # built in, without a signature
        return
    try:
        if inspect.isclass(found):
            signature.bind_partial(**arguments)
        else:
            signature.bind_partial(None, **arguments)
    except TypeError as error:
        raise RequestError(f"{place}: {error}; it takes {signature}") from None


def _imports(prefix: str) -> str:
    """Return what a reproducer imports; Keras takes its backend from the environment."""
    if prefix != "keras":
        return ""
    backend = counterparts.backend("keras")
    if backend == "tensorflow":
        return "keras"
    return f"import os; os.environ['KERAS_BACKEND'] = '{backend}'; keras"


def _short(place: str) -> str:
    """Return the last part of a name, or more where that means another function too."""
    prefix, _, rest = place.partition(".")
    last = rest.rpartition(".")[2]
    places = [
        there.name
        for kind in RECORDS
        for there in kind.counterparts
        if there.name.startswith(f"{prefix}.") and there.name.endswith(f".{last}")
    ]
    return last if not places or places[0] == place else rest


def _of_reader(
    name: str, settings: dict[str, Any], expected: str | None, device: str
) -> list[Target]:
    record = as_record(load(name), name)
    if not isinstance(record, CallableActivation):
        activation = get(name, **settings)
        found = ours(activation, name, device)
        if expected is None:
            return found
        should_be = _as(expected)
        return [Target(**(vars(target) | {"expected": should_be})) for target in found]
    if expected is None:
        raise RequestError(
            f"{name}: what it should be is not said; --as NAME or --formula TEXT would be right"
        )
    module, _, path = name.partition(":")
    function = record.function
    return [
        Target(
            name=name,
            place=name,
            package=module.partition(".")[0],
            library=library_of(name, function, device),
            expected=_as(expected, settings),
            make=lambda _: function,
            call=f"{module}.{path}({{x}})",
            imports=module,
        )
    ]


def library_of(name: str, function: Function, device: str = "cpu") -> Library:
    """Return the library that a function computes with: the one of what it gives.

    Raises:
        RequestError: it takes the tensors of none that is installed.
    """
    x = np.array([-1.0, 0.5], np.float32)
    said = []
    for kind in LIBRARIES.values():
        if not installed(kind.name):
            continue
        library = kind()
        try:
            given = type(function(library.tensor(x))).__module__.partition(".")[0]
        except Exception as error:  # whatever a reader's function raises
            said.append(f"{kind.name}: {(str(error).splitlines() or [''])[0]}")
            continue
        given = {"jaxlib": "jax", "keras": "tensorflow"}.get(given, given)
        if given in LIBRARIES:
            return LIBRARIES[given](*(() if given == "numpy" else (device,)))
        said.append(f"{kind.name}: gives {given}")
    raise RequestError(
        f"{name}: takes no tensor of an installed library ({'; '.join(said)}); an elementwise "
        "function of NumPy arrays or of TensorFlow, PyTorch or JAX tensors would be right"
    )
