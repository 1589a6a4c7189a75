"""The interface that a block needs of its models."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from actbench.models.member import Member

Floats = npt.NDArray[np.float32]
Constraint = Callable[[tf.Tensor], tf.Tensor]
"""Moves a parameter into its domain."""


class TrainableModel(Protocol):
    """A model of one or more members, whose variables a learner updates.

    All variables and outputs have the members as their first axis, except in a model of one
    plain Keras network. Members are numbered by their position in `members`.
    """

    members: Sequence[Member]
    weights: list[tf.Variable]
    """All trained variables, in the order of the weights of a plain model."""
    statistics: list[tf.Variable]
    """All other variables: running means and variances of batch normalisation."""
    activation_parameters: list[int]
    """Positions in `weights` of the trained parameters of the activation, layer by layer."""
    kernels: list[int]
    """Positions in `weights` of the kernels, the output layer included."""
    constraints: dict[int, Constraint]
    """Position of a parameter in `weights` -> its constraint."""
    parameters_per_layer: int
    """Trained parameters per activation layer whose gradients the learner must sum over
    channels or layers; 0 if the model needs no such sums."""

    def select(self, arrays: Sequence[Floats], member: int) -> list[Floats]:
        """Return a member's part of arrays that are shaped like `weights`."""
        ...

    def weights_of(self, member: int) -> list[Floats]:
        """Return the weights of a member, in the order of a plain model."""
        ...

    def assign(self, member: int, weights: Sequence[npt.ArrayLike]) -> None:
        """Set the weights of a member, in the order of a plain model."""
        ...

    def trained_parameters_of(self, member: int) -> list[list[float]]:
        """Return a member's trained parameters, one list per activation layer and parameter."""
        ...

    def logits(
        self,
        x: tf.Tensor,
        *,
        training: bool,
        seed: tuple[tf.Tensor, tf.Tensor] | None = None,
        derivatives: list[tf.Tensor] | None = None,
    ) -> tf.Tensor:
        """Return the outputs before softmax, (members, batch, classes), float32.

        Args:
            x: images (batch, height, width, channels), float32.
            training: whether noise is added, dropout drops values, and batch normalisation
                uses the means and variances of the batch.
            seed: two integers that determine noise and dropout. All members get the same
                random numbers. A plain Keras network ignores it.
            derivatives: if given, the derivative of each activation layer at its inputs is
                appended, (members, inputs and pixels, units).
        """
        ...
