"""Which activation trains best, and at what cost?

The profile full compares eight activations on four tasks, with two initialisers and the
protocol `tuned`: the learning rate of each activation, task and initialiser is chosen on
validation images, and falls linearly to 0. The profiles quick and source compare 25 activations
on plain MNIST with the source's protocol, which has one initialiser and one constant learning
rate.
"""

from collections.abc import Iterator

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.experiments.experiment import (
    Condition,
    Experiment,
    Profile,
    label,
)  # fmt: skip
from actbench.experiments.tasks import MNIST, TASKS
from actbench.experiments.tuning import Tuning
from actbench.models.member import Member, prelu
from actbench.training.settings import Settings

ACTIVATIONS = (
    "relu", "leaky_relu", "relu6", "elu", "selu", "celu", "softplus", "softsign", "tanh",
    "sigmoid", "hard_sigmoid", "hard_tanh", "silu", "hard_silu", "mish", "gelu", "gelu_tanh",
    "squareplus", "lisht", "telu", "snake", "absolute", "relu_squared", "sine",
)  # fmt: skip
"""Activations on plain MNIST with the source's protocol, besides PReLU."""

CORE = ("relu", "leaky_relu", "elu", "tanh", "swish", "gelu", "mish", "sigmoid")
"""Activations on all tasks with the protocol `tuned`."""

INITIALISERS = ("glorot_uniform", "he_normal")


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return a condition without a task, and one for each task and initialiser."""
    name = label(activation)
    yield Condition(name, {"activation": name}, Member(activation), inverted=False)
    yield from _conditions_of_tasks(activation)


def _conditions_of_tasks(activation: Activation) -> Iterator[Condition]:
    name = label(activation)
    for task in TASKS:
        for initializer in INITIALISERS:
            yield Condition(
                f"{name}, {task.name}, {initializer}",
                {"activation": name, "task": task.name, "initializer": initializer},
                Member(activation, initializer=initializer),
                network=task.network,
                inverted=False,
                task=task,
            )


SETTINGS = Settings(epochs=3, batch_size=128)
TUNED_SETTINGS = Settings(epochs=3, batch_size=128, schedule="linear")

EXPERIMENT = Experiment(
    name="ranking",
    question="Which activation gives the best accuracy, and at what cost?",
    conditions=(
        # Stored trials have the names silu and telu. These are aliases: `label` would return
        # the names of the records, swish and tanhexp, and those trials would not be found.
        *(
            Condition(name, {"activation": name}, Member(get(name)), inverted=False)
            for name in ACTIVATIONS
        ),
        Condition("prelu", {"activation": "prelu"}, prelu(0.25), inverted=False),
        *(each for name in CORE for each in _conditions_of_tasks(get(name))),
    ),
    profiles=(
        Profile(
            "smoke", Settings(epochs=2, batch_size=64, schedule="linear"), 2,
            train_images=256, validation_images=64, test_images=256,
            tasks=("mnist",), tuning=Tuning(MNIST.rates[-4:], seeds=1, extensions=1),
        ),
        Profile("quick", SETTINGS, 3, train_images=3_000, validation_images=1_000),
        Profile("source", SETTINGS, 12, validation_images=5_000),
        Profile(
            "full", TUNED_SETTINGS, 12,
            tasks=tuple(task.name for task in TASKS), has_sizes_of_tasks=True,
            tuning=Tuning(MNIST.rates),
        ),
    ),
    conditions_for=conditions_for,
)  # fmt: skip
