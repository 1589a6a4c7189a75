"""TensorFlow computes an array of one element as it computes the same element of a long array.

XLA simplifies arithmetic with constants in arrays of one element, so that compensated sums
lost their low parts there and intermediate results overflowed.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

import actbench
from actbench.activations.catalogue import RECORDS
from tests.conftest import FULL

FOUND = [
    ("squareplus", 1, "float32"),
    ("softplus", 0, "float64"),
    ("nlrelu", 0, "float64"),
    ("hard_elish", 2, "float64"),
]
ALL = [
    (r.name, order, dtype)
    for r in RECORDS
    for order in (0, 1, 2)
    for dtype in ("float32", "float64")
]


def numbers(dtype):
    """Return special, huge, tiny and ordinary numbers."""
    end = np.finfo(dtype).max
    sizes = [0.0, 1e-30, 0.5, 0.75, 90.0, 3e9, 1e20, 1e30, 3 * end**0.5, end / 4, end, np.inf]
    return np.array([np.nan, *sizes, *(-size for size in sizes)], dtype)


@pytest.mark.parametrize(("name", "order", "dtype"), ALL if FULL else FOUND)
def test_one_element_has_the_result_of_a_long_array(name, order, dtype):
    activation = actbench.get(name)
    f = (activation, activation.derivative, activation.second_derivative)[order]
    x = numbers(dtype)
    together = f(tf.constant(x)).numpy()
    alone = np.array([f(tf.constant(each)).numpy() for each in x])
    unit = np.finfo(dtype)
    with np.errstate(all="ignore"):
        close = np.abs(alone - together) <= 16 * unit.eps * np.abs(together)
    small = np.maximum(np.abs(alone), np.abs(together)) < 4 * unit.smallest_normal
    same = (alone == together) | (np.isnan(alone) & np.isnan(together))
    assert (same | close | small).all(), x[~(same | close | small)]


def test_graphs_of_unknown_shape_compute_one_element_alike():
    squareplus = actbench.get("squareplus")
    x = np.array([[3.4e38]], np.float32)
    layer = keras.layers.Activation(squareplus.derivative)
    inputs = keras.Input((1,))
    model = keras.Model(inputs, layer(inputs))
    assert model.predict(x, verbose=0) == 1
    compiled = tf.function(squareplus.derivative, jit_compile=True, autograph=False)
    assert compiled(tf.constant(x)).numpy() == 1
