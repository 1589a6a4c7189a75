"""The loss around trained weights: curvature, and its values on a plane.

Directions are normalised filter by filter (Li et al. 2018, arXiv:1712.09913): a rectifier's
weights can be rescaled from layer to layer without changing what is computed, and sharpness in
the weights' own units says nothing. Biases and batch normalisation stay as they are.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from actbench.training.block import Block

Weights = list[npt.NDArray[np.float32]]
"""Of a member, in the order of a plain model's."""

_STEP = 0.01
"""Of finite differences: how far weights are moved, relative to their norm.

Gradients of float32 are good for 10⁻⁶ of their size, and what a kink does within the step is
part of the curvature."""


def filter_scale(weights: Weights) -> Weights:
    """Return what a normal direction is multiplied by, for filters to move by their norms."""
    scales = []
    for weight in weights:
        if weight.ndim < 2:
            scales.append(np.zeros_like(weight))
            continue
        axes = tuple(range(weight.ndim - 1))
        size = np.sqrt((weight**2).mean(axes, keepdims=True))
        scales.append(np.broadcast_to(size, weight.shape).astype(np.float32))
    return scales


class Landscape:
    """The mean loss of each member of a block as a function of its weights.

    Args:
        block: trained; it is as before after each call.
        images: (N, height, width, channels), what the loss is taken over.
        labels: (N,).
    """

    def __init__(self, block: Block, images: Any, labels: Any) -> None:
        self._block, self._images, self._labels = block, images, labels
        self._members = range(len(block.members))
        self._centre = [block.weights(member) for member in self._members]
        self._scales = [filter_scale(weights) for weights in self._centre]

    def plane(self, seed: int, radius: float, count: int) -> npt.NDArray[np.float64]:
        """Return losses on a plane through two random directions, the same for all members.

        Returns:
            (members, count, count), along −radius … radius of each direction.
        """
        rng = np.random.default_rng(seed)
        first, second = self._directions(rng), self._directions(rng)
        ticks = np.linspace(-radius, radius, count)

        def loss_at(a: float, b: float) -> Any:
            self._move([a * u + b * v for u, v in zip(first, second, strict=True)])
            return self._block.accuracy_and_loss(self._images, self._labels)[1]

        found = [[loss_at(a, b) for b in ticks] for a in ticks]
        self._move([np.zeros_like(u) for u in first])
        return np.moveaxis(np.array(found), -1, 0)

    def top_eigenvalues(self, seed: int, iterations: int = 20) -> npt.NDArray[np.float64]:
        """Return of each member the greatest eigenvalue of the normalised Hessian.

        By power iteration on finite differences of gradients.
        """
        v = self._directions(np.random.default_rng(seed))
        found = np.zeros(len(self._members))
        for _ in range(iterations):
            v = [each / np.linalg.norm(each) for each in v]
            product = self._hessian_times(v)
            found = np.array([a @ b for a, b in zip(v, product, strict=True)])
            v = product
        return found

    def traces(self, seed: int, draws: int = 10) -> npt.NDArray[np.float64]:
        """Return of each member the trace of the normalised Hessian, by Hutchinson's estimate.

        It is the mean curvature of the loss along random normalised directions.
        """
        rng = np.random.default_rng(seed)
        found = []
        for _ in range(draws):
            z = [np.sign(each) for each in self._directions(rng)]
            product = self._hessian_times(z)
            found.append([a @ b for a, b in zip(z, product, strict=True)])
        total: npt.NDArray[np.float64] = np.sum(found, 0)
        return total / draws

    def _directions(self, rng: np.random.Generator) -> list[npt.NDArray[np.float64]]:
        """Return one direction, the same for members of the same shapes, for each."""
        seed = int(rng.integers(2**32))
        return [
            np.random.default_rng(seed).standard_normal(sum(w.size for w in weights))
            for weights in self._centre
        ]

    def _hessian_times(
        self, vectors: Sequence[npt.NDArray[np.float64]]
    ) -> list[npt.NDArray[np.float64]]:
        """Return S·H·S·v of each member, with its scales S."""
        steps = []
        for place, v in enumerate(vectors):
            moved = np.linalg.norm(v * _flat(self._scales[place]))
            steps.append(_STEP * np.linalg.norm(_flat(self._centre[place])) / moved)
        ends = []
        for sign in (1, -1):
            self._move([sign * h * v for h, v in zip(steps, vectors, strict=True)])
            ends.append(self._block.gradients(self._images, self._labels))
        self._move([np.zeros_like(v) for v in vectors])
        return [
            _flat(self._scales[place])
            * (_flat(ends[0][place]) - _flat(ends[1][place]))
            / (2 * steps[place])
            for place in self._members
        ]

    def _move(self, vectors: Sequence[npt.NDArray[np.float64]]) -> None:
        """Put each member at its centre plus scale times vector."""
        for place, v in enumerate(vectors):
            ends = np.cumsum([w.size for w in self._centre[place]])[:-1]
            parts = np.split(v, ends)
            self._block.assign(
                place,
                [
                    centre + scale * part.reshape(centre.shape).astype(np.float32)
                    for centre, scale, part in zip(
                        self._centre[place], self._scales[place], parts, strict=True
                    )
                ],
            )


def _flat(weights: Sequence[Any]) -> npt.NDArray[np.float64]:
    return np.concatenate([np.ravel(weight) for weight in weights]).astype(np.float64)
