"""Two trained models on the same test images."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats


@dataclass(frozen=True)
class Disagreement:
    """On how many images one of two models alone is right."""

    first_only: int
    second_only: int
    p: float
    """Of no difference between these two models; other seeds are other models."""


def mcnemar(first: npt.ArrayLike, second: npt.ArrayLike) -> Disagreement:
    """Compare two models by the images on which one is right and the other wrong.

    The exact binomial test; images on which both are right or both wrong say nothing.

    Args:
        first: whether the first model is right, (images,), bool.
        second: the second, likewise.

    Raises:
        ValueError: different numbers of images.

    Source: McNemar (1947), doi:10.1007/BF02295996.

    Example:
        >>> mcnemar([True] * 8 + [False] * 2, [False] * 7 + [True] * 3)
        Disagreement(first_only=7, second_only=2, p=0.1796875)
    """
    a, b = np.asarray(first, bool), np.asarray(second, bool)
    if a.shape != b.shape:
        raise ValueError(f"{a.size} and {b.size} images; the same ones would be right")
    one, other = int((a & ~b).sum()), int((b & ~a).sum())
    p = stats.binomtest(one, one + other).pvalue if one + other else 1.0
    return Disagreement(one, other, float(p))
