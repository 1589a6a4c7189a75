"""McNemar's test: two trained models compared on the same test images."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats


@dataclass(frozen=True)
class Disagreement:
    """Numbers of images that exactly one of two models classifies correctly."""

    first_only: int
    second_only: int
    p: float
    """p value of "both models have the same accuracy".

    It is valid for these two trained models only, not for models trained with other seeds.
    """


def mcnemar(first: npt.ArrayLike, second: npt.ArrayLike) -> Disagreement:
    """Compare the accuracy of two models on the same images by the exact binomial test.

    Let b and c be the numbers of images that only the first and only the second model
    classifies correctly. If the models have the same accuracy, b is binomial with b + c trials
    and probability ½. The p value is two-sided; it is 1 if b + c = 0. Images that both models
    classify correctly, or both wrongly, carry no information.

    Args:
        first: True where the first model is correct; bool, shape (images,).
        second: the same for the second model, with the images in the same order.

    Raises:
        ValueError: the shapes differ.

    Assumptions: the images are independent.

    Source: McNemar (1947), doi:10.1007/BF02295996.

    Example:
        >>> mcnemar([True] * 8 + [False] * 2, [False] * 7 + [True] * 3)
        Disagreement(first_only=7, second_only=2, p=0.1796875)
    """
    a, b = np.asarray(first, bool), np.asarray(second, bool)
    if a.shape != b.shape:
        raise ValueError(
            f"images: expected the same number for both models, got {a.size} and {b.size}"
        )
    first_only, second_only = int((a & ~b).sum()), int((b & ~a).sum())
    differing = first_only + second_only
    p = stats.binomtest(first_only, differing).pvalue if differing else 1.0
    return Disagreement(first_only, second_only, float(p))
