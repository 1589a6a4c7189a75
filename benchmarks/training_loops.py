"""Training loops that are timed: a stacked block, Keras's fit, PyTorch, and Keras on JAX.

Each function returns a call without arguments that trains several networks for one epoch. A
stacked block trains all its members together, the other loops train one network after another.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise

import actbench
from actbench.frameworks.counterparts import bind
from actbench.frameworks.libraries import installed
from actbench.models.member import Member
from actbench.models.network import STUDY, Convolution, Dense, Network, Shape
from actbench.models.plain import plain
from actbench.training.block import Block
from actbench.training.fit import batches
from actbench.training.settings import Settings, TrainingData, image_order
from benchmarks.passes import Call


@dataclass(frozen=True)
class Work:
    """The work of one call: several equal networks, trained for one epoch.

    Args:
        activation: a name of the catalogue.
        members: number of networks.
        data: training images.
        batch: images per step.
    """

    activation: str
    members: int
    data: TrainingData
    batch: int

    @property
    def member(self) -> Member:
        """One of the networks; all are equal."""
        return Member(actbench.get(self.activation))

    @property
    def images(self) -> int:
        """Number of images in an epoch."""
        return len(self.data.train[1])


def stacked_block(work: Work) -> Call:
    """Return a call that trains all networks as one stacked block of actbench."""
    import tensorflow as tf

    members = [work.member] * work.members
    block = Block(STUDY, members, input_shape=(28, 28, 1), classes=10, seed=0)
    images, labels = (tf.constant(array) for array in work.data.train)
    rows = image_order(0, 0, work.images)
    return lambda: block.train(images, labels, rows, work.batch)


def keras_fit(work: Work) -> Call:
    """Return a call of Keras's `fit` on TensorFlow."""
    model = plain(STUDY, work.member, input_shape=(28, 28, 1), classes=10, seed=0)
    # Compiled once, so that calls do not trace it again. XLA is off because its convolutions
    # are slower than those of oneDNN on a CPU.
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    settings = Settings(epochs=1, batch_size=work.batch)
    epoch = batches(work.data.train, settings, seed=0, classes=10)
    steps = -(-work.images // work.batch)
    return lambda: [
        model.fit(epoch, steps_per_epoch=steps, shuffle=False, verbose=0)
        for _ in range(work.members)
    ]


def torch_loop(work: Work) -> Call | None:
    """Return a call of the usual loop of PyTorch.

    The result is None if PyTorch is not installed or does not have the activation.
    """
    counterparts = [
        each for each in work.member.activation.counterparts if each.name.startswith("torch")
    ]
    if not installed("torch") or not counterparts:
        return None
    torch = import_module("torch")
    nn = torch.nn
    activation = bind(counterparts[0].name, dict(counterparts[0].fixed))
    first, second, last = nn.Conv2d(1, 8, 7), nn.Conv2d(8, 8, 5), nn.Linear(2592, 10)
    weights = [weight for layer in (first, second, last) for weight in layer.parameters()]
    optimizer = torch.optim.Adam(weights)
    images = torch.from_numpy(work.data.train[0]).permute(0, 3, 1, 2).contiguous()
    labels = torch.from_numpy(work.data.train[1]).long()
    rows = torch.from_numpy(image_order(0, 0, work.images)).long()

    def epoch() -> float:
        # Keras's fit reports accuracy and loss too, so both are computed here.
        correct, loss = 0, 0.0
        for part in rows.split(work.batch):
            x, y = images[part].float() / 255, labels[part]
            optimizer.zero_grad()
            x = activation(second(activation(first(x))))
            logits = last(x.flatten(1))
            mean = nn.functional.cross_entropy(logits, y)
            mean.backward()
            optimizer.step()
            correct += int((logits.argmax(1) == y).sum())
            loss += mean.item() * len(part)
        return loss

    return lambda: [epoch() for _ in range(work.members)]


@contextmanager
def keras_on_jax(work: Work) -> Iterator[Call | None]:
    """Yield a call of Keras on JAX in a process of its own; None if JAX is not installed.

    Raises:
        RuntimeError: the process has ended; raised by the call.
    """
    if not installed("jax"):
        yield None
        return
    arguments = [work.activation, str(work.members), str(work.images), str(work.batch)]
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "benchmarks.keras_on_jax", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
    ) as process:  # fmt: skip
        requests, replies = process.stdin, process.stdout
        if requests is None or replies is None:
            raise RuntimeError("Keras on JAX: expected a process with pipes, got none")

        def call() -> None:
            requests.write("train\n")
            requests.flush()
            if (reply := replies.readline()) != "done\n":
                raise RuntimeError(f"Keras on JAX: expected the reply 'done', got {reply!r}")

        yield call
        requests.close()


def training_flops(network: Network, input_shape: Shape, classes: int) -> int:
    """Return the number of additions and multiplications of a training step per image.

    Only convolutions and dense layers are counted: values, gradients with respect to kernels,
    and gradients with respect to inputs, except for the inputs of the first layer.

    Args:
        network: the network without its last layer.
        input_shape: height, width and channels of an image.
        classes: units of the last layer.

    Example:
        >>> training_flops(STUDY, (28, 28, 1), 10)
        4024832
    """
    layers = (*network.layers, Dense(classes))
    shapes = (*network.shapes(input_shape), (classes,))
    forward = []
    for layer, (before, after) in zip(layers, pairwise(shapes), strict=True):
        match layer:
            case Convolution(filters, size):
                forward.append(2 * size**2 * before[-1] * filters * after[0] * after[1])
            case Dense(units):
                forward.append(2 * before[-1] * units)
    return 3 * sum(forward) - forward[0]


LOOPS: dict[str, Callable[[Work], Call | None]] = {
    "actbench": stacked_block,
    "keras": keras_fit,
    "torch": torch_loop,
}
"""The loops that run in this process, by the names that documents have."""
