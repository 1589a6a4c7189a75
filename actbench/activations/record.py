"""The record of an activation function: the class that each activation derives from."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeVar, overload

import numpy as np
import numpy.typing as npt

from actbench.activations import breakpoints, properties
from actbench.activations.breakpoints import Kink
from actbench.activations.parameter import Domain, finite_number, parameter
from actbench.activations.sampling import Interval
from actbench.activations.user_code import compute_by_user_code
from actbench.errors import RequestError
from actbench.numerics.array import Array
from actbench.numerics.dispatch import evaluate, register_with_keras
from actbench.numerics.jets import derivative
from actbench.numerics.operations import Operations

if TYPE_CHECKING:
    import tensorflow as tf
    from matplotlib.axes import Axes

__all__ = [
    "Activation",
    "Counterpart",
    "Domain",
    "ErrorBound",
    "Interval",
    "finite_number",
    "parameter",
]

FloatT = TypeVar("FloatT", bound=np.floating)

_PACKAGE = __name__.partition(".")[0]


class ErrorBound(NamedTuple):
    """The largest error that a record states for its float64 results.

    The error may be `ulp` + `sensitivity` · |x · g'(x) / g(x)|, in units in the last place,
    where g is the function that is computed (f, f' or f'').
    """

    ulp: float = 4.0
    sensitivity: float = 0.0
    """ULP per unit of |x · g'(x) / g(x)|, the factor by which g amplifies the rounding of x."""
    reason: str = ""
    """The reason why the bound is larger than 4 ULP."""


class Counterpart(NamedTuple):
    """The same function in another framework: the facts that inspection cannot find."""

    name: str
    """Full name, such as "keras.activations.elu"; the first part is the framework."""
    parameters: Mapping[str, str] = {}
    """Name of a parameter here ↦ its name in the framework."""
    fixed: Mapping[str, object] = {}
    """Arguments in the framework that select this function, such as approximate=True."""
    note: str = ""
    """A remark for the table of counterparts."""
    initial_values: Mapping[str, float] = {}
    """Name of a parameter here ↦ its initial value in the framework.

    It is needed for a trained parameter that the framework does not take as an argument.
    """
    domains: Mapping[str, Domain] = {}
    """Name of a parameter here ↦ the values that the framework takes, if it takes fewer."""


@dataclass(frozen=True)
class Activation(ABC):
    """An activation function: callable, hashable, equal by value.

    A subclass is the record of one function. It states the textbook `formula`, which gives
    LaTeX and the 50-digit oracle, and the numerically stable `compute_value`. The derivatives
    are generated from `compute_value` unless the record states `compute_derivative` and
    `compute_second_derivative`. All other properties (limits, bounds, kinks, monotonicity,
    gain …) are derived from these.

    The methods of a record are called `compute_value`, `compute_derivative` and
    `compute_second_derivative`, not `value`, `derivative` and `second_derivative`, because
    `act.derivative(x)` is the public method for user input and one class cannot have both.

    `act(x)`, `act.derivative(x)` and `act.second_derivative(x)` work elementwise. An array
    of float16, bfloat16, float32 or float64 gives a new array of the same shape and dtype;
    numbers, lists and integers become float64. A tensor of TensorFlow, PyTorch, JAX or Keras
    gives a tensor of the same library, with the analytic gradient. Only NaN gives NaN.

    Raises:
        RequestError: a parameter is not a finite number in its domain.

    Example:
        >>> import actbench
        >>> swish = actbench.get("swish", beta=2)
        >>> swish
        Swish(beta=2.0)
        >>> swish([-1.0, 0.0, 1.0]).round(4).tolist()
        [-0.1192, 0.0, 0.8808]
    """

    name: ClassVar[str]
    """The name in the catalogue."""
    formula: ClassVar[str | None]
    """The textbook formula, in the language of `actbench.formula.parse`; None if unknown."""
    source: ClassVar[str]
    """The publication of the function: authors and arXiv number or DOI."""
    year: ClassVar[int]
    """The year in which that publication proposed the function as an activation."""
    aliases: ClassVar[Mapping[str, Mapping[str, float]]] = {}
    """Other names ↦ the parameters that such a name fixes."""
    counterparts: ClassVar[tuple[Counterpart, ...]] = ()
    """The same function in other frameworks."""
    error_bounds: ClassVar[tuple[ErrorBound, ErrorBound, ErrorBound]] = (ErrorBound(),) * 3
    """Error bounds of value, first and second derivative in float64."""
    generated: ClassVar[bool] = False
    """Whether the code is generated from the formula; then it is only as stable as that."""
    blockwise: ClassVar[bool] = True
    """Whether blocks of an array may be evaluated separately, in several threads."""

    def __post_init__(self) -> None:
        for f in fields(self):
            value, domain = getattr(self, f.name), f.metadata["domain"]
            number = finite_number(value)
            if number is None or number not in domain:
                limits = "" if domain == Domain() else f" {domain}"
                raise RequestError(
                    f"parameter {f.name} of {self.name}: "
                    f"expected a finite real number{limits}, got {value!r}"
                )
            object.__setattr__(self, f.name, number)

    @overload
    def __call__(self, x: npt.NDArray[FloatT]) -> npt.NDArray[FloatT]: ...
    @overload
    def __call__(self, x: npt.ArrayLike) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, x: "tf.Tensor") -> "tf.Tensor": ...
    def __call__(
        self, x: "npt.ArrayLike | tf.Tensor"
    ) -> "npt.NDArray[np.floating] | tf.Tensor":
        """Return f(x), elementwise."""
        return evaluate(self, x, 0)

    @overload
    def derivative(self, x: npt.NDArray[FloatT]) -> npt.NDArray[FloatT]: ...
    @overload
    def derivative(self, x: npt.ArrayLike) -> npt.NDArray[np.float64]: ...
    @overload
    def derivative(self, x: "tf.Tensor") -> "tf.Tensor": ...
    def derivative(
        self, x: "npt.ArrayLike | tf.Tensor"
    ) -> "npt.NDArray[np.floating] | tf.Tensor":
        """Return f'(x), elementwise; at a kink, the derivative that `kinks` states."""
        return evaluate(self, x, 1)

    @overload
    def second_derivative(self, x: npt.NDArray[FloatT]) -> npt.NDArray[FloatT]: ...
    @overload
    def second_derivative(self, x: npt.ArrayLike) -> npt.NDArray[np.float64]: ...
    @overload
    def second_derivative(self, x: "tf.Tensor") -> "tf.Tensor": ...
    def second_derivative(
        self, x: "npt.ArrayLike | tf.Tensor"
    ) -> "npt.NDArray[np.floating] | tf.Tensor":
        """Return f''(x), elementwise; at a kink, that of the piece which contains x."""
        return evaluate(self, x, 2)

    @abstractmethod
    def compute_value(self, ops: Operations, x: Array) -> Array:
        """Compute f with the operations of an array library, for finite x."""

    def compute_parametric_value(self, ops: Operations, x: Array) -> Array:
        """Compute f if tensors are the values of some parameters, as for trained parameters.

        A record overrides this if its `compute_value` accepts only numbers as parameters and
        its formula is not stable. `actbench.frameworks.parametric` calls it.
        """
        return self.compute_value(ops, x)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        """Compute f' with the operations of an array library, for finite x."""
        return derivative(self.compute_value, ops, x, 1)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        """Compute f'' with the operations of an array library, for finite x."""
        return derivative(self.compute_value, ops, x, 2)

    def compute(self, ops: Operations, x: Array, order: int) -> Array:
        """Compute f, f' or f'' (order 0, 1 or 2).

        The code of a user's record gets a copy of an array, because it may write to it, and
        any error that it raises becomes a `RequestError`.
        """
        methods = (self.compute_value, self.compute_derivative, self.compute_second_derivative)
        if type(self).__module__.partition(".")[0] == _PACKAGE:
            return methods[order](ops, x)
        return compute_by_user_code(self.name, methods[order], ops, x)

    def has_derivative(self, order: int) -> bool:
        """Return whether the derivative of that order can be computed."""
        return order <= 2

    def at_infinity(self, order: int) -> Interval:
        """Return the results of f, f' or f'' (order 0, 1 or 2) at −∞ and +∞: the limits."""
        return properties.at_infinity(self, order)

    def limits_of(self, order: int) -> Interval:
        """Return the limits of f, f' or f'' (order 0, 1 or 2) at −∞ and +∞; NaN if unknown."""
        return self.at_infinity(order)

    def fast_range(self, dtype: np.dtype[np.floating]) -> Interval | None:
        """Return the range of x in which `fast_value` is accurate to 4 ULP.

        Args:
            dtype: the dtype to compute in, float32 or float64.

        Returns:
            The range; None if the record has no fast value in that dtype. If it has one in
            float64 only, fast values of float32 arrays are computed in float64.
        """
        return None

    def fast_value(
        self, x: npt.NDArray[np.floating], out: npt.NDArray[np.floating]
    ) -> npt.NDArray[np.floating]:
        """Compute f in the dtype of x, to 4 ULP, with few passes over memory.

        Args:
            x: array within `fast_range`; results outside that range are discarded.
            out: array of the shape and dtype of x, for the result.

        Returns:
            `out`.
        """
        raise NotImplementedError

    @property
    def limits(self) -> Interval:
        """The limits of f at −∞ and +∞; NaN if there is none."""
        return self.limits_of(0)

    @property
    def slope_limits(self) -> Interval:
        """The limits of f' at −∞ and +∞; NaN if there is none."""
        return self.limits_of(1)

    @property
    def bounds(self) -> Interval:
        """The infimum and the supremum of f."""
        return properties.bounds(self)

    @property
    def monotone(self) -> bool | None:
        """Whether f is non-decreasing; None if that is unknown."""
        return properties.monotone(self)

    @property
    def kinks(self) -> tuple[Kink, ...]:
        """The points where f has no derivative, with the derivative chosen there."""
        return breakpoints.kinks(self)

    @property
    def symmetry(self) -> str | None:
        """Return "odd" if f(−x) = −f(x), "even" if f(−x) = f(x), else None."""
        return properties.symmetry(self)

    @property
    def smooth(self) -> bool | None:
        """Whether f has derivatives of all orders everywhere; None if that is unknown."""
        return properties.smooth(self)

    @property
    def zero_at_zero(self) -> bool:
        """Whether f(0) = 0."""
        return bool(self(0.0) == 0)

    @property
    def sign_preserving(self) -> bool | None:
        """Whether f(x) has the sign of x for every x; None if that is unknown."""
        return properties.sign_preserving(self)

    @property
    def gain(self) -> float:
        """The factor 1 / √E[f(z)²], z ~ N(0, 1), that preserves the second moment."""
        return properties.gain(self)

    @property
    def family(self) -> str:
        """The family of the function: the name of the module that contains its record."""
        return type(self).__module__.rpartition(".")[2]

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters: name ↦ value."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @property
    def symbols(self) -> dict[str, str]:
        """The LaTeX symbols of the parameters: name ↦ symbol."""
        return {f.name: f.metadata["symbol"] for f in fields(self)}

    @property
    def latex(self) -> str:
        """The formula in LaTeX, without dollar signs."""
        from actbench.formula.symbolic import latex

        return latex(self)

    def get_config(self) -> dict[str, object]:
        """Return the parameters, which Keras writes into a saved model."""
        register_with_keras()
        return dict(self.parameters)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return the activation with the parameters that `get_config` returned."""
        return cls(**config)

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        derivative: bool = False,
        second_derivative: bool = False,
        x_range: tuple[float, float] = (-6.0, 6.0),
    ) -> "Axes":
        """Draw the curve of f with matplotlib.

        Args:
            ax: axes to draw on; None takes the current axes of pyplot.
            derivative: whether f' is drawn as well.
            second_derivative: whether f'' is drawn as well.
            x_range: the range of x.

        Returns:
            The axes.
        """
        # `actbench.display` is named by a string, because it imports this module.
        axes: Axes = import_module("actbench.display.curves").plot(
            self,
            ax,
            derivative=derivative,
            second_derivative=second_derivative,
            x_range=x_range,
        )
        return axes

    def _repr_html_(self) -> str | None:
        """Return formula, curve and facts for notebooks; None if a package is missing."""
        try:
            html: str = import_module("actbench.display.notebook").html_of(self)
        except ModuleNotFoundError:
            return None
        return html

    def _repr_latex_(self) -> str:
        return f"${self.latex}$"

    def __str__(self) -> str:
        settings = ", ".join(f"{name}={value:g}" for name, value in self.parameters.items())
        return f"{self.name}({settings})" if settings else self.name
