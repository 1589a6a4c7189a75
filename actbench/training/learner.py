"""A model and its training: gradients, the optimiser's moments, learning rates."""

from collections.abc import Iterator, Sequence
from typing import Literal

import tensorflow as tf

from actbench.models.member import Member
from actbench.models.trainable_model import TrainableModel
from actbench.training.losses import losses
from actbench.training.optimizers import MOMENTS, optimizer_step


class Learner:
    """A model with its learning rates and moments.

    Args:
        model: one model of a block.
        optimizer: "adam" or "sgd".
    """

    def __init__(self, model: TrainableModel, optimizer: Literal["adam", "sgd"]) -> None:
        self.model = model
        self._rates = tf.Variable([member.learning_rate for member in model.members])
        self._optimizer_step = optimizer_step(optimizer)
        self._moments = [
            [tf.Variable(tf.zeros_like(weight)) for weight in model.weights]
            for _ in range(MOMENTS[optimizer])
        ]

    def variables(self) -> Iterator[tf.Variable]:
        """Return all variables that training changes."""
        yield self._rates
        for variables in (self.model.weights, self.model.statistics, *self._moments):
            yield from variables

    def restart(self, new: TrainableModel) -> None:
        """Reset training, with the weights of another model of the same members."""
        self._rates.assign([member.learning_rate for member in self.model.members])
        for moments in self._moments:
            for moment in moments:
                moment.assign(tf.zeros_like(moment))
        _assign(self.model.weights, new.weights)
        _assign(self.model.statistics, new.statistics)

    def stop(self, member: int) -> None:
        """Stop the training of a member; only its running means and variances still change."""
        self._rates.assign(tf.tensor_scatter_nd_update(self._rates, [[member]], [0.0]))

    def learn(
        self,
        x: tf.Tensor,
        labels: tf.Tensor,
        seed: tuple[tf.Tensor, tf.Tensor],
        step: tf.Tensor,
        remaining: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Train all members on one batch.

        Args:
            x: images (batch, height, width, channels), float32.
            labels: (batch,), integers.
            seed: two integers that determine noise and dropout.
            step: number of the step, from 1.
            remaining: factor of the learning rates in this step; None leaves them unchanged.

        Returns:
            (2, members): the number of correct images and the sum of the losses, before the
            step.
        """
        with tf.GradientTape() as tape:
            logits = self.model.logits(x, training=True, seed=seed)
            loss = losses(logits, labels, self.model.members)
            total = tf.reduce_sum(tf.reduce_mean(loss, 1))
        gradients = _shared(self.model, tape.gradient(total, self.model.weights))
        variables = [self.model.weights, *self._moments]
        values = [[variable.value() for variable in some] for some in variables]
        rates = self._rates.value() if remaining is None else remaining * self._rates
        updated = self._optimizer_step(*values, gradients, rates, tf.cast(step, tf.float32))
        for position, constraint in self.model.constraints.items():
            updated[0][position] = constraint(updated[0][position])
        for some, new in zip(variables, updated, strict=True):
            _assign(some, new)
        predicted = tf.argmax(logits, -1, output_type=labels.dtype)
        # The largest of outputs that are NaN would be the first.
        is_correct = (predicted == labels) & tf.reduce_all(tf.math.is_finite(logits), -1)
        correct = tf.reduce_sum(tf.cast(is_correct, tf.float32), 1)
        return tf.stack([correct, tf.reduce_sum(loss, 1)])

    def gradients(self, x: tf.Tensor, labels: tf.Tensor) -> list[tf.Tensor]:
        """Return the gradients of each member's mean loss, one for each weight, untrained."""
        with tf.GradientTape() as tape:
            logits = self.model.logits(x, training=False)
            mean = tf.reduce_mean(losses(logits, labels, self.model.members), 1)
            total = tf.reduce_sum(mean)
        return _shared(self.model, tape.gradient(total, self.model.weights))


def _assign(variables: Sequence[tf.Variable], values: Sequence[tf.Tensor]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _shared(model: TrainableModel, gradients: list[tf.Tensor]) -> list[tf.Tensor]:
    """Sum the gradients of shared activation parameters; set those of fixed ones to 0."""
    members, of_layer = model.members, model.parameters_per_layer
    for number in range(of_layer):
        positions = model.activation_parameters[number::of_layer]
        parts = [gradients[position] for position in positions]
        for position, part in zip(positions, _shared_by(members, parts), strict=True):
            gradients[position] = part
    return gradients


def _shared_by(members: Sequence[Member], parts: list[tf.Tensor]) -> list[tf.Tensor]:
    """Return the gradients of one parameter, (members, channels) for each layer."""
    is_trained = tf.constant([[float(bool(member.trained_parameters))] for member in members])
    is_tied = tf.constant([[member.tied] for member in members])
    is_per_layer = tf.constant([[member.granularity == "layer"] for member in members])
    if any(member.granularity == "layer" for member in members):
        sums = [tf.reduce_sum(part, 1, keepdims=True) for part in parts]
        parts = [
            tf.where(is_per_layer, total, part) for total, part in zip(sums, parts, strict=True)
        ]
    if any(member.tied for member in members):
        parts = [tf.where(is_tied, tf.add_n(parts), part) for part in parts]
    return [is_trained * part for part in parts]
