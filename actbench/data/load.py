"""Load the embedded MNIST, or another data set in the same format."""

import io
import zipfile
import zlib
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from actbench.data.dataset import ARRAYS, Dataset
from actbench.data.idx import read_idx_folder
from actbench.errors import RequestError

MNIST_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"
"""SHA-256 of the file mnist.npz in this package."""


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
    return _from_npz(content, "MNIST")


def load_dataset(path: str | Path | None = None) -> Dataset:
    """Return a data set in the format of MNIST.

    The image size and the number of classes follow from the arrays. No pickled objects are
    loaded.

    Args:
        path: a folder of the four IDX files, plain or .gz, with their usual names, or an
            `.npz` file of the arrays x_train, y_train, x_test and y_test. None loads MNIST.

    Raises:
        RequestError: there is no such file or folder, or it has another format.
    """
    if path is None:
        return load_mnist()
    path = Path(path)
    if path.is_dir():
        return Dataset(**read_idx_folder(path), origin=str(path))
    if not path.is_file():
        raise RequestError(
            f"{path}: expected a folder of IDX files or an .npz file, got no such path"
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RequestError(
            f"{path}: expected a readable file, got {error.strerror!r}"
        ) from None
    return _from_npz(content, str(path))


def _from_npz(content: bytes, origin: str) -> Dataset:
    expected = f"expected an .npz file of the uint8 arrays {', '.join(ARRAYS)}"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        raise RequestError(f"{origin}: {expected}, got a file that is no archive") from None
    missing = [name for name in ARRAYS if f"{name}.npy" not in names]
    if missing:
        raise RequestError(f"{origin}: {expected}, got no {' and no '.join(missing)}")
    arrays: dict[str, npt.NDArray[np.uint8]] = {}
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        for name in ARRAYS:
            try:
                arrays[name] = archive[name]
            except (ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
                reason = str(error).splitlines()[0]
                raise RequestError(
                    f"{origin}: {expected}, got an error for {name}: {reason}"
                ) from None
    return Dataset(
        arrays["x_train"], arrays["y_train"], arrays["x_test"], arrays["y_test"], origin=origin
    )
