"""Read IDX files, the form in which MNIST and its relatives are published."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from actbench.errors import RequestError

FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
"""The usual names; each may also end in .gz."""

_UNSIGNED_BYTE = 8


def read_idx_folder(folder: Path) -> dict[str, npt.NDArray[np.uint8]]:
    """Return the four arrays of a folder of IDX files.

    Args:
        folder: holds the four `FILES`, plain or gzipped.

    Raises:
        RequestError: a file is missing, or is not what its name says.
    """
    return {
        name: read_idx(_find(folder, file), axes=3 if name.startswith("x") else 1)
        for name, file in FILES.items()
    }


def read_idx(path: Path, *, axes: int) -> npt.NDArray[np.uint8]:
    """Return the array in an IDX file of unsigned bytes.

    The file is a magic number (two zero bytes, the type, the number of axes), the length
    of each axis as a big-endian 32-bit integer, and the bytes themselves.

    Args:
        path: the file; gzipped if its name ends in .gz.
        axes: 3 for images, 1 for labels.

    Raises:
        RequestError: wrong magic number, or fewer or more bytes than it announces.
    """
    try:
        content = (
            gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        )
    except (OSError, EOFError, zlib.error) as error:
        raise RequestError(
            f"{path}: cannot be read ({error}); an IDX file would be right"
        ) from None
    magic = bytes((0, 0, _UNSIGNED_BYTE, axes))
    if content[:4] != magic:
        raise RequestError(
            f"{path}: starts with {content[:4].hex(' ') or 'nothing'}, which is not the magic "
            f"number {magic.hex(' ')} of unsigned bytes with {axes} axes"
        )
    start = 4 + 4 * axes
    if len(content) < start:
        raise RequestError(
            f"{path}: ends within its header; {start} bytes or more would be right"
        )
    shape = struct.unpack(f">{axes}I", content[4:start])
    announced, found = math.prod(shape), len(content) - start
    if found != announced:
        what = "is truncated" if found < announced else "is too long"
        raise RequestError(
            f"{path}: {what}: {found} bytes of data where its header announces {announced}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _find(folder: Path, file: str) -> Path:
    for path in (folder / file, folder / f"{file}.gz"):
        if path.is_file():
            return path
    raise RequestError(f"{folder}: lacks {file} (or {file}.gz)")
