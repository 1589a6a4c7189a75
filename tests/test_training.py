from functools import partial
from typing import Any

import numpy as np
import pytest

from actbench.data import Dataset
from actbench.models import sequential_network, sequential_network_prelu
from actbench.training.fit import batches, evaluate, fit
from actbench.training.settings import Settings, order, prepare, steps

SETTINGS = Settings(epochs=2, batch_size=16)


@pytest.fixture(scope="module")
def dataset():
    """Images of 11 × 11 whose class is where they are bright."""
    rng = np.random.default_rng(0)
    labels = (np.arange(120) % 2).astype(np.uint8)
    images = rng.integers(0, 100, (120, 11, 11), dtype=np.uint8)
    images[labels == 1, :5] += 120
    return Dataset(images[:80], labels[:80], images[80:], labels[80:])


def prepared(dataset, **changes):
    sizes = {"train_images": 64, "validation_images": 8, "test_images": None, "seed": 0}
    return prepare(dataset, **sizes | changes)


def test_preparation_follows_the_source(dataset):
    data = prepared(dataset)
    assert data.train[0].shape == (128, 11, 11, 1)
    assert data.train[1].shape == (128,)
    assert data.validation[0].shape == (16, 11, 11, 1)
    np.testing.assert_array_equal(255 - data.test_original[0], data.test_inverted[0])
    np.testing.assert_array_equal(data.test_original[1], data.test_inverted[1])
    # Every training image is there with its inverse, none is in the validation set.
    train = {image.tobytes() for image in data.train[0]}
    inverses = {(255 - image).tobytes() for image in data.train[0]}
    held = {image.tobytes() for image in data.validation[0]}
    assert train == inverses
    assert len(train) == 128
    assert not train & held


def test_all_images_without_validation(dataset):
    data = prepared(dataset, train_images=None, validation_images=0)
    assert len(data.train[0]) == 160
    assert data.validation is None


def epochs(train, seed):
    """Images and labels of each epoch, in their order."""
    found = list(batches(train, SETTINGS, seed=seed, classes=2))
    half = len(found) // SETTINGS.epochs
    return [
        [np.concatenate([part[place].numpy() for part in of_epoch]) for place in range(2)]
        for of_epoch in (found[:half], found[half:])
    ]


def test_the_same_seed_sees_the_same_batches_in_another_order_each_epoch(dataset):
    train = prepared(dataset).train
    first, again, other = ([x for x, _ in epochs(train, seed)] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first[0] != first[1]).any()
    assert (first[0] != other[0]).any()
    for number, epoch in enumerate(first):
        np.testing.assert_array_equal(epoch, train[0][order(1, number, 128)] / np.float32(255))


def test_batches_keep_images_and_labels_together(dataset):
    train = prepared(dataset).train
    labels = {image.tobytes(): label for image, label in zip(*train, strict=True)}
    for images, targets in epochs(train, seed=0):
        for image, target in zip(images, targets, strict=True):
            pixels = np.rint(image * 255).astype(np.uint8)
            assert labels[pixels.tobytes()] == target.argmax()


def test_training_repeats_and_counts_its_steps(dataset):
    data = prepared(dataset)
    runs = []
    for _ in range(2):
        counted: list[int] = []
        model = sequential_network(0.1, input_shape=(11, 11, 1), classes=2, seed=0)
        outcome = fit(model, data, SETTINGS, seed=0, on_step=partial(counted.append, 1))
        assert len(counted) == steps(128, SETTINGS) == 16
        assert set(outcome.curves) == {"accuracy", "loss", "val_accuracy", "val_loss"}
        assert {len(curve) for curve in outcome.curves.values()} == {2}
        assert outcome.seconds_per_step == pytest.approx(outcome.seconds / 16)
        runs.append((outcome.curves, evaluate(model, data.test_original)))
    assert runs[0] == runs[1]


def test_conditions_that_compute_the_same_train_the_same(dataset):
    # PReLU starts as ReLU: after one step on the same batch the first losses are equal.
    data = prepared(dataset, train_images=8, validation_images=0)
    one_step = Settings(epochs=1, batch_size=16)
    shape: Any = {"input_shape": (11, 11, 1), "classes": 2, "seed": 4}
    relu, prelu = (
        fit(model, data, one_step, seed=4).curves["loss"]
        for model in (sequential_network(0.0, **shape), sequential_network_prelu(**shape))
    )
    assert relu == pytest.approx(prelu, rel=1e-6)


def test_scores_are_the_definition(dataset):
    data = prepared(dataset)
    model = sequential_network(0.0, input_shape=(11, 11, 1), classes=2, seed=0)
    fit(model, data, SETTINGS, seed=0)
    images, truth = data.test_inverted
    accuracy, loss = evaluate(model, data.test_inverted)
    probabilities = np.asarray(model(images / np.float32(255)), np.float64)
    assert accuracy == pytest.approx((probabilities.argmax(axis=1) == truth).mean())
    expected = -np.log(probabilities[np.arange(len(truth)), truth]).mean()
    assert loss == pytest.approx(expected, rel=1e-4)
