"""The loss around trained weights: its curvature, and its values on a plane.

Directions are normalised filter by filter (Li et al. 2018, arXiv:1712.09913). The weights of a
network with rectifiers can be rescaled from layer to layer without a change of its outputs, so
sharpness without this normalisation has no meaning. Biases and batch normalisation do not move.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from actbench.models.trainable_model import Floats
from actbench.training.block import Block, Labels, Pixels

Vector = npt.NDArray[np.float64]
"""All weights of a member as one vector."""

_STEP = 0.01
"""Step of finite differences, relative to the norm of the weights.

It is large because gradients in float32 have a relative error of 10⁻⁶. A kink within the step
counts as curvature."""


def filter_scale(weights: Sequence[Floats]) -> list[Floats]:
    """Return factors for a random direction, such that each filter moves by its own norm."""
    return [_filter_scale(weight) for weight in weights]


def _filter_scale(weight: Floats) -> Floats:
    if weight.ndim < 2:
        return np.zeros_like(weight)
    axes = tuple(range(weight.ndim - 1))
    size = np.sqrt((weight**2).mean(axes, keepdims=True))
    return np.broadcast_to(size, weight.shape).astype(np.float32)


class Landscape:
    """The mean loss of each member of a block, as a function of its weights.

    Args:
        block: a trained block. Each method leaves it unchanged.
        images: images for the loss.
        labels: (N,), integers.
    """

    def __init__(self, block: Block, images: Pixels, labels: Labels) -> None:
        self._block, self._images, self._labels = block, images, labels
        self._members = range(len(block.members))
        self._centre = [block.weights(member) for member in self._members]
        self._scales = [filter_scale(weights) for weights in self._centre]

    def plane(self, seed: int, radius: float, count: int) -> npt.NDArray[np.float64]:
        """Return losses on a plane through two random directions, equal for all members.

        Returns:
            (members, count, count), from −radius to radius along each direction.
        """
        rng = np.random.default_rng(seed)
        first, second = self._directions(rng), self._directions(rng)
        ticks = np.linspace(-radius, radius, count)

        def losses_at(a: float, b: float) -> npt.NDArray[np.float64]:
            self._move([a * u + b * v for u, v in zip(first, second, strict=True)])
            _, losses = self._block.accuracy_and_loss(self._images, self._labels)
            return losses

        losses = [[losses_at(a, b) for b in ticks] for a in ticks]
        self._move([np.zeros_like(u) for u in first])
        return np.moveaxis(np.array(losses), -1, 0)

    def top_eigenvalues(self, seed: int, iterations: int = 20) -> npt.NDArray[np.float64]:
        """Return each member's largest eigenvalue of the normalised Hessian, (members,).

        It is found by power iteration, on finite differences of gradients.
        """
        v = self._directions(np.random.default_rng(seed))
        eigenvalues = np.zeros(len(self._members))
        for _ in range(iterations):
            v = [each / np.linalg.norm(each) for each in v]
            product = self._hessian_times(v)
            eigenvalues = np.array([a @ b for a, b in zip(v, product, strict=True)])
            v = product
        return eigenvalues

    def traces(self, seed: int, draws: int = 10) -> npt.NDArray[np.float64]:
        """Return each member's trace of the normalised Hessian, (members,).

        It is Hutchinson's estimate: the mean curvature along random normalised directions.
        """
        rng = np.random.default_rng(seed)
        estimates = []
        for _ in range(draws):
            z = [np.sign(each) for each in self._directions(rng)]
            product = self._hessian_times(z)
            estimates.append([a @ b for a, b in zip(z, product, strict=True)])
        total: npt.NDArray[np.float64] = np.sum(estimates, 0)
        return total / draws

    def _directions(self, rng: np.random.Generator) -> list[Vector]:
        """Return a direction for each member, equal for members with the same shapes."""
        seed = int(rng.integers(2**32))
        return [
            np.random.default_rng(seed).standard_normal(sum(w.size for w in weights))
            for weights in self._centre
        ]

    def _hessian_times(self, vectors: Sequence[Vector]) -> list[Vector]:
        """Return S·H·S·v of each member, with its Hessian H and its scales S."""
        steps = []
        for member, v in enumerate(vectors):
            moved = np.linalg.norm(v * _flat(self._scales[member]))
            steps.append(_STEP * np.linalg.norm(_flat(self._centre[member])) / moved)
        ends = []
        for sign in (1, -1):
            self._move([sign * h * v for h, v in zip(steps, vectors, strict=True)])
            ends.append(self._block.gradients(self._images, self._labels))
        self._move([np.zeros_like(v) for v in vectors])
        return [
            _flat(self._scales[member])
            * (_flat(ends[0][member]) - _flat(ends[1][member]))
            / (2 * steps[member])
            for member in self._members
        ]

    def _move(self, vectors: Sequence[Vector]) -> None:
        """Set the weights of each member to its centre plus scale times vector."""
        for member, v in enumerate(vectors):
            ends = np.cumsum([w.size for w in self._centre[member]])[:-1]
            parts = np.split(v, ends)
            self._block.assign(
                member,
                [
                    centre + scale * part.reshape(centre.shape).astype(np.float32)
                    for centre, scale, part in zip(
                        self._centre[member], self._scales[member], parts, strict=True
                    )
                ],
            )


def _flat(weights: Sequence[Floats]) -> Vector:
    return np.concatenate([np.ravel(weight) for weight in weights]).astype(np.float64)
