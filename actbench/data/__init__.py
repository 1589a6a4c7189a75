"""Image data sets: the embedded MNIST, other sets in the same format, and their preparation."""

from actbench.data.dataset import Dataset
from actbench.data.load import load_dataset, load_mnist
from actbench.data.names import data_name_of
from actbench.data.preprocessing import (
    one_hot,
    scale,
    shuffle,
    split_validation,
    with_inverted,
)

__all__ = [
    "Dataset",
    "data_name_of",
    "load_dataset",
    "load_mnist",
    "one_hot",
    "scale",
    "shuffle",
    "split_validation",
    "with_inverted",
]
