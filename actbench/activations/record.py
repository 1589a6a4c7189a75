"""What an activation is: one record with its formula and its stable code."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from actbench.activations import properties
from actbench.errors import RequestError
from actbench.numerics.dispatch import evaluate
from actbench.numerics.jets import derivative
from actbench.numerics.operations import Operations

Interval = tuple[float, float]


@dataclass(frozen=True)
class Domain:
    """Where a parameter may lie; each bound is named by whether it belongs to it."""

    above: float = -math.inf
    least: float = -math.inf
    below: float = math.inf
    most: float = math.inf

    def __contains__(self, value: float) -> bool:
        return self.above < value < self.below and self.least <= value <= self.most

    def __str__(self) -> str:
        parts = {">": self.above, "≥": self.least, "<": self.below, "≤": self.most}
        said = [f"{sign} {bound:g}" for sign, bound in parts.items() if math.isfinite(bound)]
        return " and ".join(said) or "any finite number"


def parameter(default: float, *, symbol: str, meaning: str, **domain: float) -> Any:
    """Declare a parameter of a record: a finite real number.

    Args:
        default: its value if none is given.
        symbol: how it is written in LaTeX.
        meaning: what it does, in a few words.
        domain: the arguments of `Domain`, such as above=0.
    """
    return field(
        default=default,
        metadata={"symbol": symbol, "meaning": meaning, "domain": Domain(**domain)},
    )


def finite_number(value: Any) -> float | None:
    """Return a finite real number as a float; None for anything else, truth values too."""
    numbers = (int, float, np.integer, np.floating)
    # NumPy counts its time differences among the integers.
    if not isinstance(value, numbers) or isinstance(value, (bool, np.timedelta64)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


class ErrorBound(NamedTuple):
    """How far from the textbook float64 results may be, and why more than 4 ULP."""

    ulp: float = 4.0
    sensitivity: float = 0.0
    """More ULP for each unit of |x · g'(x) / g(x)|: how much a rounded argument costs."""
    reason: str = ""


class Counterpart(NamedTuple):
    """The same function in a framework: what cannot be found out by looking at it there."""

    name: str
    """Where it is, such as "keras.activations.elu"; its first part is the framework."""
    parameters: Mapping[str, str] = {}
    """Ours ↦ theirs."""
    fixed: Mapping[str, Any] = {}
    """Theirs that make it this function, such as approximate=True."""
    note: str = ""
    begins: Mapping[str, float] = {}
    """Ours ↦ where it begins there, for one that is trained and has no such argument."""


@dataclass(frozen=True)
class Activation(ABC):
    """An activation function: callable, hashable, equal by value.

    A subclass is the record of one function. It states the textbook `formula`, from which
    LaTeX and the 50-digit oracle are made, and the numerically stable `f`, from which the
    derivatives are made unless it states better ones. All other facts (limits, bounds, kinks,
    monotonicity, gain …) are derived.

    `act(x)`, `act.derivative(x)` and `act.second_derivative(x)` work elementwise. An array
    of float16, bfloat16, float32 or float64 gives an array of the same shape and dtype and
    is left untouched; numbers, lists and integers become float64. A TensorFlow or Keras
    tensor gives a tensor, with the analytic gradient. NaN comes only from NaN.

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
    """The textbook formula, in the language of `actbench.formula.parse`."""
    source: ClassVar[str]
    """Where the function comes from: authors and arXiv number or DOI."""
    year: ClassVar[int]
    """When it was proposed there as an activation function."""
    aliases: ClassVar[Mapping[str, Mapping[str, float]]] = {}
    """Other names ↦ the parameters they stand for."""
    counterparts: ClassVar[tuple[Counterpart, ...]] = ()
    """The same function in frameworks."""
    error_bounds: ClassVar[tuple[ErrorBound, ErrorBound, ErrorBound]] = (ErrorBound(),) * 3
    """What tests hold float64 value, first and second derivative to."""
    generated: ClassVar[bool] = False
    """Whether the code was made from the formula, so that it is as stable as that."""
    single_precision: ClassVar[tuple[int, ...]] = ()
    """Which of f, f' and f'' (0, 1, 2) float32 is precise enough for, by the audit: these need
    no float64 for float32 tensors."""
    blockwise: ClassVar[bool] = True
    """Whether parts of an array may be evaluated apart, in several threads."""

    def __post_init__(self) -> None:
        for f in fields(self):
            value, domain = getattr(self, f.name), f.metadata["domain"]
            number = finite_number(value)
            if number is None or number not in domain:
                raise RequestError(
                    f"{self.name}: {f.name} = {value!r} is outside its domain; "
                    f"a finite real number{'' if domain == Domain() else f' {domain}'} "
                    "would be right"
                )
            object.__setattr__(self, f.name, number)

    def __call__(self, x: Any) -> Any:
        """Return f(x), elementwise."""
        return evaluate(self, x, 0)

    def derivative(self, x: Any) -> Any:
        """Return f'(x), elementwise; at a kink, the one that `kinks` states."""
        return evaluate(self, x, 1)

    def second_derivative(self, x: Any) -> Any:
        """Return f''(x), elementwise; at a kink, the one of the piece taken there."""
        return evaluate(self, x, 2)

    @abstractmethod
    def compute_value(self, ops: Operations, x: Any) -> Any:
        """Compute f with the operations of an array library, for finite x."""

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        """Compute f', likewise."""
        return derivative(self.compute_value, ops, x, 1)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        """Compute f'', likewise."""
        return derivative(self.compute_value, ops, x, 2)

    def compute(self, ops: Operations, x: Any, order: int) -> Any:
        """Compute f, f' or f''."""
        return (self.compute_value, self.compute_derivative, self.compute_second_derivative)[
            order
        ](ops, x)

    def has_derivative(self, order: int) -> bool:
        """Return whether the derivative of that order can be computed."""
        return order <= 2

    def at_infinity(self, order: int) -> Interval:
        """Return what f, f' or f'' is at −∞ and +∞: its limits."""
        return properties.at_infinity(self, order)

    def fast_range(self, dtype: Any) -> Interval | None:
        """Return where `quick` may be used, if anywhere.

        Args:
            dtype: float32 or float64; None for float32 has it computed in float64.
        """
        return None

    def fast_value(self, x: Any, out: Any) -> Any:
        """Compute f in the dtype of x, to 4 ULP, with few operations and temporaries.

        Args:
            x: within `fast_range`; what it gives elsewhere is not used.
            out: an array like x to write to and return.
        """
        raise NotImplementedError

    @property
    def limits(self) -> Interval:
        """The limits of f at −∞ and +∞; NaN where there is none."""
        return self.at_infinity(0)

    @property
    def slope_limits(self) -> Interval:
        """The limits of f' at −∞ and +∞; NaN where there is none."""
        return self.at_infinity(1)

    @property
    def bounds(self) -> Interval:
        """The infimum and the supremum of f."""
        return properties.bounds(self)

    @property
    def monotone(self) -> bool:
        """Whether f never falls."""
        return properties.monotone(self)

    @property
    def kinks(self) -> tuple["properties.Kink", ...]:
        """The points where f has no derivative, with the one chosen there."""
        return properties.kinks(self)

    @property
    def symmetry(self) -> str | None:
        """Return "odd" if f(−x) = −f(x), "even" if f(−x) = f(x), else None."""
        return properties.symmetry(self)

    @property
    def smooth(self) -> bool | None:
        """Whether f has all derivatives everywhere; None where that cannot be told."""
        return properties.smooth(self)

    @property
    def zero_at_zero(self) -> bool:
        """Whether f(0) = 0."""
        return bool(self(0.0) == 0)

    @property
    def sign_preserving(self) -> bool:
        """Whether f(x) has the sign of x for every x."""
        return properties.sign_preserving(self)

    @property
    def gain(self) -> float:
        """The factor 1 / √E[f(z)²], z ~ N(0, 1), that keeps the second moment."""
        return properties.gain(self)

    @property
    def family(self) -> str:
        """The family it stands with, named as its module."""
        return type(self).__module__.rpartition(".")[2]

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters and their values."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @property
    def symbols(self) -> dict[str, str]:
        """The parameters and how they are written in LaTeX."""
        return {f.name: f.metadata["symbol"] for f in fields(self)}

    @property
    def latex(self) -> str:
        """The formula in LaTeX, without dollar signs."""
        from actbench.formula.symbolic import latex

        return latex(self)

    def get_config(self) -> dict[str, Any]:
        """Return the parameters: what Keras writes into a saved model."""
        return self.parameters

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the record that `get_config` described."""
        return cls(**config)

    def _repr_latex_(self) -> str:
        return f"${self.latex}$"

    def __str__(self) -> str:
        settings = ", ".join(f"{name}={value:g}" for name, value in self.parameters.items())
        return f"{self.name}({settings})" if settings else self.name
