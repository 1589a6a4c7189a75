"""A stacked block: all members of one seed, trained together on the same batches."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from actbench.errors import RequestError
from actbench.models.member import Member
from actbench.models.network import Network, Shape
from actbench.models.trainable_model import Floats
from actbench.training.learner import Learner
from actbench.training.losses import losses
from actbench.training.stacking import has_grouped_convolutions, make_models, stacks

# Each block has its own graph. TensorFlow takes that for one function that is retraced often.
tf.get_logger().addFilter(lambda line: "tf.function retracing" not in line.getMessage())

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.float32]
"""Images (N, height, width, channels), uint8 from 0 to 255 or float32 from 0 to 1."""
Labels = npt.NDArray[np.int32]


class Block:
    """Members of one network that are trained together; `actbench.models` defines the terms.

    Members with the same activation function form one stacked model, and a member that cannot
    be stacked is a plain Keras model. All models run side by side in one graph. Except for
    rounding, no result of a member depends on the other members.

    Args:
        network: the network of all members.
        members: one or more members.
        input_shape: height, width and channels of an image.
        classes: number of outputs.
        seed: seed of the initial weights, of noise and of dropout.
        optimizer: "adam" or "sgd", with Keras's defaults except for the learning rate.
        grouped: whether members are stacked, which needs grouped convolutions; None stacks
            them if TensorFlow has these.

    Raises:
        RequestError: there are no members, or the images are too small for the network.
    """

    def __init__(
        self,
        network: Network,
        members: Sequence[Member],
        *,
        input_shape: Shape,
        classes: int,
        seed: int,
        optimizer: Literal["adam", "sgd"] = "adam",
        grouped: bool | None = None,
    ) -> None:
        if not members:
            raise RequestError("members of a block: expected 1 or more, got 0")
        self.members = tuple(members)
        self._stacks = stacks(
            members, grouped=has_grouped_convolutions() if grouped is None else grouped
        )
        self._make_models = partial(
            make_models,
            network,
            [[members[position] for position in positions] for positions in self._stacks],
            input_shape=input_shape,
            classes=classes,
        )
        self._learners = [Learner(model, optimizer) for model in self._make_models(seed=seed)]
        self._seed = tf.Variable(seed)
        self._step = tf.Variable(0)
        self._train, self._logits, self._derivatives, self._gradients = (
            tf.function(graph, autograph=False, reduce_retracing=True)
            for graph in (
                self._train_graph,
                self._logits_graph,
                self._derivatives_graph,
                self._gradients_graph,
            )
        )

    def train(
        self,
        images: Pixels,
        labels: Labels,
        order: npt.NDArray[np.int32],
        batch: int,
        decay_steps: int | None = None,
    ) -> tuple[Floats, Floats]:
        """Train on images in the given order, batch by batch; the last batch may be smaller.

        Args:
            images: all training images.
            labels: (N,), integers.
            order: indices of images.
            batch: images per step.
            decay_steps: steps, counted from the start of training, over which the learning
                rates fall linearly to 0; None keeps them constant.

        Returns:
            For each member, summed over these images before the step that used them: the number
            of correct images, and the loss, which is NaN after the member has diverged.
        """
        decay = None if decay_steps is None else tf.constant(decay_steps, tf.float32)
        sums = self._train(images, labels, tf.constant(order, tf.int32), batch, decay)
        correct, loss = self._by_member([of_stack.numpy().T for of_stack in sums]).T
        return correct, loss

    def restart(self, seed: int) -> None:
        """Reset all variables to those of a new block with another seed; keep the graphs."""
        for learner, model in zip(self._learners, self._make_models(seed=seed), strict=True):
            learner.restart(model)
        self._seed.assign(seed)
        self._step.assign(0)

    def stop(self, member: int) -> None:
        """Stop the training of a member."""
        learner, number = self._find(member)
        learner.stop(number)

    def logits(self, images: Pixels, batch: int = 500) -> Floats:
        """Return the outputs before softmax, (members, images, classes)."""
        batches = [
            [part.numpy() for part in self._logits(tf.constant(images[start : start + batch]))]
            for start in range(0, len(images), batch)
        ]
        return self._by_member([np.concatenate(part, 1) for part in zip(*batches, strict=True)])

    def score(self, images: Pixels, labels: Labels) -> tuple[npt.NDArray[np.bool_], Floats]:
        """Return whether each image is classified correctly, and its loss.

        Outputs that are not finite predict no class.

        Returns:
            Two arrays (members, images), bool and float32.
        """
        logits = self.logits(images)
        is_correct = (logits.argmax(-1) == labels) & np.isfinite(logits).all(-1)
        return is_correct, losses(logits, labels, self.members).numpy()

    def accuracy_and_loss(
        self, images: Pixels, labels: Labels
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the accuracy and the mean loss of each member, two arrays (members,)."""
        is_correct, loss = self.score(images, labels)
        return is_correct.mean(1), loss.mean(1, dtype=np.float64)

    def activation_derivatives(self, images: Pixels) -> list[Floats]:
        """Return the derivatives of each activation layer at its inputs.

        Returns:
            For each layer, (members, images · pixels, units).
        """
        layers = self._derivatives(tf.constant(images))
        return [self._by_member(of_stacks) for of_stacks in zip(*layers, strict=True)]

    def gradient_norms(self, images: Pixels, labels: Labels) -> Floats:
        """Return the Euclidean norm of the gradient of the mean loss, for each kernel.

        Batch normalisation uses its running means and variances, and dropout is off.

        Returns:
            (members, kernels), from the first layer to the last.
        """
        gradients = self._gradients(tf.constant(images), tf.constant(labels))
        norms = []
        for stack, learner, arrays in zip(self._stacks, self._learners, gradients, strict=True):
            kernels = [arrays[position].numpy() for position in learner.model.kernels]
            norms.append(_norms(kernels, len(stack)))
        return self._by_member(norms)

    def gradients(self, images: Pixels, labels: Labels) -> list[list[Floats]]:
        """Return for each member the gradients of its mean loss, in the order of its weights.

        Batch normalisation uses its running means and variances, and dropout is off.
        """
        found = self._gradients(tf.constant(images), tf.constant(labels))
        of_member = {
            member: learner.model.select(arrays, number)
            for stack, learner, arrays in zip(self._stacks, self._learners, found, strict=True)
            for number, member in enumerate(stack)
        }
        return [of_member[member] for member in range(len(self.members))]

    def assign(self, member: int, weights: Sequence[npt.ArrayLike]) -> None:
        """Set the weights of a member, in the order of `weights`."""
        learner, number = self._find(member)
        learner.model.assign(number, weights)

    def weights(self, member: int) -> list[Floats]:
        """Return the weights of a member, in the order of a plain model."""
        learner, number = self._find(member)
        return learner.model.weights_of(number)

    def trained_parameters(self, member: int) -> list[list[float]]:
        """Return a member's trained parameters, one list per activation layer and parameter."""
        learner, number = self._find(member)
        return learner.model.trained_parameters_of(number)

    def state(self) -> list[npt.NDArray[np.generic]]:
        """Return the values of all variables that training changes."""
        return [variable.numpy() for variable in self._variables()]

    def restore(self, state: Sequence[npt.ArrayLike]) -> None:
        """Set all variables to the `state` of a block with the same members."""
        for variable, value in zip(self._variables(), state, strict=True):
            variable.assign(value)

    def _find(self, member: int) -> tuple[Learner, int]:
        """Return the learner of a member, and the member's number in it."""
        for stack, learner in zip(self._stacks, self._learners, strict=True):
            if member in stack:
                return learner, stack.index(member)
        raise IndexError(member)

    def _variables(self) -> Iterator[tf.Variable]:
        yield self._step
        for learner in self._learners:
            yield from learner.variables()

    def _by_member(self, of_stacks: Sequence[Floats]) -> Floats:
        """Join arrays of the stacks, whose first axis is members, in the order of members."""
        back = np.argsort(np.concatenate(self._stacks))
        return np.concatenate(of_stacks)[back]

    def _train_graph(
        self,
        images: tf.Tensor,
        labels: tf.Tensor,
        order: tf.Tensor,
        batch: tf.Tensor,
        decay_steps: tf.Tensor | None,
    ) -> list[tf.Tensor]:
        def step(start: tf.Tensor) -> list[tf.Tensor]:
            rows = order[start : start + batch]
            x, y = _floats(tf.gather(images, rows)), tf.gather(labels, rows)
            self._step.assign_add(1)
            # A factor of 1,000 keeps the seeds of a step's layers apart from the next step's.
            seed = self._seed.value(), 1000 * self._step
            remaining = _remaining(self._step, decay_steps)
            return [
                learner.learn(x, y, seed, self._step, remaining) for learner in self._learners
            ]

        zeros = [tf.zeros((2, len(stack))) for stack in self._stacks]
        return _sum_over_batches(step, tf.size(order), batch, zeros)

    def _logits_graph(self, images: tf.Tensor) -> list[tf.Tensor]:
        x = _floats(images)
        return [learner.model.logits(x, training=False) for learner in self._learners]

    def _derivatives_graph(self, images: tf.Tensor) -> list[list[tf.Tensor]]:
        found: list[list[tf.Tensor]] = [[] for _ in self._learners]
        for learner, derivatives in zip(self._learners, found, strict=True):
            learner.model.logits(_floats(images), training=False, derivatives=derivatives)
        return found

    def _gradients_graph(self, images: tf.Tensor, labels: tf.Tensor) -> list[list[tf.Tensor]]:
        return [learner.gradients(_floats(images), labels) for learner in self._learners]


def _floats(images: tf.Tensor) -> tf.Tensor:
    return tf.cast(images, tf.float32) / 255 if images.dtype == tf.uint8 else images


def _remaining(step: tf.Tensor, decay_steps: tf.Tensor | None) -> tf.Tensor | None:
    """Return the share of the learning rates that a step from 1 has; None for all of it."""
    if decay_steps is None:
        return None
    return tf.maximum(1 - tf.cast(step - 1, tf.float32) / decay_steps, 0)


def _norms(arrays: Sequence[Floats], members: int) -> Floats:
    """Return the norms of arrays (members, …), as (members, arrays)."""
    norms = [np.linalg.norm(array.reshape(members, -1), axis=1) for array in arrays]
    return np.stack(norms, 1)


def _sum_over_batches(
    step: Callable[[tf.Tensor], list[tf.Tensor]],
    count: tf.Tensor,
    batch: tf.Tensor,
    zeros: list[tf.Tensor],
) -> list[tf.Tensor]:
    """Return the sums over all batches of the results of a step."""

    def body(start: tf.Tensor, sums: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        return start + batch, [a + b for a, b in zip(sums, step(start), strict=True)]

    sums: list[tf.Tensor] = tf.while_loop(
        lambda start, _: start < count, body, (0, zeros), parallel_iterations=1
    )[1]
    return sums
