"""Records with tensors for some of their parameters: values and derivatives.

There are two forms of such a record: its method `compute_parametric_value`, and its formula.
The method accepts tensors if it does only arithmetic with the parameters. Each form is compared
with the record before its first use, and the first form that agrees is used. Derivatives come
from forward differentiation (`actbench.numerics.jets`), once for each tensor.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import cache, lru_cache, partial
from typing import cast

import numpy as np
import numpy.typing as npt

from actbench.activations.breakpoints import breakpoints
from actbench.activations.formula_activation import FormulaActivation
from actbench.activations.parameter import Domain
from actbench.activations.record import Activation
from actbench.errors import RequestError
from actbench.formula.evaluate import array_function, stabilise
from actbench.formula.parse import parse
from actbench.numerics.array import Array
from actbench.numerics.double_double import Argument, sum_of_parts
from actbench.numerics.jets import Jet, JetOperations, as_jet
from actbench.numerics.operations import NUMPY, Operations

LARGEST_X = 1e100
"""|x| is clipped here, ±∞ included.

Results that grow with x become ∞ again when they are rounded to a narrower format, and the
cube of this number is finite in float64.
"""

Parameters = Mapping[str, Array | float]
Form = Callable[[Operations, Array, Parameters], Array]
"""(operations, x, parameters) ↦ f(x); parameters are numbers or jets."""

# A form is compared with the record at these points: on both sides of usual breakpoints, and at
# large |x|.
_POINTS = np.array(
    [-1e30, -1e4, -61.7, -7.31, -1.37, -0.43, -1e-3, 1e-3, 0.37, 1.63, 6.19, 61.7, 1e4, 1e30]
)

# Exponents are clipped here, because e^z = ∞ would give NaN in products with 0 and differences.
_LARGEST_EXPONENT = 709.0


class ParameterOperations(JetOperations):
    """The operations on jets whose variable may be a parameter.

    Operations without a rule for jets are computed from operations that have one.
    """

    def product(self, c: Fraction | Array | float, x: Argument) -> Array:
        """Return c · x, without double-double arithmetic."""
        return c * sum_of_parts(x)

    def round(self, x: Array) -> Jet:
        """Return the nearest integer, whose derivative is 0."""
        return Jet(self.ops.round(as_jet(x).v), 0.0, 0.0)

    def exp(self, x: Array) -> Jet:
        """Return eˣ, which is finite for every finite x."""
        x = as_jet(x)
        return super().exp(Jet(self.ops.minimum(x.v, _LARGEST_EXPONENT), x.d, x.s))


@dataclass(frozen=True)
class Parametric:
    """A record with tensors for some of its parameters.

    Args:
        activation: the record; its other parameters keep their values.
        names: names of the parameters that are tensors.

    Raises:
        RequestError: the record has no such parameters, a gradient cannot train one of them, or
            neither its code nor its formula accepts tensors.
    """

    activation: Activation
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        record = self.activation.name
        known = tuple(self.activation.parameters)
        if not known:
            raise RequestError(
                f"activation: expected one with trainable parameters, such as swish, "
                f"got {record}"
            )
        if not self.names:
            raise RequestError(
                f"trained parameters of {record}: expected at least one of "
                f"{', '.join(known)}, got none"
            )
        for name in self.names:
            if name not in known:
                raise RequestError(
                    f"trained parameters of {record}: expected some of {', '.join(known)}, "
                    f"got {name!r}"
                )
            if name not in trainable_parameters(self.activation):
                raise RequestError(
                    f"trained parameters of {record}: expected parameters with a gradient, "
                    f"got {name!r}; the value jumps there"
                )
        _form(self)

    def derivative(
        self, ops: Operations, x: Array, tensors: Sequence[Array], with_respect_to: str
    ) -> Jet:
        """Return f(x) and its derivative, as a jet.

        Args:
            ops: operations of the library of x.
            x: finite numbers.
            tensors: the parameters `names`, of shapes that broadcast with the shape of x.
            with_respect_to: "x" or one of `names`.
        """

        def jet(name: str, value: Array) -> Jet:
            return Jet(value, 1.0 if name == with_respect_to else 0.0, 0.0)

        given = {name: jet(name, t) for name, t in zip(self.names, tensors, strict=True)}
        parameters = self.activation.parameters | given
        return as_jet(_form(self)(ParameterOperations(ops), jet("x", x), parameters))

    def derivatives(
        self, ops: Operations, x: Array, tensors: Sequence[Array]
    ) -> Iterator[Array]:
        """Return f(x), then its derivatives with respect to x and to each tensor.

        Args:
            ops: operations of the library of x.
            x: finite numbers, at most `LARGEST_X` in size.
            tensors: the parameters `names`, of shapes that broadcast with the shape of x.
        """
        by_x = self.derivative(ops, x, tensors, "x")
        yield by_x.v
        yield by_x.d
        for name in self.names:
            yield self.derivative(ops, x, tensors, name).d


def no_second_derivative(parametric: Parametric) -> str:
    """Return the message of the error for a gradient of a gradient."""
    return (
        f"derivative of {parametric.activation.name} with trained parameters: "
        "expected order 1, got order 2; use the record with numbers as parameters"
    )


@cache
def trainable_parameters(activation: Activation) -> tuple[str, ...]:
    """Return the parameters in which f is continuous: a gradient can train these.

    Example:
        >>> import actbench
        >>> trainable_parameters(actbench.get("threshold"))
        ('value',)
        >>> trainable_parameters(actbench.get("srelu"))
        ('t_left', 'a_left', 't_right', 'a_right')
    """
    activation = with_moved_parameters(activation)

    def largest_jump(name: str) -> float:
        step = 1e-6 * max(1.0, abs(activation.parameters[name]))
        x = np.array(breakpoints(activation))
        below, above = (
            _with_parameters(activation, {name: activation.parameters[name] + s})(x)
            for s in (-step, step)
        )
        return float(max(np.abs(below - above), default=0.0))

    return tuple(name for name in activation.parameters if largest_jump(name) < 1e-3)


def parameter_domain(activation: Activation, name: str) -> Domain:
    """Return the domain of a parameter; for a formula activation, all real numbers."""
    known: dict[str, Domain] = {
        f.name: f.metadata["domain"] for f in fields(activation) if f.metadata
    }
    return known.get(name, Domain())


def with_moved_parameters(activation: Activation) -> Activation:
    """Return a record with slightly larger parameters, within their domains."""

    def moved(name: str, value: float, step: float) -> float:
        larger = value + step * max(1.0, abs(value))
        return larger if larger in parameter_domain(activation, name) else value - step

    return _with_parameters(
        activation,
        {
            name: moved(name, value, 0.05 * number)
            for number, (name, value) in enumerate(activation.parameters.items(), 1)
        },
    )


@lru_cache(maxsize=1024)
def _form(parametric: Parametric) -> Form:
    """Return the first form that gives the values of the record."""
    for form in _forms(parametric.activation):
        try:
            if _agrees(form, parametric):
                return form
        except (ArithmeticError, AttributeError, TypeError, ValueError):
            # The form accepts only numbers: for example, it compares a parameter with 0.
            continue
    raise RequestError(
        f"{parametric.activation.name}: expected code or a formula that accepts tensors for "
        f"{', '.join(parametric.names)}, got neither; try from_formula with another formula"
    )


def _forms(activation: Activation) -> Iterator[Form]:
    if {f.name for f in fields(activation)} == set(activation.parameters):
        yield partial(_code, type(activation))
    if activation.formula is not None:
        yield partial(_formula, activation.formula)


def _code(kind: type[Activation], ops: Operations, x: Array, parameters: Parameters) -> Array:
    """Compute by the method of a record, which is created without checking its parameters."""
    record = object.__new__(kind)
    for name, value in parameters.items():
        object.__setattr__(record, name, value)
    return record.compute_parametric_value(ops, x)


def _formula(text: str, ops: Operations, x: Array, parameters: Parameters) -> Array:
    return array_function(stabilise(parse(text, ("x", *parameters))), parameters)(ops, x)


def _agrees(form: Form, parametric: Parametric) -> bool:
    """Return whether a form gives the values of the record for two settings of parameters."""
    records = (parametric.activation, with_moved_parameters(parametric.activation))
    # Two values for each parameter, so that code that accepts only one number fails here.
    tensors = {
        name: Jet(np.array([[record.parameters[name]] for record in records]), 0.0, 0.0)
        for name in parametric.names
    }
    parameters = parametric.activation.parameters | tensors
    fixed = {
        name: value
        for name, value in parametric.activation.parameters.items()
        if name not in parametric.names
    }
    with np.errstate(all="ignore"):
        computed = form(ParameterOperations(NUMPY), Jet(_POINTS, 1.0, 0.0), parameters)
        if not isinstance(computed, Jet):
            return False
        expected = np.stack([_with_parameters(record, fixed)(_POINTS) for record in records])
        # Where e^z overflows, only the signs are compared, because exponents are clipped.
        values = cast("npt.NDArray[np.float64]", computed.v)
        values, expected = (np.clip(each, -1e300, 1e300) for each in (values, expected))
        return bool(np.allclose(values, expected, rtol=1e-9, atol=1e-9))


def _with_parameters(activation: Activation, parameters: Mapping[str, float]) -> Activation:
    """Return a record with some parameters replaced."""
    if isinstance(activation, FormulaActivation):
        settings = activation.parameters | dict(parameters)
        return FormulaActivation(activation.text, tuple(settings.items()))
    return replace(activation, **parameters)
