"""Compare the outputs of a converted model with those of the original."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from actbench.errors import RequestError
from actbench.statistics import mcnemar

Outputs = npt.NDArray[np.floating]

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Accuracies:
    """The accuracy of both models on the same images.

    Args:
        original: accuracy of the original, a fraction.
        converted: accuracy of the converted model.
        original_only: number of images that only the original classifies correctly.
        converted_only: number of images that only the converted model classifies correctly.
        p: p value of McNemar's exact test of "both have the same accuracy".
        interval: 95% interval of the accuracy that the conversion loses, a fraction.
    """

    original: float
    converted: float
    original_only: int
    converted_only: int
    p: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class ModelComparison:
    """The differences between the outputs of two models on the same inputs.

    Args:
        inputs: number of inputs.
        difference: largest absolute difference of outputs; None if the converted model gives
            NaN or infinity where the original does not.
        largest_output: largest absolute output of the original.
        agreement: share of inputs for which both have the largest output at the same class;
            None if the outputs are not vectors of two or more numbers.
        accuracies: None without labels.
    """

    inputs: int
    difference: float | None
    largest_output: float
    agreement: float | None
    accuracies: Accuracies | None


def compare_models(
    original: Outputs, converted: Outputs, labels: npt.NDArray[np.int64] | None
) -> ModelComparison:
    """Compare the outputs of two models.

    Args:
        original: outputs of the original, (N, …).
        converted: outputs of the converted model.
        labels: the classes, (N,); None if they are unknown.

    Raises:
        RequestError: the shapes of the outputs differ.

    Example:
        >>> one, other = np.array([[0.1, 0.9], [0.6, 0.4]]), np.array([[0.2, 0.8], [0.4, 0.6]])
        >>> found = compare_models(one, other, np.array([1, 0]))
        >>> round(found.difference, 6), found.agreement, found.accuracies.converted
        (0.2, 0.5, 0.5)
    """
    if original.shape != converted.shape:
        raise RequestError(
            f"converted model: expected outputs of shape {original.shape}, "
            f"got {converted.shape}"
        )
    a, b = original.astype(np.float64), converted.astype(np.float64)
    differences = np.abs(a - b)[np.isfinite(a)]
    difference = float(differences.max()) if differences.size else 0.0
    is_classifier = a.ndim == 2 and a.shape[1] > 1
    agreement = accuracies = None
    if is_classifier:
        top, converted_top = a.argmax(axis=1), b.argmax(axis=1)
        # argmax takes NaN for the largest number.
        converted_top[~np.isfinite(b).all(axis=1)] = -1
        agreement = float(np.mean(top == converted_top))
        if labels is not None:
            accuracies = _accuracies(top == labels, converted_top == labels)
    return ModelComparison(
        inputs=len(a),
        difference=difference if np.isfinite(difference) else None,
        largest_output=float(np.abs(a[np.isfinite(a)]).max(initial=0.0)),
        agreement=agreement,
        accuracies=accuracies,
    )


def _accuracies(
    original: npt.NDArray[np.bool_], converted: npt.NDArray[np.bool_]
) -> Accuracies:
    found = mcnemar(original, converted)
    return Accuracies(
        original=float(original.mean()),
        converted=float(converted.mean()),
        original_only=found.first_only,
        converted_only=found.second_only,
        p=found.p,
        interval=_lost_interval(found.first_only, found.second_only, original.size),
    )


def _lost_interval(only_original: int, only_converted: int, count: int) -> tuple[float, float]:
    """Return the interval of lost accuracy that belongs to McNemar's exact test.

    With d images that exactly one model classifies correctly, the number of them that only the
    original does is binomial. The interval of Clopper and Pearson of its probability p gives
    that of the loss, (2p − 1)·d / N. It contains 0 if and only if the test does not reject.
    """
    differing = only_original + only_converted
    if not differing:
        return 0.0, 0.0
    share = stats.binomtest(only_original, differing).proportion_ci(_CONFIDENCE)
    low, high = ((2 * p - 1) * differing / count for p in (share.low, share.high))
    return float(low), float(high)
