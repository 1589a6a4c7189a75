"""Functions of vectors: values, Jacobians, shapes, infinities, tensors, errors."""

from functools import partial
from typing import Any

import keras
import ml_dtypes
import mpmath
import numpy as np
import pytest
import scipy.special
import tensorflow as tf
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import actbench
from actbench.activations.vector import VECTOR_RECORDS, get_vector
from actbench.activations.vector.gated_units import Glu
from actbench.keras import VectorLayer

HALF: Any = {"axis": 0.5}

every_record = pytest.mark.parametrize("record", VECTOR_RECORDS, ids=lambda record: record.name)
vectors = arrays(np.float64, st.sampled_from([(2,), (6,), (12,)]), elements=st.floats(-50, 50))


def textbook(name, x):
    """Return f(x) from the definition of the function."""
    # The largest result of log_softmax may be −10⁻⁴³, a difference of numbers up to 50.
    with mpmath.workdps(100):
        x = [mpmath.mpf(float(value)) for value in x]
        half = len(x) // 2
        pairs = list(zip(x[:half], x[half:], strict=True))
        gates = {
            "glu": lambda b: 1 / (1 + mpmath.exp(-b)),
            "bilinear": lambda b: b,
            "reglu": lambda b: max(b, 0),
            "geglu": lambda b: b * mpmath.ncdf(b),
            "swiglu": lambda b: b / (1 + mpmath.exp(-b)),
        }
        if name in gates:
            return [a * gates[name](b) for a, b in pairs]
        if name == "maxout":
            return [max(x[i], x[i + 1]) for i in range(0, len(x), 2)]
        if name == "crelu":
            return [max(v, 0) for v in x] + [max(-v, 0) for v in x]
        if name == "sparsemax":
            # Bisection for τ: Σ max(x − τ, 0) decreases from above 1 to 0.
            low, high = min(x) - 1, max(x)
            for _ in range(200):
                tau = (low + high) / 2
                if sum(max(v - tau, 0) for v in x) > 1:
                    low = tau
                else:
                    high = tau
            return [max(v - low, 0) for v in x]
        sign = -1 if name == "softmin" else 1
        total = sum(mpmath.exp(sign * v) for v in x)
        if name == "log_softmax":
            return [v - mpmath.log(total) for v in x]
        return [mpmath.exp(sign * v) / total for v in x]


@every_record
@given(x=vectors)
def test_values_agree_with_the_definition(record, x):
    got, expected = record()(x), textbook(record.name, x)
    assert len(got) == len(expected) == record().output_size(len(x))
    for result, real in zip(got.tolist(), expected, strict=True):
        # Differences of elements up to 50 are rounded.
        absolute = 1e-14 if record.name == "sparsemax" else 1e-300
        assert abs(result - real) <= 2e-14 * abs(real) + absolute


@every_record
@given(x=vectors, seed=st.integers(0, 99))
def test_the_jvp_is_the_directional_derivative(record, x, seed):
    rng = np.random.default_rng(seed)
    # Avoid ties and kinks, because there is no derivative.
    x = np.round(x) + rng.permutation(len(x)) / (3 * len(x)) + 0.1
    v = rng.normal(size=x.shape)
    step = 1e-6
    after, before = record()(x + step * v), record()(x - step * v)
    assume(((after > 0) == (before > 0)).all())  # the support of sparsemax may change
    numeric = (after - before) / (2 * step)
    scale = 1 + np.abs(x).max()
    np.testing.assert_allclose(record().jvp(x, v), numeric, rtol=1e-6, atol=2e-8 * scale)


@every_record
@given(x=vectors, shift=st.floats(-30, 30))
def test_results_have_the_declared_properties(record, x, shift):
    result = record()(x)
    if record.simplex:
        assert (result >= 0).all()
        assert result.sum() == pytest.approx(1, abs=1e-12)
    if record.shift_invariant:
        np.testing.assert_allclose(record()(x + shift), result, atol=1e-12, rtol=1e-10)


@pytest.mark.parametrize("record", [r for r in VECTOR_RECORDS if not r.shift_invariant])
def test_other_functions_are_not_shift_invariant(record):
    x = np.array([-1.0, 0.5, 2.0, -3.0])
    assert not np.allclose(record()(x + 1), record()(x))


@every_record
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.float64])
def test_results_have_the_expected_shape_and_dtype_along_every_axis(record, dtype):
    x = np.random.default_rng(0).normal(size=(4, 6, 2)).astype(dtype)
    x.flags.writeable = False
    for axis in (0, 1, 2, -1, -3):
        act = get_vector(record.name, axis=axis)
        result = act(x)
        assert result.dtype == dtype
        shape = list(x.shape)
        shape[axis] = act.output_size(shape[axis])
        assert result.shape == tuple(shape)
        moved = np.moveaxis(record()(np.moveaxis(x, axis, -1)), -1, axis)
        np.testing.assert_array_equal(result.astype(float), moved.astype(float))
        assert act.jvp(x, x).shape == result.shape
    assert get_vector(record.name)([1, 2]).dtype == np.float64


@every_record
def test_infinite_and_huge_elements_give_limits_and_no_nan(record):
    for x in ([np.inf, 0.0], [-np.inf, 0.0], [1e308, -1e308], [np.inf, 5.0], [-1e308, 1e300]):
        if issubclass(record, Glu) and np.inf in np.abs(x):
            continue  # ∞ · 0 has no limit
        assert not np.isnan(record()(np.array(x))).any(), x
    if record.simplex:
        assert sorted(record()([np.inf, 3.0, -np.inf])) == [0, 0, 1]
        assert record()([-np.inf, -np.inf]).tolist() == [0.5, 0.5]


@every_record
def test_tensors_give_the_values_of_arrays_and_the_gradient_of_the_jvp(record):
    x = np.random.default_rng(1).normal(size=(3, 4, 6)) * 3
    for axis in (-1, 1):
        act = get_vector(record.name, axis=axis)
        tensor = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            value = act(tensor)
        np.testing.assert_allclose(value, act(x), rtol=1e-13, atol=1e-15)
        assert act(tf.cast(tensor, tf.float32)).dtype == tf.float32
        compiled = tf.function(act, input_signature=[tf.TensorSpec([None, 4, 6], tf.float64)])
        np.testing.assert_allclose(compiled(tensor), act(x), rtol=1e-13, atol=1e-15)
        rng = np.random.default_rng(2)
        u, v = rng.normal(size=value.shape), rng.normal(size=x.shape)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            value = tf.reduce_sum(act(tensor) * u)
        # ⟨u, J v⟩ = ⟨Jᵀ u, v⟩
        backward = tape.gradient(value, tensor).numpy()
        assert (u * act.jvp(x, v)).sum() == pytest.approx((backward * v).sum(), rel=1e-10)


@pytest.mark.parametrize("record", [r for r in VECTOR_RECORDS if r.shift_invariant])
@pytest.mark.parametrize("x", [[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [2.0, 2.0, 2.0, -1.0]])
def test_the_gradient_at_ties_is_the_jvp(record, x):
    tensor = tf.constant(x, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        value = record()(tensor)
    jacobian = tape.jacobian(value, tensor).numpy()
    columns = [record().jvp(x, unit) for unit in np.eye(len(x))]
    np.testing.assert_allclose(jacobian, np.transpose(columns), rtol=1e-12, atol=1e-15)


@every_record
def test_models_with_functions_of_vectors_save_and_load(record, tmp_path):
    x = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    activation = record()
    layers = [keras.Input((6,)), keras.layers.Dense(4), VectorLayer(activation)]
    model = keras.Sequential([*layers, keras.layers.Dense(2)])
    assert model.layers[1].output.shape == (None, activation.output_size(4))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.layers[1].function == activation
    np.testing.assert_array_equal(again(x), model(x))
    half = tf.cast(x, tf.float16)
    wide = activation(half.numpy()).astype(np.float32)
    np.testing.assert_allclose(tf.cast(activation(half), tf.float32), wide, rtol=1e-3)


@every_record
@pytest.mark.parametrize("dtype", ["float16", "float64", "int32"])
def test_symbolic_tensors_report_shape_and_dtype_of_the_results(record, dtype):
    for axis in (-1, 1):
        act = get_vector(record.name, axis=axis)
        inputs = keras.Input((4, 6), dtype=dtype)
        model = keras.Model(inputs, act(inputs))
        x = tf.ones((2, 4, 6), dtype)
        result = model(x)
        assert model.output_shape[1:] == result.shape[1:] == act(x).shape[1:]
        assert model.outputs[0].dtype == result.dtype == act(x).dtype
        np.testing.assert_array_equal(result, act(x))


@every_record
def test_tensors_of_integers_become_float64_as_arrays_do(record):
    x = np.array([[3, 1, 2, 0]])
    result = record()(tf.constant(x))
    assert result.dtype == tf.float64
    np.testing.assert_allclose(result, record()(x), rtol=1e-14)


@every_record
@pytest.mark.parametrize(
    "layer",
    [
        partial(keras.layers.Dense, 4),
        keras.layers.Activation,
        partial(keras.layers.Conv1D, 4, 1),
    ],
)
def test_layers_that_would_report_a_wrong_shape_refuse_the_function(record, layer):
    made = layer(activation=record())
    x = tf.ones((2, 5, 4))
    if record().output_size(4) == 4:
        assert made(x).shape == made.compute_output_shape((2, 5, 4))
        return
    with pytest.raises(actbench.RequestError, match=r"try the layer actbench.keras"):
        made(x)


def test_softmax_agrees_with_scipy():
    x = np.random.default_rng(0).normal(size=(5, 7)) * 20
    for name in ("softmax", "log_softmax"):
        expected = getattr(scipy.special, name)(x, axis=-1)
        np.testing.assert_allclose(get_vector(name)(x), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: get_vector("softmx"), "did you mean softmax"),
        (lambda: get_vector(None), "expected a string, got None"),  # type: ignore[arg-type]
        (lambda: actbench.get("softmax"), r"use actbench.get_vector\('softmax'\)$"),
        (lambda: get_vector("softmax", beta=1), "softmax: expected axis, got 'beta'"),
        (
            lambda: get_vector("softmax", **HALF),
            "axis of softmax: expected an integer, got",
        ),
        (lambda: get_vector("maxout", pieces=0), "expected a positive integer, got 0"),
        (
            lambda: get_vector("maxout", pieces=3)([1.0, 2.0]),
            "expected a multiple of 3 element",
        ),
        (lambda: get_vector("glu")([1.0, 2.0, 3.0]), "an even number of elements, got 3"),
        (lambda: get_vector("softmax", axis=1)([1.0]), "expected -1 to 0 for shape"),
        (lambda: get_vector("softmax")(1.0), "expected an array with an axis, got a number"),
        (lambda: get_vector("softmax")(np.empty((2, 0))), "element along axis -1, got none"),
        (lambda: get_vector("glu").jvp(np.ones(2), np.ones(4)), "expected the same shape, got"),
    ],
)
def test_wrong_requests_give_an_error_of_one_line(call, message):
    with pytest.raises(actbench.RequestError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def test_dtypes_that_are_not_real_numbers_raise_a_type_error():
    softmax = get_vector("softmax")
    for wrong in (["a"], [1j], tf.constant([1j]), np.ma.masked_less([1.0, 2.0], 1.5)):
        with pytest.raises(TypeError, match=r"expected .*, got "):
            softmax(wrong)
    with pytest.raises(TypeError, match=r"expected .*, got "):
        softmax.jvp([1.0, 2.0], [1j, 2])
