"""Tasks: data sets in the format of MNIST, each with the network that is trained on it.

A conclusion about activations that holds for one data set and one network may fail for others.
The tasks differ in both: two image sets with a convolutional network, short signals and text
with dense networks.
"""

from collections.abc import Callable
from dataclasses import dataclass

from actbench.data import Dataset, load_mnist
from actbench.data.fashion_mnist import load_fashion_mnist
from actbench.data.help_topics import load_help_topics
from actbench.data.mnist_1d import load_mnist_1d
from actbench.errors import RequestError, suggest
from actbench.models.network import STUDY, Activate, Dense, Flatten, Network


@dataclass(frozen=True)
class Task:
    """A data set, the network that is trained on it, and for how long.

    Args:
        name: name in the command and in the factors of documents.
        title: display name, which is also the name of the data set.
        load: loads the data; raises RequestError if they are not installed.
        network: network of all conditions of the task.
        epochs: passes over the training images.
        batch_size: images per step.
        validation_images: images of the training set that are held out.
        rates: the grid of learning rates of Adam from which the protocol `tuned` chooses, the
            same for all activations.
    """

    name: str
    title: str
    load: Callable[[], Dataset]
    network: Network
    epochs: int
    batch_size: int
    validation_images: int
    rates: tuple[float, ...]


_IMAGE_RATES = (0.0005, 0.001, 0.002, 0.004, 0.008)
_SIGNAL_RATES = (0.001, 0.002, 0.004, 0.008, 0.016)
_TEXT_RATES = (0.002, 0.004, 0.008, 0.016, 0.032)


def _dense(units: int) -> Network:
    """Return a network of two hidden dense layers with the same number of units."""
    return Network((Flatten(), Dense(units), Activate(), Dense(units), Activate()))


MNIST = Task(
    "mnist", "MNIST", load_mnist, STUDY,
    epochs=3, batch_size=128, validation_images=5_000, rates=_IMAGE_RATES,
)  # fmt: skip
"""55,000 images for training, 430 steps per epoch; the source's network, 27,938 parameters."""

FASHION_MNIST = Task(
    "fashion-mnist", "Fashion-MNIST", load_fashion_mnist, STUDY,
    epochs=5, batch_size=128, validation_images=5_000, rates=_IMAGE_RATES,
)  # fmt: skip
"""As many images, steps per epoch and parameters as MNIST."""

MNIST_1D = Task(
    "mnist-1d", "MNIST-1D", load_mnist_1d, _dense(100),
    epochs=40, batch_size=64, validation_images=2_000, rates=_SIGNAL_RATES,
)  # fmt: skip
"""10,000 signals for training, 157 steps per epoch; two hidden layers, 15,210 parameters."""

TEXT = Task(
    "text", "Python help topics", load_help_topics, _dense(128),
    epochs=5, batch_size=128, validation_images=3_000, rates=_TEXT_RATES,
)  # fmt: skip
"""Next-character prediction: 28,508 examples of ten characters and 39 symbols for training, 223
steps per epoch; two hidden layers, 71,591 parameters."""

TASKS: tuple[Task, ...] = (MNIST, FASHION_MNIST, MNIST_1D, TEXT)
"""All tasks."""


def get_task(name: str) -> Task:
    """Return the task with that name.

    Raises:
        RequestError: there is none; the message suggests known names.

    Example:
        >>> get_task("text").title
        'Python help topics'
    """
    known = {task.name: task for task in TASKS}
    if name not in known:
        raise RequestError(
            f"task: expected a known name, got {name!r}; {suggest(name, tuple(known))}"
        )
    return known[name]
