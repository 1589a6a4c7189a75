"""What every data set here is: four arrays that fit together."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from actbench.errors import RequestError

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]

ARRAYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels for training and test, as loaded: the integers 0…255.

    Read an array as an attribute or, as from the `.npz` it came from, by its name:
    `data.x_train`, `data["x_train"]`, `dict(data)`.

    Args:
        x_train: training images, uint8, (N, height, width).
        y_train: training labels, uint8, (N,), from 0.
        x_test: test images, uint8, (M, height, width).
        y_test: test labels, uint8, (M,).
        origin: where the arrays come from; begins every error line.

    Raises:
        RequestError: the arrays do not fit together, or a label is out of range.
    """

    x_train: Images
    y_train: Labels
    x_test: Images
    y_test: Labels
    origin: str = field(default="data", repr=False)

    def __post_init__(self) -> None:
        for part in ("train", "test"):
            _check_part(self.origin, part, self[f"x_{part}"], self[f"y_{part}"])
        sizes = self.x_train.shape[1:], self.x_test.shape[1:]
        if sizes[0] != sizes[1]:
            raise RequestError(
                f"{self.origin}: training images are {_size(sizes[0])}, test images "
                f"{_size(sizes[1])}; one size for both would be right"
            )
        _check_labels(self.origin, self.y_train, self.y_test)

    def __getitem__(self, name: str) -> Any:
        if name not in ARRAYS:
            raise KeyError(name)
        return getattr(self, name)

    def keys(self) -> tuple[str, ...]:
        """Return the names of the arrays."""
        return ARRAYS

    def __iter__(self) -> Iterator[str]:
        return iter(ARRAYS)

    @property
    def image_shape(self) -> tuple[int, int]:
        """Height and width of an image in pixels."""
        height, width = self.x_train.shape[1:]
        return height, width

    @property
    def classes(self) -> int:
        """The number of classes: one more than the largest training label."""
        return int(self.y_train.max()) + 1

    @cached_property
    def sha256(self) -> str:
        """A checksum of the four arrays: shapes and contents, whatever file held them."""
        digest = sha256()
        for name in ARRAYS:
            array = np.ascontiguousarray(self[name])
            digest.update(f"{name}{array.shape}".encode())
            digest.update(array.tobytes())
        return digest.hexdigest()


def _check_part(origin: str, part: str, images: Any, labels: Any) -> None:
    for name, array, axes in ((f"x_{part}", images, 3), (f"y_{part}", labels, 1)):
        if array.dtype != np.uint8 or array.ndim != axes or 0 in array.shape:
            form = "(images, height, width)" if axes == 3 else "(labels,)"
            raise RequestError(
                f"{origin}: {name} is {array.dtype} of shape {array.shape}; "
                f"uint8 of shape {form}, none of them 0, would be right"
            )
    if len(images) != len(labels):
        raise RequestError(
            f"{origin}: x_{part} has {len(images)} images, y_{part} {len(labels)} labels; "
            "one label per image would be right"
        )


def _check_labels(origin: str, train: Labels, test: Labels) -> None:
    """Refuse labels out of range: nothing says how many classes there are but the labels.

    A few classes may be missing (EMNIST's letters start at 1), but where most are, the
    largest label is a stray one.
    """
    largest, present = int(train.max()), len(np.unique(train))
    if present <= (largest + 1) / 2:
        raise RequestError(
            f"{origin}: training label {largest} is out of range: y_train has {present} "
            f"different labels, so 0…{present - 1} would be right"
        )
    if present == 1:
        raise RequestError(f"{origin}: y_train has one class only; two or more would be right")
    if test.max() > largest:
        raise RequestError(
            f"{origin}: test label {test.max()} is out of range: y_train has 0…{largest}"
        )


def _size(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
