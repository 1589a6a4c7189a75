"""Records whose parameters are tensors: values, and gradients by x and by the parameters.

A record computes with numbers for its parameters. Its code takes tensors as well if it does
nothing but arithmetic with them; where it does more its formula is used, and a few have a
form of their own here. What is used is held to the record before it is. Derivatives are made
by forward differentiation (`activations.jets`), once for each tensor.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
import tensorflow as tf

from actbench.activations.formula_activation import FormulaActivation
from actbench.activations.properties import breakpoints
from actbench.activations.record import Activation, Domain
from actbench.errors import RequestError, suggest
from actbench.formula.evaluate import function_of, stabler
from actbench.formula.parse import parse
from actbench.frameworks.low_precision import DOUBLE, narrow_operations
from actbench.frameworks.tensorflow import has_xla
from actbench.frameworks.tensorflow_operations import operations
from actbench.numerics.jets import Jet, JetOperations
from actbench.numerics.operations import NUMPY, Operations

Form = Callable[[Any, Any, Mapping[str, Any]], Any]
"""(operations, x, parameters) ↦ f(x), with numbers or jets for parameters."""

# Where a form is held to the record: beside joints, and far out.
_POINTS = np.array(
    [-1e30, -1e4, -61.7, -7.31, -1.37, -0.43, -1e-3, 1e-3, 0.37, 1.63, 6.19, 61.7, 1e4, 1e30]
)

# e^z is taken up to here, so that products with 0 and differences stay numbers.
_EXPONENT_END = 709.0

# What is farther out, ±∞ included, is taken as these: what grows with them is ∞ in a narrow
# format again, and their cubes are numbers.
_FAR = 1e100


class ParameterOperations(JetOperations, Operations):
    """The operations on jets whose variable may be a parameter.

    Pieces that jets have no rule for are computed from those that they have one for.
    """

    def product(self, c: Any, x: Any) -> Any:
        """Return c · x, in one word."""
        return c * x

    def round(self, x: Any) -> Jet:
        """Return the nearest integer, whose derivative is 0."""
        return Jet(self.ops.round(x.v), 0.0, 0.0)

    def exp(self, x: Jet) -> Jet:
        """Return eˣ, a number for every number x."""
        return super().exp(Jet(self.ops.minimum(x.v, _EXPONENT_END), x.d, x.s))


@dataclass(frozen=True)
class Parametric:
    """A record with tensors for some of its parameters.

    Args:
        activation: the record; its other parameters keep their values.
        names: of the parameters that are tensors.

    Raises:
        RequestError: it has no such parameters, no gradient can train one of them, or neither
            its code nor its formula takes tensors.
    """

    activation: Activation
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        known = tuple(self.activation.parameters)
        if not known:
            raise RequestError(
                f"{self.activation.name} has no parameters to train; "
                "one that has, such as swish, would be right"
            )
        if not self.names:
            raise RequestError(
                f"{self.activation.name}: nothing is trained; one of {', '.join(known)} "
                "or more would be right"
            )
        for name in self.names:
            if name not in known:
                raise RequestError(
                    f"{self.activation.name} has no parameter {name!r}: {suggest(name, known)}"
                )
            if name not in trainable(self.activation):
                raise RequestError(
                    f"{self.activation.name} jumps where {name} is: no gradient trains it"
                )
        _form(self)

    def derivative(self, ops: Operations, x: Any, tensors: Sequence[Any], by: str) -> Jet:
        """Return f(x) and its derivative, as a jet.

        Args:
            ops: of the library of x.
            x: finite.
            tensors: the parameters `names`, of shapes that fit that of x.
            by: "x" or one of `names`.
        """

        def jet(name: str, value: Any) -> Jet:
            return Jet(value, 1.0 if name == by else 0.0, 0.0)

        given = {name: jet(name, t) for name, t in zip(self.names, tensors, strict=True)}
        parameters = self.activation.parameters | given
        result = _form(self)(ParameterOperations(ops), jet("x", x), parameters)
        return result if isinstance(result, Jet) else Jet(result, 0.0, 0.0)


@cache
def trainable(activation: Activation) -> tuple[str, ...]:
    """Return the parameters that f is continuous in, which a gradient can train.

    Example:
        >>> import actbench
        >>> trainable(actbench.get("threshold")), trainable(actbench.get("srelu"))
        (('value',), ('t_left', 'a_left', 't_right', 'a_right'))
    """
    activation = nudged(activation)

    def jump(name: str) -> float:
        step = 1e-6 * max(1.0, abs(activation.parameters[name]))
        x = np.array(breakpoints(activation))
        sides = [
            _with(activation, {name: activation.parameters[name] + s}) for s in (-step, step)
        ]
        return float(max(np.abs(sides[0](x) - sides[1](x)), default=0.0))

    return tuple(name for name in activation.parameters if jump(name) < 1e-3)


def domain(activation: Activation, name: str) -> Domain:
    """Return where a parameter may lie; anywhere in a reader's formula."""
    known = {f.name: f.metadata["domain"] for f in fields(activation) if f.metadata}
    found: Domain = known.get(name, Domain())
    return found


def nudged(activation: Activation) -> Activation:
    """Return a record with other parameters, within their domains, in the same order."""

    def moved(name: str, value: float, step: float) -> float:
        right = value + step * max(1.0, abs(value))
        return right if right in domain(activation, name) else value - step

    return _with(
        activation,
        {
            name: moved(name, value, 0.05 * number)
            for number, (name, value) in enumerate(activation.parameters.items(), 1)
        },
    )


def evaluate(trained: Parametric, x: Any, tensors: Sequence[Any], axes: Sequence[int]) -> Any:
    """Return f(x), with gradients by x and by the parameters, each by one fused kernel.

    All is computed in float64 and rounded once; float16, bfloat16 and float32 gradients of
    parameters are sums in float64 too. A gradient has no gradient of its own.

    Args:
        trained: the record and the names of its tensors.
        x: a tensor of float16, bfloat16, float32 or float64 whose rank is known.
        tensors: the parameters, of the rank of x less one, with size 1 along `axes`.
        axes: of x that parameters are shared along, besides the first.

    Returns:
        A tensor of the shape and dtype of x; NaN only where x or a parameter is.
    """
    kernels = _kernels(trained, x.dtype, tuple(t.dtype for t in tensors), len(x.shape), axes)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def evaluated(x: Any, *tensors: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            return _without_gradient(trained, kernels[1], x, upstream, *tensors)

        # A tape would have TensorFlow derive a gradient of the kernel, which has its own.
        return kernels[0](*map(tf.stop_gradient, (x, *tensors))), gradient

    result = evaluated(x, *tensors)
    result.set_shape(x.shape)
    return result


def _without_gradient(trained: Parametric, kernel: Any, *tensors: Any) -> Any:
    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def evaluated(*tensors: Any) -> Any:
        def gradient(*_: Any) -> Any:
            raise RequestError(
                f"a trained {trained.activation.name} has first derivatives only; "
                "with numbers for parameters it has second ones"
            )

        return kernel(*map(tf.stop_gradient, tensors)), gradient

    return evaluated(*tensors)


@lru_cache(maxsize=1024)
def _kernels(
    trained: Parametric, dtype: Any, dtypes: tuple[Any, ...], rank: int, axes: tuple[int, ...]
) -> tuple[Any, Any]:
    """Return the functions that compute values and gradients, traced once for all shapes."""
    like_x = tf.TensorSpec([None] * rank, dtype)
    tensors = [tf.TensorSpec([None] * (rank - 1), each) for each in dtypes]

    def compiled(function: Any, *like: Any) -> Any:
        return tf.function(
            function, input_signature=like, jit_compile=has_xla(), autograph=False
        ).get_concrete_function()

    return (
        compiled(partial(_value, trained), like_x, *tensors),
        compiled(partial(_gradients, trained, axes), like_x, like_x, *tensors),
    )


def derivatives(trained: Parametric, x: Any, tensors: Sequence[Any]) -> Iterator[Any]:
    """Return f(x), then its derivatives by x and by each tensor, in float64, to be compiled.

    Args:
        trained: the record and the names of its tensors.
        x: a tensor.
        tensors: the parameters, of shapes that fit that of x.
    """
    ops, wide, parameters = _widened(x, tensors)

    def defined(y: Any) -> Any:
        return tf.where(tf.math.is_nan(wide), wide, y)

    by_x = trained.derivative(ops, wide, parameters, "x")
    yield defined(by_x.v)
    yield defined(by_x.d)
    for name in trained.names:
        yield defined(trained.derivative(ops, wide, parameters, name).d)


def _value(trained: Parametric, x: Any, *tensors: Any) -> Any:
    return tf.cast(next(derivatives(trained, x, tensors)), x.dtype)


def _gradients(
    trained: Parametric, axes: tuple[int, ...], x: Any, upstream: Any, *tensors: Any
) -> tuple[Any, ...]:
    weight = tf.cast(upstream, tf.float64)
    _, *slopes = derivatives(trained, x, tensors)
    by_x, *by_each = (weight * slope for slope in slopes)
    sums = (tf.reduce_sum(tf.reduce_sum(by, axes, keepdims=True), 0) for by in by_each)
    by_tensors = (tf.cast(by, t.dtype) for by, t in zip(sums, tensors, strict=True))
    return tf.cast(by_x, x.dtype), *by_tensors


def _widened(x: Any, tensors: Sequence[Any]) -> tuple[Operations, Any, list[Any]]:
    """Return the operations to compute with, and what they take: finite numbers of float64."""
    parameters = [tf.cast(t, tf.float64) for t in tensors]
    wide = tf.clip_by_value(tf.cast(x, tf.float64), -_FAR, _FAR)
    ops = operations(tf.float64) if x.dtype == tf.float64 else narrow_operations(DOUBLE)
    return ops, wide, parameters


@lru_cache(maxsize=1024)
def _form(trained: Parametric) -> Form:
    """Return the first form that gives the record's values."""
    for form in _forms(trained.activation):
        try:
            if _is_right(form, trained):
                return form
        except (ArithmeticError, AttributeError, TypeError, ValueError):
            # It takes numbers only: it asks one for its root, or which of two is larger.
            continue
    raise RequestError(
        f"{trained.activation.name}: neither its code nor its formula takes tensors for "
        f"{', '.join(trained.names)}; a formula that does, for from_formula, would be right"
    )


def _forms(activation: Activation) -> Iterator[Form]:
    if activation.name in _OWN_FORMS:
        yield _OWN_FORMS[activation.name]
    if {f.name for f in fields(activation)} == set(activation.parameters):
        yield partial(_code, type(activation))
    if activation.formula is not None:
        yield partial(_formula, activation.formula)


def _code(kind: type[Activation], ops: Any, x: Any, parameters: Mapping[str, Any]) -> Any:
    """Compute a record's own code: of a record that has not been asked for its domain."""
    record = object.__new__(kind)
    for name, value in parameters.items():
        object.__setattr__(record, name, value)
    return record.compute_value(ops, x)


def _formula(text: str, ops: Any, x: Any, parameters: Mapping[str, Any]) -> Any:
    return function_of(stabler(parse(text, ("x", *parameters))), parameters)(ops, x)


def _is_right(form: Form, trained: Parametric) -> bool:
    records = (trained.activation, nudged(trained.activation))
    # Two values each, so that code that takes one number fails here.
    tensors = {
        name: Jet(np.array([[record.parameters[name]] for record in records]), 0.0, 0.0)
        for name in trained.names
    }
    parameters = trained.activation.parameters | tensors
    with np.errstate(all="ignore"):
        found = form(ParameterOperations(NUMPY), Jet(_POINTS, 1.0, 0.0), parameters)
        kept = {
            name: value
            for name, value in trained.activation.parameters.items()
            if name not in trained.names
        }
        want = [_with(record, kept)(_POINTS) for record in records]
        # Beyond the exponential's end only signs are told.
        found, want = (np.clip(each, -1e300, 1e300) for each in (found.v, np.stack(want)))
        return bool(np.allclose(found, want, rtol=1e-9, atol=1e-9))


def _with(activation: Activation, parameters: Mapping[str, float]) -> Activation:
    """Return a record with some parameters replaced."""
    if isinstance(activation, FormulaActivation):
        settings = activation.parameters | dict(parameters)
        return FormulaActivation(activation.text, tuple(settings.items()))
    return replace(activation, **parameters)


def _soft_exponential(ops: Any, x: Any, parameters: Mapping[str, Any]) -> Any:
    """Compute x · E(αx) + α, E(z) = (e^z − 1) / z, which has no gap at α = 0."""
    alpha = parameters["alpha"]
    z = alpha * x
    near = ops.clip(z, -0.5, 0.5)
    series = near / 16 + 1
    for number in range(15, 1, -1):
        series = series * near / number + 1
    outside = ops.absolute(z) > 0.5
    far = ops.where(outside, z, 1.0)
    return x * ops.where(outside, (ops.exp(far) - 1) / far, series) + alpha


def _softclip(ops: Any, x: Any, parameters: Mapping[str, Any]) -> Any:
    """Compute the record's ln(1 + (1 − k) e / (1 + k e)) / α, k = e^−α."""
    alpha = parameters["alpha"]
    e = ops.exp(alpha * ops.where(x > 0.5, 1 - x, x))
    k = ops.exp(-alpha)
    half = ops.log1p((1 - k) * e / (1 + k * e)) / alpha
    return ops.where(x > 0.5, 1 - half, half)


_OWN_FORMS: Mapping[str, Form] = {"soft_exponential": _soft_exponential, "softclip": _softclip}
