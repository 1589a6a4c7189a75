import mpmath
import pytest
import sympy

import actbench
from actbench.activations.formula import latex, oracle, parse

X = sympy.Symbol("x")


@pytest.mark.parametrize(
    ("text", "at_2"),
    [
        ("x + 1.5", 3.5),
        ("-x ** 3 / 4", -2),
        ("max(x, 3) - min(x, 3)", 1),
        ("abs(-x)", 2),
        ("exp(log(x))", 2),
        ("0.1 * x", sympy.Rational(1, 5)),
    ],
)
def test_formulas_mean_what_they_say(text, at_2):
    assert sympy.simplify(parse(text, {"x": X}).subs(X, 2) - sympy.nsimplify(at_2)) == 0


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "x.__class__",
        "(lambda: x)()",
        "[x for x in (1,)]",
        "x if x > 0 else 0",
        "open('f')",
        "exp(x, x)",
        "exp(x=x)",
        "y + 1",
        "True * x",
        "'x'",
        "x @ x",
        "x; x",
        "x +",
        "",
    ],
)
def test_whatever_is_no_formula_is_refused_in_one_line(text):
    with pytest.raises(actbench.RequestError, match=r"^formula .* at column \d+") as refusal:
        parse(text, {"x": X})
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("leaky_relu", r"\alpha \min\left(0, x\right) + \max\left(0, x\right)"),
        ("doubled_swish", r"2 x \sigma\left(\beta x\right)"),
        ("tanh", r"\tanh{\left(x \right)}"),
    ],
)
def test_latex(name, written):
    assert latex(actbench.get(name)) == written


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
        }
        for (name, order), want in closed.items():
            got = oracle(actbench.get(name), x, order=order)
            assert abs(got - want) <= abs(want) * mpmath.mpf(10) ** -49


def test_the_oracle_takes_parameters_exactly():
    # 0.1 is not a tenth: the float's own value counts.
    got = oracle(actbench.get("swish", beta=0.1), 3.0)
    with mpmath.workdps(50):
        assert abs(got - 3 / (1 + mpmath.exp(-3 * mpmath.mpf(0.1)))) < mpmath.mpf(10) ** -48
        assert abs(got - 3 / (1 + mpmath.exp(-3 * mpmath.mpf("0.1")))) > mpmath.mpf(10) ** -20


def test_the_oracle_says_when_it_cannot():
    with pytest.raises(ArithmeticError, match="more than 10,000 digits"):
        oracle(actbench.get("mish"), 1e6)
