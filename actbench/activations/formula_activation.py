"""Activations that are generated from a formula alone, for every array library."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from actbench.activations.parameter import finite_number
from actbench.activations.record import Activation, Interval
from actbench.errors import RequestError
from actbench.formula.evaluate import array_function, stabilise
from actbench.formula.parse import is_parameter_name, parse, quoted
from actbench.formula.tree import Tree, names_in
from actbench.numerics.array import Array
from actbench.numerics.dispatch import register_with_keras
from actbench.numerics.operations import Operations

if TYPE_CHECKING:
    from actbench.activations.formula_facts import FormulaFacts, Limit

_GREEK = frozenset(
    {"alpha", "beta", "gamma", "delta", "theta", "lambda", "mu", "sigma", "omega"}
)


def from_formula(text: str, /, **parameters: float) -> "FormulaActivation":
    r"""Return the activation with this formula: value, derivatives, LaTeX, oracle, properties.

    The generated code is as stable as the formula: if the formula overflows or cancels, so
    does the code, and the result may be NaN. Only log(1 + exp(a)), b / (1 + exp(a)) and
    exp(a) / (1 + exp(a)) are recognised and computed as softplus and sigmoid. Equal
    subexpressions are computed once. Properties are proved by interval arithmetic and by
    SymPy, and are unknown without a proof; see `FormulaActivation`.

    Args:
        text: an expression in x, the parameters, numbers, pi, + − * / **, the functions abs,
            atan, cos, erf, exp, log, max, min, sigmoid, sin, softplus, sqrt, tanh, and
            conditionals such as `x if x > 0 else a * x`.
        parameters: finite real numbers; every name in the text except x is a parameter.

    Raises:
        RequestError: the text is not a formula (the message names the column), a parameter
            is not a finite number, or its name is not used or not allowed.

    Example:
        >>> snake = from_formula("x + sin(a * x)**2 / a", a=1.0)
        >>> snake([0.0, 1.0]).round(4).tolist(), snake.derivative(0.0).item()
        ([0.0, 1.7081], 1.0)
        >>> print(snake.latex)
        x + \frac{\sin^{2}{\left(a x \right)}}{a}
    """
    return FormulaActivation(text, tuple(parameters.items()))


@dataclass(frozen=True)
class FormulaActivation(Activation):
    """An activation that is generated from a formula; see `from_formula`.

    `facts` states which properties are proved, refuted and unknown. An unknown limit or bound
    is NaN; an unknown `monotone`, `smooth`, `symmetry` or `sign_preserving` is None. Results at
    ±∞ are the limits of the computed values.

    Args:
        text: the formula.
        settings: the parameters as pairs of name and value.
    """

    text: str
    settings: tuple[tuple[str, float], ...] = ()

    generated = True
    source = "user formula"

    def __post_init__(self) -> None:
        settings = []
        for name, given in self.settings:
            if not is_parameter_name(name):
                raise RequestError(
                    f"formula {quoted(self.text)}: expected an unreserved identifier "
                    f"as the name of a parameter, got {name!r}"
                )
            number = finite_number(given)
            if number is None:
                raise RequestError(
                    f"parameter {name} of formula {quoted(self.text)}: "
                    f"expected a finite real number, got {given!r}"
                )
            settings.append((name, number))
        object.__setattr__(self, "settings", tuple(settings))
        names = names_in(self._tree)
        for name in sorted(self.parameters):
            if name not in names:
                raise RequestError(
                    f"formula {quoted(self.text)}: expected every parameter to occur in it, "
                    f"got an unused parameter {name!r}"
                )
        self._check_values()

    def _check_values(self) -> None:
        """Raise an error if the formula has no real value at all in [−8, 8]."""
        expected = f"formula {quoted(self.text)}: expected a real number somewhere in [−8, 8]"
        try:
            values = self(np.linspace(-8, 8, 257))
        except ArithmeticError as error:
            raise RequestError(f"{expected}, got {error}") from None
        if np.isnan(values).all():
            raise RequestError(f"{expected}, got only NaN")

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name by which `actbench.get` finds it."""
        return f"formula:{self.text}"

    @property
    def formula(self) -> str:  # type: ignore[override]
        """The text."""
        return self.text

    @property
    def family(self) -> str:
        """The family "formula", of all generated activations."""
        return "formula"

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters: name ↦ value."""
        return dict(self.settings)

    @property
    def symbols(self) -> dict[str, str]:
        """The LaTeX symbols of the parameters: Greek letters, or the names themselves."""
        return {name: f"\\{name}" if name in _GREEK else name for name in self.parameters}

    @property
    def facts(self) -> "FormulaFacts":
        """The properties that are proved; each is found when it is first read."""
        return _facts(self)

    def limits_of(self, order: int) -> Interval:
        """Return the proved limits; NaN if there is none, or if it is unknown."""
        return _numbers(self.facts.limits_of(order))

    @property
    def bounds(self) -> Interval:
        """The infimum and the supremum of f on its domain; NaN if unknown."""
        return _numbers(self.facts.bounds)

    @property
    def monotone(self) -> bool | None:
        """Whether f is non-decreasing on its domain; None if unknown."""
        return self.facts.monotone

    @property
    def symmetry(self) -> str | None:
        """One of "odd" and "even"; None if f has no symmetry, or if that is unknown."""
        return None if self.facts.symmetry == "none" else self.facts.symmetry

    @property
    def smooth(self) -> bool | None:
        """Whether f has derivatives of all orders at every x; None if unknown."""
        return self.facts.smooth

    @property
    def sign_preserving(self) -> bool | None:
        """Whether f(x) has the sign of x for every x; None if unknown."""
        return self.facts.sign_preserving

    @property
    def gain(self) -> float:
        """The factor 1 / √E[f(z)²], z ~ N(0, 1); NaN if there is none, or if it is unknown."""
        gain = self.facts.gain
        return math.nan if gain is None else gain

    @property
    def _tree(self) -> Tree:
        return parse(self.text, ("x", *self.parameters))

    def compute_value(self, ops: Operations, x: Array) -> Array:
        """Compute f from the formula."""
        return array_function(stabilise(self._tree), self.parameters)(ops, x)

    def get_config(self) -> dict[str, object]:
        """Return the formula and the parameters, which Keras writes into a saved model."""
        register_with_keras()
        return {"text": self.text, "settings": [list(pair) for pair in self.settings]}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "FormulaActivation":
        """Return the activation with the formula and parameters from `get_config`."""
        return cls(config["text"], tuple((name, value) for name, value in config["settings"]))


@lru_cache(maxsize=256)
def _facts(activation: FormulaActivation) -> "FormulaFacts":
    # mpmath is imported on first use to keep `import actbench` fast.
    from actbench.activations.formula_facts import FormulaFacts

    return FormulaFacts(activation)


def _numbers(pair: "tuple[Limit, Limit]") -> Interval:
    low, high = (math.nan if number is None else number for number in pair)
    return low, high
