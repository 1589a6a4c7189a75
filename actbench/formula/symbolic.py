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


def latex(activation: HasSymbols) -> str:
    r"""Return the formula in LaTeX, with parameters as symbols and without dollar signs.

    Raises:
        RequestError: the activation has no formula.

    Example:
        >>> import actbench
        >>> print(latex(actbench.get("swish")))
        x \sigma\left(\beta x\right)
    """
    return latex_of_tree(tree_of(activation), activation.symbols)
