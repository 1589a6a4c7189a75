"""Decompress gzip and zlib data, and stop at a limit.

A few kilobytes can expand a thousandfold, so the limit is checked while the data is read.
"""

import zlib
from pathlib import Path

from actbench.files.regular import MIB, InvalidFileError, in_bytes

_MAGIC = b"\x1f\x8b"
_GZIP, _ZLIB = 31, 15
"""The `wbits` of zlib for both formats."""

_CHUNK = MIB

_ALWAYS_ALLOWED, _LARGEST_RATIO = 64 * MIB, 100
"""Content above the first size that was compressed by more than the second factor is refused.
Images are compressed by a factor of 2 to 20; the largest factor of the format is 1,032."""


def is_gzip(content: bytes) -> bool:
    """Return whether data is compressed with gzip, by its first bytes."""
    return content.startswith(_MAGIC)


def largest_content(compressed: int, limit: int) -> int:
    """Return the largest plausible size in bytes of data that was compressed.

    Args:
        compressed: size of the compressed data in bytes.
        limit: largest size of any content.
    """
    return min(limit, max(_ALWAYS_ALLOWED, compressed * _LARGEST_RATIO))


def start_of_gzip(content: bytes, path: Path, size: int) -> bytes:
    """Return the first bytes of the content of a gzip file, so that its header can be read.

    Args:
        content: the compressed file.
        path: name of the file, for the message of an error.
        size: number of bytes. A shorter content is returned as it is.

    Raises:
        InvalidFileError: the data is damaged at its start.
    """
    try:
        return zlib.decompressobj(_GZIP).decompress(content, size)
    except zlib.error as error:
        raise InvalidFileError(
            path, f"gzip: expected compressed data, got an error: {error}"
        ) from None


def decompress_gzip(content: bytes, path: Path, *, limit: int) -> bytearray:
    """Return the content of a gzip file of one or more members.

    Args:
        content: the compressed file.
        path: name of the file, for the message of an error.
        limit: largest size of the result in bytes.

    Raises:
        InvalidFileError: the data is damaged, is not complete, or expands above the limit.
    """
    limit = largest_content(len(content), limit)
    parts = bytearray()
    rest = content
    while rest:
        try:
            rest = _append(parts, rest, wbits=_GZIP, limit=limit)
        except ValueError as error:
            raise InvalidFileError(path, f"gzip: {error}") from None
        rest = rest.lstrip(b"\0")  # some tools fill the last block with zeros
    return parts


def inflate(content: bytes, *, limit: int) -> bytes:
    """Return data that was compressed with zlib.

    Args:
        content: the compressed data.
        limit: largest size of the result in bytes.

    Raises:
        ValueError: the data is damaged, is not complete, or expands above the limit.
    """
    parts = bytearray()
    limit = largest_content(len(content), limit)
    if _append(parts, content, wbits=_ZLIB, limit=limit):
        raise ValueError("expected one compressed stream, got more data after it")
    return bytes(parts)


def _append(parts: bytearray, content: bytes, *, wbits: int, limit: int) -> bytes:
    """Append one decompressed stream, and return the data after it."""
    stream = zlib.decompressobj(wbits)
    rest = content
    try:
        while not stream.eof:
            chunk = stream.decompress(rest, _CHUNK)
            parts += chunk
            rest = stream.unconsumed_tail
            if len(parts) > limit:
                raise ValueError(f"expected content of at most {in_bytes(limit)}, got more")
            if not chunk and not rest and not stream.eof:
                raise ValueError("expected a complete stream, got the end of the data")
    except zlib.error as error:
        raise ValueError(f"expected compressed data, got an error: {error}") from None
    return stream.unused_data
