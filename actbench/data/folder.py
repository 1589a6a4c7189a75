"""Find the four IDX files of a data set in a folder, by the names that are in use."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from actbench.data.idx import read_idx
from actbench.errors import RequestError
from actbench.files import InvalidFileError

FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
"""The file names of MNIST."""

# MNIST and Fashion-MNIST: train-images-idx3-ubyte.gz. Copies of MNIST: train-images.idx3-ubyte.
# EMNIST: emnist-letters-test-labels-idx1-ubyte.
_NAME = re.compile(
    r"(?:(?P<set>.+)-)?(?P<part>train|t10k|test)-(?P<content>images|labels)"
    r"[-.]idx[13]-ubyte(?P<gzip>\.gz)?",
    re.IGNORECASE,
)

_DEPTH = 2
"""Levels of subfolders that are searched. torchvision has the files in MNIST/raw."""

_MOST_FOLDERS = 1_000

_Found = dict[str, dict[str, Path]]
"""Name of a data set, "" in MNIST -> name of the array -> file."""


def read_idx_folder(
    folder: Path, *, limit: int, data_set: str | None = None
) -> dict[str, npt.NDArray[np.uint8]]:
    """Return the four arrays of a folder of IDX files.

    The files may be in a subfolder, as in `MNIST/raw`. If a file is there both plain and with
    the ending .gz, the plain one is read.

    Args:
        folder: contains the files of one data set with their usual names.
        limit: largest size of a file in bytes.
        data_set: start of the file names, such as "emnist-letters", in a folder that has the
            files of several data sets; None expects one data set.

    Raises:
        RequestError: a file is missing, there are several data sets, or a file is not a valid
            IDX file.
    """
    paths = _find(folder, data_set)
    return {
        name: read_idx(paths[name], axes=3 if name.startswith("x") else 1, limit=limit)
        for name in FILES
    }


def has_data_set(folder: Path, data_set: str) -> bool:
    """Return whether a folder has files whose names start with the name of a data set."""
    return any(data_set in found for found in _searched(folder).values())


def _find(folder: Path, data_set: str | None) -> dict[str, Path]:
    """Return the paths of the four files of the only complete data set."""
    searched = _searched(folder)
    whole = {
        place / name: paths
        for place, found in searched.items()
        for name, paths in found.items()
        if len(paths) == len(FILES) and data_set in (None, name)
    }
    if folder in whole:  # other data sets may be below it
        return whole[folder]
    if len(whole) > 1:
        names = ", ".join(sorted(str(place.relative_to(folder)) for place in whole))
        raise RequestError(
            f"{folder}: expected the IDX files of one data set, got several: {names}; "
            f"try {min(whole)}"
        )
    if whole:
        return next(iter(whole.values()))
    partial = [paths for found in searched.values() for paths in found.values()]
    most = max(partial, key=len, default={})
    missing = next(file for name, file in FILES.items() if name not in most)
    raise RequestError(f"{folder}: expected a file {missing} or {missing}.gz, got none")


def _searched(folder: Path) -> dict[Path, _Found]:
    """Return the IDX files of a folder and of its subfolders."""
    found = {place: _files(names, place) for place, names in _walk(folder)}
    return {place: files for place, files in found.items() if files}


def _walk(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    def refuse(error: OSError) -> None:
        if error.filename == str(folder):
            raise InvalidFileError(
                folder, f"expected a readable folder, got {error.strerror!r}"
            )

    for count, (place, subfolders, names) in enumerate(os.walk(folder, onerror=refuse)):
        path = Path(place)
        yield path, sorted(names)
        subfolders.sort()
        if len(path.relative_to(folder).parts) >= _DEPTH or count >= _MOST_FOLDERS:
            subfolders.clear()


def _files(names: list[str], place: Path) -> _Found:
    found: _Found = {}
    # A plain name is sorted before the same name with .gz, so the first one is kept.
    for name in names:
        if match := _NAME.fullmatch(name):
            part = "train" if match["part"].lower() == "train" else "test"
            kind = "x" if match["content"].lower() == "images" else "y"
            paths = found.setdefault(match["set"] or "", {})
            paths.setdefault(f"{kind}_{part}", place / name)
    return found
