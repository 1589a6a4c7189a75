"""Members that have the same activation function, computed as one model."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from actbench.activations.record import Activation
from actbench.activations.rectifiers import Absolute, LeakyRelu, Linear, Prelu, Relu
from actbench.errors import RequestError
from actbench.frameworks.fused_bias import ChannelFunction, FusedBias, Rectifier
from actbench.frameworks.parametric import Parametric, parameter_domain
from actbench.keras.constraints import domain_constraint
from actbench.models.forward_pass import ForwardPass, Seed
from actbench.models.member import Member
from actbench.models.network import (
    Activate,
    BatchNorm,
    Convolution,
    Dense,
    Layer,
    Network,
    Shape,
    weight_seeds,
)
from actbench.models.trainable_model import Constraint, Floats


def rectifier_slope(record: Activation) -> float | None:
    """Return the slope of a record max(x, 0) + slope · min(x, 0); None for other records."""
    match record:
        case Linear():
            return 1.0
        case Absolute():
            return -1.0
        case Relu():
            return 0.0
        case LeakyRelu():
            return record.negative_slope
        case Prelu():
            return record.alpha
    return None


def channel_function(member: Member) -> ChannelFunction:
    """Return the function that computes a member's activation.

    Members can be stacked if their functions are equal.
    """
    if rectifier_slope(member.activation) is not None:
        return Rectifier()
    if member.trained_parameters:
        return Parametric(member.activation, member.trained_parameters)
    return member.activation


class Stacked:
    """A `TrainableModel` of K members that compute the same function of their activations.

    Convolutions of all members are one grouped convolution, and dense layers one batched matrix
    product; `actbench.models.layout` describes the tensors. No value of a member depends on
    another member.

    Args:
        network: the layers. The output layer is implied.
        members: members whose `channel_function` are equal.
        input_shape: height, width and channels.
        classes: number of outputs.
        seed: seed of the initial weights. They are the same for all members, except for the
            initialiser and its scale.

    Raises:
        RequestError: tied activation layers have different numbers of channels.
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
        self.members: Sequence[Member] = tuple(members)
        self.weights: list[tf.Variable] = []
        self.statistics: list[tf.Variable] = []
        self.activation_parameters: list[int] = []
        self.constraints: dict[int, Constraint] = {}
        self.kernels: list[int] = []
        trains = any(member.trained_parameters for member in members)
        self._function = channel_function(members[0])
        self._activation = FusedBias(self._function, trains)
        self.parameters_per_layer = len(list(self._initial_parameters())) if trains else 0
        self._layers: tuple[Layer, ...] = (*network.layers, Dense(classes))
        seeds = iter(weight_seeds(network, seed))
        shapes = network.shapes(input_shape)
        self._variables = [
            list(self._variables_of(layer, before[-1], seeds))
            for layer, before in zip(self._layers, shapes, strict=True)
        ]
        self._check_tied()

    def _check_tied(self) -> None:
        channels = {self.weights[position].shape[1] for position in self.activation_parameters}
        if len(channels) > 1 and any(member.tied for member in self.members):
            raise RequestError(
                "tied activation layers: expected equal numbers of channels, got "
                f"{sorted(channels)}; try tied=False"
            )

    def _variables_of(
        self, layer: Layer, channels: int, seeds: Iterator[int | None]
    ) -> Iterator[tf.Variable]:
        """Make the variables of a layer whose inputs have that many channels."""
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
                for initial in (0.0, 1.0):
                    self.statistics.append(tf.Variable(tf.fill((count, channels), initial)))
                    yield self.statistics[-1]
            case Activate():
                yield from self._activation_variables(channels)

    def _activation_variables(self, channels: int) -> Iterator[tf.Variable]:
        for values, constraint in self._initial_parameters():
            if not self.parameters_per_layer:
                yield tf.constant(np.outer(values, np.ones(channels)), tf.float32)
                continue
            self.activation_parameters.append(len(self.weights))
            if constraint is not None:
                self.constraints[len(self.weights)] = constraint
            yield self._weight([np.full(channels, value) for value in values])

    def _initial_parameters(self) -> Iterator[tuple[list[float], Constraint | None]]:
        """Return the members' values and the constraint of each parameter that is a tensor."""
        if isinstance(self._function, Rectifier):
            yield [rectifier_slope(member.activation) or 0.0 for member in self.members], None
        elif isinstance(self._function, Parametric):
            for name in self._function.names:
                domain = parameter_domain(self.members[0].activation, name)
                values = [member.activation.parameters[name] for member in self.members]
                yield values, domain_constraint(domain)

    def _kernel(self, shape: Shape, seed: int | None) -> tf.Variable:
        self.kernels.append(len(self.weights))
        return self._weight([member.kernel_initializer(seed)(shape) for member in self.members])

    def _weight(self, initial: Sequence[npt.ArrayLike]) -> tf.Variable:
        self.weights.append(tf.Variable(np.stack(initial).astype(np.float32)))
        return self.weights[-1]

    def select(self, arrays: Sequence[Floats], member: int) -> list[Floats]:
        """See `TrainableModel`."""
        # A parameter of a whole layer is stored once per channel, with equal values.
        per_layer = self.members[member].granularity == "layer"
        once = self.activation_parameters if per_layer else []
        return [
            np.asarray(arrays[position][member])[: 1 if position in once else None]
            for position in self._positions_of(member)
        ]

    def weights_of(self, member: int) -> list[Floats]:
        """See `TrainableModel`."""
        return self.select([weight.numpy() for weight in self.weights], member)

    def assign(self, member: int, weights: Sequence[npt.ArrayLike]) -> None:
        """See `TrainableModel`."""
        for position, weight in zip(self._positions_of(member), weights, strict=True):
            variable = self.weights[position]
            variable[member].assign(np.broadcast_to(weight, variable.shape[1:]))

    def _positions_of(self, member: int) -> list[int]:
        """Return the positions in `weights` of the weights that a plain model would have."""
        settings = self.members[member]
        absent = set(self.activation_parameters)
        if settings.trained_parameters:
            first_layer = self.parameters_per_layer
            absent = set(self.activation_parameters[first_layer:]) if settings.tied else set()
        return [position for position in range(len(self.weights)) if position not in absent]

    def trained_parameters_of(self, member: int) -> list[list[float]]:
        """See `TrainableModel`. Tied parameters are repeated for each activation layer."""
        if not self.members[member].trained_parameters:
            return []
        count = 1 if self.members[member].granularity == "layer" else None
        return [
            self.weights[position].numpy()[member][:count].tolist()
            for position in self.activation_parameters
        ]

    def logits(
        self,
        x: tf.Tensor,
        *,
        training: bool,
        seed: Seed | None = None,
        derivatives: list[tf.Tensor] | None = None,
    ) -> tf.Tensor:
        """See `TrainableModel`."""
        forward = ForwardPass(self.members, self._activation, x, training=training, seed=seed)
        for number, (layer, variables) in enumerate(
            zip(self._layers, self._variables, strict=True), 1
        ):
            forward.apply(number, layer, variables, derivatives)
        return forward.output()
