"""A block: all members of a seed, trained together on the same batches."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

from actbench.errors import RequestError
from actbench.frameworks.tensorflow import has_xla
from actbench.models.member import Member
from actbench.models.network import Network, Shape
from actbench.models.stacked import Stacked, function_of

# Adam's, as Keras has them.
_FIRST_DECAY, _SECOND_DECAY, _EPSILON = 0.9, 0.999, 1e-7


class Block:
    """Members of one network that are trained together, and compared in pairs.

    Members whose activation is the same function are stacked; stacks run side by side in one
    graph. What a member learns does not depend on the others, but for rounding.

    Args:
        network: of all members.
        members: one or more.
        input_shape: height, width and channels of an image.
        classes: number of outputs.
        seed: of the initial weights, of noise and of dropout.
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
        grouped: bool | None = None,
    ) -> None:
        if not members:
            raise RequestError("a block of 0 members: 1 or more would be right")
        self.members = tuple(members)
        self._places = _places(members, has_groups() if grouped is None else grouped)
        self._stacks = [
            Learner(
                Stacked(
                    network,
                    [members[place] for place in places],
                    input_shape=input_shape,
                    classes=classes,
                    seed=seed,
                )
            )
            for places in self._places
        ]
        self._seed = seed
        self._step = tf.Variable(0)

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
        return self._in_order(self._train(images, labels, tf.constant(order, tf.int32), batch))

    def evaluate(self, images: Any, labels: Any, batch: int = 500) -> tuple[Any, Any]:
        """Return of each member the accuracy and the mean loss on images."""
        right, loss = self._in_order(self._evaluate(images, labels, batch))
        return right / len(labels), loss / len(labels)

    def weights(self, member: int) -> list[Any]:
        """Return the weights of a member, in the order of a plain model's."""
        model, place = self._of(member)
        return model.weights_of(place)

    def slopes(self, member: int) -> list[list[float]]:
        """Return the trained parameters of a member's activation, a list for each place.

        Parameters that all places have together are given for each.
        """
        if not self.members[member].trained:
            return []
        model, place = self._of(member)
        return [model.weights[number].numpy()[place].tolist() for number in model.parameters]

    def state(self) -> list[Any]:
        """Return all that training goes on from, as arrays."""
        return [variable.numpy() for variable in self._variables()]

    def restore(self, state: Sequence[Any]) -> None:
        """Go on from what `state` returned, of a block with the same members."""
        for variable, value in zip(self._variables(), state, strict=True):
            variable.assign(value)

    def _of(self, member: int) -> tuple[Stacked, int]:
        """Return the stack that a member is in, and its place there."""
        for places, learner in zip(self._places, self._stacks, strict=True):
            if member in places:
                return learner.model, places.index(member)
        raise IndexError(member)

    def _variables(self) -> Iterator[Any]:
        yield self._step
        for learner in self._stacks:
            yield from learner.variables()

    def _in_order(self, sums: Sequence[Any]) -> tuple[Any, Any]:
        """Return what stacks have summed, in the order of the members."""
        found = np.empty((2, len(self.members)))
        for places, of_stack in zip(self._places, sums, strict=True):
            found[:, places] = of_stack
        return found[0], found[1]

    @tf.function(autograph=False, reduce_retracing=True)  # type: ignore[untyped-decorator]
    def _train(self, images: Any, labels: Any, order: Any, batch: Any) -> Any:
        def step(start: Any) -> list[Any]:
            rows = order[start : start + batch]
            x, y = _floats(tf.gather(images, rows)), tf.gather(labels, rows)
            self._step.assign_add(1)
            # Layers and members of a step have seeds of their own.
            seed = self._seed, 1000 * self._step
            return [learner.learn(x, y, seed, self._step) for learner in self._stacks]

        return self._summed(step, tf.size(order), batch)

    @tf.function(autograph=False, reduce_retracing=True)  # type: ignore[untyped-decorator]
    def _evaluate(self, images: Any, labels: Any, batch: Any) -> Any:
        def step(start: Any) -> list[Any]:
            x, y = _floats(images[start : start + batch]), labels[start : start + batch]
            return [learner.scores(x, y) for learner in self._stacks]

        return self._summed(step, tf.size(labels), batch)

    def _summed(self, step: Callable[[Any], list[Any]], count: Any, batch: Any) -> Any:
        """Return the sums over batches of what a step gives: (2, members) for each stack."""

        def body(start: Any, sums: Any) -> Any:
            return start + batch, [a + b for a, b in zip(sums, step(start), strict=True)]

        nothing = [tf.zeros((2, len(places))) for places in self._places]
        return tf.while_loop(
            lambda start, _: start < count, body, (0, nothing), parallel_iterations=1
        )[1]


class Learner:
    """A stack and how it learns: losses, gradients, Adam's moments."""

    def __init__(self, model: Stacked) -> None:
        self.model = model
        self.moments = [
            [tf.Variable(tf.zeros_like(weight)) for weight in model.weights] for _ in range(2)
        ]

    def variables(self) -> Iterator[Any]:
        """Return all that changes in training."""
        for some in (self.model.weights, self.model.statistics, *self.moments):
            yield from some

    def learn(self, x: Any, labels: Any, seed: Any, step: Any) -> Any:
        """Make one step of each member on a batch, and return its scores before the step."""
        with tf.GradientTape() as tape:
            logits = self.model.logits(x, training=True, seed=seed)
            right, losses = self._scored(logits, labels)
            loss = tf.reduce_sum(tf.reduce_mean(losses, 1))
        gradients = tape.gradient(loss, self.model.weights)
        variables = [self.model.weights, *self.moments]
        values = [[variable.value() for variable in some] for some in variables]
        rates = tf.constant([member.learning_rate for member in self.model.members])
        updated = _adam()(
            *values, self._kept_equal(gradients), rates, tf.cast(step, tf.float32)
        )
        for some, news in zip(variables, updated, strict=True):
            for variable, new in zip(some, news, strict=True):
                variable.assign(new)
        return tf.stack([right, tf.reduce_sum(losses, 1)])

    def scores(self, x: Any, labels: Any) -> Any:
        """Return how many of a batch are right, and the sum of losses: (2, members)."""
        right, losses = self._scored(self.model.logits(x, training=False), labels)
        return tf.stack([right, tf.reduce_sum(losses, 1)])

    def _scored(self, logits: Any, labels: Any) -> tuple[Any, Any]:
        """Return how many are right (members,), and losses (members, batch)."""
        classes = logits.shape[-1]
        wanted = tf.one_hot(labels, classes)
        found = tf.argmax(logits, -1, output_type=labels.dtype)
        right = tf.reduce_sum(tf.cast(found == labels, tf.float32), 1)
        losses = -tf.reduce_sum(wanted * tf.nn.log_softmax(logits), -1)
        squared = [member.loss == "mse" for member in self.model.members]
        if any(squared):
            errors = tf.reduce_mean((tf.nn.softmax(logits) - wanted) ** 2, -1)
            losses = tf.where(tf.constant(squared)[:, None], errors, losses)
        return right, losses

    def _kept_equal(self, gradients: list[Any]) -> list[Any]:
        """Leave alone the parameters that are not trained; add up those that are one."""
        members, of_place = self.model.members, self.model.parameters_of_a_place
        trains = tf.constant([[float(bool(member.trained))] for member in members])
        together = tf.constant([[member.together] for member in members])
        for number in range(of_place):
            places = self.model.parameters[number::of_place]
            parts = [gradients[place] for place in places]
            if any(member.together for member in members):
                parts = [tf.where(together, tf.add_n(parts), part) for part in parts]
            for place, part in zip(places, parts, strict=True):
                gradients[place] = trains * part
        return gradients


def _floats(images: Any) -> Any:
    return tf.cast(images, tf.float32) / 255 if images.dtype == tf.uint8 else images


def _places(members: Sequence[Member], grouped: bool) -> list[list[int]]:
    """Return which members are stacked."""
    if not grouped:
        return [[place] for place in range(len(members))]
    stacks: dict[Any, list[int]] = {}
    for place, member in enumerate(members):
        stacks.setdefault(function_of(member), []).append(place)
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
