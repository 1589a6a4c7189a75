"""Random formulas: each gives a function, LaTeX, true values and facts, in a limit of time."""

import contextlib
import math
import signal
import sys
from itertools import pairwise

import numpy as np
import pytest

import actbench
from actbench.cli.describe import activation_page
from actbench.display.properties import properties_of
from actbench.formula import limits
from actbench.formula.oracle import NotRealError, oracle
from tests.conftest import FULL
from tests.random_formulas import RandomFormula

SECONDS = 30.0
"""Limit of processor time for one formula."""

POINTS = (-40.0, -3.7, -1.0, -0.3, -1e-9, 0.0, 1e-9, 0.3, 1.0, 3.7, 40.0)

REGRESSIONS = {
    "a power of a function": "x * sigmoid(x)**2",
    "a constant function in max": "max(x, sigmoid(1))",
    "a constant condition": "x if 2 > 1 else 0",
    "a root of a product": "sqrt(x*x)",
    "nested powers": "x + ((((0.5**100)**100)**100)**100)**100",
    "nested max": "max(" * 12 + "x" + ", x*x)" * 12,
    "dense kinks": "max(sin(1000*x), 0)",
    "digits of a large argument": "sin(exp(exp(x)))",
}  # fmt: skip


class TooSlowError(BaseException):
    """A formula needs more than `SECONDS`."""


@contextlib.contextmanager
def time_limit():
    """Raise an error when the processor time is used up."""
    if sys.platform == "win32":
        yield
        return

    def stop(*_):
        raise TooSlowError

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def true_values(activation, order=0):
    """Return x ↦ true value: NaN if there is no real one; none if it cannot be computed."""
    found = {}
    for x in POINTS:
        with contextlib.suppress(ArithmeticError):
            try:
                found[x] = oracle(activation, x, order=order)
            except NotRealError:
                found[x] = math.nan
    return found


def contradictions(activation):
    """Return the facts about a formula that its true values refute."""
    facts, values = activation.facts, true_values(activation)
    # The decimals of a formula are exact in the oracle, and floats in facts: a formula that
    # amplifies this difference is no counterexample.
    with np.errstate(all="ignore"):
        computed = dict(zip(POINTS, activation(np.array(POINTS)).tolist(), strict=True))
    real = {
        x: y
        for x, y in values.items()
        if abs(y - computed[x]) <= 1e-6 * abs(y) or abs(y) < 1e-290
    }
    found = []
    # Numbers beyond the range of float64 are 0 or infinite in a bound.
    lower, upper = facts.bounds
    for x, y in real.items():
        slack = 1e-9 * abs(y) + 1e-290
        if lower is not None and y < lower - slack and abs(y) < 1e300:
            found.append(f"f({x}) = {float(y)} is below {lower}")
        if upper is not None and y > upper + slack and abs(y) < 1e300:
            found.append(f"f({x}) = {float(y)} is above {upper}")
        if any(gap.lo < x < gap.hi for gap in facts.gaps or ()):
            found.append(f"f({x}) is real, but in a gap")
    if facts.gaps == ():
        found += [f"f({x}) is not real" for x, y in values.items() if math.isnan(y)]
    if facts.monotone:
        in_order = [(x, real[x]) for x in sorted(real)]
        for (x, low), (z, high) in pairwise(in_order):
            if low > high + 1e-12 * abs(high) + 1e-290:
                found.append(f"f falls between {x} and {z}")
    sign = {"odd": -1, "even": 1}.get(facts.symmetry or "")
    if sign is not None:
        for x in real:
            if -x not in real or abs(real[-x] - sign * real[x]) > 1e-12 * abs(real[x]) + 1e-290:
                found.append(f"f is not {facts.symmetry} at {x}")
    if facts.sign_preserving:
        visible = {x: y for x, y in real.items() if abs(y) > 1e-290}
        found += [f"f({x}) has another sign" for x, y in visible.items() if y * x <= 0]
    return found


def check(text, parameters):
    """Do everything with one formula; return whether it is accepted."""
    try:
        activation = actbench.from_formula(text, **parameters)
    except actbench.RequestError as error:
        if "\n" in str(error):
            pytest.fail(f"{text} {parameters}: an error of several lines")
        return False
    x = np.array(POINTS)
    for function in (activation, activation.derivative, activation.second_derivative):
        assert function(x).shape == x.shape
    assert activation.latex.count("{") == activation.latex.count("}")
    assert activation.latex.count(r"\left") == activation.latex.count(r"\right")
    for order in (0, 1, 2):
        true_values(activation, order)
    assert "\n".join(activation_page(activation))
    assert properties_of(activation).document()
    wrong = contradictions(activation)
    assert not wrong, f"{text} {parameters}: {wrong}"
    return True


def check_in_time(text, parameters):
    """Do the same in a limit of time."""
    try:
        with time_limit():
            return check(text, parameters)
    except TooSlowError:
        pytest.fail(f"{text} {parameters}: needs more than {SECONDS} s")


@pytest.fixture(autouse=True, scope="module")
def _short_limits():
    """Let SymPy give up soon, because most random formulas have no limit in closed form."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "PROCESSOR_SECONDS", 0.1)
        limits.stop_children()
        yield
    limits.stop_children()


@pytest.mark.parametrize("text", REGRESSIONS.values(), ids=REGRESSIONS)
def test_a_formula_that_failed_once_is_accepted(text):
    assert check_in_time(text, {})


@pytest.mark.parametrize("seed", range(100) if FULL else [0, 1])
def test_random_formulas_never_fail_and_never_hang(seed, monkeypatch):
    """10,000 formulas in the long form. SymPy answers for one seed of ten, to save time."""
    if seed % 10:
        monkeypatch.setattr(limits, "_ask", lambda _: None)
    random = RandomFormula(np.random.default_rng(seed))
    accepted = [
        check_in_time(random.text(), random.parameters) for _ in range(100 if FULL else 8)
    ]
    assert any(accepted)
