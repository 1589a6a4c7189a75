"""Prediction of the next character in the help topics that every CPython contains."""

import re
from importlib import import_module
from platform import python_version

import numpy as np
import numpy.typing as npt

from actbench.data.dataset import Dataset
from actbench.errors import RequestError

ALPHABET = " abcdefghijklmnopqrstuvwxyz_.,:'\"()-=*"
"""Characters with a symbol of their own; all others share the last symbol."""

SYMBOLS = len(ALPHABET) + 1
"""Number of symbols, which are the classes: 39."""

CONTEXT = 10
"""Characters before the one that is predicted."""

TRAINING_SHARE = 0.8
"""Share of the examples, from the start of the text, for training and validation."""


def load_help_topics() -> Dataset:
    """Return examples of next-character prediction: images of 10 × 39 and 39 classes.

    The text is the dictionary of `pydoc_data.topics`, its values in the order of their keys, in
    lower case and with each run of white space as one space. It is cut into pieces of eleven
    characters. The first ten are the image, one row for each character: 255 at its symbol and 0
    at all others. The last one is the label. No two examples share a character, and the test
    examples are the end of the text.

    The text differs between versions of Python. The data of Python 3.11.7 are called "Python
    help topics"; those of other texts have the version in their name.

    Raises:
        RequestError: this Python has no such text.

    Source: the documentation of Python, PSF licence version 2; the text is not shipped.
    """
    try:
        topics: dict[str, str] = import_module("pydoc_data.topics").topics
    except (ImportError, AttributeError) as error:
        raise RequestError(
            f"task text: expected a Python with pydoc_data.topics, got {str(error)!r}; try "
            "CPython"
        ) from None
    text = "\n".join(topics[name] for name in sorted(topics))
    return examples_of(text, origin=f"help topics of Python {python_version()}")


def examples_of(text: str, origin: str = "text") -> Dataset:
    """Return the examples of a text; see `load_help_topics` for their form.

    Args:
        text: at least a few hundred characters.
        origin: name of the data set.

    Raises:
        RequestError: the text is too short.

    Example:
        >>> data = examples_of("the quick brown fox jumps over the lazy dog; " * 40)
        >>> data.x_train.shape, data.y_train.shape, data.x_test.shape
        ((130, 10, 39), (130,), (33, 10, 39))
    """
    symbols = _symbols(text)
    count = len(symbols) // (CONTEXT + 1)
    pieces = symbols[: count * (CONTEXT + 1)].reshape(count, CONTEXT + 1)
    images = 255 * np.eye(SYMBOLS, dtype=np.uint8)[pieces[:, :-1]]
    labels = pieces[:, -1]
    cut = int(TRAINING_SHARE * count)
    return Dataset(
        images[:cut], labels[:cut], images[cut:], labels[cut:],
        origin=origin, is_contiguous=True,
    )  # fmt: skip


def _symbols(text: str) -> npt.NDArray[np.uint8]:
    """Return the number of the symbol of each character, in lower case without extra spaces."""
    other = len(ALPHABET)
    number_of = {character: number for number, character in enumerate(ALPHABET)}
    plain = re.sub(r"\s+", " ", text.lower())
    return np.array([number_of.get(each, other) for each in plain], np.uint8)
