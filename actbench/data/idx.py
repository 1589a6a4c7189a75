"""Read IDX files, the format of MNIST and of similar data sets."""

import math
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from actbench.files import (
    InvalidFileError,
    decompress_gzip,
    is_gzip,
    largest_content,
    read_bytes,
    start_of_gzip,
)

_UNSIGNED_BYTE = 8


def read_idx(path: Path, *, axes: int, limit: int) -> npt.NDArray[np.uint8]:
    """Return the array in an IDX file of unsigned bytes.

    The file consists of a magic number (two zero bytes, the type, the number of axes), the
    length of each axis as a big-endian 32-bit integer, and the data. A file whose first bytes
    are those of gzip is decompressed, whatever its name is.

    Args:
        path: the file.
        axes: 3 for images, 1 for labels.
        limit: largest size in bytes, of the file and of its decompressed content.

    Raises:
        InvalidFileError: the file cannot be read, the magic number is wrong, or the header
            states another amount of data.
    """
    stored = read_bytes(path, limit=limit)
    start = 4 + 4 * axes
    content: bytes | bytearray = stored
    if is_gzip(stored):
        shape = _shape(start_of_gzip(stored, path, start), path, axes)
        # The header limits the memory that a damaged file can take.
        size, limit = start + math.prod(shape), largest_content(len(stored), limit)
        if size > limit:
            raise InvalidFileError(
                path, f"gzip: expected content of at most {limit:,} bytes, got {size:,} bytes"
            )
        content = decompress_gzip(stored, path, limit=size)
    else:
        shape = _shape(stored[:start], path, axes)
    stated, found = math.prod(shape), len(content) - start
    if found != stated:
        reason = "is truncated" if found < stated else "is too long"
        raise InvalidFileError(
            path,
            f"expected {stated} bytes of data, as the header states, got {found}: "
            f"the file {reason}",
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _shape(header: bytes, path: Path, axes: int) -> tuple[int, ...]:
    """Return the shape that the first bytes of a file state."""
    magic = bytes((0, 0, _UNSIGNED_BYTE, axes))
    if header[:4] != magic:
        raise InvalidFileError(
            path,
            f"expected the magic number {magic.hex(' ')} of unsigned bytes with {axes} "
            f"axes, got {header[:4].hex(' ') or 'an empty file'}",
        )
    size = 4 + 4 * axes
    if len(header) < size:
        raise InvalidFileError(
            path, f"expected a header of {size} bytes, got {len(header)} bytes"
        )
    shape = struct.unpack(f">{axes}I", header[4:])
    if 0 in shape:
        raise InvalidFileError(path, f"expected data, got a header of the shape {shape}")
    return shape
