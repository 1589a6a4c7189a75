"""Preparation of data, training of single models and of blocks, observers, curvature."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from actbench import RequestError, get
from actbench.data import Dataset
from actbench.models import sequential_network, sequential_network_prelu
from actbench.models.member import Member
from actbench.models.network import STUDY, Activate, Dense, Flatten, Network
from actbench.training.block import Block
from actbench.training.fit import accuracy_and_loss, batches, fit
from actbench.training.landscape import Landscape, filter_scale
from actbench.training.observers import activity, gradient_norms
from actbench.training.settings import Settings, image_order, prepare, steps
from actbench.training.train import train

SETTINGS = Settings(epochs=2, batch_size=16)


@pytest.fixture(scope="module")
def dataset():
    """Images of 11 × 11 pixels; those of class 1 are bright in the upper part."""
    rng = np.random.default_rng(0)
    labels = (np.arange(120) % 2).astype(np.uint8)
    images = rng.integers(0, 100, (120, 11, 11), dtype=np.uint8)
    images[labels == 1, :5] += 120
    return Dataset(images[:80], labels[:80], images[80:], labels[80:])


def prepared(dataset, **changes):
    sizes = {"train_images": 64, "validation_images": 8, "test_images": None, "seed": 0}
    return prepare(dataset, **sizes | changes)


def test_prepared_images_have_inverted_copies_and_validation_has_others(dataset):
    data = prepared(dataset)
    assert data.train[0].shape == (128, 11, 11, 1)
    assert data.train[1].shape == (128,)
    assert data.validation[0].shape == (16, 11, 11, 1)
    np.testing.assert_array_equal(255 - data.test_original[0], data.test_inverted[0])
    np.testing.assert_array_equal(data.test_original[1], data.test_inverted[1])
    # The training set contains the inverse of each image, and no validation image.
    train = {image.tobytes() for image in data.train[0]}
    inverses = {(255 - image).tobytes() for image in data.train[0]}
    held = {image.tobytes() for image in data.validation[0]}
    assert train == inverses
    assert len(train) == 128
    assert not train & held


def test_all_images_are_for_training_without_validation(dataset):
    data = prepared(dataset, train_images=None, validation_images=0)
    assert len(data.train[0]) == 160
    assert data.validation is None


def epochs(train, seed):
    """Return images and labels of each epoch, in their order."""
    found = list(batches(train, SETTINGS, seed=seed, classes=2))
    half = len(found) // SETTINGS.epochs
    return [
        [np.concatenate([part[place].numpy() for part in of_epoch]) for place in range(2)]
        for of_epoch in (found[:half], found[half:])
    ]


def test_the_order_of_images_depends_on_seed_and_epoch_only(dataset):
    train = prepared(dataset).train
    first, again, other = ([x for x, _ in epochs(train, seed)] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first[0] != first[1]).any()
    assert (first[0] != other[0]).any()
    for number, epoch in enumerate(first):
        np.testing.assert_array_equal(
            epoch, train[0][image_order(1, number, 128)] / np.float32(255)
        )


def test_batches_keep_images_and_labels_together(dataset):
    train = prepared(dataset).train
    labels = {image.tobytes(): label for image, label in zip(*train, strict=True)}
    for images, targets in epochs(train, seed=0):
        for image, target in zip(images, targets, strict=True):
            pixels = np.rint(image * 255).astype(np.uint8)
            assert labels[pixels.tobytes()] == target.argmax()


def test_training_is_repeatable_and_reports_each_step(dataset):
    data = prepared(dataset)
    runs = []
    for _ in range(2):
        counted: list[int] = []
        model = sequential_network(0.1, input_shape=(11, 11, 1), classes=2, seed=0)
        result = fit(model, data, SETTINGS, seed=0, on_step=partial(counted.append, 1))
        assert len(counted) == steps(128, SETTINGS) == 16
        assert set(result.curves) == {"accuracy", "loss", "val_accuracy", "val_loss"}
        assert {len(curve) for curve in result.curves.values()} == {2}
        assert result.seconds_per_step == pytest.approx(result.seconds / 16)
        runs.append((result.curves, accuracy_and_loss(model, data.test_original)))
    assert runs[0] == runs[1]


def test_a_number_of_steps_can_count_as_an_epoch(dataset):
    train = prepared(dataset).train
    short, one_pass, long = (replace(SETTINGS, steps_per_epoch=n) for n in (3, 8, 20))
    assert [steps(128, each) for each in (short, one_pass, long, SETTINGS)] == [6, 16, 40, 16]
    first = [x for x, _ in batches(train, SETTINGS, seed=1, classes=2).as_numpy_iterator()]
    for settings, common in ((short, 3), (one_pass, 8), (long, 8)):
        found = batches(train, settings, seed=1, classes=2).as_numpy_iterator()
        images = [x for x, _ in found]
        assert [len(x) for x in images] == [16] * steps(128, settings)
        np.testing.assert_array_equal(images[:common], first[:common])
    # Each pass over the images has all of them, in another order.
    rows = image_order(1, 0, 128, count=300)
    assert sorted(rows[:128]) == sorted(rows[128:256]) == list(range(128))
    assert (rows[:128] != rows[128:256]).any()


def test_blocks_and_plain_models_count_steps_alike(dataset):
    data = prepared(dataset)
    settings = replace(SETTINGS, steps_per_epoch=20, schedule="linear")
    member = Member(get("leaky_relu", negative_slope=0.1))
    block = Block(STUDY, [member], input_shape=(11, 11, 1), classes=2, seed=0)
    model = sequential_network(0.1, input_shape=(11, 11, 1), classes=2, seed=0)
    block.assign(0, model.get_weights())
    counted: list[int] = []
    (stacked,) = train(block, data, settings, seed=0, on_steps=counted.append)
    plain = fit(model, data, settings, seed=0)
    assert sum(counted) == 40
    assert stacked.curves["loss"] == pytest.approx(plain.curves["loss"], rel=1e-3)
    assert stacked.curves["val_loss"] == pytest.approx(plain.curves["val_loss"], rel=1e-3)


def test_a_linear_schedule_ends_at_a_learning_rate_of_zero(dataset):
    model = sequential_network(0.1, input_shape=(11, 11, 1), classes=2, seed=0)
    fit(model, prepared(dataset), replace(SETTINGS, schedule="linear"), seed=0)
    assert float(model.optimizer.learning_rate) == 0
    assert "schedule" not in SETTINGS.describe()
    assert replace(SETTINGS, schedule="linear").describe()["schedule"] == "linear"


def test_relu_and_prelu_have_the_same_first_loss(dataset):
    # The slopes of PReLU are initially 0, so the losses before the first step are equal.
    data = prepared(dataset, train_images=8, validation_images=0)
    one_step = Settings(epochs=1, batch_size=16)
    shape: Any = {"input_shape": (11, 11, 1), "classes": 2, "seed": 4}
    relu, prelu = (
        fit(model, data, one_step, seed=4).curves["loss"]
        for model in (sequential_network(0.0, **shape), sequential_network_prelu(**shape))
    )
    assert relu == pytest.approx(prelu, rel=1e-6)


def test_accuracy_and_loss_follow_their_definitions(dataset):
    data = prepared(dataset)
    model = sequential_network(0.0, input_shape=(11, 11, 1), classes=2, seed=0)
    fit(model, data, SETTINGS, seed=0)
    images, labels = data.test_inverted
    accuracy, loss = accuracy_and_loss(model, data.test_inverted)
    probabilities = np.asarray(model(images / np.float32(255)), np.float64)
    assert accuracy == pytest.approx((probabilities.argmax(axis=1) == labels).mean())
    expected = -np.log(probabilities[np.arange(len(labels)), labels]).mean()
    assert loss == pytest.approx(expected, rel=1e-4)


def block_of(data, *members):
    shape = data.train[0].shape[1:]
    network = Network((Flatten(), Dense(12), Activate()))
    return Block(network, members, input_shape=shape, classes=2, seed=0)


def test_patience_stops_a_member_and_not_the_others(dataset):
    data = prepared(dataset)
    settings = Settings(epochs=12, batch_size=16, patience=2)
    relu = get("relu")
    # The first member overshoots immediately, the second learns slowly.
    block = block_of(data, Member(relu, learning_rate=0.5), Member(relu, learning_rate=1e-4))
    fast, slow = train(block, data, settings, seed=0)
    losses = fast.curves["val_loss"]
    assert len(losses) < 12
    assert len(losses) - 1 - losses.index(min(losses)) == 2
    assert len(slow.curves["val_loss"]) == 12
    # The stopped member keeps its weights.
    _, found = block.accuracy_and_loss(*data.validation)
    assert found[0] == pytest.approx(losses[-1])
    alone = block_of(data, Member(relu, learning_rate=1e-4))
    (expected,) = train(alone, data, Settings(epochs=12, batch_size=16), seed=0)
    assert slow.curves["loss"] == pytest.approx(expected.curves["loss"], rel=1e-5)


def test_observers_are_called_before_training_and_after_each_epoch(dataset):
    data = prepared(dataset)
    dead = Member(get("relu"), init_scale=1e-30)
    block = block_of(data, Member(get("sigmoid")), dead)
    fine, of_dead = train(block, data, SETTINGS, seed=0, observers=[gradient_norms, activity])
    observed: list[dict[str, Any]] = [dict(fine.observed), dict(of_dead.observed)]
    for quantities in observed:
        shapes = {name: np.shape(values) for name, values in quantities.items()}
        assert set(shapes) == {"gradient_norm", "dead", "saturated"}
        assert shapes["gradient_norm"] == (3, 2)
        assert shapes["dead"] == shapes["saturated"] == (3, 1)
    assert observed[0]["dead"] == [[0.0]] * 3
    assert min(norm for epoch in observed[0]["gradient_norm"] for norm in epoch) > 0
    assert observed[1]["gradient_norm"][0][0] < 1e-20


def test_too_large_batches_and_patience_without_validation_raise(dataset):
    data = prepared(dataset, validation_images=0)
    block = block_of(data, Member(get("relu")))
    with pytest.raises(RequestError, match=r"batch size: expected 1 to 128, .*, got 129"):
        train(block, data, Settings(epochs=1, batch_size=129), seed=0)
    with pytest.raises(
        RequestError, match="patience: expected None without validation images, got 1"
    ):
        train(block, data, Settings(epochs=1, batch_size=16, patience=1), seed=0)


def test_curvature_equals_that_of_the_hessian(dataset):
    data = prepared(dataset)
    images, labels = (array[:40] for array in data.train)
    network = Network((Flatten(), Dense(3), Activate()))
    members = [Member(get("tanh")), Member(get("swish"), learning_rate=0.01)]
    block = Block(network, members, input_shape=images.shape[1:], classes=2, seed=0)
    train(block, data, SETTINGS, seed=0)
    before = [block.weights(member) for member in range(2)]
    landscape = Landscape(block, images, labels)
    eigenvalues = landscape.top_eigenvalues(0, iterations=60)
    traces, plane = landscape.traces(0, draws=200), landscape.plane(0, 1.0, 3)
    x = tf.constant(images.reshape(40, -1) / 255)
    for member, activation in enumerate((tf.tanh, tf.nn.silu)):
        weights = [tf.Variable(tf.cast(weight, tf.float64)) for weight in before[member]]
        scale = np.concatenate([each.ravel() for each in filter_scale(before[member])])
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                hidden = activation(x @ weights[0] + weights[1])
                logits = hidden @ weights[2] + weights[3]
                loss = tf.reduce_mean(
                    tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
                )
            gradient = tf.concat(
                [tf.reshape(g, [-1]) for g in inner.gradient(loss, weights)], 0
            )
        rows = outer.jacobian(gradient, weights)
        hessian = np.concatenate([row.numpy().reshape(len(gradient), -1) for row in rows], 1)
        hessian *= np.outer(scale, scale)
        values = np.linalg.eigvalsh(hessian)
        assert eigenvalues[member] == pytest.approx(values[np.abs(values).argmax()], rel=0.02)
        # Five standard errors of Hutchinson's estimate with 200 draws.
        error = np.sqrt(2 * (hessian**2).sum() - 2 * (np.diag(hessian) ** 2).sum()) / 200**0.5
        assert traces[member] == pytest.approx(np.trace(hessian), abs=5 * error)
        assert plane[member][1, 1] == pytest.approx(float(loss), rel=1e-5)
        for now, then in zip(block.weights(member), before[member], strict=True):
            np.testing.assert_array_equal(now, then)
