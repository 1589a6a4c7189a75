"""Layouts of the tensors of stacked members, and conversions between them.

Images are (batch, height, width, members · channels), with the channels of a member next to one
another. Vectors are (members, batch, units).

Pixel pairs: a vector register holds 16 numbers, and a grouped convolution whose groups have 8
channels leaves half of it empty. Therefore two neighbouring pixels of a row can form one pixel
with 16 channels, (batch, height, width / 2, members · 2 · channels). A wider kernel, padded
with zeros, computes them.
"""

import tensorflow as tf

from actbench.models.network import Convolution


def like_inputs(values: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """Return values (members, channels) in a shape that broadcasts with x."""
    if len(x.shape) == 3:
        return values[:, None]
    pixels = x.shape[-1] // (values.shape[0] * values.shape[1])
    return tf.reshape(tf.tile(values, [1, pixels]), [-1])


def repeat_for_members(x: tf.Tensor, members: int) -> tf.Tensor:
    """Return one input that all members share as one input for each."""
    copies = [x] * members
    return tf.concat(copies, -1) if len(x.shape) == 4 else tf.stack(copies)


def split_pixel_pairs(x: tf.Tensor, members: int) -> tf.Tensor:
    """Return images of pixel pairs as images of single pixels."""
    _, height, width, channels = x.shape
    each = channels // members // 2
    parts = tf.reshape(x, [-1, height, width, members, 2, each])
    return tf.reshape(
        tf.transpose(parts, [0, 1, 2, 4, 3, 5]), [-1, height, width * 2, members * each]
    )


def flatten_images(x: tf.Tensor, members: int) -> tf.Tensor:
    """Return images as vectors (members, batch, pixels · channels)."""
    _, height, width, channels = x.shape
    each = channels // members
    parts = tf.reshape(x, [-1, height * width, members, each])
    return tf.reshape(tf.transpose(parts, [2, 0, 1, 3]), [members, -1, height * width * each])


def by_unit(x: tf.Tensor, members: int, pixels: int) -> tf.Tensor:
    """Return images or vectors as (members, inputs and pixels, units).

    Args:
        x: images or vectors.
        members: number of members.
        pixels: 2 if x consists of pixel pairs, else 1.
    """
    if len(x.shape) == 3:
        return x
    parts = tf.reshape(x, [-1, members, pixels, x.shape[-1] // members // pixels])
    return tf.reshape(tf.transpose(parts, [1, 0, 2, 3]), [members, -1, parts.shape[-1]])


def makes_pixel_pairs(layer: Convolution, width: int) -> bool:
    """Return whether the output of a convolution of images of that width is pixel pairs."""
    return layer.padding == "valid" and layer.filters <= 8 and (width - layer.size) % 2 == 1


def grouped_kernel(kernels: tf.Tensor, pixels_in: int, pixels_out: int) -> tf.Tensor:
    """Return the kernel of a grouped convolution, (height, width, in, members · out).

    Args:
        kernels: kernels of all members, (members, height, width, in, out).
        pixels_in: 2 if the images consist of pixel pairs, else 1.
        pixels_out: 2 if the result consists of pixel pairs, else 1; at least `pixels_in`.
    """
    members, height, width, channels, filters = kernels.shape
    columns = pixels_in * -(-(width + pixels_out - 1) // pixels_in)
    # The second pixel of a pair sees the same as the first, one column further right.
    shifted = [
        tf.pad(kernels, [(0, 0), (0, 0), (left, columns - width - left), (0, 0), (0, 0)])
        for left in range(pixels_out)
    ]
    return tf.reshape(
        tf.transpose(tf.stack(shifted, 4), [1, 2, 3, 0, 4, 5]),
        [height, columns // pixels_in, pixels_in * channels, members * pixels_out * filters],
    )
