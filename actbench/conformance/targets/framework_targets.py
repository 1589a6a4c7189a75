"""Targets of frameworks: the counterparts of records, and other functions by name."""

import inspect
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import NamedTuple

from actbench.activations.catalogue import RECORDS
from actbench.activations.record import Activation, Counterpart
from actbench.conformance.targets.target import NotInstalledError, Target, call_arguments
from actbench.errors import RequestError, suggest
from actbench.frameworks import counterparts
from actbench.frameworks.libraries import LIBRARIES, installed

PREFIXES = tuple(counterparts.PACKAGES)
"""The prefixes of targets of frameworks, such as "keras" in "keras:elu"."""

# Modules that are searched for a function of a framework, in this order.
_MODULES = (
    "", "nn.functional.", "nn.", "activations.", "math.", "layers.", "ops.", "core.",
)  # fmt: skip

Arguments = Mapping[str, object]


class _Known(NamedTuple):
    """A record and one of its counterparts."""

    record: type[Activation]
    counterpart: Counterpart


def counterpart_target(
    record: type[Activation], counterpart: Counterpart, device: str = "cpu"
) -> Target:
    """Return a counterpart with its own defaults.

    Args:
        record: the record that it should compute, with the same parameters.
        counterpart: the function of the framework.
        device: device of its library.

    Raises:
        LookupError: the installed version has no such function or parameter.
        NotInstalledError: the framework is not installed.
    """
    prefix, _, name = counterpart.name.partition(".")
    _require_installed(prefix, name)
    expected, arguments = _parameters(_Known(record, counterpart), {})
    return _target(counterpart.name, arguments, expected, device)


def framework_target(
    prefix: str,
    name: str,
    arguments: Arguments,
    *,
    expected: Activation | None = None,
    device: str = "cpu",
) -> Target:
    """Return a function of a framework.

    Args:
        prefix: one of `PREFIXES`.
        name: last part of the function's name, or the name without the framework.
        arguments: arguments of the function.
        expected: the activation that it should compute; by default the record that has it as
            a counterpart.
        device: device of its library.

    Raises:
        RequestError: the function is unknown, or its record is not known.
        NotInstalledError: the framework is not installed.
    """
    _require_installed(prefix, name)
    try:
        return _framework_target(prefix, name, arguments, expected, device)
    except LookupError as error:
        if type(error) is not LookupError:  # a KeyError is a fault of this code
            raise
        package = counterparts.PACKAGES[prefix]
        raise RequestError(
            f"{prefix}:{name}: expected a function of the installed {package} "
            f"{version(package)}, got an error: {error}"
        ) from None


def _framework_target(
    prefix: str, name: str, arguments: Arguments, expected: Activation | None, device: str
) -> Target:
    known = list(_known(prefix, name))
    fitting = [each for each in known if _accepts(each.counterpart, arguments)]
    if expected is not None:
        location = fitting[0].counterpart.name if fitting else _locate(prefix, name)
        return _target(location, arguments, expected, device)
    if fitting:
        expected, all_arguments = _parameters(fitting[0], arguments)
        return _target(fitting[0].counterpart.name, all_arguments, expected, device)
    if known:
        text = " ".join(f"{key}={value}" for key, value in arguments.items())
        raise RequestError(
            f"{prefix}:{name}: expected arguments for which a record is known, got "
            f"{text or 'none'}; try --as NAME"
        )
    raise RequestError(
        f"{prefix}:{name}: expected a function that a record is known for, got {name!r}; "
        f"try --as NAME, or {suggest(name, _names(prefix))}"
    )


def _require_installed(prefix: str, name: str) -> None:
    package = counterparts.PACKAGES[prefix]
    if not installed(package):
        raise NotInstalledError(
            f"{prefix}:{name}: expected {package} to be installed, got no such package; "
            f"try {counterparts.install_command(package)}"
        )


def _known(prefix: str, name: str) -> Iterator[_Known]:
    """Yield the counterparts that a name may mean."""
    for record in RECORDS:
        for counterpart in record.counterparts:
            framework, _, path = counterpart.name.partition(".")
            if framework == prefix and name in (path, path.rpartition(".")[2]):
                yield _Known(record, counterpart)


def _names(prefix: str) -> tuple[str, ...]:
    """Return the last parts of the names of all counterparts in a framework."""
    names = {
        counterpart.name.rpartition(".")[2]
        for record in RECORDS
        for counterpart in record.counterparts
        if counterpart.name.startswith(f"{prefix}.")
    }
    return tuple(sorted(names))


def _locate(prefix: str, name: str) -> str:
    """Return the dotted name of a function that is not a counterpart of a record."""
    for module in _MODULES:
        location = f"{prefix}.{module}{name}"
        try:
            counterparts.find(location)
        except LookupError:
            continue
        return location
    raise RequestError(
        f"{prefix}:{name}: expected a function of {counterparts.PACKAGES[prefix]}, got "
        f"{name!r}; {suggest(name, _names(prefix))}"
    )


def _accepts(counterpart: Counterpart, arguments: Arguments) -> bool:
    """Return whether a function is the counterpart when it is called with these arguments."""
    used = {*counterpart.fixed, *counterpart.parameters.values()}
    if any(key not in used for key in arguments):
        return False
    for name, value in counterpart.fixed.items():
        given = arguments.get(name, _default(counterpart.name, name))
        if given is not inspect.Parameter.empty and given != value:
            return False
    return all(
        name in arguments or counterparts.default_of(counterpart.name, name) is not None
        for name in counterpart.parameters.values()
        if _default(counterpart.name, name) is not inspect.Parameter.empty
    )


def _parameters(known: _Known, arguments: Arguments) -> tuple[Activation, dict[str, object]]:
    """Return the activation with a counterpart's parameters, and all its arguments."""
    record, counterpart = known
    values = {
        ours: arguments.get(theirs, counterparts.default_of(counterpart.name, theirs))
        for ours, theirs in counterpart.parameters.items()
    }
    given = {name: value for name, value in values.items() if value is not None}
    expected = record(**given, **counterpart.initial_values)
    all_arguments: dict[str, object] = {
        theirs: expected.parameters[ours] for ours, theirs in counterpart.parameters.items()
    }
    return expected, all_arguments | dict(counterpart.fixed)


def _target(location: str, arguments: Arguments, expected: Activation, device: str) -> Target:
    prefix = location.partition(".")[0]
    package = counterparts.PACKAGES[prefix]
    found = counterparts.find(location)
    if not callable(found):
        raise RequestError(
            f"{location}: expected a function or a layer, got a {type(found).__name__}"
        )
    _check_arguments(location, found, arguments)
    changed = "".join(
        f" {key}={value:g}" if isinstance(value, float) else f" {key}={value}"
        for key, value in arguments.items()
        if value != _default(location, key)
    )
    return Target(
        name=f"{prefix}:{_short_name(location)}{changed}",
        location=location,
        package=package,
        library=LIBRARIES[counterparts.backend(package)](device),
        expected=expected,
        make=lambda dtype: counterparts.bind(location, arguments, dtype, device),
        call=_call(location, arguments, layer=inspect.isclass(found)),
        imports=_imports(prefix),
    )


def _check_arguments(location: str, found: object, arguments: Arguments) -> None:
    """Raise an error for arguments that a function with a signature does not have."""
    signature = _signature(found)
    if signature is None:
        return
    tensor = () if inspect.isclass(found) else (None,)
    try:
        signature.bind_partial(*tensor, **arguments)
    except TypeError as error:
        raise RequestError(
            f"{location}: expected arguments of {signature}, got {', '.join(arguments)} "
            f"({error})"
        ) from None


def _signature(found: object) -> inspect.Signature | None:
    """Return the signature of a callable, and None for a built-in one without."""
    try:
        return inspect.signature(found) if callable(found) else None
    except ValueError:
        return None


def _default(location: str, parameter: str) -> object:
    """Return the default of a parameter; `inspect.Parameter.empty` if it has none."""
    signature = _signature(counterparts.find(location))
    known = None if signature is None else signature.parameters.get(parameter)
    return inspect.Parameter.empty if known is None else known.default


def _call(location: str, arguments: Arguments, *, layer: bool) -> str:
    """Return the call of a function or layer as `Target.call` has it."""
    if not layer:
        return f"{location}({{x}}{call_arguments(arguments)})"
    if location.startswith("keras."):
        text = call_arguments(dict(arguments) | {"dtype": "{dtype}"})
        return f"{location}({text.removeprefix(', ')})({{x}})"
    text = call_arguments(arguments).removeprefix(", ")
    dtype = ".to(torch.{dtype})" if location.startswith("torch.") else ""
    return f"{location}({text}){dtype}({{x}})"


def _imports(prefix: str) -> str:
    """Return the imports of a reproducer; Keras reads its backend from the environment."""
    if prefix == "mlx":
        return "mlx.nn"
    if prefix != "keras":
        return ""
    backend = counterparts.backend("keras")
    if backend == "tensorflow":
        return "keras"
    return f"import os; os.environ['KERAS_BACKEND'] = '{backend}'; keras"


def _short_name(location: str) -> str:
    """Return the last part of a name, or all but the framework if it has other meanings."""
    prefix, _, path = location.partition(".")
    last = path.rpartition(".")[2]
    locations = [
        counterpart.name
        for record in RECORDS
        for counterpart in record.counterparts
        if counterpart.name.startswith(f"{prefix}.") and counterpart.name.endswith(f".{last}")
    ]
    return last if not locations or locations[0] == location else path
