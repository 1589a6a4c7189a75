"""Time and memory of training the study's network as a stacked block and with other loops."""

import subprocess
import sys

import numpy as np
import pytest

from actbench import provenance
from actbench.data import load_mnist
from actbench.models.network import STUDY
from actbench.testing.paired import Benchmark, Paired
from actbench.training.settings import TrainingData, prepare
from benchmarks.passes import Call
from benchmarks.training_loops import LOOPS, Work, keras_on_jax, training_flops

ACTIVATIONS = ("relu", "mish")
CASES = (
    *((members, 128) for members in (1, 2, 4, 6, 12)),
    *((6, batch) for batch in (32, 512, 1_280)),
)
"""Pairs of members of a block and images per step."""

IMAGES = 1_280

# A program that trains one epoch and prints its peak memory in bytes.
_MEMORY = """
import resource, sys
from pathlib import Path
import actbench
from actbench.data import load_mnist
from actbench.models.member import Member
from actbench.models.network import STUDY
from actbench.training.block import Block
from actbench.training.settings import Settings, prepare
from actbench.training.train import train
data = prepare(
    load_mnist(), train_images={originals}, validation_images=0, test_images=None, seed=0
)
members = [Member(actbench.get("relu"))] * {members}
block = Block(STUDY, members, input_shape=(28, 28, 1), classes=10, seed=0)
train(block, data, Settings(epochs=1, batch_size=128), seed=0)
status = Path("/proc/self/status")
if status.exists():
    # VmHWM, because `resource` counts the memory of the parent process on Linux too.
    lines = status.read_text().splitlines()
    print(1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")))
else:
    unit = 1 if sys.platform == "darwin" else 1024
    print(unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.fixture(scope="module")
def data() -> TrainingData:
    """Return 640 training images and their inverted copies."""
    return prepare(
        load_mnist(), train_images=IMAGES // 2, validation_images=0, test_images=100, seed=0
    )


def _matrix_product(size: int = 2_048) -> tuple[Call, int]:
    """Return a call of a matrix product and its number of operations.

    Its operations per second are an upper limit for training on this machine.
    """
    import tensorflow as tf

    matrix = tf.random.normal((size, size), seed=0)
    return tf.function(lambda: tf.reduce_sum(matrix @ matrix)), 2 * size**3


@pytest.mark.axes(passes="both", dtypes="float32")
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("members", "batch"), CASES)
def test_training(
    paired: Paired,
    benchmark: Benchmark,
    data: TrainingData,
    activation: str,
    members: int,
    batch: int,
) -> None:
    """Time an epoch of 1,280 images for all members; only the block trains them together."""
    work = Work(activation, members, data, batch)
    product, flops = _matrix_product()
    calls = {name: call for name, loop in LOOPS.items() if (call := loop(work))}
    calls["product"] = product
    with keras_on_jax(work) as on_jax:
        if on_jax:
            calls["keras on jax"] = on_jax
        timings = paired(calls, seconds=4.0)
    correct_and_loss = calls["actbench"]()
    assert np.isfinite(np.asarray(correct_and_loss)).all()
    if timings is None:
        return
    others = [name for name in timings.comparisons if name != "product"]
    benchmark.extra_info |= {
        "training": "two convolutions",
        "activation": activation,
        "members": members,
        "images": IMAGES,
        "batch": batch,
        "seconds_per_model_epoch": {
            name: timings.median(name) / members for name in ("actbench", *others)
        },
        "ratio_to_actbench": {name: timings.comparisons[name].ratio for name in others},
        "intervals": {name: timings.comparisons[name].interval for name in others},
        "noise": timings.comparisons["keras"].noise,
        "flops_per_model_epoch": IMAGES * training_flops(STUDY, (28, 28, 1), 10),
        "flops_per_second_of_a_product": flops / timings.median("product"),
        "versions": provenance.versions("torch", "jax"),
    }


@pytest.mark.parametrize("members_measured", [1, 6, 12])
def test_memory(benchmark: Benchmark, members_measured: int) -> None:
    """Measure the peak memory of a process that trains one epoch of 120,000 images."""
    originals = 1_000 if benchmark.disabled else 60_000
    program = _MEMORY.format(members=members_measured, originals=originals)
    command = [sys.executable, "-c", program]
    output: str = benchmark.pedantic(
        lambda: subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    )
    peak = int(output)
    assert peak > 0
    if not benchmark.disabled:
        benchmark.extra_info |= {
            "memory_of_training": "two convolutions",
            "members": members_measured,
            "images": 2 * originals,
            "peak_bytes": peak,
            "versions": provenance.versions(),
        }
