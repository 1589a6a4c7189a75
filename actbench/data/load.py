"""Load the embedded MNIST or another data set of its form."""

import io
import zipfile
import zlib
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from actbench.data.dataset import ARRAYS, Dataset
from actbench.data.idx import read_idx_folder
from actbench.errors import RequestError

MNIST_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"
"""Of the file mnist.npz beside this module."""


def load_mnist() -> Dataset:
    """Return MNIST as published: 60,000 training and 10,000 test images of 28 × 28.

    The archive is part of the package and its SHA-256 is checked at every load.

    Raises:
        RequestError: the embedded file is damaged.

    Source: LeCun, Cortes & Burges, CC BY-SA 3.0; see MNIST-LICENSE.md beside the file.

    Example:
        >>> data = load_mnist()
        >>> data.x_train.shape, data.y_train.shape, data.x_test.shape, data.y_test.shape
        ((60000, 28, 28), (60000,), (10000, 28, 28), (10000,))
    """
    content = (files("actbench.data") / "mnist.npz").read_bytes()
    found = sha256(content).hexdigest()
    if found != MNIST_SHA256:
        raise RequestError(
            f"actbench/data/mnist.npz: its SHA-256 is {found[:12]}…, not {MNIST_SHA256[:12]}…: "
            "the file is damaged; installing actbench again would be right"
        )
    return _from_npz(content, "MNIST")


def load_dataset(path: str | Path | None = None) -> Dataset:
    """Return a data set of MNIST's form.

    Args:
        path: a folder of the four IDX files (plain or .gz, under their usual names), or an
            `.npz` with the arrays x_train, y_train, x_test and y_test; None is MNIST. The
            image size and the number of classes follow from it. Nothing is unpickled.

    Raises:
        RequestError: no such file or folder, or what it holds is not of this form.
    """
    if path is None:
        return load_mnist()
    path = Path(path)
    if path.is_dir():
        return Dataset(**read_idx_folder(path), origin=str(path))
    if not path.is_file():
        raise RequestError(
            f"{path}: not found; a folder of IDX files or an .npz would be right"
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RequestError(f"{path}: cannot be read ({error.strerror})") from None
    return _from_npz(content, str(path))


def _from_npz(content: bytes, origin: str) -> Dataset:
    right = f"an .npz with the arrays {', '.join(ARRAYS)} would be right"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = set(archive.namelist())
    except zipfile.BadZipFile:
        raise RequestError(f"{origin}: is not an .npz archive; {right}") from None
    missing = [name for name in ARRAYS if f"{name}.npy" not in members]
    if missing:
        raise RequestError(f"{origin}: lacks {', '.join(missing)}; {right}")
    arrays: dict[str, Any] = {}
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        for name in ARRAYS:
            try:
                arrays[name] = archive[name]
            except (ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
                reason = str(error).splitlines()[0]
                raise RequestError(
                    f"{origin}: {name} cannot be read ({reason}); {right}, of uint8"
                ) from None
    return Dataset(**arrays, origin=origin)
