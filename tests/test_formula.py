"""The formula language, generated activations, LaTeX and the oracle."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import actbench
from actbench.activations.catalogue import RECORDS
from actbench.formula.algebra import Algebra, evaluate_tree
from actbench.formula.parse import parse
from actbench.formula.symbolic import oracle
from actbench.formula.tree import piece_conditions


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
        ("0.1 * x", 0.2),
        ("x if x > 2 else 7", 7),
        ("x if x >= 2 else 7", 2),
        ("(x if x < 3 else 7) if x <= 2 else 9", 2),
        ("1 if x == 2 else 0", 1),
        ("1e3 * x", 2000),
    ],
)
def test_formulas_have_their_mathematical_values(text, at_2):
    made = actbench.from_formula(text)
    with mpmath.workdps(50):
        assert abs(oracle(made, 2.0) - mpmath.mpf(str(at_2))) < 1e-45
    assert made(2.0) == pytest.approx(at_2, rel=1e-14)


# Python that is no formula, and numbers that would take too much time or memory to compute.
INVALID_FORMULAS = [
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
    "1if x > 0 else 2",
]


@pytest.mark.parametrize("text", INVALID_FORMULAS, ids=lambda text: repr(text[:30]))
def test_an_invalid_formula_raises_an_error_of_one_line_with_the_column(text):
    with pytest.raises(
        actbench.RequestError, match=r"^formula .*: expected .*, got .* at column \d+"
    ) as error:
        parse(text, ("x",))
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500


@given(st.text(alphabet="x()+-*/ .0123456789eifls<>=,maxpi", max_size=40))
def test_any_text_gives_an_activation_or_a_request_error(text):
    try:
        made = actbench.from_formula(text)
    except actbench.RequestError:
        return
    assert made(np.zeros(3)).shape == (3,)


def test_the_error_names_the_mistake_and_its_column():
    with pytest.raises(actbench.RequestError, match=r"got 'sinh\(x\)' at column 5$"):
        parse("x + sinh(x)", ("x",))
    with pytest.raises(
        actbench.RequestError,
        match=r"a power within ±100, got 'x\*\*101' at",
    ):
        parse("x**101", ("x",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0 * x", "expected a finite number, got '1 / 0' at column 1"),
        ("log(-1) * x", r"expected a finite number, got 'log\(-1\)' at column 1"),
        ("x + exp(exp(9))", r"an exponent within ±700, got 'exp\(exp\(9\)\)' at column 5"),
        ("sqrt(-1 - x**2)", "expected a real number somewhere in .*, got only NaN"),
    ],
)
def test_formulas_without_real_values_raise_an_error(text, message):
    with pytest.raises(actbench.RequestError, match=message):
        actbench.from_formula(text)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"a": 1.0, "b": 1.0}, "got an unused parameter 'b'"),
        ({"x": 1.0}, "name of a parameter, got 'x'"),
        ({"a": math.nan}, "parameter a of formula .*: expected a finite real number, got nan"),
        ({"a": "2"}, "expected a finite real number, got '2'"),
        ({"a": True}, "expected a finite real number, got True"),
        ({"a": 10**400}, "expected a finite real number, got 1000*0"),
        ({"a": 1.0, "pi": 3.0}, "name of a parameter, got 'pi'"),
        ({"a": 1.0, "exp": 3.0}, "name of a parameter, got 'exp'"),
        ({"a": 1.0, "µ": 3.0}, "name of a parameter, got 'µ'"),
        ({}, "expected names x, numbers, .*, got 'a' at column 5"),
    ],
)
def test_wrong_parameters_of_a_formula_raise_an_error(parameters, message):
    with pytest.raises(actbench.RequestError, match=message):
        actbench.from_formula("x * a", **parameters)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
def test_the_formula_of_a_record_generates_the_same_function(kind):
    record = kind()
    made = actbench.from_formula(record.formula, **record.parameters)
    assert made.generated
    assert not record.generated
    x = np.concatenate([np.linspace(-6, 6, 97), [-3.0, -1.0, 0.0, 0.5, 1.0, 3.0]])
    for order in ("__call__", "derivative", "second_derivative"):
        got, expected = getattr(made, order)(x), getattr(record, order)(x)
        np.testing.assert_allclose(got, expected, rtol=1e-7, atol=1e-9)
    assert made.smooth in (record.smooth, None)  # may be unknown without breakpoints
    assert [kink.x for kink in made.kinks] == pytest.approx([k.x for k in record.kinks])


def test_generated_activations_are_equal_by_value_and_restored_from_their_config():
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
        ("2 + 1 / log(2 + x**2)", (2.0, 2.0)),
        ("x**3 / (1 + x**2)", (-math.inf, math.inf)),
        ("log(x)", (math.nan, math.inf)),
        ("x * sin(x)", None),
        ("sin(x)", None),
        ("x / (1 + abs(x))", (-1.0, 1.0)),
        ("log(1 + abs(x))", (math.inf, math.inf)),
        ("exp(-x**2)", (0.0, 0.0)),
    ],
)
def test_limits_of_user_formulas_are_correct_or_unknown(text, limits):
    found = actbench.from_formula(text).limits
    assert found == pytest.approx(limits or (math.nan, math.nan), rel=0, abs=0, nan_ok=True)


@pytest.mark.parametrize("text", ["max(x, 0)**4", "sqrt(x**2)", "1 / x", "atan(1 / x)"])
def test_a_formula_with_nonsmooth_parts_is_not_called_smooth(text):
    assert actbench.from_formula(text).smooth in (False, None)


def test_formulas_may_contain_blanks_line_breaks_and_greek_letters():
    assert actbench.from_formula("  (x +\n 1)")(2.0) == 3
    with pytest.raises(actbench.RequestError, match="'y' at column 8"):
        actbench.from_formula("   x + y")
    with pytest.raises(actbench.RequestError, match="'y' at column 7"):
        actbench.from_formula("β*x + y", β=1)
    with pytest.raises(actbench.RequestError, match=r"^formula: expected a string, got 3$"):
        actbench.from_formula(3)  # type: ignore[arg-type]
    text = actbench.from_formula("x * text", text=2)  # a parameter may have any name
    assert text(1.0) == 2


def test_equal_subexpressions_are_computed_once():
    calls = []

    def exp(x):
        calls.append(x)
        return math.exp(x)

    algebra: Algebra[float, bool] = Algebra(
        float, {"exp": exp}, pow, lambda c, a, b: a if c else b, lambda *_: True
    )
    evaluate_tree(parse("exp(x) + exp(x) * exp(x)", ("x",)), algebra, {"x": 1.0})
    assert len(calls) == 1


def test_piece_conditions_include_nested_conditions():
    tree = parse("abs(x) if max(x, a) > 1 else min(2, x)", ("x", "a"))
    assert len(piece_conditions(tree)) == 4


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("relu", r"\max\left(x, 0\right)"),
        ("doubled_swish", r"2 x \sigma\left(\beta x\right)"),
        ("tanh", r"\tanh{\left(x \right)}"),
        ("elu", r"\begin{cases} x & \text{for}\: x > 0 \\ \alpha \left(e^{x} - 1\right)"),
    ],
)
def test_latex_shows_functions_by_their_names(name, written):
    assert actbench.get(name).latex.startswith(written)


def test_latex_of_a_formula_shows_greek_parameters_as_letters():
    activation = actbench.from_formula("beta * x * sigmoid(speed * x)", beta=2, speed=3)
    assert activation.latex == r"\beta x \sigma\left(speed x\right)"


# Closed forms, independent of SymPy's differentiation; 50 digits.
@pytest.mark.parametrize("x", [-700.0, -40.0, -1e-30, 0.0, 1e-30, 3.0, 700.0])
def test_the_oracle_equals_closed_forms_to_49_digits(x):
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
        for (name, order), expected in closed.items():
            got = oracle(actbench.get(name), x, order=order)
            allowed = abs(expected) * mpmath.mpf(10) ** -49 + mpmath.mpf(10) ** -340
            assert abs(got - expected) <= allowed


def test_the_oracle_takes_parameters_exactly():
    # The float 0.1 differs from 1/10.
    got = oracle(actbench.get("swish", beta=0.1), 3.0)
    with mpmath.workdps(50):
        assert abs(got - 3 / (1 + mpmath.exp(-3 * mpmath.mpf(0.1)))) < mpmath.mpf(10) ** -48
        assert abs(got - 3 / (1 + mpmath.exp(-3 * mpmath.mpf("0.1")))) > mpmath.mpf(10) ** -20


def test_the_oracle_raises_an_error_without_enough_digits_or_a_real_value():
    with pytest.raises(ArithmeticError, match="expected 50 equal digits"):
        oracle(actbench.from_formula("sin(exp(x))"), 1e5)
    with pytest.raises(ArithmeticError, match="expected an exponent below"):
        oracle(actbench.from_formula("exp(exp(exp(x)))"), 20.0)
    with pytest.raises(ArithmeticError, match="expected a real number, got"):
        oracle(actbench.from_formula("log(x)"), -1.0)
