"""Image data sets: the embedded MNIST, other sets of its form, and the study's steps."""

from actbench.data.dataset import Dataset
from actbench.data.load import load_dataset, load_mnist
from actbench.data.preprocessing import (
    one_hot,
    scale,
    shuffle,
    split_validation,
    with_inverted,
)

__all__ = [
    "Dataset",
    "load_dataset",
    "load_mnist",
    "one_hot",
    "scale",
    "shuffle",
    "split_validation",
    "with_inverted",
]
