"""The steps between raw images and training, each a small function of arrays."""

from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[Any]
"""Images or labels, of any dtype."""
Pair = tuple[Samples, Samples]


def with_inverted(images: Samples, labels: Samples) -> Pair:
    """Append the inverted copy 255 − x of each image, with the same label.

    Args:
        images: uint8, (N, height, width).
        labels: (N,).

    Returns:
        Images (2N, height, width) and labels (2N,): the originals, then their inverses in
        the same order.

    Example:
        >>> with_inverted(np.array([[[0, 200]]], np.uint8), np.array([7]))[0].tolist()
        [[[0, 200]], [[255, 55]]]
    """
    return np.concatenate([images, 255 - images]), np.concatenate([labels, labels])


def shuffle(images: Samples, labels: Samples, *, seed: int) -> Pair:
    """Return images and labels in the same random order.

    Args:
        images: (N, …).
        labels: (N, …).
        seed: seed of NumPy's default generator; the same seed gives the same order.

    Example:
        >>> shuffle(np.arange(4), np.arange(4), seed=0)
        (array([2, 0, 1, 3]), array([2, 0, 1, 3]))
    """
    order = np.random.default_rng(seed).permutation(len(images))
    return images[order], labels[order]


def scale(images: Samples) -> npt.NDArray[np.float32]:
    """Convert uint8 images (N, height, width) to float32 in [0, 1], (N, height, width, 1).

    Example:
        >>> scale(np.array([[[0, 51, 255]]], np.uint8)).ravel().tolist()
        [0.0, 0.20000000298023224, 1.0]
    """
    return images[..., np.newaxis].astype(np.float32) / np.float32(255)


def one_hot(labels: Samples, *, classes: int) -> npt.NDArray[np.float32]:
    """Convert labels (N,) to float32 rows (N, classes) with a 1 at the label.

    Example:
        >>> one_hot(np.array([2, 0]), classes=3).tolist()
        [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    return np.eye(classes, dtype=np.float32)[labels]


def split_validation(
    images: Samples, labels: Samples, *, count: int, seed: int, is_contiguous: bool = False
) -> tuple[Pair, Pair]:
    """Split a random validation set off the training set, and shuffle both.

    Inverted copies must be appended after the split. Otherwise the inverse of a validation
    image could be in the training set.

    Args:
        images: (N, …).
        labels: (N, …).
        count: number of images that are held out, 0 ≤ count < N.
        seed: seed of the random choice and of the order.
        is_contiguous: take the last images instead of a random choice. Both parts are shuffled.

    Returns:
        The remaining training pair, and the validation pair.

    Example:
        >>> train, validation = split_validation(np.arange(5), np.arange(5), count=2, seed=0)
        >>> sorted([*train[0].tolist(), *validation[0].tolist()])
        [0, 1, 2, 3, 4]
    """
    if is_contiguous:
        cut = len(images) - count
        return (
            shuffle(images[:cut], labels[:cut], seed=seed),
            shuffle(images[cut:], labels[cut:], seed=seed),
        )
    images, labels = shuffle(images, labels, seed=seed)
    return (images[count:], labels[count:]), (images[:count], labels[:count])
