"""Blocks are compared with plain Keras models that have the same weights and batches."""

import os
import platform
import subprocess
import sys
from itertools import pairwise
from operator import itemgetter
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import actbench
from actbench import RequestError
from actbench.keras import PReLU, Trainable
from actbench.models.member import Member, leaky, prelu, unstackable_reason
from actbench.models.network import (
    STUDY,
    Activate,
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Network,
    Pool,
)  # fmt: skip
from actbench.models.plain import plain
from actbench.training.block import Block
from actbench.training.stacking import has_grouped_convolutions
from tests.conftest import FULL

ACTIVATIONS = (keras.layers.Activation, PReLU, Trainable)
SHAPE, CLASSES, BATCH = (13, 12, 1), 3, 16

MLP = Network((Flatten(), Dense(20), BatchNorm(), Activate(), Dense(10), Activate()))
DEEP = Network(
    (
        Pool(2, "average"), Convolution(4, 3, "same"), BatchNorm(), Activate(), Pool(2),
        Convolution(6, 2), Activate(), Flatten(), Dense(9), Activate(), Dropout(),
    )
)  # fmt: skip

# Some convolutions make pixel pairs, which the pool and the convolution with 9 filters split.
PAIRS = Network(
    (
        Convolution(8, 3), Activate(), Pool(2), Convolution(4, 2), Convolution(2, 2),
        Activate(), Convolution(3, 2), Activate(), Convolution(9, 1), Activate(), Flatten(),
    )
)  # fmt: skip

MEMBERS = [
    leaky(-0.5),
    leaky(0.2),
    prelu(),
    prelu(tied=True),
    Member(actbench.get("mish")),
    Member(actbench.get("mish"), learning_rate=0.003, init_scale=2.0),
    Member(actbench.get("swish"), trained_parameters=("beta",)),
    Member(actbench.get("formula:a*x + x*sigmoid(b*x)", a=0.1, b=1.5), ("a", "b")),
    Member(actbench.get("tanh"), loss="mse"),
]


def images(count=48, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(CLASSES, size=count).astype(np.int32)
    x = rng.integers(0, 90, (count, *SHAPE)).astype(np.uint8)
    for image, label in zip(x, labels, strict=True):
        image[4 * label : 4 * label + 4] += 120
    return x, labels


def block_of(network, members, **options):
    return Block(network, members, input_shape=SHAPE, classes=CLASSES, seed=5, **options)


def keras_of(network, member):
    model = plain(network, member, input_shape=SHAPE, classes=CLASSES, seed=5)
    losses = {"crossentropy": "categorical_crossentropy", "mse": "mse"}
    model.compile(
        keras.optimizers.Adam(member.learning_rate),
        losses[member.loss],
        metrics=["accuracy"],
    )
    return model


def trained_by_keras(model, x, labels, order):
    losses = []
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        scores = model.train_on_batch(
            x[rows] / np.float32(255), np.eye(CLASSES)[labels[rows]], return_dict=True
        )
        model.reset_metrics()
        losses.append(scores["loss"] * len(rows))
    return sum(losses)


def has_gradient(model):
    """Whether each weight has a gradient that is not just rounding error.

    Batch normalisation cancels the bias of the layer before it, so that the bias has the
    gradient 0, except for rounding errors. Adam enlarges these.
    """
    before = {
        layer.bias.path
        for layer, after in pairwise(model.layers)
        if isinstance(after, keras.layers.BatchNormalization) and hasattr(layer, "bias")
    }
    return [weight.path not in before for weight in model.trainable_weights]


def trainable(model):
    return [weight.numpy() for weight in model.trainable_weights]


@pytest.mark.parametrize(
    ("network", "members"),
    [
        # The short form has one member for each way to compute and to share parameters.
        (STUDY, MEMBERS[:6] if FULL else [MEMBERS[0], MEMBERS[3], MEMBERS[5]]),
        (MLP, [MEMBERS[2], *MEMBERS[6:]] if FULL else MEMBERS[6:]),
        (DEEP, MEMBERS[1:3]),
        (PAIRS, MEMBERS[1:3]),
    ],
    ids=["study", "mlp", "deep", "pairs"],
)
def test_members_train_like_plain_keras_models_for_fifty_steps(network, members):
    x, labels = images()
    block = block_of(network, members)
    models = [keras_of(network, member) for member in members]
    for number, model in enumerate(models):
        for got, weight in zip(block.weights(number), trainable(model), strict=True):
            np.testing.assert_allclose(got, weight.reshape(got.shape), rtol=1e-6)
    rng = np.random.default_rng(1)
    for epoch in range(17):
        order = rng.permutation(len(x) - 6)  # the last batch is smaller
        _, losses = block.train(x, labels, order, BATCH)
        expected = [trained_by_keras(model, x, labels, order) for model in models]
        np.testing.assert_allclose(losses, expected, rtol=1e-4, err_msg=str(epoch))
    for number, model in enumerate(models):
        pairs = zip(has_gradient(model), block.weights(number), trainable(model), strict=True)
        for _, got, weight in filter(itemgetter(0), pairs):
            np.testing.assert_allclose(got, weight.reshape(got.shape), rtol=1e-2, atol=1e-3)
    accuracy, loss = block.accuracy_and_loss(x, labels)
    for number, model in enumerate(models):
        scores = model.evaluate(x / np.float32(255), np.eye(CLASSES)[labels], verbose=0)
        # A bias without a gradient drifts, and the running means follow it late.
        rtol = 1e-3 if all(has_gradient(model)) else 1e-2
        np.testing.assert_allclose([loss[number], accuracy[number]], scores, rtol=rtol)


def test_results_without_grouped_convolutions_are_the_same():
    x, labels = images()
    found = []
    for grouped in (True, False):
        block = block_of(STUDY, MEMBERS[:4], grouped=grouped)
        found.append([block.train(x, labels, np.arange(48), BATCH) for _ in range(3)])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5)


def test_a_member_that_diverges_does_not_change_the_others():
    x, labels = images()
    wild = Member(actbench.get("leaky_relu"), learning_rate=1e20)
    two, three = block_of(STUDY, MEMBERS[:2]), block_of(STUDY, [*MEMBERS[:2], wild])
    for _ in range(4):
        _, expected = two.train(x, labels, np.arange(48), BATCH)
        _, got = three.train(x, labels, np.arange(48), BATCH)
    np.testing.assert_allclose(got[:2], expected, rtol=1e-5)
    assert not np.isfinite(got[2])


def test_all_members_have_the_same_noise_and_dropout_and_only_in_training():
    x, labels = images()
    same = Member(actbench.get("relu"), noise=0.3, dropout=0.4)
    block = block_of(DEEP, [same, same, leaky(0.0)])
    _, losses = block.train(x, labels, np.arange(48), BATCH)
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert losses[0] != pytest.approx(losses[2], rel=1e-3)
    _, once = block.accuracy_and_loss(x, labels)
    np.testing.assert_array_equal(once, block.accuracy_and_loss(x, labels)[1])


def test_a_restored_block_trains_on_identically():
    x, labels = images()
    one, other = block_of(DEEP, MEMBERS[:3]), block_of(DEEP, MEMBERS[:3])
    one.train(x, labels, np.arange(48), BATCH)
    other.restore(one.state())
    found = [block.train(x, labels, np.arange(48), BATCH) for block in (one, other)]
    np.testing.assert_array_equal(found[0], found[1])


ONE_STEP = """
import numpy as np
from actbench.models.member import leaky
from actbench.models.network import STUDY
from actbench.training.block import Block
from actbench.training.stacking import has_grouped_convolutions

block = Block(STUDY, [leaky(0.0), leaky(0.5)], input_shape=(13, 12, 1), classes=3, seed=5)
x = np.random.default_rng(0).integers(0, 255, (16, 13, 12, 1)).astype(np.uint8)
_, losses = block.train(x, np.arange(16, dtype=np.int32) % 3, np.arange(16), 16)
"""


def test_without_onednn_members_are_not_stacked_and_results_are_the_same():
    here: dict[str, Any] = {}
    exec(ONE_STEP, here)  # noqa: S102 - the lines above, with oneDNN
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", f"{ONE_STEP}print(has_grouped_convolutions(), losses.sum())"],
        capture_output=True, text=True, check=True,
        env=os.environ | {"TF_ENABLE_ONEDNN_OPTS": "0"},
    )  # fmt: skip
    groups, loss = done.stdout.split()[-2:]
    if platform.machine() == "x86_64":
        assert (has_grouped_convolutions(), groups) == (True, "False")
    assert float(loss) == pytest.approx(here["losses"].sum(), rel=1e-5)


def test_a_block_without_members_raises():
    with pytest.raises(RequestError, match="members of a block: expected 1 or more, got 0"):
        block_of(STUDY, [])


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((Convolution(2, 13),), "expected at least 13×13 pixels, got 13×12"),
        ((Dense(2),), "Flatten before it"),
        ((Flatten(), Pool()), "before Flatten"),
    ],
)
def test_layers_that_do_not_fit_their_input_raise(layers, message):
    with pytest.raises(RequestError, match=message):
        block_of(Network(layers), [leaky(0.0)])


def test_tied_layers_with_different_numbers_of_channels_raise():
    network = Network((Flatten(), Dense(8), Activate(), Dense(4), Activate()))
    with pytest.raises(RequestError, match=r"expected equal numbers of channels, got \[4, 8\]"):
        Block(network, [prelu(tied=True)], input_shape=(28, 28, 1), classes=10, seed=0)


def test_members_that_cannot_be_stacked_train_like_plain_keras_models(tmp_path, monkeypatch):
    (tmp_path / "stacked_member.py").write_text(
        "import tensorflow as tf\ndef act(x):\n    return tf.nn.relu(x) - 0.1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    members = [
        prelu(granularity="element"),
        prelu(),
        Member(actbench.get("stacked_member:act")),
        leaky(0.1),
    ]
    assert "for each element" in str(unstackable_reason(members[0]))
    assert "without a formula" in str(unstackable_reason(members[2]))
    assert not unstackable_reason(members[1])
    x, labels = images()
    block = block_of(STUDY, members)
    models = [keras_of(STUDY, member) for member in members]
    order = np.arange(len(x))
    for _ in range(5):
        _, losses = block.train(x, labels, order, BATCH)
        expected = [trained_by_keras(model, x, labels, order) for model in models]
        np.testing.assert_allclose(losses, expected, rtol=1e-4)
    assert [len(layer) for layer in block.trained_parameters(0)] == [7 * 6 * 8, 3 * 2 * 8]
    assert [len(layer) for layer in block.trained_parameters(1)] == [8, 8]
    assert block.trained_parameters(2) == []


def test_a_function_that_fails_on_tensors_raises_one_line():
    with pytest.raises(
        RequestError, match=r"^numpy:cosh: expected operations of TensorFlow, got a function "
    ) as raised:
        block_of(STUDY, [Member(actbench.get("numpy:cosh"))])
    assert "\n" not in str(raised.value)


def test_trained_parameters_stay_in_their_domain():
    # A learning rate of 1 would make the scale of ELU negative, but it must be positive.
    member = Member(actbench.get("elu"), trained_parameters=("alpha",), learning_rate=1.0)
    block, (x, labels) = block_of(MLP, [member]), images()
    for _ in range(5):
        block.train(x, labels, np.arange(len(x)), BATCH)
    smallest = min(min(layer) for layer in block.trained_parameters(0))
    assert smallest >= 0
    layer = Trainable(actbench.get("elu"), trained=("alpha",))
    domain = layer.constraint["alpha"]
    assert domain is not None
    assert smallest >= domain.least


@pytest.mark.parametrize("network", [STUDY, MLP], ids=["study", "mlp"])
def test_gradient_norms_and_activation_derivatives_equal_those_of_keras(network):
    x, labels = images(16)
    members = [leaky(0.1), Member(actbench.get("mish")), prelu(granularity="element")]
    block = block_of(network, members)
    norms, derivatives = block.gradient_norms(x, labels), block.activation_derivatives(x)
    for number, member in enumerate(members):
        model = keras_of(network, member)
        floats = tf.constant(x / np.float32(255))
        with tf.GradientTape() as tape:
            loss = keras.losses.CategoricalCrossentropy()(
                np.eye(CLASSES)[labels], model(floats)
            )
        kernels = [w for w in model.trainable_weights if w.name == "kernel"]
        expected = [tf.norm(each) for each in tape.gradient(loss, [w.value for w in kernels])]
        np.testing.assert_allclose(norms[number], expected, rtol=1e-4)
        layers = [layer for layer in model.layers if isinstance(layer, ACTIVATIONS)]
        for layer, found in zip(layers, derivatives, strict=True):
            z = keras.Model(model.inputs, layer.input)(floats)
            with tf.GradientTape() as tape:
                tape.watch(z)
                y = layer(z)
            derivative = tape.gradient(y, z).numpy()
            assert found[number].shape[-1] == derivative.shape[-1]
            np.testing.assert_allclose(
                np.sort(found[number], 0),
                np.sort(derivative.reshape(-1, derivative.shape[-1]), 0),
                atol=1e-5,
            )


def test_sgd_trains_like_keras():
    x, labels = images()
    member = leaky(0.1)
    block = block_of(
        MLP, [member, Member(member.activation, learning_rate=0.02)], optimizer="sgd"
    )
    model = plain(MLP, member, input_shape=SHAPE, classes=CLASSES, seed=5)
    model.compile(keras.optimizers.SGD(0.001), "categorical_crossentropy")
    for _ in range(5):
        _, losses = block.train(x, labels, np.arange(len(x)), BATCH)
        expected = trained_by_keras(model, x, labels, np.arange(len(x)))
        np.testing.assert_allclose(losses[0], expected, rtol=1e-5)
    assert losses[1] < losses[0]


def test_linear_decay_of_learning_rates_trains_like_keras():
    x, labels = images()
    member = Member(actbench.get("mish"), learning_rate=0.01)
    block = block_of(MLP, [leaky(0.1), member])
    model = plain(MLP, member, input_shape=SHAPE, classes=CLASSES, seed=5)
    rate = keras.optimizers.schedules.PolynomialDecay(0.01, 15, end_learning_rate=0.0)
    model.compile(keras.optimizers.Adam(rate), "categorical_crossentropy")
    order = np.arange(len(x))
    for _ in range(5):
        _, losses = block.train(x, labels, order, BATCH, decay_steps=15)
        np.testing.assert_allclose(
            losses[1], trained_by_keras(model, x, labels, order), rtol=1e-4
        )
    trained = block.weights(1)
    block.train(x, labels, order, BATCH, decay_steps=15)
    for before, after in zip(trained[:2], block.weights(1)[:2], strict=True):
        np.testing.assert_array_equal(before, after)


def test_initial_weights_equal_those_of_keras():
    member = Member(actbench.get("relu"), initializer="he_normal", init_scale=0.5)
    block, model = block_of(STUDY, [member, leaky(0.0)]), keras_of(STUDY, member)
    for got, weight in zip(block.weights(0), trainable(model), strict=True):
        np.testing.assert_allclose(got, weight, rtol=1e-6)
    with pytest.raises(
        RequestError, match=r"expected a random initialiser of Keras, .*, got 'zeros'"
    ):
        block_of(STUDY, [Member(actbench.get("relu"), initializer="zeros")])


def test_a_restarted_block_trains_like_a_new_block():
    x, labels = images()
    order = np.arange(len(x), dtype=np.int32)
    members = [
        leaky(0.1),
        prelu(granularity="element"),
        Member(actbench.get("mish"), dropout=0.2, noise=0.1),
    ]
    network = Network((Convolution(4, 3), BatchNorm(), Activate(), Flatten(), Dropout()))
    used = Block(network, members, input_shape=SHAPE, classes=CLASSES, seed=1)
    used.train(x, labels, order, BATCH)
    used.stop(0)
    used.restart(5)
    new = block_of(network, members)
    for _ in range(2):
        found = [block.train(x, labels, order, BATCH) for block in (used, new)]
        np.testing.assert_array_equal(found[0][1], found[1][1])
    for number in range(3):
        for a, b in zip(used.weights(number), new.weights(number), strict=True):
            np.testing.assert_array_equal(a, b)
