"""Training the study's network: a block of members beside Keras's fit, one after another."""

from typing import Any

import numpy as np
import pytest

import actbench
from actbench import provenance
from actbench.data import load_mnist
from actbench.models.member import Member
from actbench.models.network import STUDY
from actbench.models.plain import plain
from actbench.training import Settings, prepare
from actbench.training.block import Block
from actbench.training.fit import batches
from actbench.training.settings import order
from benchmarks.paired import Call, Paired

ACTIVATIONS = ("relu", "mish")
MEMBERS = (1, 2, 4, 6, 12)
IMAGES, BATCH = 1_280, 128


@pytest.fixture(scope="module")
def data() -> Any:
    """Return 640 images and their inverted copies."""
    return prepare(
        load_mnist(), train_images=IMAGES // 2, validation_images=0, test_images=100, seed=0
    )


def _block(member: Member, members: int, data: Any) -> Call:
    import tensorflow as tf

    block = Block(STUDY, [member] * members, input_shape=(28, 28, 1), classes=10, seed=0)
    images, labels = (tf.constant(array) for array in data.train)
    rows = order(0, 0, IMAGES)
    return lambda: block.train(images, labels, rows, BATCH)


def _keras(member: Member, members: int, data: Any) -> Call:
    model = plain(STUDY, member, input_shape=(28, 28, 1), classes=10, seed=0)
    # Compiled and traced once. XLA's convolutions are slower than oneDNN's on a CPU.
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    epoch = batches(data.train, Settings(epochs=1, batch_size=BATCH), seed=0, classes=10)
    options: Any = {"steps_per_epoch": IMAGES // BATCH, "shuffle": False, "verbose": 0}
    return lambda: [model.fit(epoch, **options) for _ in range(members)]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("members", MEMBERS)
def test_training(
    paired: Paired, benchmark: Any, data: Any, activation: str, members: int
) -> None:
    """Time an epoch of ten steps of 128 images for all members.

    Keras trains as many networks one after another.
    """
    member = Member(actbench.get(activation))
    calls = {"ours": _block(member, members, data), "keras": _keras(member, members, data)}
    timings = paired(calls, seconds=4.0)
    if timings is None:
        return
    comparison = timings.comparisons["keras"]
    benchmark.extra_info |= {
        "training": "two convolutions",
        "activation": activation,
        "members": members,
        "images": IMAGES,
        "batch": BATCH,
        "seconds_per_model_epoch": {
            name: timings.median(name) / members for name in ("ours", "keras")
        },
        "keras_times_ours": comparison.ratio,
        "interval": comparison.interval,
        "ours_is": comparison.verdict,
        "noise": comparison.noise,
        "versions": provenance.versions(),
    }
    right, loss = calls["ours"]()
    assert np.isfinite([right, loss]).all()
