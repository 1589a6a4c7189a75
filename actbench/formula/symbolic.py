"""LaTeX and the oracle of an activation."""

from collections.abc import Mapping
from typing import Protocol

from actbench.formula.latex import latex_of_tree
from actbench.formula.oracle import HasFormula, oracle, tree_of

__all__ = ["latex", "oracle"]


class HasSymbols(HasFormula, Protocol):
    """The part of `Activation` that LaTeX needs."""

    @property
    def symbols(self) -> Mapping[str, str]:
        """The LaTeX symbols of the parameters: name ↦ symbol."""


def latex(activation: HasSymbols, *, digits: int | None = None) -> str:
    r"""Return the formula in LaTeX, with parameters as symbols and without dollar signs.

    Args:
        activation: the record.
        digits: numbers are rounded to this many significant digits; None writes all digits.

    Raises:
        RequestError: the activation has no formula.

    Example:
        >>> import actbench
        >>> print(latex(actbench.get("swish")))
        x \sigma\left(\beta x\right)
    """
    return latex_of_tree(tree_of(activation), activation.symbols, digits=digits)
