"""Functions of vectors: values, Jacobians, shapes, infinities, tensors."""

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
from actbench.activations.vector import VECTOR_RECORDS

HALF: Any = {"axis": 0.5}

every_kind = pytest.mark.parametrize("kind", VECTOR_RECORDS, ids=lambda kind: kind.name)
vectors = arrays(np.float64, st.sampled_from([(2,), (6,), (12,)]), elements=st.floats(-50, 50))


def textbook(name, x):
    """The definitions, in 50 digits, term by term."""
    with mpmath.workdps(50):
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
            # τ by bisection: Σ max(x − τ, 0) falls from above 1 to 0.
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


@every_kind
@given(x=vectors)
def test_values_are_the_textbooks(kind, x):
    got, want = kind()(x), textbook(kind.name, x)
    assert len(got) == len(want) == kind().output_size(len(x))
    for result, real in zip(got.tolist(), want, strict=True):
        # A difference of two x up to 50 is rounded before its exponential.
        absolute = 1e-14 if kind.name == "sparsemax" else 1e-300
        assert abs(result - real) <= 2e-14 * abs(real) + absolute


@every_kind
@given(x=vectors, seed=st.integers(0, 99))
def test_the_jvp_is_the_derivative_in_a_direction(kind, x, seed):
    rng = np.random.default_rng(seed)
    # Away from ties and kinks, where there is no derivative.
    x = np.round(x) + rng.permutation(len(x)) / (3 * len(x)) + 0.1
    v = rng.normal(size=x.shape)
    step = 1e-6
    after, before = kind()(x + step * v), kind()(x - step * v)
    assume(((after > 0) == (before > 0)).all())  # the support of sparsemax may change
    numeric = (after - before) / (2 * step)
    scale = 1 + np.abs(x).max()
    np.testing.assert_allclose(kind().jvp(x, v), numeric, rtol=1e-6, atol=2e-8 * scale)


@every_kind
@given(x=vectors, shift=st.floats(-30, 30))
def test_declared_properties_hold(kind, x, shift):
    result = kind()(x)
    if kind.simplex:
        assert (result >= 0).all()
        assert result.sum() == pytest.approx(1, abs=1e-12)
    if kind.shift_invariant:
        np.testing.assert_allclose(kind()(x + shift), result, atol=1e-12, rtol=1e-10)


@pytest.mark.parametrize("kind", [k for k in VECTOR_RECORDS if not k.shift_invariant])
def test_the_others_are_not_shift_invariant(kind):
    x = np.array([-1.0, 0.5, 2.0, -3.0])
    assert not np.allclose(kind()(x + 1), kind()(x))


@every_kind
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.float64])
def test_shapes_axes_and_dtypes(kind, dtype):
    x = np.random.default_rng(0).normal(size=(4, 6, 2)).astype(dtype)
    x.flags.writeable = False
    for axis in (0, 1, 2, -1, -3):
        act = actbench.get_vector(kind.name, axis=axis)
        result = act(x)
        assert result.dtype == dtype
        shape = list(x.shape)
        shape[axis] = act.output_size(shape[axis])
        assert result.shape == tuple(shape)
        moved = np.moveaxis(kind()(np.moveaxis(x, axis, -1)), -1, axis)
        np.testing.assert_array_equal(result.astype(float), moved.astype(float))
        assert act.jvp(x, x).shape == result.shape
    assert actbench.get_vector(kind.name)([1, 2]).dtype == np.float64


@every_kind
def test_infinities_and_huge_values_give_limits_and_no_nan(kind):
    for x in ([np.inf, 0.0], [-np.inf, 0.0], [1e308, -1e308], [np.inf, 5.0], [-1e308, 1e300]):
        if kind.name in {"bilinear", "reglu", "geglu", "swiglu", "glu"} and np.inf in np.abs(x):
            continue  # ∞ · 0: two limits that contradict each other
        assert not np.isnan(kind()(np.array(x))).any(), x
    if kind.simplex:
        assert sorted(kind()([np.inf, 3.0, -np.inf])) == [0, 0, 1]
        assert kind()([-np.inf, -np.inf]).tolist() == [0.5, 0.5]


@every_kind
def test_tensors_agree_and_their_gradient_is_the_jacobians(kind):
    x = np.random.default_rng(1).normal(size=(3, 4, 6)) * 3
    for axis in (-1, 1):
        act = actbench.get_vector(kind.name, axis=axis)
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


@pytest.mark.parametrize("kind", [k for k in VECTOR_RECORDS if k.shift_invariant])
@pytest.mark.parametrize("x", [[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [2.0, 2.0, 2.0, -1.0]])
def test_ties_keep_their_gradient(kind, x):
    tensor = tf.constant(x, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        value = kind()(tensor)
    jacobian = tape.jacobian(value, tensor).numpy()
    columns = [kind().jvp(x, unit) for unit in np.eye(len(x))]
    np.testing.assert_allclose(jacobian, np.transpose(columns), rtol=1e-12, atol=1e-15)


@every_kind
def test_models_with_them_save_and_load(kind, tmp_path):
    x = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    activation = kind()
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4, activation=activation)])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.layers[0].activation == activation
    np.testing.assert_array_equal(again(x), model(x))
    half = tf.cast(x, tf.float16)
    wide = activation(half.numpy()).astype(np.float32)
    np.testing.assert_allclose(tf.cast(activation(half), tf.float32), wide, rtol=1e-3)


def test_against_scipy():
    x = np.random.default_rng(0).normal(size=(5, 7)) * 20
    for name in ("softmax", "log_softmax"):
        want = getattr(scipy.special, name)(x, axis=-1)
        np.testing.assert_allclose(actbench.get_vector(name)(x), want, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: actbench.get_vector("softmx"), "did you mean softmax"),
        (lambda: actbench.get_vector(None), "a text would be right"),  # type: ignore[arg-type]
        (lambda: actbench.get("softmax"), r"get_vector\('softmax'\) would be right"),
        (lambda: actbench.get_vector("softmax", beta=1), "'beta': softmax takes axis"),
        (lambda: actbench.get_vector("softmax", **HALF), "a whole number would be right"),
        (lambda: actbench.get_vector("maxout", pieces=0), "1 or more would be right"),
        (lambda: actbench.get_vector("maxout", pieces=3)([1.0, 2.0]), "a multiple of 3"),
        (lambda: actbench.get_vector("glu")([1.0, 2.0, 3.0]), "an even number would be right"),
        (lambda: actbench.get_vector("softmax", axis=1)([1.0]), "-1 … 0 would be right"),
        (lambda: actbench.get_vector("softmax")(1.0), "a number has no axis"),
        (lambda: actbench.get_vector("softmax")(np.empty((2, 0))), "is empty"),
        (lambda: actbench.get_vector("glu").jvp(np.ones(2), np.ones(4)), "one shape for both"),
    ],
)
def test_bad_requests_are_one_clear_error(call, message):
    with pytest.raises(actbench.RequestError, match=message) as refusal:
        call()
    assert "\n" not in str(refusal.value)


def test_other_values_are_refused():
    softmax = actbench.get_vector("softmax")
    for wrong in (["a"], [1j], tf.constant([1, 2])):
        with pytest.raises(TypeError, match="would be right"):
            softmax(wrong)
    with pytest.raises(TypeError, match="would be right"):
        softmax.jvp([1.0, 2.0], [1j, 2])
