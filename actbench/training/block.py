"""A block: all members of a seed, trained together on the same batches."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import tensorflow as tf

from actbench.errors import RequestError
from actbench.frameworks.tensorflow import has_xla
from actbench.models.keras_member import Apart
from actbench.models.member import Member, unstackable_reason
from actbench.models.network import Network, Shape
from actbench.models.stacked import Stacked, function_of

# Adam's, as Keras has them.
_FIRST_DECAY, _SECOND_DECAY, _EPSILON = 0.9, 0.999, 1e-7

# Each block is a graph of its own; TensorFlow takes them for one that is traced each time.
tf.get_logger().addFilter(lambda line: "tf.function retracing" not in line.getMessage())


class Block:
    """Members of one network that are trained together, and compared in pairs.

    Members whose activation is the same function are stacked; stacks run side by side in one
    graph. What a member learns does not depend on the others, but for rounding.

    A member that cannot be stacked is a plain Keras model in the same graph.

    Args:
        network: of all members.
        members: one or more.
        input_shape: height, width and channels of an image.
        classes: number of outputs.
        seed: of the initial weights, of noise and of dropout.
        optimizer: "adam" or "sgd", with Keras's defaults but for the learning rate.
        grouped: whether convolutions are in groups; None for where TensorFlow can do that.

    Raises:
        RequestError: there are no members, or the network does not fit the images.
    """

    def __init__(
        self,
        network: Network,
        members: Sequence[Member],
        *,
        input_shape: Shape,
        classes: int,
        seed: int,
        optimizer: str = "adam",
        grouped: bool | None = None,
    ) -> None:
        if not members:
            raise RequestError("a block of 0 members: 1 or more would be right")
        self.members = tuple(members)
        self._places = _places(members, has_groups() if grouped is None else grouped)
        self._made = partial(_models, network, input_shape=input_shape, classes=classes)
        stacks = [[members[place] for place in places] for places in self._places]
        self._stacks = [Learner(model, optimizer) for model in self._made(stacks, seed=seed)]
        self._seed = tf.Variable(seed)
        self._step = tf.Variable(0)
        self._train, self._logits, self._slopes, self._gradients = (
            tf.function(graph, autograph=False, reduce_retracing=True)
            for graph in (
                self._train_graph,
                self._logits_graph,
                self._slopes_graph,
                self._gradients_graph,
            )
        )

    def train(self, images: Any, labels: Any, order: Any, batch: int) -> tuple[Any, Any]:
        """Train on images in an order, a batch after another; the last may be smaller.

        Args:
            images: (N, height, width, channels), uint8 from 0 to 255 or float32 from 0 to 1.
            labels: (N,), whole numbers.
            order: indices of images.
            batch: images a step.

        Returns:
            Of each member, summed over the images as they were seen: how many were right, and
            the loss; NaN once it has diverged.
        """
        sums = self._train(images, labels, tf.constant(order, tf.int32), batch)
        right, loss = self._in_order([of_stack.numpy().T for of_stack in sums]).T
        return right, loss

    def restart(self, seed: int) -> None:
        """Begin anew with another seed, as a new block does; its graphs are there already."""
        stacks = [learner.model.members for learner in self._stacks]
        for learner, model in zip(self._stacks, self._made(stacks, seed=seed), strict=True):
            learner.restart(model)
        self._seed.assign(seed)
        self._step.assign(0)

    def stop(self, member: int) -> None:
        """Train a member no further."""
        for places, learner in zip(self._places, self._stacks, strict=True):
            if member in places:
                learner.stop(places.index(member))

    def logits(self, images: Any, batch: int = 500) -> Any:
        """Return the members' outputs before softmax: (members, images, classes), float32."""
        found = [
            [part.numpy() for part in self._logits(tf.constant(images[start : start + batch]))]
            for start in range(0, len(images), batch)
        ]
        return self._in_order([np.concatenate(parts, 1) for parts in zip(*found, strict=True)])

    def score(self, images: Any, labels: Any) -> tuple[Any, Any]:
        """Return of each member whether images are right, and their losses.

        Returns:
            Two arrays (members, images), bool and float32.
        """
        logits = self.logits(images)
        right = logits.argmax(-1) == labels
        return right, losses(logits, labels, self.members).numpy()

    def accuracy_and_loss(self, images: Any, labels: Any) -> tuple[Any, Any]:
        """Return of each member the accuracy and the mean loss on images."""
        right, loss = self.score(images, labels)
        return right.mean(1), loss.mean(1, dtype=np.float64)

    def slopes_on(self, images: Any) -> list[Any]:
        """Return for each place of the activation its derivatives on images.

        Returns:
            Of each place, (members, images times pixels, units).
        """
        found = self._slopes(tf.constant(images))
        return [self._in_order(stacks) for stacks in zip(*found, strict=True)]

    def gradient_norms(self, images: Any, labels: Any) -> Any:
        """Return the Euclidean norms of the loss's gradients by the kernels.

        Batch normalisation takes its running means and variances; nothing is dropped.

        Returns:
            (members, kernels), from the first layer to the last.
        """
        found = self._gradients(tf.constant(images), tf.constant(labels))
        return self._in_order(
            [
                np.stack(
                    [
                        np.linalg.norm(arrays[number].numpy().reshape(len(places), -1), axis=1)
                        for number in learner.model.kernels
                    ],
                    1,
                )
                for places, learner, arrays in zip(
                    self._places, self._stacks, found, strict=True
                )
            ]
        )

    def gradients(self, images: Any, labels: Any) -> list[list[Any]]:
        """Return of each member the gradients of its mean loss, in the order of its weights.

        As `gradient_norms` has them, of all weights.
        """
        found = self._gradients(tf.constant(images), tf.constant(labels))
        each: dict[int, list[Any]] = {}
        for places, learner, arrays in zip(self._places, self._stacks, found, strict=True):
            for number, place in enumerate(places):
                each[place] = learner.model.own(arrays, number)
        return [each[place] for place in range(len(self.members))]

    def assign(self, member: int, weights: Sequence[Any]) -> None:
        """Set the weights of a member, in the order that `weights` has."""
        model, place = self._of(member)
        model.assign(place, weights)

    def weights(self, member: int) -> list[Any]:
        """Return the weights of a member, in the order of a plain model's."""
        model, place = self._of(member)
        return model.weights_of(place)

    def slopes(self, member: int) -> list[list[float]]:
        """Return the trained parameters of a member's activation, a list for each place."""
        model, place = self._of(member)
        return model.slopes_of(place)

    def state(self) -> list[Any]:
        """Return all that training goes on from, as arrays."""
        return [variable.numpy() for variable in self._variables()]

    def restore(self, state: Sequence[Any]) -> None:
        """Go on from what `state` returned, of a block with the same members."""
        for variable, value in zip(self._variables(), state, strict=True):
            variable.assign(value)

    def _of(self, member: int) -> tuple["Model", int]:
        """Return the model that a member is in, and its place there."""
        for places, learner in zip(self._places, self._stacks, strict=True):
            if member in places:
                return learner.model, places.index(member)
        raise IndexError(member)

    def _variables(self) -> Iterator[Any]:
        yield self._step
        for learner in self._stacks:
            yield from learner.variables()

    def _in_order(self, of_stacks: Sequence[Any]) -> Any:
        """Return what there is of each stack, members first, in the order of the members."""
        back = np.argsort(np.concatenate(self._places))
        return np.concatenate(of_stacks)[back]

    def _train_graph(self, images: Any, labels: Any, order: Any, batch: Any) -> Any:
        def step(start: Any) -> list[Any]:
            rows = order[start : start + batch]
            x, y = _floats(tf.gather(images, rows)), tf.gather(labels, rows)
            self._step.assign_add(1)
            # Layers and members of a step have seeds of their own.
            seed = self._seed.value(), 1000 * self._step
            return [learner.learn(x, y, seed, self._step) for learner in self._stacks]

        return self._summed(step, tf.size(order), batch)

    def _logits_graph(self, images: Any) -> Any:
        x = _floats(images)
        return [learner.model.logits(x, training=False) for learner in self._stacks]

    def _slopes_graph(self, images: Any) -> Any:
        found: list[list[Any]] = [[] for _ in self._stacks]
        for learner, slopes in zip(self._stacks, found, strict=True):
            learner.model.logits(_floats(images), training=False, slopes=slopes)
        return found

    def _gradients_graph(self, images: Any, labels: Any) -> Any:
        return [learner.gradients(_floats(images), labels) for learner in self._stacks]

    def _summed(self, step: Callable[[Any], list[Any]], count: Any, batch: Any) -> Any:
        """Return the sums over batches of what a step gives: (2, members) for each stack."""

        def body(start: Any, sums: Any) -> Any:
            return start + batch, [a + b for a, b in zip(sums, step(start), strict=True)]

        nothing = [tf.zeros((2, len(places))) for places in self._places]
        return tf.while_loop(
            lambda start, _: start < count, body, (0, nothing), parallel_iterations=1
        )[1]


class Learner:
    """A model of some members and how it learns: losses, gradients, the optimiser's moments."""

    def __init__(self, model: "Model", optimizer: str) -> None:
        self.model = model
        self.rates = tf.Variable([member.learning_rate for member in model.members])
        self._optimizer = _OPTIMIZERS[optimizer]()
        self.moments = [
            [tf.Variable(tf.zeros_like(weight)) for weight in model.weights]
            for _ in range(2 if optimizer == "adam" else 0)
        ]

    def variables(self) -> Iterator[Any]:
        """Return all that changes in training."""
        yield self.rates
        for some in (self.model.weights, self.model.statistics, *self.moments):
            yield from some

    def restart(self, fresh: "Model") -> None:
        """Begin anew with the weights of another model of the same members."""
        self.rates.assign([member.learning_rate for member in self.model.members])
        for moments in self.moments:
            for moment in moments:
                moment.assign(tf.zeros_like(moment))
        for some, news in (
            (self.model.weights, fresh.weights), (self.model.statistics, fresh.statistics)
        ):  # fmt: skip
            for variable, new in zip(some, news, strict=True):
                variable.assign(new)

    def stop(self, place: int) -> None:
        """Train a member no further: batch normalisation alone still follows the batches."""
        self.rates.assign(tf.tensor_scatter_nd_update(self.rates, [[place]], [0.0]))

    def learn(self, x: Any, labels: Any, seed: Any, step: Any) -> Any:
        """Make one step of each member on a batch, and return its scores before the step."""
        with tf.GradientTape() as tape:
            logits = self.model.logits(x, training=True, seed=seed)
            loss = losses(logits, labels, self.model.members)
            of_batch = tf.reduce_sum(tf.reduce_mean(loss, 1))
        gradients = tape.gradient(of_batch, self.model.weights)
        variables = [self.model.weights, *self.moments]
        values = [[variable.value() for variable in some] for some in variables]
        updated = self._optimizer(
            *values, self._kept_equal(gradients), self.rates.value(), tf.cast(step, tf.float32)
        )
        for number, kept in self.model.constraints.items():
            updated[0][number] = kept(updated[0][number])
        for some, news in zip(variables, updated, strict=True):
            for variable, new in zip(some, news, strict=True):
                variable.assign(new)
        found = tf.argmax(logits, -1, output_type=labels.dtype)
        right = tf.reduce_sum(tf.cast(found == labels, tf.float32), 1)
        return tf.stack([right, tf.reduce_sum(loss, 1)])

    def gradients(self, x: Any, labels: Any) -> list[Any]:
        """Return the gradients of each member's mean loss by the weights, without training."""
        with tf.GradientTape() as tape:
            logits = self.model.logits(x, training=False)
            each = tf.reduce_mean(losses(logits, labels, self.model.members), 1)
            loss = tf.reduce_sum(each)
        found = tape.gradient(loss, self.model.weights)
        return self._kept_equal(found)

    def _kept_equal(self, gradients: list[Any]) -> list[Any]:
        """Leave alone the parameters that are not trained; add up those that are one."""
        members, of_place = self.model.members, self.model.parameters_of_a_place
        trains = tf.constant([[float(bool(member.trained_parameters))] for member in members])
        together = tf.constant([[member.tied] for member in members])
        of_layer = tf.constant([[member.granularity == "layer"] for member in members])
        for number in range(of_place):
            places = self.model.parameters[number::of_place]
            parts = [gradients[place] for place in places]
            if any(member.granularity == "layer" for member in members):
                sums = [tf.reduce_sum(part, 1, keepdims=True) for part in parts]
                parts = [
                    tf.where(of_layer, of_all, part)
                    for of_all, part in zip(sums, parts, strict=True)
                ]
            if any(member.tied for member in members):
                parts = [tf.where(together, tf.add_n(parts), part) for part in parts]
            for place, part in zip(places, parts, strict=True):
                gradients[place] = trains * part
        return gradients


Model = Stacked | Apart
"""Members computed as one, or one that cannot be."""


def _models(
    network: Network, stacks: Sequence[Sequence[Member]], **shape: Any
) -> Iterator[Model]:
    """Make the models of a block, one for each stack of members."""
    for members in stacks:
        if unstackable_reason(members[0]):
            yield Apart(network, members[0], **shape)
        else:
            yield Stacked(network, members, **shape)


def losses(logits: Any, labels: Any, members: Sequence[Member]) -> Any:
    """Return each member's loss of each image: (members, images)."""
    wanted = tf.one_hot(labels, logits.shape[-1])
    found = -tf.reduce_sum(wanted * tf.nn.log_softmax(logits), -1)
    squared = [member.loss == "mse" for member in members]
    if any(squared):
        errors = tf.reduce_mean((tf.nn.softmax(logits) - wanted) ** 2, -1)
        found = tf.where(tf.constant(squared)[:, None], errors, found)
    return found


def _floats(images: Any) -> Any:
    return tf.cast(images, tf.float32) / 255 if images.dtype == tf.uint8 else images


def _places(members: Sequence[Member], grouped: bool) -> list[list[int]]:
    """Return which members are stacked."""
    if not grouped:
        return [[place] for place in range(len(members))]
    stacks: dict[Any, list[int]] = {}
    for place, member in enumerate(members):
        alone = place if unstackable_reason(member) else function_of(member)
        stacks.setdefault(alone, []).append(place)
    return list(stacks.values())


@cache
def has_groups() -> bool:
    """Return whether TensorFlow convolves in groups here, and differentiates it.

    Without oneDNN it has no gradients of it on the CPU.
    """
    x, kernel = tf.zeros((1, 3, 3, 4)), tf.zeros((3, 3, 2, 4))
    try:
        with tf.GradientTape() as tape:
            tape.watch((x, kernel))
            y = tf.nn.conv2d(x, kernel, 1, "SAME")
        tape.gradient(y, (x, kernel))
    except tf.errors.OpError:
        return False
    return True


@cache
def _adam() -> Any:
    """Return the function that makes a step of Adam, compiled."""

    def stepped(
        weights: Any, firsts: Any, seconds: Any, gradients: Any, rates: Any, step: Any
    ) -> Any:
        size = tf.sqrt(1 - _SECOND_DECAY**step) / (1 - _FIRST_DECAY**step)
        news: Any = ([], [], [])
        for w, m, v, g in zip(weights, firsts, seconds, gradients, strict=True):
            rate = tf.reshape(rates * size, [-1] + [1] * (len(w.shape) - 1))
            m += (g - m) * (1 - _FIRST_DECAY)
            v += (g * g - v) * (1 - _SECOND_DECAY)
            for some, new in zip(
                news, (w - rate * m / (tf.sqrt(v) + _EPSILON), m, v), strict=True
            ):
                some.append(new)
        return news

    return tf.function(stepped, jit_compile=has_xla(), autograph=False)


@cache
def _sgd() -> Any:
    """Return the function that makes a step of gradient descent."""

    def stepped(weights: Any, gradients: Any, rates: Any, step: Any) -> Any:
        del step
        rated = [tf.reshape(rates, [-1] + [1] * (len(w.shape) - 1)) for w in weights]
        return [[w - r * g for w, r, g in zip(weights, rated, gradients, strict=True)]]

    return stepped


_OPTIMIZERS = {"adam": _adam, "sgd": _sgd}
