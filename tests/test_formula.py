"""The language of formulas, what is made from them, and the oracle itself."""

import dataclasses
import math
import time

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

import actbench
from actbench.activations.catalogue import RECORDS
from actbench.formula.parse import boundaries, parse, walk
from actbench.formula.symbolic import DEFINED, latex, oracle

X = sympy.Symbol("x")


@pytest.mark.parametrize(
    ("text", "at_2"),
    [
        ("x + 1.5", 3.5),
        ("+x", 2),
        ("-x ** 3 / 4", -2),
        ("max(x, 3) - min(x, 3)", 1),
        ("abs(-x)", 2),
        ("exp(log(x))", 2),
        ("sqrt(x**2) + sin(pi) + cos(0)", 3),
        ("0.1 * x", sympy.Rational(1, 5)),
        ("x if x > 2 else 7", 7),
        ("x if x >= 2 else 7", 2),
        ("(x if x < 3 else 7) if x <= 2 else 9", 2),
        ("1 if x == 2 else 0", 1),
        ("1e3 * x", 2000),
    ],
)
def test_formulas_mean_what_they_say(text, at_2):
    expression = walk(parse(text, ("x",)), DEFINED, {"x": X})
    assert sympy.simplify(expression.subs(X, 2) - sympy.nsimplify(at_2)) == 0
    assert actbench.from_formula(text)(2.0) == pytest.approx(float(at_2), rel=1e-14)


REFUSED = [
    "__import__('os').system('true')",
    "x.__class__",
    "(lambda: x)()",
    "[x for x in (1,)]",
    "x[0]",
    "x if x else 0",
    "x if 0 < x < 1 else 0",
    "x if x != 0 else 1",
    "x and x",
    "open('f')",
    "exp(x, x)",
    "exp(x=x)",
    "exp",
    "max(x)",
    "y + 1",
    "True * x",
    "'x'",
    "1j * x",
    "x @ x",
    "x // 2",
    "x % 2",
    "~x",
    "x; x",
    "(y := x)",
    "f'{x}'",
    "x +",
    "",
    "\0",
    "1e999 * x",
    "9" * 400,
    "9**9**9",
    "x**9**9**9",
    "x**1000",
    "x**(10*11)",
    "2.5**x**101",
    "(-8)**(1/3) + x",
    "1e300**2 * x",
    "x + 10**-sqrt(1e18)",
    "x + 10**-abs(1000000000)",
    "x + 10**-max(1000000000, 2)",
    "x + exp(-log(10) * 1000000000)",
    "exp(exp(exp(exp(exp(9))))) + x",
    "(" * 90 + "x" + ")" * 90 + "+" * 5,
    "-" * 200 + "x",
    "exp(" * 60 + "x" + ")" * 60,
    "x + " * 600 + "x",
    "x" * 3000,
]


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text[:30]))
def test_whatever_is_no_formula_is_refused_at_once_in_one_line(text):
    started = time.perf_counter()
    with pytest.raises(actbench.RequestError, match=r"^formula .* at column \d+") as refusal:
        parse(text, ("x",))
    assert "\n" not in str(refusal.value)
    assert time.perf_counter() - started < 1


@given(st.text(alphabet="x()+-*/ .0123456789eifls<>=,maxpi", max_size=40))
def test_any_text_is_a_formula_or_refused(text):
    try:
        made = actbench.from_formula(text)
    except actbench.RequestError:
        return
    assert made(np.zeros(3)).shape == (3,)


def test_the_position_of_a_mistake_is_named():
    with pytest.raises(actbench.RequestError, match=r"'sinh\(x\)' at column 5 is not"):
        parse("x + sinh(x)", ("x",))
    with pytest.raises(actbench.RequestError, match=r"'x\*\*101' at column 1 has a power"):
        parse("x**101", ("x",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0 * x", "'1 / 0' at column 1 is no finite number"),
        ("log(-1) * x", r"'log\(-1\)' at column 1 is no finite number"),
        ("x + exp(exp(9))", r"'exp\(exp\(9\)\)' at column 5 has an exponent beyond"),
        ("sqrt(-1 - x**2)", "is a real number nowhere"),
    ],
)
def test_formulas_without_values_are_refused(text, message):
    with pytest.raises(actbench.RequestError, match=message):
        actbench.from_formula(text)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"a": 1.0, "b": 1.0}, "the parameter b does not occur"),
        ({"x": 1.0}, "'x' cannot name a parameter"),
        ({"a": math.nan}, "a = nan is not a number"),
        ({"a": "2"}, "a = '2' is not a number"),
        ({"a": True}, "a = True is not a number"),
        ({"a": 10**400}, "a = 1000*0 is not a number"),
        ({"a": 1.0, "pi": 3.0}, "'pi' cannot name a parameter"),
        ({"a": 1.0, "exp": 3.0}, "'exp' cannot name a parameter"),
        ({"a": 1.0, "µ": 3.0}, "'µ' cannot name a parameter"),
        ({}, "'a' at column 5 is not understood"),
    ],
)
def test_wrong_parameters_of_a_formula_are_refused(parameters, message):
    with pytest.raises(actbench.RequestError, match=message):
        actbench.from_formula("x * a", **parameters)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
def test_every_records_formula_alone_gives_the_same_function(kind):
    record = kind()
    made = actbench.from_formula(record.formula, **record.parameters)
    assert made.generated
    assert not record.generated
    x = np.concatenate([np.linspace(-6, 6, 97), [-3.0, -1.0, 0.0, 0.5, 1.0, 3.0]])
    for order in ("__call__", "derivative", "second_derivative"):
        got, want = getattr(made, order)(x), getattr(record, order)(x)
        np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-9)
    assert made.latex == latex(made)
    assert made.smooth in (record.smooth, None)  # without a seam, it may be unknown
    assert [kink.x for kink in made.kinks] == pytest.approx([k.x for k in record.kinks])


def test_formulas_are_equal_by_value_and_survive_keras_configuration():
    one = actbench.from_formula("x * sin(a * x)", a=2)
    assert one == actbench.get("formula:x * sin(a * x)", a=2.0)
    assert hash(one) == hash(actbench.from_formula("x * sin(a * x)", a=2))
    assert one != actbench.from_formula("x * sin(a * x)", a=3)
    assert type(one).from_config(one.get_config()) == one
    assert str(one) == "formula:x * sin(a * x)(a=2)"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("x * tanh(log(1 + exp(x)))", "mish"),
        ("x * tanh(log(exp(x) + 1.0))", "mish"),
        ("x * (1 / (exp(-x) + 1))", "swish"),
        ("x / (1 + exp(-x))", "swish"),
        ("exp(x) / (1 + exp(x))", "sigmoid"),
        ("1 / (1.0 + exp(-x))", "sigmoid"),
    ],
)
def test_softplus_and_sigmoid_are_recognised_and_stay_stable(text, name):
    made, record = actbench.from_formula(text), actbench.get(name)
    x = np.array([-800.0, -700.0, -30.0, 1.0, 800.0])
    np.testing.assert_allclose(made(x), record(x), rtol=1e-13)
    np.testing.assert_allclose(
        made.derivative(x), record.derivative(x), rtol=1e-12, atol=1e-300
    )
    assert made.slope_limits == record.slope_limits


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("2 + 1 / log(2 + x**2)", None),  # too slow to tell
        ("x * sin(x)", None),
        ("sin(x)", None),
        ("x / (1 + abs(x))", (-1.0, 1.0)),
        ("log(1 + abs(x))", (math.inf, math.inf)),
        ("exp(-x**2)", (0.0, 0.0)),
    ],
)
def test_limits_of_readers_formulas_are_right_or_unknown(text, limits):
    found = actbench.from_formula(text).limits
    assert found == limits if limits else all(map(math.isnan, found))


@pytest.mark.parametrize("text", ["max(x, 0)**4", "sqrt(x**2)", "1 / x", "atan(1 / x)"])
def test_what_cannot_be_told_is_not_called_smooth(text):
    assert actbench.from_formula(text).smooth in (False, None)


def test_formulas_may_have_blanks_breaks_and_greek_letters():
    assert actbench.from_formula("  (x +\n 1)")(2.0) == 3
    with pytest.raises(actbench.RequestError, match="'y' at column 8"):
        actbench.from_formula("   x + y")
    with pytest.raises(actbench.RequestError, match="'y' at column 7"):
        actbench.from_formula("β*x + y", β=1)
    with pytest.raises(actbench.RequestError, match="is no text"):
        actbench.from_formula(3)  # type: ignore[arg-type]
    text = actbench.from_formula("x * text", text=2)  # a parameter may have any name
    assert text(1.0) == 2


def test_equal_parts_are_computed_once():
    calls = []

    def exp(x):
        calls.append(x)
        return math.exp(x)

    algebra = dataclasses.replace(DEFINED, number=float, functions={"exp": exp})
    walk(parse("exp(x) + exp(x) * exp(x)", ("x",)), algebra, {"x": 1.0})
    assert len(calls) == 1


def test_boundaries_are_where_pieces_meet():
    tree = parse("abs(x) if max(x, a) > 1 else min(2, x)", ("x", "a"))
    assert len(boundaries(tree)) == 4


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("relu", r"\max\left(0, x\right)"),
        ("doubled_swish", r"2 x \sigma\left(\beta x\right)"),
        ("tanh", r"\tanh{\left(x \right)}"),
        ("elu", r"\begin{cases} x & \text{for}\: x > 0 \\\alpha \left(e^{x} - 1\right)"),
    ],
)
def test_latex(name, written):
    assert latex(actbench.get(name)).startswith(written)


# Closed forms, independent of SymPy's differentiation; 50 digits.
@pytest.mark.parametrize("x", [-700.0, -40.0, -1e-30, 0.0, 1e-30, 3.0, 700.0])
def test_the_oracle_against_closed_forms(x):
    with mpmath.workdps(2000):
        sigma = 1 / (1 + mpmath.exp(-mpmath.mpf(x)))
        closed = {
            ("sigmoid", 0): sigma,
            ("sigmoid", 1): sigma * (1 - sigma),
            ("sigmoid", 2): sigma * (1 - sigma) * (1 - 2 * sigma),
            ("swish", 1): sigma * (1 + x * (1 - sigma)),
            ("softplus", 0): mpmath.log(1 + mpmath.exp(mpmath.mpf(x))),
            ("tanh", 1): mpmath.sech(mpmath.mpf(x)) ** 2,
            ("gelu", 0): x * mpmath.ncdf(x),
        }
        for (name, order), want in closed.items():
            got = oracle(actbench.get(name), x, order=order)
            assert abs(got - want) <= abs(want) * mpmath.mpf(10) ** -49 + mpmath.mpf(10) ** -340


def test_the_oracle_takes_parameters_exactly():
    # 0.1 is not a tenth: the float's own value counts.
    got = oracle(actbench.get("swish", beta=0.1), 3.0)
    with mpmath.workdps(50):
        assert abs(got - 3 / (1 + mpmath.exp(-3 * mpmath.mpf(0.1)))) < mpmath.mpf(10) ** -48
        assert abs(got - 3 / (1 + mpmath.exp(-3 * mpmath.mpf("0.1")))) > mpmath.mpf(10) ** -20


def test_the_oracle_says_when_it_cannot():
    with pytest.raises(ArithmeticError, match="digits did not settle"):
        oracle(actbench.from_formula("sin(exp(x))"), 1e5)
    with pytest.raises(ArithmeticError, match="out of reach"):
        oracle(actbench.from_formula("exp(exp(exp(x)))"), 20.0)
    with pytest.raises(ArithmeticError, match="no real number"):
        oracle(actbench.from_formula("log(x)"), -1.0)
