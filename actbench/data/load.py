"""Load the embedded MNIST, or another data set in the same format."""

import io
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

import numpy.typing as npt

from actbench.data.dataset import ARRAYS, Dataset
from actbench.data.folder import has_data_set, read_idx_folder
from actbench.data.pixels import images_as_bytes, labels_as_bytes
from actbench.errors import RequestError
from actbench.files import InvalidFileError, open_file, read_npz_members

MNIST_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"
"""SHA-256 of the file mnist.npz in this package."""

_LIMIT = 2 * 2**30
"""Largest size in bytes of a file, and of the arrays in it."""


def load_mnist() -> Dataset:
    """Return MNIST as published: 60,000 training and 10,000 test images of 28 × 28 pixels.

    The archive is part of the package. Its SHA-256 is checked at every load.

    Raises:
        RequestError: the embedded file is damaged.

    Source: LeCun, Cortes & Burges, CC BY-SA 3.0; see MNIST-LICENSE.md in this package.

    Example:
        >>> data = load_mnist()
        >>> data.x_train.shape, data.y_train.shape, data.x_test.shape, data.y_test.shape
        ((60000, 28, 28), (60000,), (10000, 28, 28), (10000,))
    """
    content = (files("actbench.data") / "mnist.npz").read_bytes()
    found = sha256(content).hexdigest()
    if found != MNIST_SHA256:
        raise RequestError(
            f"actbench/data/mnist.npz: expected SHA-256 {MNIST_SHA256[:12]}…, got "
            f"{found[:12]}…: the file is damaged; try to install actbench again"
        )
    return _from_npz(io.BytesIO(content), "MNIST")


def load_dataset(path: str | Path | None = None) -> Dataset:
    """Return a data set in the format of MNIST.

    The image size and the number of classes follow from the arrays. No pickled objects are
    loaded.

    Args:
        path: one of these forms; None loads MNIST.

            - A folder of the four IDX files, plain or compressed with gzip, with the names of
              MNIST (`train-images-idx3-ubyte`, `train-images.idx3-ubyte`) or of EMNIST
              (`emnist-letters-train-images-idx3-ubyte`). They may be in a subfolder, as in
              `MNIST/raw`. If a folder has several data sets, the name of one is the last part
              of the path: `gzip/emnist-letters`.
            - An `.npz` file of the arrays x_train, y_train, x_test and y_test. Images are
              converted as `actbench.data.pixels` describes.

    Raises:
        RequestError: there is no such file or folder, or it has another format.
    """
    if path is None:
        return load_mnist()
    path = Path(path)
    folder, data_set = _folder_of(path)
    if folder:
        return _dataset(read_idx_folder(folder, limit=_LIMIT, data_set=data_set), str(path))
    try:
        with open_file(path, limit=_LIMIT) as file:
            return _from_npz(file, str(path))
    except InvalidFileError as error:
        if "no such path" in error.reason:
            raise RequestError(
                f"{path}: expected a folder of IDX files or an .npz file, got no such path"
            ) from None
        raise


def _folder_of(path: Path) -> tuple[Path | None, str | None]:
    """Return the folder of IDX files, and the data set in it, that a path names."""
    try:
        if path.exists():
            return (path if path.is_dir() else None), None
        if path.parent.is_dir() and has_data_set(path.parent, path.name):
            return path.parent, path.name
    except OSError:
        pass  # because the error is described when the file is opened
    return None, None


def _from_npz(file: BinaryIO, origin: str) -> Dataset:
    arrays = read_npz_members(file, origin, limit=_LIMIT, kinds="buif", names=ARRAYS)
    missing = [name for name in ARRAYS if name not in arrays]
    if missing:
        raise InvalidFileError(
            origin,
            f"expected an .npz file of the arrays {', '.join(ARRAYS)}, "
            f"got no {' and no '.join(missing)}",
        )
    return _dataset(arrays, origin)


def _dataset(arrays: Mapping[str, npt.NDArray[Any]], origin: str) -> Dataset:
    x_train, x_test = images_as_bytes(arrays["x_train"], arrays["x_test"], origin)
    y_train, y_test = (
        labels_as_bytes(arrays[name], name, origin) for name in ("y_train", "y_test")
    )
    return Dataset(x_train, y_train, x_test, y_test, origin=origin)
