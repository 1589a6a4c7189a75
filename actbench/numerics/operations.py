"""The operations that records compute with, written once for every array library."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from actbench.numerics.array import Array
from actbench.numerics.gaussian_operations import GaussianOperations
from actbench.numerics.sigmoid_operations import SigmoidOperations


@dataclass(frozen=True, eq=False, repr=False)
class Operations(SigmoidOperations, GaussianOperations):
    """The primitives of an array library and the numerically stable operations made of them.

    For finite input, no operation overflows, divides by zero or creates a NaN, and each keeps
    its relative accuracy where its result underflows. The results at ±∞ and NaN are not
    decided here but in one place, `actbench.numerics.dispatch`.

    An operation is a method if several records use it. Code for one record is in the file of
    that record, as functions of (ops, x).

    `actbench.frameworks.low_precision.LowPrecisionOperations` has shorter formulas for float32
    and narrower results. `actbench.numerics.jets.JetOperations` offers the same operations for
    values with derivatives.
    """

    full_precision: ClassVar[bool] = True
    """Whether results must be accurate to float64.

    If it is False, results are float32 or narrower, and a record may use a shorter formula.
    """


def _erf(x: Array) -> Array:
    # SciPy is imported on first use to keep `import actbench` fast.
    from scipy.special import erf

    result: Array = erf(x)
    return result


# The values are `Any` because NumPy declares its functions for NumPy arrays only.
_NUMPY: dict[str, Any] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "atan": np.arctan,
    "erf": _erf,
    "absolute": np.absolute,
    "round": np.rint,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "where": np.where,
}

NUMPY = Operations(**_NUMPY)
"""The operations on float64 arrays of NumPy."""
