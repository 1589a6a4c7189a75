import numpy as np
import pytest
from mpmath import mpf

from tests.comparison import assert_ulp, ulp_error

X = np.array([0.5, 1.0, 3.0])


def test_exact_results_pass():
    assert_ulp(lambda x: 2 * x, lambda x: mpf(2 * x), X, ulp=0)


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
def test_wrong_results_fail(wrong):
    with pytest.raises(AssertionError):
        assert_ulp(wrong, lambda x: mpf(2 * x), X, ulp=0.5)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_one_ulp_is_one_spacing(dtype):
    for value in (1.0, 1.5, 3e-5, np.finfo(dtype).tiny, np.finfo(dtype).smallest_subnormal):
        value = dtype(value)
        assert ulp_error(np.nextafter(value, dtype(2)), mpf(float(value))) == 1


def test_overflow_is_right_only_where_the_real_value_overflows():
    assert ulp_error(np.float16(np.inf), mpf(65520)) == 0
    assert ulp_error(np.float16(np.inf), mpf(65519)) == np.inf
    assert ulp_error(np.float16(-np.inf), mpf(65520)) == np.inf


def test_zeros_of_the_function_are_judged_by_what_is_nearby():
    sloppy = lambda x: (x - 1) + 1e-16  # noqa: E731
    point = np.array([1.0 + 1e-12])
    with pytest.raises(AssertionError):
        assert_ulp(sloppy, lambda x: mpf(x) - 1, point, ulp=1)
    assert_ulp(sloppy, lambda x: mpf(x) - 1, point, ulp=2, zeros=[1.0])
    with pytest.raises(AssertionError):
        assert_ulp(lambda x: x, lambda x: mpf(x) - 1, point, ulp=2, zeros=[1.0])
