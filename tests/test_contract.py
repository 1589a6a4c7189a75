"""The contract of every activation: arrays, dtypes, names, parameters, equality."""

import pickle
from dataclasses import fields

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
def test_results_keep_shape_and_dtype_and_share_no_memory(activation, order, dtype):
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
def test_values_that_are_not_real_numbers_raise_a_type_error(wrong):
    with pytest.raises(TypeError, match=r"expected .*, got "):
        actbench.get("mish")(wrong)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int16, np.uint64])
def test_arrays_of_either_byte_order_give_the_same_results(dtype, order):
    x = np.arange(3).astype(dtype)
    function = getattr(actbench.get("mish"), order)
    swapped = x.astype(x.dtype.newbyteorder("S"))
    np.testing.assert_array_equal(function(swapped), function(x), strict=True)


@pytest.mark.parametrize("order", ORDERS)
def test_masked_arrays_and_long_doubles_are_refused_with_a_suggestion(order):
    function = getattr(actbench.get("mish"), order)
    masked = np.ma.masked_invalid([1.0, np.nan])
    with pytest.raises(TypeError, match=r"without a mask, got a masked array; try x.filled"):
        function(masked)
    with pytest.raises(TypeError, match=r"got (float128|longdouble); try x.astype"):
        function(np.ones(2, np.longdouble))
    with pytest.raises(TypeError, match="expected numbers or an array, got list"):
        function([[1.0], [1.0, 2.0]])


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_activations_are_equal_by_value_hashable_printable_and_picklable(activation):
    again = actbench.get(activation.name, **activation.parameters)
    assert again == activation
    assert again is not activation
    assert hash(again) == hash(activation)
    assert eval(repr(activation), RECORDS_BY_CLASS) == activation  # noqa: S307 - the repr of a record
    assert str(activation).startswith(activation.name)
    assert pickle.loads(pickle.dumps(activation)) == activation  # noqa: S301 - bytes made in this line
    assert type(activation).from_config(activation.get_config()) == activation
    with pytest.raises(AttributeError):
        activation.name = "other"


def test_activations_with_different_parameters_are_not_equal():
    assert actbench.get("swish") != actbench.get("swish", beta=2)
    assert actbench.get("swish", beta=2) == actbench.get("swish", beta=float(np.float32(2)))
    assert (
        len({actbench.get("swish"), actbench.get("swish", beta=1), actbench.get("mish")}) == 2
    )


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_every_record_states_its_formula_and_describes_its_parameters(activation):
    assert activation.formula
    assert activation.latex
    assert activation._repr_latex_() == f"${activation.latex}$"
    assert actbench.get(activation.name, **activation.parameters) == activation
    for f in fields(activation):
        assert f.metadata["symbol"]
        assert f.metadata["meaning"]
        assert f.default in f.metadata["domain"]


def test_the_error_for_an_unknown_name_lists_the_closest_names():
    with pytest.raises(actbench.RequestError, match="got 'swich'; did you mean swish"):
        actbench.get("swich")
    with pytest.raises(actbench.RequestError, match="known names are linear, absolute, "):
        actbench.get("zzzzzz")


def test_the_error_for_an_unknown_parameter_lists_the_known_ones():
    with pytest.raises(actbench.RequestError, match="expected negative_slope, got 'alpha'"):
        actbench.get("leaky_relu", alpha=0.1)
    with pytest.raises(actbench.RequestError, match="of mish: expected none, got 'beta'"):
        actbench.get("mish", beta=1)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
def test_parameters_outside_their_domain_raise_an_error(kind):
    wrong = [
        float("nan"), float("inf"), -float("inf"), "steep", "2", None, [], True, 1j, 10**400,
        np.complex64(1), np.timedelta64(1),
    ]  # fmt: skip
    for f in fields(kind):
        domain = f.metadata["domain"]
        outside = [bound for bound in (-1e9, 1e9, 0.0) if bound not in domain]
        for value in [*wrong, *outside]:
            with pytest.raises(
                actbench.RequestError,
                match=f"parameter {f.name} of .*: expected a finite real number.*, got ",
            ):
                kind(**{f.name: value})


def test_contradictory_parameters_raise_an_error():
    with pytest.raises(actbench.RequestError, match="rrelu: expected lower ≤ upper, got "):
        actbench.get("rrelu", lower=0.5, upper=0.25)
    with pytest.raises(actbench.RequestError, match="srelu: expected t_left ≤ t_right, got "):
        actbench.get("srelu", t_left=2.0)


def test_the_error_for_a_parameter_states_its_domain():
    with pytest.raises(actbench.RequestError, match="expected a finite real number > 0, got 0"):
        actbench.get("celu", alpha=0)
    with pytest.raises(actbench.RequestError, match="real number ≥ 0 and ≤ 1, got 2"):
        actbench.get("soft_exponential", alpha=2)


def test_an_alias_does_not_accept_the_parameter_that_it_fixes():
    with pytest.raises(actbench.RequestError, match="of silu: expected none, got 'beta'"):
        actbench.get("silu", beta=2)


def test_a_name_that_is_not_a_string_raises_an_error():
    with pytest.raises(
        actbench.RequestError, match=r"^activation name: expected a string, got 7$"
    ):
        actbench.get(7)  # type: ignore[arg-type]


def test_the_names_of_the_catalogue_are_unique():
    # `actbench.names()` comes from a dict, in which a second record of the same name is lost.
    stated = [name for record in RECORDS for name in (record.name, *record.aliases)]
    assert sorted(stated) == sorted(set(stated))
    assert set(stated) <= set(actbench.names())
