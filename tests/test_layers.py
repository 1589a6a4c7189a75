"""The layer `Trainable`: values, gradients, shared axes, constraints, training, saving."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import actbench
from actbench import RequestError
from actbench.activations.catalogue import RECORDS
from actbench.frameworks.parametric import parameter_domain, trainable_parameters
from actbench.keras import PReLU, Trainable

X = np.random.default_rng(0).normal(0, 2, (7, 4)).astype(np.float32)
TRAINABLE = [kind() for kind in RECORDS if kind().parameters and trainable_parameters(kind())]
FORMULAS = [
    actbench.get("formula:x*sigmoid(b*x)", b=1.5),
    actbench.get("formula:a*x + softplus(b*x)/b - log(1 + exp(-c))", a=0.1, b=2, c=0.3),
    actbench.get("formula:x if x > 0 else a*(exp(x/a) - 1)", a=0.7),
    actbench.get("formula:max(x, a*x) + b**2*erf(x)", a=0.2, b=0.5),
]


def gradients(layer, x, outer=tf.sin):
    layer(x)
    tensors = list(layer.parameters.values())
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(outer(layer(x)))
    return tape.gradient(loss, [x, *(each.value for each in tensors)])


@pytest.mark.parametrize("activation", TRAINABLE + FORMULAS, ids=str)
def test_value_and_gradients_equal_those_of_the_record(activation):
    layer = Trainable(activation, shared_axes="all")
    x = tf.constant(np.linspace(-4.13, 3.91, 41).reshape(-1, 1))
    np.testing.assert_allclose(layer(x), activation(x), rtol=1e-6, atol=1e-6)
    by_x, *by_parameters = gradients(layer, x)
    expected = activation.derivative(x.numpy()) * np.cos(activation(x.numpy()))
    np.testing.assert_allclose(by_x, expected, rtol=1e-5, atol=1e-5)
    for name, got in zip(layer.trained, by_parameters, strict=True):
        step = 1e-5
        domain = parameter_domain(activation, name)

        def loss(value, name=name):
            changed = actbench.get(activation.name, **(activation.parameters | {name: value}))
            return np.sum(np.sin(changed(x.numpy())))

        value = activation.parameters[name]
        ends = [v for v in (value - step, value, value + step) if v in domain]
        rise = (loss(ends[-1]) - loss(ends[0])) / (ends[-1] - ends[0])
        np.testing.assert_allclose(got, rise, rtol=2e-3, atol=2e-4, err_msg=name)


@pytest.mark.parametrize("name", ["swish", "aptx", "srelu", "softclip"])
@pytest.mark.parametrize("far", [-1e30, -np.inf, 1e30, np.inf, np.nan, 0.0])
def test_values_at_large_x_equal_the_record_and_gradients_are_not_nan(name, far):
    x = tf.constant([[far]], tf.float32)
    layer = Trainable(name)
    np.testing.assert_allclose(layer(x), layer.activation(x), rtol=1e-6)
    if not np.isnan(far):
        assert not any(np.isnan(g).any() for g in gradients(layer, x, tf.identity))


@pytest.mark.parametrize("name", ["swish", "isru", "star_relu", "pserf", "squareplus"])
@pytest.mark.parametrize("far", [1e155, 1e200, 1e308, np.inf])
def test_float64_gradients_at_large_x_are_not_nan(name, far):
    layer = Trainable(name, dtype="float64")
    for x in (far, -far):
        assert not any(
            np.isnan(g).any()
            for g in gradients(layer, tf.constant([[x]], tf.float64), tf.identity)
        )


def test_initial_float64_parameters_equal_those_of_the_record():
    layer = Trainable("leaky_relu", dtype="float64")
    layer(np.ones((1, 1)))
    assert layer.parameters["negative_slope"].numpy().item() == 0.2


@pytest.mark.parametrize(
    "create",
    [
        lambda: PReLU(shared_axes=[1, 2], dtype="mixed_float16"),
        lambda: Trainable("prelu", dtype="mixed_float16"),
    ],
)
def test_gradients_of_many_inputs_are_summed_in_float32_or_wider(create):
    layer = create()
    x = -tf.ones((128, 26, 26, 1), tf.float16)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.cast(layer(x), tf.float32))
    (slopes,) = layer.trainable_weights
    np.testing.assert_array_equal(
        tape.gradient(total, slopes.value), np.full(slopes.shape, -86528)
    )


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        (None, (1, 1, 3)), ("all", (1, 1, 1)), ((), (5, 4, 3)), ([1], (1, 4, 3)),
        ([-1], (5, 4, 1)), (2, (5, 1, 3)),
    ],
)  # fmt: skip
def test_parameters_are_shared_along_axes(axes, shape):
    layer = Trainable("swish", shared_axes=axes)
    layer.build((None, 5, 4, 3))
    beta = layer.parameters["beta"]
    assert beta.shape == shape
    np.testing.assert_array_equal(beta, np.ones(shape))


def test_gradients_are_summed_over_shared_axes():
    x = tf.constant(np.random.default_rng(1).normal(size=(6, 5, 4, 3)))
    per_element = gradients(Trainable("swish", shared_axes=(), dtype="float64"), x)[1]
    per_channel = gradients(Trainable("swish", dtype="float64"), x)[1]
    np.testing.assert_allclose(per_channel, np.sum(per_element, (0, 1), keepdims=True))


def test_training_finds_the_beta_of_the_data():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), Trainable("swish", shared_axes="all")])
    model.compile(keras.optimizers.Adam(0.2), "mse")
    x = np.tile(X, (10, 1))
    model.fit(x, actbench.get("swish", beta=3)(x), epochs=60, verbose=0)
    assert model.layers[0].parameters["beta"].numpy().item() == pytest.approx(3, abs=0.02)


def test_a_constraint_keeps_parameters_in_their_domain():
    model = keras.Sequential([keras.Input((4,)), Trainable("elu", shared_axes="all")])
    model.compile(keras.optimizers.SGD(100.0), "mse")
    model.fit(X, np.full_like(X, 9), epochs=2, verbose=0)
    alpha = model.layers[0].parameters["alpha"].numpy().item()
    assert alpha in parameter_domain(actbench.get("elu"), "alpha")
    free = Trainable("elu", constraint=None)
    free.build((None, 4))
    assert free.parameters["alpha"].constraint is None


def test_parameters_have_a_regularizer_only_on_request():
    layer = Trainable("swish")
    layer(X)
    assert layer.losses == []
    decayed = Trainable("swish", regularizer=keras.regularizers.L2(0.1))
    decayed(X)
    assert float(decayed.losses[0]) == pytest.approx(0.4)


def test_arguments_may_name_parameters():
    layer = Trainable(
        "srelu", trained=["a_left"], initializer={"a_left": keras.initializers.Constant(0.5)}
    )
    layer(X)
    assert list(layer.parameters) == ["a_left"]
    np.testing.assert_allclose(
        layer(X), actbench.get("srelu", a_left=0.5)(X), rtol=1e-6, atol=1e-6
    )


def model_of(*activations):
    inputs = keras.Input((6, 6, 1))
    x = inputs
    for activation in activations:
        x = keras.layers.Conv2D(2, 3, padding="same")(x)
        x = activation(x) if isinstance(activation, keras.Layer) else activate(activation, x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(3, "softmax", dtype="float32")(x))


def activate(activation, x):
    return keras.layers.Activation(activation)(x)


def train(model, epochs=2):
    rng = np.random.default_rng(2)
    images, labels = rng.normal(size=(40, 6, 6, 1)), rng.integers(0, 3, 40)
    history = model.fit(images, labels, batch_size=16, epochs=epochs, verbose=0)
    return images, history.history["loss"]


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_a_model_trains_saves_loads_clones_and_trains_further(policy, tmp_path):
    keras.utils.set_random_seed(3)
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = model_of(
            actbench.get("mish"),
            "actbench>swish",
            Trainable("swish"),
            PReLU(shared_axes=[1, 2]),
        )
        model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
        images, losses = train(model)
        model.save(tmp_path / "model.keras")
        model.save_weights(tmp_path / "model.weights.h5")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        cloned = keras.models.clone_model(model)
        cloned.load_weights(tmp_path / "model.weights.h5")
        for other in (loaded, cloned):
            np.testing.assert_array_equal(other(images), model(images))
        assert loaded.layers[6].parameters["beta"].dtype == "float32"
        assert loaded.optimizer.iterations == model.optimizer.iterations
        more = train(loaded, epochs=3)[1]
        assert np.isfinite([*losses, *more]).all()
        assert more[-1] < losses[0]
        lines: list[str] = []
        loaded.summary(print_fn=lines.append)
        assert "swish" in "".join(lines)
    finally:
        keras.config.set_dtype_policy(previous)


def test_a_model_compiled_by_xla_has_the_same_losses():
    keras.utils.set_random_seed(4)
    model = model_of(actbench.get("mish"), Trainable("swish"))
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    for each, jit in ((model, False), (clone, True)):
        each.compile("sgd", "sparse_categorical_crossentropy", jit_compile=jit)
    np.testing.assert_allclose(train(model)[1], train(clone)[1], rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"activation": "relu"}, "expected one with trainable parameters, .*, got relu"),
        (
            {"activation": "swish", "trained": ["bta"]},
            "expected some of beta, got 'bta'",
        ),
        ({"activation": "swish", "trained": []}, "expected at least one of beta, got none"),
        (
            {"activation": "swish", "shared_axes": "some"},
            "shared_axes: expected a list of integers",
        ),
        (
            {"activation": "swish", "initializer": {"alpha": "ones"}},
            "expected one of beta, got 'alpha'",
        ),
        ({"activation": "threshold", "trained": ["threshold"]}, "the value jumps there"),
        ({"activation": "swisch"}, "swish"),
    ],
)
def test_errors_of_wrong_arguments_are_one_line(arguments, message):
    with pytest.raises(RequestError, match=message) as raised:
        Trainable(**arguments)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("axes", "shape", "message"),
    [
        ([3], (None, 4), "expected axes from 1 to 1"),
        ([0], (None, 4), "the batch"),
        ((), (None, None, 4), "expected a fixed size along axis 1"),
    ],
)
def test_axes_that_inputs_do_not_have_are_rejected(axes, shape, message):
    with pytest.raises(RequestError, match=message):
        Trainable("swish", shared_axes=axes).build(shape)
