"""The forward pass of a stacked model, layer by layer."""

from collections.abc import Sequence

import tensorflow as tf

from actbench.frameworks.fused_bias import FusedBias
from actbench.models.layout import (
    by_unit,
    flatten_images,
    grouped_kernel,
    like_inputs,
    makes_pixel_pairs,
    repeat_for_members,
    split_pixel_pairs,
)
from actbench.models.member import Member
from actbench.models.network import (
    Activate,
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Pool,
)

Seed = tuple[tf.Tensor, tf.Tensor]


class ForwardPass:
    """The tensors of all members on their way through the layers.

    Args:
        members: the members, in the order of the tensors.
        activation: computes the activation layers, with the bias of the layer before them.
        x: images (batch, height, width, channels), float32.
        training: as in `TrainableModel.logits`.
        seed: as in `TrainableModel.logits`.
    """

    def __init__(
        self,
        members: Sequence[Member],
        activation: FusedBias,
        x: tf.Tensor,
        *,
        training: bool,
        seed: Seed | None,
    ) -> None:
        self._members, self._activation = members, activation
        self._training, self._seed = training, seed
        self._x = x
        # A bias is added by the next layer, because the kernel of the activation can do it.
        self._bias: tf.Tensor | None = None
        # Until members differ, x is one input for all of them.
        self._is_shared = True
        # 2 if the images consist of pixel pairs, see `layout`.
        self._pixels = 1
        deviations = [member.noise for member in members]
        if training and any(deviations):
            noise = tf.random.stateless_normal(tf.shape(x), seed)
            self._x = tf.concat([x + deviation * noise for deviation in deviations], -1)
            self._is_shared = False

    def output(self) -> tf.Tensor:
        """Return the output of the last layer, (members, batch, units)."""
        return self._x + like_inputs(self._bias, self._x)

    def apply(
        self,
        number: int,
        layer: Layer,
        variables: Sequence[tf.Variable],
        derivatives: list[tf.Tensor] | None,
    ) -> None:
        """Apply a layer.

        Args:
            number: its position, from 1; dropout depends on it.
            layer: its description.
            variables: its variables, as `Stacked` makes them.
            derivatives: as in `TrainableModel.logits`.
        """
        if self._bias is not None and not isinstance(layer, Activate):
            self._x, self._bias = self._x + like_inputs(self._bias, self._x), None
        if self._is_shared and isinstance(layer, (Activate, BatchNorm, Dropout)):
            self._x = repeat_for_members(self._x, len(self._members))
            self._is_shared = False
        if isinstance(layer, (Pool, BatchNorm, Dropout)):
            self._split_pixel_pairs()
        match layer:
            case Convolution():
                self._convolve(layer, *variables)
            case Dense():
                kernel, self._bias = variables
                self._x, self._is_shared = self._x @ kernel, False
            case Activate():
                self._activate(variables, derivatives)
            case Flatten():
                self._flatten()
            case Pool(size, kind):
                pool = tf.nn.max_pool2d if kind == "max" else tf.nn.avg_pool2d
                self._x = pool(self._x, size, size, "VALID")
            case BatchNorm():
                self._normalise(layer, *variables)
            case Dropout() if self._training:
                self._drop(number)

    def _split_pixel_pairs(self) -> None:
        if self._pixels > 1:
            self._x, self._pixels = split_pixel_pairs(self._x, len(self._members)), 1

    def _convolve(self, layer: Convolution, kernels: tf.Variable, bias: tf.Variable) -> None:
        pixels = 2 if makes_pixel_pairs(layer, self._x.shape[2] * self._pixels) else 1
        if pixels < self._pixels:
            self._split_pixel_pairs()
        kernel = grouped_kernel(kernels, self._pixels, pixels)
        strides = (1, pixels // self._pixels)
        self._x = tf.nn.conv2d(self._x, kernel, strides, layer.padding.upper())
        self._bias, self._is_shared, self._pixels = bias, False, pixels

    def _activate(
        self, parameters: Sequence[tf.Tensor], derivatives: list[tf.Tensor] | None
    ) -> None:
        x, bias, members = self._x, self._bias, len(self._members)
        if bias is None:
            channels = x.shape[-1] // (members if len(x.shape) == 4 else 1)
            bias = tf.zeros((members, channels))
        parameters = [like_inputs(each, x) for each in parameters]
        bias = like_inputs(bias, x)
        if derivatives is None:
            self._x = self._activation(x, bias, parameters)
        else:
            with tf.GradientTape() as tape:
                tape.watch(x)
                self._x = self._activation(x, bias, parameters)
            derivatives.append(by_unit(tape.gradient(self._x, x), members, self._pixels))
        self._bias = None

    def _flatten(self) -> None:
        if self._is_shared:
            self._x = flatten_images(self._x, 1)[0]
        else:
            self._x = flatten_images(self._x, len(self._members))
        self._pixels = 1

    def _normalise(
        self,
        layer: BatchNorm,
        gamma: tf.Variable,
        beta: tf.Variable,
        mean: tf.Variable,
        variance: tf.Variable,
    ) -> None:
        x = self._x
        if self._training:
            moments = tf.nn.moments(x, [0, 1, 2] if len(x.shape) == 4 else [1])
            for running, moment in zip((mean, variance), moments, strict=True):
                now = tf.stop_gradient(tf.reshape(moment, running.shape))
                running.assign_sub((1 - layer.momentum) * (running - now))
            mean, variance = (tf.reshape(moment, mean.shape) for moment in moments)
        mean, variance, gamma, beta = (
            like_inputs(each, x) for each in (mean, variance, gamma, beta)
        )
        self._x = tf.nn.batch_normalization(x, mean, variance, beta, gamma, layer.epsilon)

    def _drop(self, number: int) -> None:
        if self._seed is None:
            raise TypeError("dropout in training: expected a seed, got None")
        seed = self._seed[0], self._seed[1] + number
        x, members = self._x, len(self._members)
        rates = tf.constant([[member.dropout] for member in self._members])
        shape = tf.shape(x)
        if len(x.shape) == 4:
            channels = x.shape[-1] // members
            rates = tf.repeat(rates, channels, 1)
            one = tf.concat([shape[:3], [channels]], 0)
            draws = tf.tile(tf.random.stateless_uniform(one, seed), [1, 1, 1, members])
        else:
            draws = tf.random.stateless_uniform(shape[1:], seed)[None]
        rates = like_inputs(rates, x)
        self._x = tf.where(draws >= rates, x / (1 - rates), 0.0)
