"""A member that cannot be stacked, as a plain Keras model in a block."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from actbench.keras.layers import PReLU, Trainable
from actbench.models.member import Member
from actbench.models.network import Network, Shape
from actbench.models.plain import plain

_ACTIVATIONS = (keras.layers.Activation, PReLU, Trainable)


class Apart:
    """The same as `Stacked`, of one member and by Keras's layers.

    Raises:
        RequestError: the activation fails on TensorFlow tensors.
    """

    def __init__(
        self, network: Network, member: Member, *, input_shape: Shape, classes: int, seed: int
    ) -> None:
        # What a reader's function cannot do it says here in a line; Keras would say it in five.
        tf.function(member.activation, autograph=False).get_concrete_function(
            tf.TensorSpec((None, 1), tf.float32)
        )
        self.members: Sequence[Member] = (member,)
        self.model = plain(network, member, input_shape=input_shape, classes=classes, seed=seed)
        self.features = keras.Model(self.model.inputs, self.model.layers[-1].input)
        self.weights = [weight.value for weight in self.model.trainable_weights]
        # Running means and variances, and where random draws have come to.
        self.statistics = [weight.value for weight in self.model.non_trainable_variables]
        places = [layer for layer in self.model.layers if isinstance(layer, (PReLU, Trainable))]
        trained = {id(weight) for layer in places for weight in layer.trainable_weights}
        self.parameters = [
            number
            for number, weight in enumerate(self.model.trainable_weights)
            if id(weight) in trained
        ]
        self.kernels = [
            number
            for number, weight in enumerate(self.weights)
            if len(weight.shape) > 1 and number not in self.parameters
        ]
        self.constraints = {
            number: weight.constraint
            for number, weight in enumerate(self.model.trainable_weights)
            if weight.constraint is not None
        }
        # Layers of one object share their parameters, and their gradients, by themselves.
        self.parameters_of_a_place = 0

    def weights_of(self, place: int) -> list[Any]:
        """Return the weights of the member."""
        del place
        return [weight.numpy() for weight in self.weights]

    def own(self, arrays: Sequence[Any], place: int) -> list[Any]:
        """Return arrays like `weights` as they are."""
        del place
        return [np.asarray(array) for array in arrays]

    def assign(self, place: int, weights: Sequence[Any]) -> None:
        """Set the weights of the member."""
        del place
        for variable, weight in zip(self.weights, weights, strict=True):
            variable.assign(weight)

    def slopes_of(self, place: int) -> list[list[float]]:
        """Return the trained parameters of the activation, a list for each place."""
        del place
        return [self.weights[number].numpy().ravel().tolist() for number in self.parameters]

    def logits(
        self, x: Any, *, training: bool, seed: Any = None, slopes: list[Any] | None = None
    ) -> Any:
        """Return the outputs before softmax, (1, batch, classes); see `Stacked.logits`.

        Noise and dropout have Keras's draws.
        """
        del seed
        if slopes is None:
            x = self.features(x, training=training)
        else:
            for layer in self.model.layers[:-1]:
                x = self._followed(layer, x, slopes)
        last = self.model.layers[-1]
        return (x @ last.kernel + last.bias)[None]

    def _followed(self, layer: Any, x: Any, slopes: list[Any]) -> Any:
        """Return a layer's output, and leave its slopes if it is an activation."""
        if not isinstance(layer, _ACTIVATIONS):
            return layer(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        slope = tape.gradient(y, x)
        slopes.append(tf.reshape(slope, [1, -1, slope.shape[-1]]))
        return y
