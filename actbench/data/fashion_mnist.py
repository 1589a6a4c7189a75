"""Fashion-MNIST, read from the folder of a Debian package; no copy is shipped."""

from dataclasses import replace
from pathlib import Path

from actbench.data.dataset import Dataset
from actbench.data.load import load_dataset
from actbench.errors import RequestError

FOLDER = Path("/usr/share/datasets/fashion-mnist")
"""Folder of the Debian package `dataset-fashion-mnist`."""


def load_fashion_mnist(folder: Path = FOLDER) -> Dataset:
    """Return Fashion-MNIST: 60,000 training and 10,000 test images of 28 × 28 pixels.

    Args:
        folder: the four IDX files with the names of MNIST, plain or compressed with gzip.

    Raises:
        RequestError: there is no such folder, or its files are not valid.

    Source: Xiao, Rasul & Vollgraf (2017), arXiv:1708.07747; Expat licence.
    """
    if not folder.is_dir():
        raise RequestError(
            f"task fashion-mnist: expected the folder {folder}, got none; try "
            "apt-get install dataset-fashion-mnist, or --task fashion-mnist --data FOLDER"
        )
    return replace(load_dataset(folder), origin="Fashion-MNIST")
