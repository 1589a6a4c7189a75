"""What every activation does with arrays, dtypes, names and parameters."""

import pickle

import ml_dtypes
import numpy as np
import pytest

import actbench
from actbench.activations.catalogue import RECORDS
from tests.cases import ACTIVATIONS

DTYPES = [np.float16, ml_dtypes.bfloat16, np.float32, np.float64]
RECORDS_BY_CLASS = {record.__name__: record for record in RECORDS}
ORDERS = ["__call__", "derivative", "second_derivative"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_keep_shape_and_dtype_and_are_left_untouched(activation, order, dtype):
    function = getattr(activation, order)
    for shape in [(), (0,), (5,), (2, 3), (2, 0, 4), (1, 2, 3, 4)]:
        x = np.linspace(-3, 3, int(np.prod(shape))).reshape(shape).astype(dtype)
        x.flags.writeable = False
        result = function(x)
        assert isinstance(result, np.ndarray)
        assert (result.shape, result.dtype) == (shape, dtype)
        assert not np.shares_memory(x, result)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_strided_and_fortran_arrays_give_the_same_values(activation):
    x = np.linspace(-4, 4, 24).reshape(4, 6)
    for view in (x[::2, ::-1], np.asfortranarray(x), x.T):
        np.testing.assert_array_equal(activation(view), activation(view.copy()))


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_numbers_lists_and_integers_become_float64(activation):
    for x in (2, 2.0, True, [1, -2], [[0.5]], np.arange(3), np.int8(-4), np.array([True])):
        result = activation(x)
        assert result.dtype == np.float64
        np.testing.assert_array_equal(result, activation(np.asarray(x, np.float64)))
    assert activation(np.float32(2)).dtype == np.float32
    assert np.isscalar(activation(1.5))


@pytest.mark.parametrize(
    "wrong", ["1.0", 1j, None, np.array(["a"]), np.longdouble(1)], ids=repr
)
def test_other_values_are_refused(wrong):
    with pytest.raises(TypeError, match="would be right"):
        actbench.get("mish")(wrong)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_equal_by_value_hashable_printable_picklable(activation):
    again = actbench.get(activation.name, **activation.parameters)
    assert again == activation
    assert again is not activation
    assert hash(again) == hash(activation)
    assert eval(repr(activation), RECORDS_BY_CLASS) == activation  # noqa: S307 - our repr
    assert str(activation).startswith(activation.name)
    assert pickle.loads(pickle.dumps(activation)) == activation  # noqa: S301 - our bytes
    assert type(activation).from_config(activation.get_config()) == activation
    with pytest.raises(AttributeError):
        activation.name = "other"


def test_different_parameters_are_different():
    assert actbench.get("swish") != actbench.get("swish", beta=2)
    assert actbench.get("swish", beta=2) == actbench.get("swish", beta=float(np.float32(2)))
    assert (
        len({actbench.get("swish"), actbench.get("swish", beta=1), actbench.get("mish")}) == 2
    )


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_every_record_states_its_facts(activation):
    assert activation.formula
    assert activation.source
    assert activation.latex
    assert activation._repr_latex_() == f"${activation.latex}$"
    assert isinstance(activation.monotone, bool)
    assert isinstance(activation.smooth, bool)
    assert len(activation.bounds) == len(activation.limits) == 2
    assert activation.bounds[0] < activation.bounds[1]


def test_an_unknown_name_names_the_closest():
    with pytest.raises(actbench.RequestError, match="'swich': did you mean swish"):
        actbench.get("swich")
    with pytest.raises(actbench.RequestError, match="known are linear, sigmoid, "):
        actbench.get("zzzzzz")


def test_an_unknown_parameter_names_the_right_ones():
    with pytest.raises(actbench.RequestError, match="'alpha': leaky_relu takes negative_slope"):
        actbench.get("leaky_relu", alpha=0.1)
    with pytest.raises(actbench.RequestError, match="mish takes none"):
        actbench.get("mish", beta=1)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), "steep", None, []]
)
@pytest.mark.parametrize(
    ("name", "parameter"), [("leaky_relu", "negative_slope"), ("swish", "beta")]
)
def test_parameters_are_finite_numbers(name, parameter, value):
    with pytest.raises(actbench.RequestError, match="a finite real number would be right"):
        actbench.get(name, **{parameter: value})
