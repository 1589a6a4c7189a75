"""Functions made from a formula alone, on every array library."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt
from typing import Any

import numpy as np

from actbench.activations.formula import (
    FUNCTIONS,
    Algebra,
    Tree,
    is_parameter_name,
    parse,
    walk,
)
from actbench.activations.jets import value
from actbench.activations.record import Activation, finite_number
from actbench.activations.stable import NUMPY, Operations
from actbench.errors import RequestError


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

    def f(self, ops: Operations, x: Any) -> Any:
        """Compute f from the formula."""
        return function_of(stabler(self._tree), self.parameters)(ops, x)

    def get_config(self) -> dict[str, Any]:
        """Return the formula and the parameters: what Keras writes into a saved model."""
        return {"text": self.text, "settings": [list(pair) for pair in self.settings]}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "FormulaActivation":
        """Return the activation that `get_config` described."""
        return cls(config["text"], tuple((name, value) for name, value in config["settings"]))


def function_of(tree: Tree, parameters: Mapping[str, float]) -> Any:
    """Return a tree as a function of operations and x, as `Activation.f` is one."""

    def f(ops: Any, x: Any) -> Any:
        result = walk(tree, _algebra(ops), {"x": x, **parameters})
        # The formula may be a constant.
        return result + 0 * x if isinstance(result, float) else result

    return f


def _algebra(ops: Any) -> Algebra:
    """Return the meaning of formulas on an array library's values; numbers stay numbers."""

    def operation(name: str) -> Any:
        def apply(*values: Any) -> Any:
            if all(isinstance(value, float) for value in values):
                return float(getattr(NUMPY, name)(*values))
            return getattr(ops, name)(*values)

        return apply

    def power(base: Any, exponent: Any) -> Any:
        if isinstance(base, float) and isinstance(exponent, float):
            return float(np.power(base, exponent))
        if isinstance(exponent, float):
            return base**exponent
        return operation("exp")(exponent * operation("log")(base))

    def where(condition: Any, a: Any, b: Any) -> Any:
        if isinstance(condition, bool):  # of parameters alone
            return a if condition else b
        return ops.where(condition, a, b)

    return Algebra(
        number=lambda text: math.pi if text == "pi" else float(text),
        functions={name: operation(_NAMED.get(name, name)) for name in FUNCTIONS},
        power=power,
        where=where,
        compare=lambda operator, a, b: _COMPARE[operator](value(a), value(b)),
    )


_NAMED = {"abs": "absolute", "max": "maximum", "min": "minimum"}
_COMPARE = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq}


def _names(tree: Tree) -> set[str]:
    if tree[0] == "name":
        return {tree[1]}
    return set().union(*(_names(part) for part in tree[1:] if isinstance(part, tuple)))


def stabler(tree: Tree) -> Tree:
    """Return a tree in which softplus and sigmoid are called what they are."""
    tree = tuple(stabler(part) if isinstance(part, tuple) else part for part in tree)
    match tree:
        case ("call", "log", inside):
            exponent = _exponent(inside)
            return tree if exponent is None else ("call", "softplus", exponent)
        case ("/", above, below):
            exponent = _exponent(below)
            if exponent is None:
                return tree
            if above == ("call", "exp", exponent):
                return "call", "sigmoid", exponent
            turned = exponent[1] if exponent[0] == "neg" else ("neg", exponent)
            gate = ("call", "sigmoid", turned)
            return gate if _is_one(above) else ("*", above, gate)
    return tree


def _exponent(tree: Tree) -> Tree | None:
    """Return a of 1 + eᵃ; None if the tree is not of that form."""
    match tree:
        case ("+", one, ("call", "exp", a)) if _is_one(one):
            return tuple(a)
        case ("+", ("call", "exp", a), one) if _is_one(one):
            return tuple(a)
    return None


def _is_one(tree: Tree) -> bool:
    return tree[0] == "number" and tree[1] != "pi" and float(tree[1]) == 1
