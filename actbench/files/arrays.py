"""Read `.npz` files: the header of each array is checked before any memory is taken for it.

`numpy.load` takes the memory that a header asks for, and may unpickle objects. Here an array
must have a plain dtype, and exactly as many bytes as its shape says.
"""

import math
import re
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from actbench.files.compressed import largest_content
from actbench.files.regular import KIB, MIB, InvalidFileError, in_bytes, open_file

_MAGIC = b"\x93NUMPY"
_LARGEST_HEADER = 10 * KIB
_MOST_ARRAYS = 100_000
_CHUNK = 4 * MIB
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 1

_HEADER_ITEMS = {
    "descr": re.compile(r"""['"]descr['"]\s*:\s*['"]([^'"]*)['"]"""),
    "fortran_order": re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)"""),
    "shape": re.compile(r"""['"]shape['"]\s*:\s*\(([\dL,\s]*)\)"""),
}

_DTYPE = re.compile(r"[<>|=]?[biufcSUVMm]\d{1,9}(\[\w+\])?")

_KINDS = {
    "b": "booleans",
    "i": "integers",
    "u": "unsigned integers",
    "f": "floats",
    "c": "complex numbers",
    "U": "text",
}
"""Words for kinds of dtypes."""

# The errors that zipfile raises for damaged archives.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
    KeyError,
    IndexError,
)


class _Header(NamedTuple):
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    order: Literal["F", "C"]
    """"F" or "C", as in NumPy."""

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def read_npz(
    path: Path, *, limit: int, kinds: str = "biufcU", names: Collection[str] | None = None
) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of an `.npz` file.

    Args:
        path: the file.
        limit: largest size in bytes, of the file and of all its arrays together.
        kinds: the kinds of dtypes that are allowed, as in `numpy.dtype.kind`.
        names: the arrays that are read; None reads all.

    Raises:
        InvalidFileError: the file cannot be read, is damaged, or has an array of another kind.
    """
    with open_file(path, limit=limit) as file:
        return read_npz_members(file, path, limit=limit, kinds=kinds, names=names)


def read_npz_members(
    file: BinaryIO,
    path: Path | str,
    *,
    limit: int,
    kinds: str = "biufcU",
    names: Collection[str] | None = None,
) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of an open `.npz` file; the arguments are those of `read_npz`."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(file) as archive:
            for name, info in _members(archive, path):
                if names is None or name in names:
                    array = _read(archive, info, f"{path}: {name}", limit=limit, kinds=kinds)
                    limit -= array.nbytes
                    arrays[name] = array
    except InvalidFileError:
        raise
    except _DAMAGE as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise InvalidFileError(
            path, f"expected an .npz file, got a damaged archive: {reason}"
        ) from None
    return arrays


def _members(
    archive: zipfile.ZipFile, path: Path | str
) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    infos = archive.infolist()
    if len(infos) > _MOST_ARRAYS:
        raise InvalidFileError(
            path, f"expected at most {_MOST_ARRAYS} arrays, got {len(infos)}"
        )
    seen: set[str] = set()
    for info in infos:
        name = info.filename.removesuffix(".npy")
        if name in seen:
            raise InvalidFileError(path, f"expected one array of each name, got two: {name!r}")
        seen.add(name)
        yield name, info


def _read(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: str, *, limit: int, kinds: str
) -> npt.NDArray[Any]:
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
        raise InvalidFileError(
            place, "expected an array that is stored or deflated, got another method"
        )
    with archive.open(info) as member:
        header = _header(member, place, kinds)
        limit = largest_content(info.compress_size, limit)
        if header.bytes > limit:
            raise InvalidFileError(
                place, f"expected at most {in_bytes(limit)}, got {in_bytes(header.bytes)}"
            )
        content = bytearray()
        while chunk := member.read(min(_CHUNK, header.bytes + 1 - len(content))):
            content += chunk
    if len(content) != header.bytes:
        got = "more" if len(content) > header.bytes else in_bytes(len(content))
        raise InvalidFileError(
            place, f"expected {in_bytes(header.bytes)}, as its shape says, got {got}"
        )
    flat = np.frombuffer(content, header.dtype)
    try:
        return flat.reshape(header.shape, order=header.order)
    except ValueError:  # one axis has length 0 and another is too long
        raise InvalidFileError(
            place, f"expected the shape of an array, got {header.shape}"
        ) from None


def _header(member: IO[bytes], place: str, kinds: str) -> _Header:
    start = member.read(8)
    if start[:6] != _MAGIC or start[6:7] not in (b"\1", b"\2", b"\3"):
        raise InvalidFileError(place, f"expected an .npy array, got {start[:8].hex(' ')!r}")
    form = "<H" if start[6] == 1 else "<I"
    (length,) = struct.unpack(form, member.read(struct.calcsize(form)))
    if length > _LARGEST_HEADER:
        raise InvalidFileError(
            place, f"expected a header of at most {in_bytes(_LARGEST_HEADER)}, got {length:,}"
        )
    text = rest = member.read(length).decode("latin-1")
    found = {}
    for item, pattern in _HEADER_ITEMS.items():
        match = pattern.search(rest)
        if not match:
            if item == "descr" and re.search(r"\|?O\b|\(", text.partition("fortran")[0]):
                raise InvalidFileError(place, "expected numbers, got Python objects or records")
            raise InvalidFileError(place, f"expected an .npy header with {item}, got none")
        found[item] = match[1]
        rest = rest.replace(match[0], "", 1)
    if rest.strip("{}, \n\t\0"):
        raise InvalidFileError(place, "expected an .npy header, got more in it")
    return _Header(
        _dtype(found["descr"], place, kinds),
        _shape(found["shape"], place),
        "F" if found["fortran_order"] == "True" else "C",
    )


def _dtype(text: str, place: str, kinds: str) -> np.dtype[Any]:
    if re.fullmatch(r"\|?O\d*", text):
        raise InvalidFileError(place, "expected numbers, got pickled objects")
    if not _DTYPE.fullmatch(text):
        raise InvalidFileError(place, f"expected a dtype of numbers, got {text[:40]!r}")
    try:
        dtype = np.dtype(text)
    except (OverflowError, TypeError, ValueError):
        raise InvalidFileError(place, f"expected a dtype of NumPy, got {text!r}") from None
    if dtype.kind == "f" and dtype.itemsize > 8:
        # Its format differs between machines.
        raise InvalidFileError(
            place, f"expected float64 or narrower, got {dtype} (longdouble); try float64"
        )
    if dtype.kind not in kinds or dtype.itemsize == 0:
        expected = " or ".join(_KINDS[kind] for kind in kinds)
        raise InvalidFileError(place, f"expected {expected}, got {dtype}")
    return dtype


def _shape(text: str, place: str) -> tuple[int, ...]:
    lengths = [part.strip().rstrip("L") for part in text.split(",") if part.strip()]
    if len(lengths) > 32 or any(not (p.isdecimal() and len(p) <= 18) for p in lengths):
        raise InvalidFileError(place, f"expected the shape of an array, got ({text[:40]})")
    return tuple(map(int, lengths))
