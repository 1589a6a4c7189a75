"""Who trains the study's network: our block, Keras's fit, a PyTorch loop, Keras on JAX.

Each function makes a call of no arguments that trains some networks for an epoch: a block all
at once, the others one after another.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any

import actbench
from actbench.frameworks.counterparts import find
from actbench.frameworks.libraries import installed
from actbench.models.member import Member
from actbench.models.network import STUDY, Convolution, Dense, Network, Shape
from actbench.models.plain import plain
from actbench.training.block import Block
from actbench.training.fit import batches
from actbench.training.settings import Settings, TrainingData, order
from benchmarks.paired import Call


@dataclass(frozen=True)
class Work:
    """What is trained.

    Args:
        activation: a name of the catalogue.
        members: how many networks.
        data: what they are trained on.
        batch: images a step.
    """

    activation: str
    members: int
    data: TrainingData
    batch: int

    @property
    def member(self) -> Member:
        """One of the networks, which are alike."""
        return Member(actbench.get(self.activation))

    @property
    def images(self) -> int:
        """How many images an epoch has."""
        return len(self.data.train[1])


def block(work: Work) -> Call:
    """Return a call of ours."""
    import tensorflow as tf

    members = [work.member] * work.members
    made = Block(STUDY, members, input_shape=(28, 28, 1), classes=10, seed=0)
    images, labels = (tf.constant(array) for array in work.data.train)
    rows = order(0, 0, work.images)
    return lambda: made.train(images, labels, rows, work.batch)


def keras_fit(work: Work) -> Call:
    """Return a call of Keras on TensorFlow."""
    model = plain(STUDY, work.member, input_shape=(28, 28, 1), classes=10, seed=0)
    # Compiled and traced once. XLA's convolutions are slower than oneDNN's on a CPU.
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    settings = Settings(epochs=1, batch_size=work.batch)
    epoch = batches(work.data.train, settings, seed=0, classes=10)
    options: Any = {
        "steps_per_epoch": -(-work.images // work.batch), "shuffle": False, "verbose": 0,
    }  # fmt: skip
    return lambda: [model.fit(epoch, **options) for _ in range(work.members)]


def torch_loop(work: Work) -> Call | None:
    """Return a call of PyTorch's usual loop; None without PyTorch or the function in it."""
    there = [
        each for each in work.member.activation.counterparts if each.name.startswith("torch")
    ]
    if not installed("torch") or not there:
        return None
    torch: Any = import_module("torch")
    nn = torch.nn
    function, fixed = find(there[0].name), dict(there[0].fixed)
    first, second, last = nn.Conv2d(1, 8, 7), nn.Conv2d(8, 8, 5), nn.Linear(2592, 10)
    weights = [weight for layer in (first, second, last) for weight in layer.parameters()]
    optimizer = torch.optim.Adam(weights)
    images = torch.from_numpy(work.data.train[0]).permute(0, 3, 1, 2).contiguous()
    labels = torch.from_numpy(work.data.train[1]).long()
    rows = torch.from_numpy(order(0, 0, work.images)).long()

    def epoch() -> float:
        right, loss = 0, 0.0
        for part in rows.split(work.batch):
            x, y = images[part].float() / 255, labels[part]
            optimizer.zero_grad()
            x = function(second(function(first(x), **fixed)), **fixed)
            logits = last(x.flatten(1))
            mean = nn.functional.cross_entropy(logits, y)
            mean.backward()
            optimizer.step()
            right += int((logits.argmax(1) == y).sum())
            loss += mean.item() * len(part)
        return loss

    return lambda: [epoch() for _ in range(work.members)]


@contextmanager
def keras_on_jax(work: Work) -> Iterator[Call | None]:
    """Give a call of Keras on JAX, in a process of its own; None without JAX."""
    if not installed("jax"):
        yield None
        return
    asked = [work.activation, str(work.members), str(work.images), str(work.batch)]
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "benchmarks.keras_on_jax", *asked],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
    ) as process:  # fmt: skip
        to, back = process.stdin, process.stdout
        if to is None or back is None:
            raise RuntimeError("a process without pipes")

        def call() -> None:
            to.write("train\n")
            to.flush()
            if back.readline() != "done\n":
                raise RuntimeError("Keras on JAX has ended")

        yield call
        to.close()


def training_flops(network: Network, input_shape: Shape, classes: int) -> int:
    """Return how many additions and multiplications a training step takes for each image.

    Those of convolutions and dense layers: the values, the gradients by the kernels, and by
    the inputs but for the first layer's.

    Example:
        >>> training_flops(STUDY, (28, 28, 1), 10)
        4024832
    """
    layers = (*network.layers, Dense(classes))
    shapes = (*network.shapes(input_shape), (classes,))
    each = []
    for layer, (before, after) in zip(layers, pairwise(shapes), strict=True):
        match layer:
            case Convolution(filters, size):
                each.append(2 * size**2 * before[-1] * filters * after[0] * after[1])
            case Dense(units):
                each.append(2 * before[-1] * units)
    return 3 * sum(each) - each[0]


LOOPS: dict[str, Callable[[Work], Call | None]] = {
    "ours": block,
    "keras": keras_fit,
    "torch": torch_loop,
}
"""In this process."""
