"""The committed table of true values is complete and agrees with the oracle."""

import mpmath
import numpy as np
import pytest

from actbench.formula.symbolic import oracle
from tests.references import CASES, decoded, encoded, stored_values

REBUILD = "run `python -m tests.references` to compute the table again"

SAMPLED_CASES = CASES[::5]


def test_the_table_has_every_record_order_and_input():
    missing = [
        (str(activation), order)
        for activation, order, inputs in CASES
        if list(stored_values(activation, order)) != inputs.tolist()
    ]
    assert missing == [], REBUILD


@pytest.mark.parametrize(
    "number",
    range(len(SAMPLED_CASES)),
    ids=[f"{activation}-{order}" for activation, order, _ in SAMPLED_CASES],
)
def test_a_sample_of_the_table_agrees_with_the_oracle(number):
    activation, order, inputs = SAMPLED_CASES[number]
    # Two other inputs for each case, so that the sample contains all inputs.
    for x in inputs[[number % inputs.size, (7 * number + 3) % inputs.size]].tolist():
        stored = stored_values(activation, order)[x]
        try:
            expected = oracle(activation, x, order=order)
        except ArithmeticError:
            assert np.isnan(stored[0]), REBUILD
            continue
        # Numbers below 10⁻³³⁰ are 0 in every format.
        allowed = abs(expected) * mpmath.mpf(2) ** -100 + mpmath.mpf("1e-330")
        assert abs(decoded(stored) - expected) <= allowed, f"x = {x}: {REBUILD}"


@pytest.mark.parametrize("text", ["0", "1", "-1.5", "1e-400", "-3e-5000", "7e400"])
def test_values_beyond_the_range_of_float64_are_stored(text):
    with mpmath.workdps(50):
        value = mpmath.mpf(text) * (1 + mpmath.mpf(2) ** -80)
        stored = decoded(np.array(encoded(value)))
        assert abs(stored - value) <= abs(value) * mpmath.mpf(2) ** -100


def test_a_value_that_the_oracle_cannot_compute_raises_an_error():
    with pytest.raises(ArithmeticError, match="cannot compute"):
        decoded(np.array([np.nan, 0.0, 0.0]))
