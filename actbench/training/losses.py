"""The losses of ensemble members."""

from collections.abc import Sequence

import tensorflow as tf

from actbench.models.member import Member


def losses(logits: tf.Tensor, labels: tf.Tensor, members: Sequence[Member]) -> tf.Tensor:
    """Return the loss of each member and image, (members, images).

    Args:
        logits: outputs before softmax, (members, images, classes).
        labels: (images,), integers.
        members: each with its loss: cross-entropy, or the mean over classes of
            (softmax(logits) − one-hot label)².
    """
    expected = tf.one_hot(labels, logits.shape[-1])
    found = -tf.reduce_sum(expected * tf.nn.log_softmax(logits), -1)
    squared = [member.loss == "mse" for member in members]
    if any(squared):
        errors = tf.reduce_mean((tf.nn.softmax(logits) - expected) ** 2, -1)
        found = tf.where(tf.constant(squared)[:, None], errors, found)
    return found
