"""Distributions of paired differences with mean 0, as training produces them."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Doubles]
"""Draws an array of the given shape of independent differences."""


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Doubles:
    """Return standard normal differences."""
    return rng.standard_normal(shape)


def skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> Doubles:
    """Return exponential differences, shifted to mean 0."""
    return np.asarray(rng.standard_exponential(shape) - 1)


def tied(rng: np.random.Generator, shape: tuple[int, ...]) -> Doubles:
    """Return differences of −1, 0 and 1 with equal probabilities, scaled to variance 1."""
    return np.asarray(rng.integers(-1, 2, shape) * np.sqrt(1.5))


def near_ceiling(rng: np.random.Generator, shape: tuple[int, ...]) -> Doubles:
    """Return differences of two accuracies near 100%, one of which varies three times as much.

    The errors of both have gamma distributions with the same mean.
    """
    steady, variable = rng.gamma(9.0, 1 / 9, shape), rng.gamma(1.0, 1.0, shape)
    return np.asarray((variable - steady) / np.sqrt(1 + 1 / 9))


def outliers(rng: np.random.Generator, shape: tuple[int, ...]) -> Doubles:
    """Return normal differences, of which one in twelve has ten times the size."""
    size = np.where(rng.uniform(size=shape) < 1 / 12, 10.0, 1.0)
    return np.asarray(rng.standard_normal(shape) * size / np.sqrt(11 / 12 + 100 / 12))


SHAPES: Mapping[str, Draw] = {
    "normal": normal,
    "skewed": skewed,
    "tied": tied,
    "near the ceiling": near_ceiling,
    "with outliers": outliers,
}
"""The distributions by name; all have mean 0 and standard deviation 1."""
