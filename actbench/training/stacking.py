"""Which members of a block form one stacked model."""

from collections.abc import Iterator, Sequence
from functools import cache

import tensorflow as tf

from actbench.models.keras_member import KerasMember
from actbench.models.member import Member, unstackable_reason
from actbench.models.network import Network, Shape
from actbench.models.stacked import Stacked, channel_function
from actbench.models.trainable_model import TrainableModel


def stacks(members: Sequence[Member], *, grouped: bool) -> list[list[int]]:
    """Return the positions of the members of each stack.

    Args:
        members: the members of a block.
        grouped: whether members may be stacked; otherwise each is a stack of its own.
    """
    if not grouped:
        return [[position] for position in range(len(members))]
    found: dict[object, list[int]] = {}
    for position, member in enumerate(members):
        key = position if unstackable_reason(member) else channel_function(member)
        found.setdefault(key, []).append(position)
    return list(found.values())


def make_models(
    network: Network,
    stacked_members: Sequence[Sequence[Member]],
    *,
    input_shape: Shape,
    classes: int,
    seed: int,
) -> Iterator[TrainableModel]:
    """Make one model for each stack of members."""
    for members in stacked_members:
        if unstackable_reason(members[0]):
            yield KerasMember(
                network, members[0], input_shape=input_shape, classes=classes, seed=seed
            )
        else:
            yield Stacked(network, members, input_shape=input_shape, classes=classes, seed=seed)


@cache
def has_grouped_convolutions() -> bool:
    """Return whether TensorFlow computes grouped convolutions and their gradients here.

    On a CPU, their gradients need oneDNN.
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
