"""Functions made from a formula alone, on every array library."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from actbench.activations.record import Activation, finite_number
from actbench.errors import RequestError
from actbench.formula.evaluate import function_of, stabler
from actbench.formula.parse import (
    Tree,
    is_parameter_name,
    parse,
)
from actbench.numerics.operations import Operations


def from_formula(text: str, /, **parameters: float) -> Activation:
    r"""Return the activation with this formula: value, derivatives, LaTeX, oracle, facts.

    The code is generated and as stable as the formula: where that overflows or cancels, so
    does the code, and may give NaN. Only log(1 + exp(a)), b / (1 + exp(a)) and
    exp(a) / (1 + exp(a)) are seen for what they are and computed as softplus and sigmoid.
    Equal parts are computed once. Facts are found numerically, on |x| up to a million times
    the parameters' scale: they are evidence, no proof.

    Args:
        text: an expression in x, the parameters, numbers, pi, + − * / **, the functions abs,
            atan, cos, erf, exp, log, max, min, sigmoid, sin, softplus, sqrt, tanh, and
            conditionals such as `x if x > 0 else a * x`.
        parameters: finite real numbers, by name; every name in the text but x is one.

    Raises:
        RequestError: the text is no formula (the message says where), a parameter is not a
            finite number, or its name is not used or not allowed.

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
    """An activation generated from a formula; see `from_formula`.

    Args:
        text: the formula.
        settings: the parameters, pairs of name and value.
    """

    text: str
    settings: tuple[tuple[str, float], ...] = ()

    generated = True
    source = "a reader's formula"

    def __post_init__(self) -> None:
        settings = []
        for name, given in self.settings:
            if not is_parameter_name(name):
                raise RequestError(f"formula {self.text!r}: {name!r} cannot name a parameter")
            number = finite_number(given)
            if number is None:
                raise RequestError(
                    f"formula {self.text!r}: {name} = {given!r} is not a number one can use; "
                    "a finite real number would be right"
                )
            settings.append((name, number))
        object.__setattr__(self, "settings", tuple(settings))
        unused = set(self.parameters) - _names(self._tree)
        if unused:
            raise RequestError(
                f"formula {self.text!r}: the parameter {min(unused)} does not occur in it"
            )
        try:
            somewhere = self(np.linspace(-8, 8, 257))
        except ArithmeticError as error:
            raise RequestError(f"formula {self.text!r}: {error}") from None
        if np.isnan(somewhere).all():
            raise RequestError(f"formula {self.text!r}: is a real number nowhere in [−8, 8]")

    @property
    def name(self) -> str:  # type: ignore[override]
        """How `actbench.get` finds it."""
        return f"formula:{self.text}"

    @property
    def formula(self) -> str:  # type: ignore[override]
        """The text."""
        return self.text

    @property
    def family(self) -> str:
        """Generated functions stand by themselves."""
        return "formula"

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters and their values."""
        return dict(self.settings)

    @property
    def symbols(self) -> dict[str, str]:
        """The parameters as they are named; Greek letters as such."""
        greek = {"alpha", "beta", "gamma", "delta", "theta", "lambda", "mu", "sigma", "omega"}
        return {name: f"\\{name}" if name in greek else name for name in self.parameters}

    @property
    def _tree(self) -> Tree:
        return parse(self.text, ("x", *self.parameters))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        """Compute f from the formula."""
        return function_of(stabler(self._tree), self.parameters)(ops, x)

    def get_config(self) -> dict[str, Any]:
        """Return the formula and the parameters: what Keras writes into a saved model."""
        return {"text": self.text, "settings": [list(pair) for pair in self.settings]}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "FormulaActivation":
        """Return the activation that `get_config` described."""
        return cls(config["text"], tuple((name, value) for name, value in config["settings"]))


def _names(tree: Tree) -> set[str]:
    if tree[0] == "name":
        return {tree[1]}
    return set().union(*(_names(part) for part in tree[1:] if isinstance(part, tuple)))
