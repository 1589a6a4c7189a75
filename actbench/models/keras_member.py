"""A plain Keras model as part of a block, for a member that cannot be stacked."""

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from actbench.keras import PReLU, Trainable
from actbench.models.member import Member
from actbench.models.network import Network, Shape
from actbench.models.plain import plain
from actbench.models.trainable_model import Constraint, Floats

_ACTIVATIONS = (keras.layers.Activation, PReLU, Trainable)


class KerasMember:
    """A `TrainableModel` of one member, computed by Keras layers.

    Raises:
        RequestError: the activation fails on TensorFlow tensors.
    """

    def __init__(
        self, network: Network, member: Member, *, input_shape: Shape, classes: int, seed: int
    ) -> None:
        # The activation is traced first, because it reports an error in one line; Keras would
        # wrap that error into several lines.
        tf.function(member.activation, autograph=False).get_concrete_function(
            tf.TensorSpec((None, 1), tf.float32)
        )
        self.members: Sequence[Member] = (member,)
        self.model = plain(network, member, input_shape=input_shape, classes=classes, seed=seed)
        self._features = keras.Model(self.model.inputs, self.model.layers[-1].input)
        trainable = self.model.trainable_weights
        self.weights: list[tf.Variable] = [weight.value for weight in trainable]
        # These include the states of the random number generators of noise and dropout.
        self.statistics: list[tf.Variable] = [
            weight.value for weight in self.model.non_trainable_variables
        ]
        activations = [x for x in self.model.layers if isinstance(x, (PReLU, Trainable))]
        trained = {id(weight) for layer in activations for weight in layer.trainable_weights}
        self.activation_parameters = [
            position for position, weight in enumerate(trainable) if id(weight) in trained
        ]
        self.kernels = [
            position
            for position, weight in enumerate(self.weights)
            if len(weight.shape) > 1 and position not in self.activation_parameters
        ]
        self.constraints: dict[int, Constraint] = {
            position: weight.constraint
            for position, weight in enumerate(trainable)
            if weight.constraint is not None
        }
        self.parameters_per_layer = 0

    def select(self, arrays: Sequence[Floats], member: int) -> list[Floats]:
        """See `TrainableModel`."""
        del member
        return [np.asarray(array) for array in arrays]

    def weights_of(self, member: int) -> list[Floats]:
        """See `TrainableModel`."""
        del member
        return [weight.numpy() for weight in self.weights]

    def assign(self, member: int, weights: Sequence[npt.ArrayLike]) -> None:
        """See `TrainableModel`."""
        del member
        for variable, weight in zip(self.weights, weights, strict=True):
            variable.assign(weight)

    def trained_parameters_of(self, member: int) -> list[list[float]]:
        """See `TrainableModel`."""
        del member
        return [
            self.weights[position].numpy().ravel().tolist()
            for position in self.activation_parameters
        ]

    def logits(
        self,
        x: tf.Tensor,
        *,
        training: bool,
        seed: tuple[tf.Tensor, tf.Tensor] | None = None,
        derivatives: list[tf.Tensor] | None = None,
    ) -> tf.Tensor:
        """See `TrainableModel`."""
        del seed
        if derivatives is None:
            x = self._features(x, training=training)
        else:
            for layer in self.model.layers[:-1]:
                x = _apply(layer, x, derivatives)
        last = self.model.layers[-1]
        return (x @ last.kernel + last.bias)[None]


def _apply(layer: keras.Layer, x: tf.Tensor, derivatives: list[tf.Tensor]) -> tf.Tensor:
    """Return the output of a layer; append its derivative if it is an activation."""
    if not isinstance(layer, _ACTIVATIONS):
        return layer(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    derivative = tape.gradient(y, x)
    derivatives.append(tf.reshape(derivative, [1, -1, derivative.shape[-1]]))
    return y
