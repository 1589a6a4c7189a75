"""Translate the call of an activation into other frameworks."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from actbench.activations.catalogue import get, names
from actbench.activations.foreign.calls import (
    Call,
    bind_arguments,
    description_of,
    parse_call,
    signatures_of,
)
from actbench.activations.foreign.meanings import meaning_of
from actbench.activations.foreign.names import own_name
from actbench.activations.foreign.signatures import (
    VECTOR_NAMES,
    Function,
    Required,
    Signature,
    Value,
)
from actbench.deployment.translation.expressions import (
    direct_call,
    expression,
    source_of,
)
from actbench.errors import RequestError

FRAMEWORKS = ("keras", "tf", "jax", "torch", "onnx")
"""The frameworks into which calls are translated."""

_GRID = np.linspace(-8, 8, 1601)


@dataclass(frozen=True)
class Source:
    """A call that is translated.

    Args:
        call: the full name of the callable with its arguments.
        function: the activation that it computes.
        signature: its row of the table; None for an activation of this project.
        notes: remarks, such as on a random slope.
        code: source code that runs it, with the tensor x unless it is a layer.
    """

    call: str
    function: Function
    signature: Signature | None
    notes: tuple[str, ...] = ()
    code: str = ""

    @property
    def name(self) -> str:
        """The call without its arguments."""
        return self.call if self.signature is None else self.signature.name


@dataclass(frozen=True)
class Translation:
    """A call in another framework.

    Args:
        framework: one of `FRAMEWORKS`.
        code: source code; an expression contains the tensor x.
        exact: whether the framework has this function, so that the code is one call.
        differences: the differences from the source.
        signature: the callable of an exact translation.
    """

    framework: str
    code: str | None
    exact: bool
    differences: tuple[str, ...] = ()
    signature: Signature | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Answer:
    """The translations of one function.

    Args:
        sources: the calls that compute the function; several for a bare name.
        translations: one for each framework.
    """

    sources: tuple[Source, ...]
    translations: tuple[Translation, ...]

    @property
    def function(self) -> Function:
        """The function."""
        return self.sources[0].function


def sources_of(text: str) -> tuple[Source, ...]:
    """Return the activations that a call or a name means: several for a bare name.

    Args:
        text: a call such as "nn.Softplus(beta=2)", or a name such as "hf:gelu_new".

    Raises:
        RequestError: the text is no call, or the callable or an argument is unknown.

    Example:
        >>> [str(source.function) for source in sources_of("leaky_relu")][:2]
        ['leaky_relu(negative_slope=0.01)', 'leaky_relu(negative_slope=0.01)']
    """
    call = parse_call(text)
    if (description := description_of(call.name)) is not None:
        raise RequestError(
            f"{call.name}: expected an activation of one tensor, got {description}"
        )
    own = _own_name(call.name)
    try:
        signatures = signatures_of(call.name)
    except RequestError:
        if own is None:
            raise
        signatures = ()
    found = []
    failure: RequestError | None = None
    for signature in signatures:
        try:
            found.append(_source(signature, call))
        except RequestError as error:
            failure = error
    if own is not None:
        try:
            found.append(_own_source(own, call))
        except RequestError as error:
            failure = failure or error
    if not found:
        raise failure or RequestError(f"{text}: expected the name of an activation")
    return tuple(found)


def _own_name(name: str) -> str | None:
    """Return the name of a record that a name without a framework means, in any spelling."""
    prefix, _, last = name.rpartition(".")
    own = own_name(last) if prefix.lower() in ("", "actbench", "actbench.get") else None
    return own if own in names() else None


def _source(signature: Signature, call: Call) -> Source:
    function, meaning = meaning_of(signature, call)
    given = [*map(repr, call.positional), *(f"{k}={v!r}" for k, v in call.keywords.items())]
    noted = meaning.note and "default" not in meaning.note and not meaning.domains
    notes = (meaning.note,) if noted else ()
    arguments = {
        name: value
        for name, value in bind_arguments(signature, call).items()
        if value != signature.parameters[name]
    }
    return Source(
        f"{signature.name}({', '.join(given)})",
        function,
        signature,
        notes,
        source_of(signature, arguments),
    )


def _own_source(name: str, call: Call) -> Source:
    if call.positional:
        raise RequestError(
            f"{name}: expected parameters by name, such as beta=2, got {call.positional[0]!r}"
        )
    given = {k: v for k, v in call.keywords.items() if isinstance(v, float | int)}
    record = get(name, **{k: float(v) for k, v in given.items()})
    return Source(f"actbench.get({name!r})", Function(record.name, record.parameters), None)


def translate(text: str, to: Sequence[str] = FRAMEWORKS) -> list[Answer]:
    """Translate a call into other frameworks.

    Args:
        text: a call such as "nn.Softplus(beta=2)", or a name such as "hf:gelu_new". A bare
            name, such as "gelu", means a function of each framework that has this name.
        to: frameworks, of `FRAMEWORKS`.

    Returns:
        One answer for each function that the text may mean.

    Raises:
        RequestError: the text is no call, or the callable or an argument is unknown.

    Example:
        >>> (answer,) = translate("nn.Softplus(beta=2)", ["keras"])
        >>> answer.translations[0].code
        'keras.activations.softplus(2 * x) / 2'
    """
    meant: dict[str, list[Source]] = {}
    for source in sources_of(text):
        meant.setdefault(str(source.function), []).append(source)
    return [
        Answer(tuple(sources), tuple(translation_of(sources[0], framework) for framework in to))
        for sources in meant.values()
    ]


def translation_of(source: Source, framework: str) -> Translation:
    """Return the translation of an activation into one framework."""
    layers = source.signature is not None and source.signature.is_layer
    found = direct_call(source.function, framework, layers=layers)
    if found is not None:
        signature, arguments = found
        return Translation(
            framework,
            source_of(signature, arguments),
            exact=True,
            differences=tuple(_differences(source, signature, arguments)),
            signature=signature,
        )
    if source.function.name in VECTOR_NAMES:
        return Translation(
            framework, None, exact=False, differences=("no function of this name",)
        )
    written = expression(source.function, framework)
    if written is None:
        return Translation(framework, None, exact=False, differences=("no expression known",))
    remarks = (
        ["the textbook formula; it may overflow for large |x|"] if written.textbook else []
    )
    return Translation(
        framework,
        written.text,
        exact=False,
        differences=(*remarks, *_losses(source, framework)),
    )


def _losses(source: Source, framework: str, *, trains: bool = False) -> list[str]:
    """Return the properties that a framework cannot keep."""
    trained = source.function.name == "prelu" and not trains
    losses = ["the slope is a constant, not trained"] if trained else []
    return [*losses, "ONNX states no gradient"] if framework == "onnx" else losses


def _differences(
    source: Source, signature: Signature, arguments: dict[str, Value]
) -> list[str]:
    """Return how a call differs from the source, apart from derivatives at kinks."""
    found = []
    if source.function.name not in VECTOR_NAMES:
        found += _difference_of_default(source, signature, arguments)
        both = {s.name: s for s in (source.signature, signature) if s is not None}
        for one in both.values():
            found += _linear_part(one, source.function)
    trains = "prelu" in signature.name.lower()
    return found + _losses(source, signature.framework, trains=trains)


def _difference_of_default(
    source: Source, signature: Signature, arguments: dict[str, Value]
) -> list[str]:
    """Return by how much the call without arguments differs, for |x| ≤ 8."""
    defaults = signature.parameters
    if not arguments or any(defaults[name] is Required for name in arguments):
        return []
    name = signature.name
    try:
        bare = Call(name, (), {}, has_brackets=True, has_tensor=True)
        default, _ = meaning_of(signature, bare)
    except RequestError:  # clamp without limits is refused
        return []
    errors = np.abs(default.record(_GRID) - source.function.record(_GRID))
    worst = int(np.argmax(errors))
    without = ", ".join(f"{key} = {defaults[key]!r}" for key in arguments)
    size = f"off by up to {errors[worst]:.3g} for |x| ≤ 8, at x = {_GRID[worst]:g}"
    return [f"by default {without}, which is {size}"]


def _linear_part(signature: Signature, function: Function) -> list[str]:
    """Return the error of PyTorch's softplus, which is x above a threshold."""
    if signature.framework != "torch" or function.name != "softplus":
        return []
    start = 20 / function.parameters["beta"]
    error = float(function.record(start)) - start
    return [f"{signature.name} returns x for x > {start:g}, which is off by up to {error:.2g}"]
