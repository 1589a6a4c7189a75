"""Members of one network that have the same function, computed as one model."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from actbench.activations.record import Activation
from actbench.activations.rectifiers import Absolute, LeakyRelu, Linear, Prelu, Relu
from actbench.errors import RequestError
from actbench.frameworks.fused_bias import Function, FusedBias, Rectifier
from actbench.frameworks.parametric import Parametric, domain
from actbench.keras.layers import within
from actbench.models.member import Member
from actbench.models.network import (
    Activate,
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Network,
    Pool,
    Shape,
    weight_seeds,
)

# Records that are max(x, 0) + slope · min(x, 0), and their slopes.
_SLOPES: dict[type[Activation], Callable[[Any], float]] = {
    Linear: lambda _: 1.0,
    Absolute: lambda _: -1.0,
    Relu: lambda _: 0.0,
    LeakyRelu: lambda record: record.negative_slope,
    Prelu: lambda record: record.alpha,
}


def function_of(member: Member) -> Function:
    """Return what computes a member's activation; members of equal ones can be stacked."""
    record = member.activation
    if type(record) in _SLOPES:
        return Rectifier()
    return (
        Parametric(record, member.trained_parameters) if member.trained_parameters else record
    )


class Stacked:
    """Networks of K members that are computed as one.

    Images have the channels of all members side by side, (batch, height, width, K · channels),
    and are convolved in groups; vectors are (K, batch, units). Until members differ there is
    one input for all. What one member has never reaches another.

    A vector register holds 16 numbers, and a convolution of a group with 8 channels leaves half
    of it empty. So where a row's pixels come in pairs, a pair is made one pixel of 16 channels,
    (batch, height, width / 2, K · 2 · channels), by a wider kernel with zeros in it.

    Args:
        network: its layers.
        members: whose `function_of` are equal.
        input_shape: height, width and channels.
        classes: number of outputs.
        seed: of the initial weights, which are the same for all members but for their scale.
    """

    def __init__(
        self,
        network: Network,
        members: Sequence[Member],
        *,
        input_shape: Shape,
        classes: int,
        seed: int,
    ) -> None:
        self.members = tuple(members)
        self.function = function_of(members[0])
        self.trains = any(member.trained_parameters for member in members)
        """Whether parameters of the activation are trained, of any member."""
        self.layers: tuple[Layer, ...] = (*network.layers, Dense(classes))
        self.weights: list[Any] = []
        """What is trained: variables of the shapes and in the order of a plain model's weights,
        with the members before them."""
        self.statistics: list[Any] = []
        """Running means and variances of batch normalisation, likewise."""
        self.parameters: list[int] = []
        """Which of `weights` are parameters of the activation, place after place."""
        self.constraints: dict[int, Any] = {}
        """What keeps some of `weights`, parameters, in their domain."""
        self.kernels: list[int] = []
        """Which of `weights` are kernels, the last layer's included."""
        seeds = iter(weight_seeds(network, seed))
        shapes = network.shapes(input_shape)
        self._variables = [
            list(self._made(layer, before[-1], seeds))
            for layer, before in zip(self.layers, shapes, strict=True)
        ]
        counts = {self.weights[number].shape[1] for number in self.parameters}
        if len(counts) > 1 and any(member.tied for member in members):
            raise RequestError(
                f"activations with {sorted(counts)} channels cannot have the same trained "
                "parameters: tied = False, or as many channels, would be right"
            )

    def _made(self, layer: Layer, channels: int, seeds: Iterator[int | None]) -> Iterator[Any]:
        """Make the variables of a layer."""
        count = len(self.members)
        match layer:
            case Convolution(filters, size):
                yield self._kernel((size, size, channels, filters), next(seeds))
                yield self._weight([np.zeros(filters)] * count)
            case Dense(units):
                yield self._kernel((channels, units), next(seeds))
                yield self._weight([np.zeros(units)] * count)
            case BatchNorm():
                yield self._weight([np.ones(channels)] * count)
                yield self._weight([np.zeros(channels)] * count)
                for start in (0.0, 1.0):
                    self.statistics.append(tf.Variable(tf.fill((count, channels), start)))
                    yield self.statistics[-1]
            case Activate():
                for starts, kept in self._starts():
                    if self.trains:
                        self.parameters.append(len(self.weights))
                        if kept is not None:
                            self.constraints[len(self.weights)] = kept
                        yield self._weight([np.full(channels, start) for start in starts])
                    else:
                        yield tf.constant(np.outer(starts, np.ones(channels)), tf.float32)

    def _starts(self) -> Iterator[tuple[list[float], Any]]:
        """Return of each parameter that is a tensor what it begins with and its constraint."""
        if isinstance(self.function, Rectifier):
            yield [_SLOPES[type(m.activation)](m.activation) for m in self.members], None
        elif isinstance(self.function, Parametric):
            for name in self.function.names:
                kept = within(domain(self.members[0].activation, name))
                yield [member.activation.parameters[name] for member in self.members], kept

    @property
    def parameters_of_a_place(self) -> int:
        """How many parameters of the activation are trained."""
        return len(list(self._starts())) if self.trains else 0

    def _kernel(self, shape: Shape, seed: int | None) -> Any:
        self.kernels.append(len(self.weights))
        return self._weight([member.kernel_initializer(seed)(shape) for member in self.members])

    def _weight(self, starts: Sequence[Any]) -> Any:
        self.weights.append(tf.Variable(np.stack(starts).astype(np.float32)))
        return self.weights[-1]

    def weights_of(self, place: int) -> list[Any]:
        """Return the weights of a member, in the order of a plain model's."""
        return self.own([weight.numpy() for weight in self.weights], place)

    def own(self, arrays: Sequence[Any], place: int) -> list[Any]:
        """Return a member's part of arrays like `weights`, in the order of a plain model's."""
        # What a layer has in common is kept for each of its channels, all of them equal.
        once = self.parameters if self.members[place].granularity == "layer" else ()
        return [
            np.asarray(arrays[number][place])[: 1 if number in once else None]
            for number in self._owned(place)
        ]

    def assign(self, place: int, weights: Sequence[Any]) -> None:
        """Set the weights of a member, in the order of a plain model's."""
        for number, weight in zip(self._owned(place), weights, strict=True):
            variable = self.weights[number]
            variable[place].assign(np.broadcast_to(weight, variable.shape[1:]))

    def _owned(self, place: int) -> list[int]:
        """Return which of `weights` a plain model of the member has."""
        member, left_out = self.members[place], set(self.parameters)
        if member.trained_parameters:
            # Of places that are one, the first.
            left_out = set(self.parameters[self.parameters_of_a_place :] if member.tied else ())
        return [number for number in range(len(self.weights)) if number not in left_out]

    def slopes_of(self, place: int) -> list[list[float]]:
        """Return the trained parameters of a member's activation, a list for each place.

        Parameters that all places have together are given for each.
        """
        if not self.members[place].trained_parameters:
            return []
        count = 1 if self.members[place].granularity == "layer" else None
        return [
            self.weights[number].numpy()[place][:count].tolist() for number in self.parameters
        ]

    def logits(
        self, x: Any, *, training: bool, seed: Any = None, slopes: list[Any] | None = None
    ) -> Any:
        """Return the members' outputs before softmax.

        Args:
            x: images (batch, height, width, channels), float32.
            training: whether noise is added, values are dropped, and batch normalisation takes
                the batch's own means and variances.
            seed: two integers that noise and dropout depend on; all members have the same
                draws.
            slopes: where the derivatives of each place's activation are left, for each
                (member, input and pixel, unit).

        Returns:
            (members, batch, classes), float32.
        """
        noises = [member.noise for member in self.members]
        bias, shared = None, True
        if training and any(noises):
            noise = tf.random.stateless_normal(tf.shape(x), seed)
            x, shared = tf.concat([x + size * noise for size in noises], -1), False
        pixels = 1
        each = [*zip(self.layers, self._variables, strict=True)]
        for number, (layer, variables) in enumerate(each, 1):
            if bias is not None and not isinstance(layer, Activate):
                x, bias = x + self._beside(bias, x), None
            if shared and isinstance(layer, (Activate, BatchNorm, Dropout)):
                x, shared = self._apart(x), False
            if pixels > 1 and isinstance(layer, (Pool, BatchNorm, Dropout)):
                x, pixels = self._unpaired(x), 1
            match layer:
                case Convolution(_, _, padding):
                    made = 2 if _makes_pairs(layer, x.shape[2] * pixels) else 1
                    if made < pixels:
                        x, pixels = self._unpaired(x), 1
                    kernel = _side_by_side(variables[0], pixels, made)
                    x = tf.nn.conv2d(x, kernel, (1, made // pixels), padding.upper())
                    bias, shared, pixels = variables[1], False, made
                case Dense():
                    x, bias, shared = x @ variables[0], variables[1], False
                case Activate():
                    x, slope = self._activated(x, bias, variables, sloped=slopes is not None)
                    bias = None
                    if slopes is not None:
                        slopes.append(self._by_unit(slope, pixels))
                case Flatten():
                    x = self._flat(x, 1 if shared else len(self.members))
                    x, pixels = x[0] if shared else x, 1
                case Pool(size, kind):
                    pool = tf.nn.max_pool2d if kind == "max" else tf.nn.avg_pool2d
                    x = pool(x, size, size, "VALID")
                case BatchNorm():
                    x = self._normalised(layer, x, variables, training)
                case Dropout() if training:
                    x = self._dropped(x, (seed[0], seed[1] + number))
        return x + self._beside(bias, x)

    def _beside(self, numbers: Any, x: Any) -> Any:
        """Return numbers of (members, channels) shaped to be added to x."""
        if len(x.shape) == 3:
            return numbers[:, None]
        pixels = x.shape[-1] // (numbers.shape[0] * numbers.shape[1])
        return tf.reshape(tf.tile(numbers, [1, pixels]), [-1])

    def _unpaired(self, x: Any) -> Any:
        """Return images whose pixels are pairs with each pixel by itself."""
        _, height, width, channels = x.shape
        members = len(self.members)
        each = channels // members // 2
        parted = tf.reshape(x, [-1, height, width, members, 2, each])
        return tf.reshape(
            tf.transpose(parted, [0, 1, 2, 4, 3, 5]), [-1, height, width * 2, members * each]
        )

    def _apart(self, x: Any) -> Any:
        """Return one input for all as one for each."""
        copies = [x] * len(self.members)
        return tf.concat(copies, -1) if len(x.shape) == 4 else tf.stack(copies)

    def _activated(
        self, x: Any, bias: Any, parameters: Sequence[Any], *, sloped: bool
    ) -> tuple[Any, Any]:
        """Return the values, and the derivatives if they are asked for."""
        if bias is None:
            channels = x.shape[-1] // (len(self.members) if len(x.shape) == 4 else 1)
            bias = tf.zeros((len(self.members), channels))
        parameters = [self._beside(each, x) for each in parameters]
        function, bias = FusedBias(self.function, self.trains), self._beside(bias, x)
        if not sloped:
            return function(x, bias, parameters), None
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x, bias, parameters)
        return y, tape.gradient(y, x)

    def _by_unit(self, x: Any, pixels: int) -> Any:
        """Return (members, inputs and pixels, units)."""
        if len(x.shape) == 3:
            return x
        members = len(self.members)
        parted = tf.reshape(x, [-1, members, pixels, x.shape[-1] // members // pixels])
        moved = tf.transpose(parted, [1, 0, 2, 3])
        return tf.reshape(moved, [members, -1, parted.shape[-1]])

    def _flat(self, x: Any, members: int) -> Any:
        """Return images as vectors (members, batch, pixels · channels)."""
        _, height, width, channels = x.shape
        each = channels // members
        parted = tf.reshape(x, [-1, height * width, members, each])
        return tf.reshape(
            tf.transpose(parted, [2, 0, 1, 3]), [members, -1, height * width * each]
        )

    def _normalised(
        self, layer: BatchNorm, x: Any, variables: Sequence[Any], training: bool
    ) -> Any:
        gain, shift, mean, variance = variables
        if training:
            axes = [0, 1, 2] if len(x.shape) == 4 else [1]
            of_batch = tf.nn.moments(x, axes)
            for running, now in zip((mean, variance), of_batch, strict=True):
                now = tf.reshape(now, running.shape)
                running.assign_sub((1 - layer.momentum) * (running - tf.stop_gradient(now)))
            mean, variance = (tf.reshape(each, mean.shape) for each in of_batch)
        mean, variance, gain, shift = (
            self._beside(each, x) for each in (mean, variance, gain, shift)
        )
        return tf.nn.batch_normalization(x, mean, variance, shift, gain, layer.epsilon)

    def _dropped(self, x: Any, seed: Any) -> Any:
        rates = tf.constant([[member.dropout] for member in self.members])
        shape = tf.shape(x)
        if len(x.shape) == 4:
            channels = x.shape[-1] // len(self.members)
            rates = tf.repeat(rates, channels, 1)
            one = tf.concat([shape[:3], [channels]], 0)
            draws = tf.tile(
                tf.random.stateless_uniform(one, seed), [1, 1, 1, len(self.members)]
            )
        else:
            draws = tf.random.stateless_uniform(shape[1:], seed)[None]
        rates = self._beside(rates, x)
        return tf.where(draws >= rates, x / (1 - rates), 0.0)


def _makes_pairs(layer: Convolution, width: int) -> bool:
    """Return whether a convolution of images that wide gives a pair of pixels as one."""
    return layer.padding == "valid" and layer.filters <= 8 and (width - layer.size) % 2 == 1


def _side_by_side(kernels: Any, pixels: int, made: int) -> Any:
    """Return (members, height, width, in, out) as (height, width, in, members · out).

    Args:
        kernels: of all members.
        pixels: of a row that are one in the images that are convolved.
        made: pixels that are one in the result; `pixels` or a multiple.
    """
    members, height, width, channels, filters = kernels.shape
    columns = pixels * -(-(width + made - 1) // pixels)
    # The second of a pair sees what the first sees, one column on.
    shifted = [
        tf.pad(kernels, [(0, 0), (0, 0), (by, columns - width - by), (0, 0), (0, 0)])
        for by in range(made)
    ]
    return tf.reshape(
        tf.transpose(tf.stack(shifted, 4), [1, 2, 3, 0, 4, 5]),
        [height, columns // pixels, pixels * channels, members * made * filters],
    )
