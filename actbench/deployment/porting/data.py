"""The data on which the original and the converted model run."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from actbench.data import load_mnist, scale
from actbench.errors import RequestError
from actbench.files import InvalidFileError, read_npz

Floats = npt.NDArray[np.float32]
ItemShape = tuple[int | None, ...]
"""The shape of one input without the batch; None for an axis of any length."""

CALIBRATION_COUNT = 200
"""Inputs that calibrate int8; the guide of LiteRT recommends 100 to 500."""

_LIMIT = 2 * 2**30
_MNIST_SHAPES = ((28, 28, 1), (1, 28, 28), (28, 28))


class PortingData(NamedTuple):
    """Inputs of a model, and their labels.

    Args:
        inputs: float32, (N, …).
        labels: (N,); None if they are unknown.
        calibration: inputs from which the ranges of int8 are chosen, float32, (M, …).
        origin: where they come from, in words.
    """

    inputs: Floats
    labels: npt.NDArray[np.int64] | None
    calibration: Floats
    origin: str


def load_data(path: Path | None, shape: ItemShape) -> PortingData:
    """Return the data for a model whose inputs have a shape.

    Args:
        path: an .npz file of `x`, the inputs, and optionally `y`, the labels, and
            `calibration`, other inputs for int8. None for the 10,000 test images of MNIST in
            [0, 1], calibrated by training images.
        shape: the shape of one input.

    Raises:
        RequestError: the file lacks `x`, an array has another shape, or there is no file and
            the model does not take images of MNIST.
    """
    if path is None:
        return _mnist(shape)
    arrays = read_npz(path, limit=_LIMIT, kinds="biuf", names=("x", "y", "calibration"))
    if "x" not in arrays:
        raise InvalidFileError(
            path, "expected the arrays x (inputs), and optionally y (labels), got no x"
        )
    inputs = _inputs(path, "x", arrays["x"], shape)
    labels = None
    if "y" in arrays:
        labels = arrays["y"]
        if labels.shape != inputs.shape[:1] or labels.dtype.kind not in "iu":
            raise InvalidFileError(
                path,
                f"y: expected {len(inputs)} integers, the classes of x, got "
                f"{labels.dtype} of shape {labels.shape}",
            )
        labels = labels.astype(np.int64)
    calibration = inputs[:CALIBRATION_COUNT]
    if "calibration" in arrays:
        calibration = _inputs(path, "calibration", arrays["calibration"], shape)
    return PortingData(inputs, labels, calibration[:CALIBRATION_COUNT], str(path))


def _inputs(path: Path, name: str, array: npt.NDArray[np.generic], shape: ItemShape) -> Floats:
    fits = array.ndim == len(shape) + 1 and all(
        expected in (None, got) for expected, got in zip(shape, array.shape[1:], strict=True)
    )
    if not fits or not array.size:
        raise InvalidFileError(
            path, f"{name}: expected shape {_text(('N', *shape))}, got {_text(array.shape)}"
        )
    values = array.astype(np.float32)
    if not np.isfinite(values).all():
        raise InvalidFileError(path, f"{name}: expected finite numbers, got NaN or infinity")
    return values


def _mnist(shape: ItemShape) -> PortingData:
    if shape not in _MNIST_SHAPES:
        raise RequestError(
            f"--data: expected an .npz file for inputs of shape {_text(('N', *shape))}, got "
            "none; without it, models take images of MNIST, 28×28 pixels"
        )
    mnist = load_mnist()
    item = tuple(length for length in shape if length is not None)
    test, train = (
        scale(images).reshape(-1, *item)
        for images in (mnist.x_test, mnist.x_train[:CALIBRATION_COUNT])
    )
    return PortingData(test, mnist.y_test.astype(np.int64), train, "MNIST, test images")


def _text(shape: tuple[object, ...]) -> str:
    return f"({', '.join('any' if length is None else str(length) for length in shape)})"
