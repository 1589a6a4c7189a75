"""A data set: four arrays of images and labels whose shapes and labels are checked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from actbench.data.names import data_name
from actbench.errors import RequestError

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]

ARRAYS = ("x_train", "y_train", "x_test", "y_test")

_NO_CLASS = 255


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels for training and testing, as loaded: integers from 0 to 255.

    An array is an attribute, `data.x_train`, and also an item, `data["x_train"]`, as in the
    `.npz` file. `dict(data)` returns all arrays.

    Args:
        x_train: training images, uint8, (N, height, width).
        y_train: training labels, uint8, (N,), from 0.
        x_test: test images, uint8, (M, height, width).
        y_test: test labels, uint8, (M,).
        origin: source of the arrays; every error message starts with it.
        is_contiguous: whether the images are consecutive parts of one record. The validation
            set is then the end of the training set, and not a random choice of images.

    Raises:
        RequestError: the shapes do not agree, or a label is out of range.
    """

    x_train: Images
    y_train: Labels
    x_test: Images
    y_test: Labels
    origin: str = field(default="data", repr=False)
    is_contiguous: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        for part in ("train", "test"):
            _check_part(self.origin, part, self[f"x_{part}"], self[f"y_{part}"])
        train, test = self.x_train.shape[1:], self.x_test.shape[1:]
        if train != test:
            raise RequestError(
                f"{self.origin}: expected test images of {_size(train)}, the size of the "
                f"training images, got {_size(test)}"
            )
        _check_labels(self.origin, self.y_train, self.y_test)

    def __getitem__(self, name: str) -> npt.NDArray[np.uint8]:
        if name not in ARRAYS:
            raise KeyError(name)
        array: npt.NDArray[np.uint8] = getattr(self, name)
        return array

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
        """Number of classes: the largest training label plus 1."""
        return int(self.y_train.max()) + 1

    @cached_property
    def sha256(self) -> str:
        """Checksum of the shapes and contents of the four arrays; the file does not matter."""
        digest = sha256()
        for name in ARRAYS:
            array = np.ascontiguousarray(self[name])
            digest.update(f"{name}{array.shape}".encode())
            digest.update(array.tobytes())
        return digest.hexdigest()

    @property
    def name(self) -> str:
        """Readable name, such as MNIST: that of known contents, or else of the file."""
        return data_name(self.sha256, self.origin)

    def with_classes(self, classes: Sequence[Sequence[int]]) -> "Dataset":
        """Return the images of some labels, with the position of their class as new label.

        Args:
            classes: the labels of each class. Images with other labels are left out.
        """
        class_of = np.full(256, _NO_CLASS, np.uint8)
        for number, labels in enumerate(classes):
            class_of[list(labels)] = number
        train, test = class_of[self.y_train], class_of[self.y_test]
        in_train, in_test = train != _NO_CLASS, test != _NO_CLASS
        return Dataset(
            self.x_train[in_train], train[in_train],
            self.x_test[in_test], test[in_test],
            origin=self.origin, is_contiguous=self.is_contiguous,
        )  # fmt: skip


def _check_part(origin: str, part: str, images: Images, labels: Labels) -> None:
    for name, array, axes in ((f"x_{part}", images, 3), (f"y_{part}", labels, 1)):
        if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
            raise RequestError(
                f"{origin}: {name}: expected a NumPy array without a mask, "
                f"got {type(array).__name__}"
            )
        if array.dtype != np.uint8 or array.ndim != axes or 0 in array.shape:
            form = "(images, height, width)" if axes == 3 else "(labels,)"
            raise RequestError(
                f"{origin}: {name}: expected uint8 of shape {form}, without zeros, "
                f"got {array.dtype} of shape {array.shape}"
            )
    if len(images) != len(labels):
        raise RequestError(
            f"{origin}: y_{part}: expected {len(images)} labels, one for each image, "
            f"got {len(labels)}"
        )


def _check_labels(origin: str, train: Labels, test: Labels) -> None:
    """Raise if a label is out of range.

    The labels alone determine the number of classes. Some classes may be missing, as in the
    letters of EMNIST, whose labels start at 1. If most classes are missing, the largest label
    is probably wrong.
    """
    largest, present = int(train.max()), len(np.unique(train))
    if present <= (largest + 1) / 2:
        raise RequestError(
            f"{origin}: y_train: expected labels from 0 to {present - 1}, because there are "
            f"{present} different ones, got {largest}"
        )
    if present == 1:
        raise RequestError(f"{origin}: y_train: expected two or more classes, got one")
    if test.max() > largest:
        raise RequestError(
            f"{origin}: y_test: expected labels from 0 to {largest}, as in y_train, "
            f"got {test.max()}"
        )


def _size(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
