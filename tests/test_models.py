"""Plain Keras models of the networks."""

import numpy as np
import pytest

import actbench
from actbench.models import sequential_network, sequential_network_prelu
from actbench.models.member import Member
from actbench.models.network import Flatten, Network
from actbench.models.plain import plain
from actbench.models.sequential import prelu_slopes

NETWORKS = {
    "alpha=-1": (lambda **kw: sequential_network(-1.0, **kw), 27_938),
    "alpha=0.5": (lambda **kw: sequential_network(0.5, **kw), 27_938),
    "prelu": (lambda **kw: sequential_network_prelu(**kw), 27_954),
    "prelu shared": (lambda **kw: sequential_network_prelu(shared=True, **kw), 27_946),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_numbers_of_parameters_and_shapes_equal_those_of_the_source(name):
    build, parameters = NETWORKS[name]
    model = build()
    assert model.count_params() == parameters
    kinds = {"Conv2D": [400, 1608], "Flatten": [0], "Dense": [25_930]}
    for kind, counts in kinds.items():
        layers = [layer for layer in model.layers if type(layer).__name__ == kind]
        assert [layer.count_params() for layer in layers] == counts
    x = np.zeros((2, 28, 28, 1), np.float32)
    shapes = []
    for layer in model.layers:
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == [(22, 22, 8)] * 2 + [(18, 18, 8)] * 2 + [(2592,), (10,)]
    np.testing.assert_allclose(np.sum(x, axis=1), 1, rtol=1e-6)


def test_networks_with_one_seed_have_equal_initial_weights():
    weights = [
        [w for w in build(seed=7).get_weights() if w.shape != (1, 1, 8)]
        for build, _ in NETWORKS.values()
    ]
    for others in weights[1:]:
        for one, other in zip(weights[0], others, strict=True):
            np.testing.assert_array_equal(one, other)


def test_other_seeds_give_other_weights():
    one, two = sequential_network(0.0, seed=1), sequential_network(0.0, seed=2)
    assert np.abs(one.get_weights()[0] - two.get_weights()[0]).max() > 0.01
    assert np.abs(sequential_network(0.0).get_weights()[0]).max() > 0


def test_output_equals_convolutions_and_softmax_in_numpy():
    alpha = -0.5
    model = sequential_network(alpha, seed=3)
    x = np.random.default_rng(0).random((2, 28, 28, 1)).astype(np.float32)
    kernel1, bias1, kernel2, bias2, dense, bias3 = (
        w.astype(np.float64) for w in model.get_weights()
    )

    def convolve(images, kernel, bias):
        windows = np.lib.stride_tricks.sliding_window_view(
            images, kernel.shape[:2], axis=(1, 2)
        )
        z = np.einsum("nhwcij,ijcf->nhwf", windows, kernel) + bias
        return np.where(z > 0, z, alpha * z)

    hidden = convolve(convolve(x, kernel1, bias1), kernel2, bias2)
    logits = hidden.reshape(2, -1) @ dense + bias3
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model(x), probabilities, rtol=1e-4)


def test_other_image_sizes_and_numbers_of_classes():
    model = sequential_network_prelu(input_shape=(11, 14, 1), classes=3)
    assert model(np.zeros((1, 11, 14, 1), np.float32)).shape == (1, 3)


def test_images_that_are_too_small_raise():
    with pytest.raises(
        actbench.RequestError, match="expected at least 11×11 pixels, got 10×28"
    ):
        sequential_network(0.0, input_shape=(10, 28, 1))


@pytest.mark.parametrize("alpha", [float("nan"), float("inf"), None])
def test_slopes_that_are_not_finite_raise(alpha):
    with pytest.raises(actbench.RequestError, match="expected a finite real number, got "):
        sequential_network(alpha)


def test_slopes_are_listed_for_each_prelu_layer():
    assert prelu_slopes(sequential_network(0.0)) == []
    separate, shared = (sequential_network_prelu(shared=s) for s in (False, True))
    for model in (separate, shared):
        next(v for v in model.weights if "alpha" in v.path).assign(
            np.arange(8.0).reshape(1, 1, 8)
        )
    assert prelu_slopes(separate) == [[float(i) for i in range(8)], [0.0] * 8]
    assert prelu_slopes(shared) == [[float(i) for i in range(8)]] * 2


@pytest.mark.parametrize("noise", [0.5, 3.0])
def test_noise_has_the_standard_deviation_of_the_member(noise):
    network = Network((Flatten(),))
    member = Member(actbench.get("relu"), noise=noise)
    model = plain(network, member, input_shape=(40, 40, 1), classes=2, seed=0)
    before_flatten = next(
        n for n, layer in enumerate(model.layers) if layer.name.startswith("fl")
    )
    x = np.zeros((20, 40, 40, 1), np.float32)
    for layer in model.layers[:before_flatten]:
        x = layer(x, training=True)
    # Five standard errors of the deviation of 32,000 draws.
    assert np.std(x) == pytest.approx(noise, rel=5 / np.sqrt(2 * 32_000))
