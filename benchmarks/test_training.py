"""One epoch of the study's networks, on 1,280 MNIST images: ten steps of 128."""

from typing import Any

import numpy as np
import pytest

from actbench.data import load_mnist
from actbench.experiments import get_experiment
from actbench.training import Settings, prepare
from actbench.training.fit import fit

CONDITIONS = {
    condition.name: condition for condition in get_experiment("alpha-sweep").conditions
}
SETTINGS = Settings(epochs=1, batch_size=128)


@pytest.fixture(scope="module")
def data() -> Any:
    """Return 640 images and their inverted copies."""
    return prepare(load_mnist(), train_images=640, validation_images=0, test_images=100, seed=0)


@pytest.mark.parametrize("name", CONDITIONS)
def test_epoch(benchmark: Any, data: Any, name: str) -> None:
    """Time `fit` on a network that is built and has been trained before."""
    model = CONDITIONS[name].build(seed=0)
    fit(model, data, SETTINGS, seed=0)

    def epoch() -> Any:
        return fit(model, data, SETTINGS, seed=0)

    outcome = benchmark.pedantic(epoch, rounds=3, iterations=1)
    benchmark.extra_info["seconds_per_step"] = outcome.seconds_per_step
    assert np.isfinite(outcome.curves["loss"][0])
