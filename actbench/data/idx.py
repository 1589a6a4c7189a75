"""Read IDX files, the format of MNIST and of similar data sets."""

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
"""The usual file names; each may also end in .gz."""

_UNSIGNED_BYTE = 8


def read_idx_folder(folder: Path) -> dict[str, npt.NDArray[np.uint8]]:
    """Return the four arrays of a folder of IDX files.

    Args:
        folder: contains the four `FILES`, plain or compressed with gzip.

    Raises:
        RequestError: a file is missing, or is not a valid IDX file.
    """
    return {
        name: read_idx(_find(folder, file), axes=3 if name.startswith("x") else 1)
        for name, file in FILES.items()
    }


def read_idx(path: Path, *, axes: int) -> npt.NDArray[np.uint8]:
    """Return the array in an IDX file of unsigned bytes.

    The file consists of a magic number (two zero bytes, the type, the number of axes), the
    length of each axis as a big-endian 32-bit integer, and the data.

    Args:
        path: the file, which is compressed with gzip if its name ends in .gz.
        axes: 3 for images, 1 for labels.

    Raises:
        RequestError: the magic number is wrong, or the header states another amount of data.
    """
    try:
        content = (
            gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        )
    except (OSError, EOFError, zlib.error) as error:
        raise RequestError(f"{path}: expected an IDX file, got an error: {error}") from None
    magic = bytes((0, 0, _UNSIGNED_BYTE, axes))
    if content[:4] != magic:
        raise RequestError(
            f"{path}: expected the magic number {magic.hex(' ')} of unsigned bytes with {axes} "
            f"axes, got {content[:4].hex(' ') or 'an empty file'}"
        )
    start = 4 + 4 * axes
    if len(content) < start:
        raise RequestError(
            f"{path}: expected a header of {start} bytes, got {len(content)} bytes"
        )
    shape = struct.unpack(f">{axes}I", content[4:start])
    stated, found = math.prod(shape), len(content) - start
    if found != stated:
        reason = "is truncated" if found < stated else "is too long"
        raise RequestError(
            f"{path}: expected {stated} bytes of data, as the header states, got {found}: "
            f"the file {reason}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _find(folder: Path, file: str) -> Path:
    for path in (folder / file, folder / f"{file}.gz"):
        if path.is_file():
            return path
    raise RequestError(f"{folder}: expected a file {file} or {file}.gz, got none")
