"""The properties of an activation as typed records, which `--json` prints."""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from actbench.activations import Activation, VectorActivation
from actbench.activations.breakpoints import Kink
from actbench.activations.counterparts import CounterpartCall, calls_of
from actbench.activations.formula_activation import FormulaActivation
from actbench.activations.record import ErrorBound
from actbench.errors import RequestError

if TYPE_CHECKING:
    from actbench.activations.formula_facts import FormulaFacts

Limits = tuple[float | None, float | None]
Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"
T = TypeVar("T")


@dataclass(frozen=True)
class Properties:
    """The properties of an activation; None for a property that is unknown.

    The fields are named as the attributes of `actbench.Activation` that they are read from. A
    limit is NaN if there is none.
    """

    name: str
    description: str
    family: str
    formula: str | None
    latex: str | None
    generated: bool
    parameters: dict[str, float]
    parameter_meanings: dict[str, str]
    undefined: tuple[str, ...] | None
    """The parts of the real line without a real value, such as "x < 0"."""
    bounds: Limits | None
    limits: Limits | None
    slope_limits: Limits | None
    monotone: bool | None
    symmetry: str | None
    smooth: bool | None
    kinks: tuple[Kink, ...] | None
    kinks_are_complete: bool
    """Whether there are no other kinks; it may be unknown for a formula."""
    zero_at_zero: bool | None
    sign_preserving: bool | None
    gain: float | None
    accuracy: tuple[ErrorBound, ...] | None
    source: str
    year: int | None
    counterparts: tuple[CounterpartCall, ...]

    def document(self) -> dict[str, Json]:
        """Return the properties ready for JSON.

        Infinite numbers become the strings "inf" and "-inf", and NaN becomes "none", because
        JSON has no numbers for them. None, an unknown property, becomes null.

        Example:
            >>> import actbench
            >>> known = properties_of(actbench.get("relu6")).document()
            >>> known["bounds"], known["smooth"], known["kinks"][1]
            ([0.0, 6.0], False, {'x': 6.0, 'derivative': 0.0, 'interval': [0.0, 1.0]})
        """
        return _document(self)


@dataclass(frozen=True)
class VectorProperties:
    """The properties of a vector activation."""

    name: str
    description: str
    latex: str
    parameters: dict[str, int]
    sums_to_one: bool
    shift_invariant: bool
    source: str
    year: int
    counterparts: tuple[CounterpartCall, ...]

    def document(self) -> dict[str, Json]:
        """Return the properties ready for JSON."""
        return _document(self)


def properties_of(activation: Activation) -> Properties:
    """Return the properties of an activation."""
    has_formula = activation.formula is not None
    # Only a formula has proved facts; the properties of code are computed.
    facts = activation.facts if isinstance(activation, FormulaActivation) else None
    return Properties(
        name=activation.name,
        description=_description(activation),
        family=activation.family,
        formula=activation.formula,
        latex=when_known(lambda: activation.latex),
        generated=activation.generated,
        parameters=activation.parameters,
        parameter_meanings={
            f.name: f"{f.metadata['meaning']}; {f.metadata['domain']}"
            for f in fields(activation)
            if "meaning" in f.metadata
        },
        undefined=_undefined(activation, facts),
        bounds=when_known(lambda: facts.bounds if facts else activation.bounds),
        limits=when_known(lambda: facts.limits if facts else activation.limits),
        slope_limits=when_known(
            lambda: facts.limits_of(1) if facts else activation.slope_limits
        ),
        monotone=when_known(lambda: activation.monotone),
        symmetry=when_known(lambda: facts.symmetry if facts else activation.symmetry or "none"),
        smooth=when_known(lambda: activation.smooth),
        kinks=when_known(lambda: activation.kinks) if has_formula else None,
        kinks_are_complete=facts.kinks_are_complete if facts else has_formula,
        zero_at_zero=when_known(lambda: activation.zero_at_zero),
        sign_preserving=when_known(lambda: activation.sign_preserving),
        gain=when_known(lambda: facts.gain if facts else activation.gain),
        # Code that is generated from a formula has no stated accuracy.
        accuracy=activation.error_bounds if has_formula and not activation.generated else None,
        source=activation.source,
        year=getattr(activation, "year", None),
        counterparts=tuple(calls_of(activation)),
    )


def _undefined(activation: Activation, facts: "FormulaFacts | None") -> tuple[str, ...] | None:
    """Return where the function has no real value; None if unknown."""
    if facts is None:
        return None if activation.formula is None else ()
    return None if facts.gaps is None else tuple(map(str, facts.gaps))


def vector_properties_of(activation: VectorActivation) -> VectorProperties:
    """Return the properties of a vector activation."""
    return VectorProperties(
        name=activation.name,
        description=_description(activation),
        latex=activation.latex,
        parameters=activation.get_config(),
        sums_to_one=activation.simplex,
        shift_invariant=activation.shift_invariant,
        source=activation.source,
        year=activation.year,
        counterparts=tuple(calls_of(activation)),
    )


def when_known(compute: Callable[[], T]) -> T | None:
    """Return a property, or None if it cannot be computed for this activation."""
    try:
        return compute()
    except (RequestError, ArithmeticError, ValueError):  # such as a function that is NaN
        return None


def format_parameters(parameters: Mapping[str, float]) -> str:
    """Return parameters in one line.

    Example:
        >>> format_parameters({"alpha": 1.0, "beta": 0.5})
        'alpha = 1, beta = 0.5'
    """
    return ", ".join(f"{name} = {value:g}" for name, value in parameters.items())


def _description(activation: Activation | VectorActivation) -> str:
    """Return the first line of the docstring of a record."""
    return (inspect.getdoc(type(activation)) or "").partition("\n")[0]


def _document(record: Properties | VectorProperties) -> dict[str, Json]:
    return {f.name: _json(getattr(record, f.name)) for f in fields(record)}


def _counterpart(found: CounterpartCall) -> dict[str, object]:
    """Return a counterpart with the facts that hold at the given parameters."""
    row = asdict(found.row)
    if not found.measured:
        row["kinks"] = row["wrong"] = None
    return row | {
        "call": found.call,
        "lacking": found.lacking,
        "installed_version": found.installed,
    }


def _json(value: object) -> Json:
    match value:
        case CounterpartCall():
            return _json(_counterpart(value))
        case Kink() | ErrorBound():
            return _json(value._asdict())
        case Mapping():
            return {str(name): _json(item) for name, item in value.items()}
        case list() | tuple():
            return [_json(item) for item in value]
        case float() if math.isnan(value):
            return "none"
        case float() if math.isinf(value):
            return str(value)
        case None | bool() | int() | float() | str():
            return value
    raise TypeError(f"property: expected a value that JSON has, got {value!r}")
