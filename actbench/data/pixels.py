"""Convert images and labels of any dtype to unsigned bytes, if their range is a known one."""

from typing import Any

import numpy as np
import numpy.typing as npt

from actbench.errors import RequestError

Bytes = npt.NDArray[np.uint8]
_Array = npt.NDArray[Any]

_DARK = 32
"""Images whose largest pixel is below this value have another range, such as 0…1 or 0…16."""

_SLACK = 1 / 512
"""Floats may exceed their range by half of a level, because of rounding."""

_NEAR_END = 0.9
"""Images from −1 to 1 have pixels below minus this value and above it."""


def images_as_bytes(train: _Array, test: _Array, origin: str) -> tuple[Bytes, Bytes]:
    """Return images with integer pixels from 0 to 255.

    The range of the training images decides how both are converted:

    - integers from 0 to 255, and floats that are such numbers, stay as they are;
    - floats from 0 to 1 become 255 x, and floats from −1 to 1 become 127.5 (x + 1). Both are
      rounded to the nearest of the 256 levels;
    - booleans become 0 and 255.

    Args:
        train: images for training, of any dtype of numbers and any byte order.
        test: images for testing, of the same range.
        origin: source of the arrays; every error message starts with it.

    Raises:
        RequestError: the pixels have another range, which would train other networks than the
            same images with pixels from 0 to 255, or some are NaN or infinite.

    Example:
        >>> train, test = images_as_bytes(np.array([[[0.0, 1.0]]]), np.array([[[0.2]]]), "data")
        >>> train.tolist(), test.tolist()
        ([[[0, 255]]], [[[51]]])
    """
    if 0 in train.shape or 0 in test.shape:
        return train.astype(np.uint8), test.astype(np.uint8)
    if train.dtype == test.dtype == np.bool_:
        return train * np.uint8(255), test * np.uint8(255)
    low, high = _range(train, "x_train", origin)
    lower, upper = _scale_of(train, low, high, origin)
    low, high = _range(test, "x_test", origin)
    slack = (upper - lower) * _SLACK
    is_dark = high - lower < _DARK / 255 * (upper - lower)
    if low < lower - slack or high > upper + slack or is_dark:
        raise RequestError(
            f"{origin}: x_test: expected pixels from {lower:g} to {upper:g}, as in x_train, "
            f"got {low:g} to {high:g}"
        )
    return _scaled(train, lower, upper), _scaled(test, lower, upper)


def _scale_of(train: _Array, low: float, high: float, origin: str) -> tuple[float, float]:
    """Return the values of black and white; raise RequestError if no known range fits."""
    is_float = train.dtype.kind == "f"
    if is_float and -1 - _SLACK <= low <= -_NEAR_END and _NEAR_END <= high <= 1 + _SLACK:
        return -1.0, 1.0
    if is_float and low >= -_SLACK and _DARK / 255 <= high <= 1 + _SLACK:
        return 0.0, 1.0
    if low >= (-255 * _SLACK if is_float else 0) and _DARK <= high <= 255 * (1 + _SLACK):
        return 0.0, 255.0
    raise RequestError(_other_range(f"{origin}: x_train", low, high, is_float))


def labels_as_bytes(labels: _Array, name: str, origin: str) -> Bytes:
    """Return labels as unsigned bytes.

    Args:
        labels: integers from 0 to 255, of any dtype of numbers and any byte order.
        name: name of the array.
        origin: source of the array; every error message starts with it.

    Raises:
        RequestError: a label is not an integer from 0 to 255.
    """
    if not labels.size:
        return labels.astype(np.uint8)
    if labels.ndim == 2 and labels.shape[1] > 1:
        raise RequestError(
            f"{origin}: {name}: expected one label of each image, got an array of shape "
            f"{labels.shape}; try argmax(axis=1) if these are one-hot rows"
        )
    low, high = _range(labels, name, origin)
    if low < 0 or high > 255 or (labels.dtype.kind == "f" and (labels % 1 != 0).any()):
        raise RequestError(
            f"{origin}: {name}: expected integer labels from 0 to 255, got {low:g} to {high:g}"
        )
    return labels.astype(np.uint8, copy=False)


def _range(array: _Array, name: str, origin: str) -> tuple[float, float]:
    low, high = float(array.min()), float(array.max())
    if not np.isfinite([low, high]).all():
        raise RequestError(
            f"{origin}: {name}: expected finite numbers, got {low:g} to {high:g}"
        )
    return low, high


def _scaled(images: _Array, lower: float, upper: float) -> Bytes:
    if images.dtype.kind != "f":
        return images.astype(np.uint8, copy=False)
    # float16 has too few digits for the product.
    wide = images.astype(np.promote_types(images.dtype, np.float32))
    levels = (wide - lower) * (255 / (upper - lower))
    return np.rint(np.clip(levels, 0, 255)).astype(np.uint8)


def _other_range(place: str, low: float, high: float, is_float: bool) -> str:
    expected = "0 to 255, floats from 0 to 1, or floats from -1 to 1"
    got = f"{place}: expected pixels from {expected}, got {low:g} to {high:g}"
    if not is_float and low >= 0 and high <= 1:
        return (
            f"{got}: these integers are images that were scaled before they were rounded; try "
            "to save the original images, or binary images as booleans"
        )
    if low >= 0 and high < _DARK:
        return f"{got}; try 255 / {high:g} times the images"
    if low >= 0:
        return f"{got}; try to divide the images by their largest possible value, as floats"
    return f"{got}: the images seem to be standardised; try to save the original images"
