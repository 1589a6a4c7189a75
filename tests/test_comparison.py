import numpy as np
import pytest
from mpmath import mpf

from actbench.activations.record import ErrorBound
from tests.comparison import assert_accurate, ulp_error

X = np.array([0.5, 1.0, 3.0])
STRICT = ErrorBound(0.5)


def doubled(x, order):
    return mpf([2 * x, 2, 0, 0][order])


def test_exact_results_pass():
    assert_accurate(lambda x: 2 * x, doubled, X, accuracy=ErrorBound(0))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: 2 * x * (1 + 4e-16),
        lambda x: np.where(x == 1, np.nan, 2 * x),
        lambda x: np.where(x == 1, np.inf, 2 * x),
        lambda x: np.where(x == 1, -2 * x, 2 * x),
        lambda x: (2 * x).astype(np.float32),
        lambda x: (2 * x)[:2],
        lambda x: (2 * x).tolist(),
    ],
    ids=["value", "nan", "infinity", "sign", "dtype", "shape", "type"],
)
def test_a_wrong_value_shape_dtype_or_type_fails(wrong):
    with pytest.raises(AssertionError):
        assert_accurate(wrong, doubled, X, accuracy=STRICT)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_one_ulp_is_one_spacing(dtype):
    for value in (1.0, 1.5, 3e-5, np.finfo(dtype).tiny, np.finfo(dtype).smallest_subnormal):
        value = dtype(value)
        assert ulp_error(np.nextafter(value, dtype(2)), mpf(float(value))) == 1


def test_infinity_passes_only_if_the_true_value_rounds_to_infinity():
    assert ulp_error(np.float16(np.inf), mpf(65520)) == 0
    assert ulp_error(np.float16(np.inf), mpf(65519)) == np.inf
    assert ulp_error(np.float16(-np.inf), mpf(65520)) == np.inf


def shifted(x, order):
    return mpf(x) - 1 if order == 0 else mpf(order == 1)


def test_near_a_zero_the_error_is_relative_to_the_values_nearby():
    sloppy = lambda x: (x - 1) + 1e-16  # noqa: E731
    point = np.array([1.0 + 1e-12])
    assert_accurate(sloppy, shifted, point, accuracy=ErrorBound(2))
    assert_accurate(sloppy, shifted, np.array([1.0]), accuracy=ErrorBound(2))
    for wrong in (lambda x: x, lambda x: (x - 1) + 1e-15):
        with pytest.raises(AssertionError):
            assert_accurate(wrong, shifted, point, accuracy=ErrorBound(2))


def test_away_from_a_zero_the_error_is_relative_to_the_value():
    with pytest.raises(AssertionError):
        assert_accurate(lambda x: x + 4e-16, lambda x, _: mpf(x), X, accuracy=STRICT)


def test_the_sensitivity_allows_the_error_of_a_rounded_argument_and_no_more():
    def exponential(x, _):
        return mpf(2) ** x

    point = np.array([100.5])
    rounded = lambda x: 2.0 ** (x + 2e-14)  # noqa: E731
    with pytest.raises(AssertionError):
        assert_accurate(rounded, exponential, point, accuracy=STRICT)
    # |x g'/g| is 100.5, because this oracle returns g for g', and the shift is 62 ULP.
    assert_accurate(rounded, exponential, point, accuracy=ErrorBound(0.5, 1))
    with pytest.raises(AssertionError):
        assert_accurate(rounded, exponential, point, accuracy=ErrorBound(0.5, 0.1))


def test_only_subnormal_results_may_be_flushed_to_zero():
    for expected, passes in ((1e-310, True), (3e-308, False)):
        flushed = lambda x: 0 * x  # noqa: E731
        if passes:
            assert_accurate(flushed, lambda *_, w=expected: mpf(w), X, accuracy=STRICT)
        else:
            with pytest.raises(AssertionError):
                assert_accurate(flushed, lambda *_, w=expected: mpf(w), X, accuracy=STRICT)
