"""What an activation is: one record with its formula, its stable code and its facts."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

from actbench.activations.evaluate import evaluate
from actbench.activations.stable import Operations
from actbench.errors import RequestError

Interval = tuple[float, float]


def parameter(default: float, *, symbol: str, meaning: str) -> Any:
    """Declare a parameter of a record: a finite real number.

    Args:
        default: its value if none is given.
        symbol: how it is written in LaTeX.
        meaning: what it does, in a few words.
    """
    return field(default=default, metadata={"symbol": symbol, "meaning": meaning})


@dataclass(frozen=True)
class Activation(ABC):
    """An activation function: callable, hashable, equal by value.

    A subclass is the record of one function. It states the textbook `formula`, from which
    LaTeX and the 50-digit oracle are made, the numerically stable `f`, `df` and `d2f`, and
    the facts that the tests hold it to.

    `act(x)`, `act.derivative(x)` and `act.second_derivative(x)` work elementwise. An array
    of float16, bfloat16, float32 or float64 gives an array of the same shape and dtype and
    is left untouched; numbers, lists and integers become float64. A TensorFlow or Keras
    tensor gives a tensor, with the analytic gradient. NaN comes only from NaN.

    Raises:
        RequestError: a parameter is not a finite number.

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
    formula: ClassVar[str]
    """The textbook formula, in the language of `actbench.activations.formula`."""
    source: ClassVar[str]
    """Where the function comes from."""

    def __post_init__(self) -> None:
        for name, value in self.parameters.items():
            try:
                number = float(value)
            except (TypeError, ValueError):
                number = math.nan
            if not math.isfinite(number):
                raise RequestError(
                    f"{self.name}: {name} = {value!r} is not a number one can use; "
                    "a finite real number would be right"
                )
            object.__setattr__(self, name, number)

    def __call__(self, x: Any) -> Any:
        """Return f(x), elementwise."""
        return evaluate(self, x, 0)

    def derivative(self, x: Any) -> Any:
        """Return f'(x), elementwise; at a kink, the derivative from the left."""
        return evaluate(self, x, 1)

    def second_derivative(self, x: Any) -> Any:
        """Return f''(x), elementwise; at a kink, the one from the left."""
        return evaluate(self, x, 2)

    @abstractmethod
    def f(self, ops: Operations, x: Any) -> Any:
        """Compute f with the operations of an array library."""

    @abstractmethod
    def df(self, ops: Operations, x: Any) -> Any:
        """Compute f' with the operations of an array library."""

    @abstractmethod
    def d2f(self, ops: Operations, x: Any) -> Any:
        """Compute f'' with the operations of an array library."""

    @property
    @abstractmethod
    def bounds(self) -> Interval:
        """The infimum and the supremum of f."""

    @property
    @abstractmethod
    def limits(self) -> Interval:
        """The limits of f at −∞ and +∞."""

    @property
    @abstractmethod
    def monotone(self) -> bool:
        """Whether f never falls."""

    @property
    def kinks(self) -> tuple[float, ...]:
        """The points where f has no derivative."""
        return ()

    @property
    def smooth(self) -> bool:
        """Whether f has all derivatives everywhere; each record here has all or a kink."""
        return not self.kinks

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters and their values."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @property
    def latex(self) -> str:
        """The formula in LaTeX, without dollar signs."""
        from actbench.activations.formula import latex

        return latex(self)

    def get_config(self) -> dict[str, float]:
        """Return the parameters: what Keras writes into a saved model."""
        return self.parameters

    @classmethod
    def from_config(cls, config: dict[str, float]) -> Self:
        """Return the record that `get_config` described."""
        return cls(**config)

    def _repr_latex_(self) -> str:
        return f"${self.latex}$"

    def __str__(self) -> str:
        settings = ", ".join(f"{name}={value:g}" for name, value in self.parameters.items())
        return f"{self.name}({settings})" if settings else self.name
