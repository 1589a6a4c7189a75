"""Facts about formulas: proved ones are true, and nothing is claimed without a proof."""

import math
import os
import signal
import sys

import numpy as np
import pytest

import actbench
from actbench.activations.catalogue import RECORDS
from actbench.activations.formula_facts import FormulaFacts
from actbench.formula import limits
from actbench.formula.enclosure import EnclosedFunction
from actbench.formula.limits import LimitQuestion, limit
from actbench.formula.oracle import NotRealError, oracle
from actbench.formula.parse import parse
from tests.conftest import FULL
from tests.random_formulas import EXACT_NUMBERS, RandomFormula

NONE, INFINITE = math.nan, math.inf

# Formula, gaps, limits, bounds, symmetry, monotone; each follows from school mathematics.
FACTS = [
    ("log(x)", "x ≤ 0", (NONE, INFINITE), (-INFINITE, INFINITE), "none", True),
    ("sqrt(x)", "x < 0", (NONE, INFINITE), (0.0, INFINITE), "none", True),
    ("x**x", "x ≤ 0", (NONE, INFINITE), (math.exp(-1 / math.e), INFINITE), "none", False),
    ("1/x", "x = 0", (0.0, 0.0), (-INFINITE, INFINITE), "odd", False),
    ("-1/x", "x = 0", (0.0, 0.0), (-INFINITE, INFINITE), "odd", False),
    ("x/(1-x)", "x = 1", (-1.0, -1.0), (-INFINITE, INFINITE), "none", False),
    ("1/(x*x-4)", "x = -2; x = 2", (0.0, 0.0), (-INFINITE, INFINITE), "even", False),
    ("x**3/(1+x**2)", "", (-INFINITE, INFINITE), (-INFINITE, INFINITE), "odd", True),
    ("sigmoid(x)*(1-sigmoid(x))", "", (0.0, 0.0), (0.0, 0.25), "even", False),
    ("sqrt(1-x**2)", "x < -1; x > 1", (NONE, NONE), (0.0, 1.0), "even", False),
    ("exp(-(100*(x-0.1234))**2)", "", (0.0, 0.0), (0.0, 1.0), "none", False),
    ("x*sin(x)", "", (NONE, NONE), (-INFINITE, INFINITE), "even", False),
    ("min(max(x, -1), 1)", "", (-1.0, 1.0), (-1.0, 1.0), "odd", True),
    ("x + sin(x)", "", (-INFINITE, INFINITE), (-INFINITE, INFINITE), "odd", True),
]  # fmt: skip

# There is no proof of these facts, so none may be stated.
UNKNOWN = [
    ("sin(x) + cos(3*x)", "bounds"),
    ("x*sin(exp(x))", "bounds"),
    ("1/sin(x)", "gaps"),
]


@pytest.mark.parametrize(
    ("text", "gaps", "ends", "bounds", "symmetry", "monotone"), FACTS, ids=[f[0] for f in FACTS]
)
def test_facts_of_formulas(text, gaps, ends, bounds, symmetry, monotone):
    activation = actbench.from_formula(text)
    facts = activation.facts
    assert "; ".join(map(str, facts.gaps or ())) == gaps
    assert facts.limits == pytest.approx(ends, rel=1e-15, nan_ok=True)
    assert facts.bounds == pytest.approx(bounds, rel=1e-12)
    assert (facts.symmetry, facts.monotone) == (symmetry, monotone)
    assert activation.symmetry == (None if symmetry == "none" else symmetry)
    assert activation.bounds == facts.bounds


@pytest.mark.parametrize(("text", "name"), UNKNOWN, ids=[text for text, _ in UNKNOWN])
def test_a_fact_without_proof_is_unknown(text, name):
    found = getattr(actbench.from_formula(text).facts, name)
    assert found is None or None in found


@pytest.mark.parametrize("kind", RECORDS if FULL else RECORDS[::16], ids=lambda kind: kind.name)
def test_known_facts_of_the_formula_of_a_record_are_those_of_the_record(kind):
    record = kind()
    facts = actbench.from_formula(record.formula, **record.parameters).facts
    assert facts.gaps in ((), None)
    pairs = [
        *zip(facts.limits, record.limits, strict=True),
        *zip(facts.limits_of(1), record.slope_limits, strict=True),
        *zip(facts.bounds, record.bounds, strict=True),
    ]
    for proved, computed in pairs:
        assert proved is None or proved == pytest.approx(
            computed, rel=1e-9, abs=1e-280, nan_ok=True
        )
    assert facts.monotone in (record.monotone, None)
    assert facts.smooth in (record.smooth, None)
    assert facts.sign_preserving in (record.sign_preserving, None)
    assert facts.symmetry in (record.symmetry or "none", None)


@pytest.mark.parametrize("seed", range(200 if FULL else 4))
def test_enclosures_contain_the_true_values(seed):
    rng = np.random.default_rng(seed)
    # Sums of other numbers are rounded in the enclosure, and exact in the oracle.
    random = RandomFormula(rng, EXACT_NUMBERS, (0.0, 1.0, -1.0, 2.0, -3.5))
    checked = 0
    while checked < 10:
        text = random.text()
        try:
            activation = actbench.from_formula(text, **random.parameters)
        except actbench.RequestError:
            continue
        checked += 1
        tree = parse(text, ("x", *random.parameters))
        middle = rng.normal(size=8) * 10 ** rng.uniform(-3, 2, 8)
        width = 10 ** rng.uniform(-12, 1, 8)
        lo, hi = middle - width, middle + width
        found = EnclosedFunction(tree, random.parameters).on(lo, hi)
        for i, x in enumerate(rng.uniform(lo, hi).clip(lo, hi).tolist()):
            try:
                true = oracle(activation, x)
            except NotRealError:
                assert not found.defined[i], (text, random.parameters, x)
                continue
            except ArithmeticError:  # too large to compute
                continue
            assert not found.undefined[i], (text, random.parameters, x)
            # The power 1/3 is exact in the oracle, and a float in the enclosure.
            slack = 1e-9 * abs(true) + 1e-290
            assert found.value.lo[i] - slack <= true, (text, random.parameters, x)
            assert true <= found.value.hi[i] + slack, (text, random.parameters, x)


def limit_of(text):
    return limit(LimitQuestion(parse(text, ("x",)), (), math.inf, 1))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_dead_child_gives_unknown_and_is_replaced():
    assert limit_of("x / (2 + x)") == (1.0, 1.0)
    (child,) = limits._children
    os.kill(child.process.pid, signal.SIGKILL)
    child.process.wait()
    assert limit_of("x / (3 + x)") is None
    assert limit_of("x / (4 + x)") == (1.0, 1.0)


def test_without_sympy_limits_are_unknown_and_no_child_is_started_again(monkeypatch):
    started = []

    class Broken(limits._Child):
        def __init__(self):
            started.append(self)
            super().__init__()
            self.stop()

    limits.stop_children()
    monkeypatch.setattr(limits, "_Child", Broken)
    monkeypatch.setattr(limits, "_failures", [])
    facts = FormulaFacts(actbench.from_formula("x / (5 + abs(x))"))
    assert facts.limits == (None, None)
    assert facts.symmetry is None
    assert facts.gaps == ()
    assert len(started) == 1


def test_show_states_gaps_and_unknown_facts(capsys):
    from actbench.cli import main

    assert main(["show", "formula:log(x)"]) == 0
    shown = capsys.readouterr().out
    assert "undefined       for x ≤ 0" in shown
    assert main(["show", "formula:1/sin(x)"]) == 0
    assert "undefined       unknown" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "kinks"),
    [
        ("x*tanh(x)", "none"),
        ("log(x)", "none"),
        ("1/x", "none"),
        ("max(x, 0)", "x = 0, where f' = 0 is chosen from [0, 1]"),
        ("sqrt(x*x)", "unknown"),
        ("abs(x)**0.5", "x = 0, where f' = -inf is chosen from [-inf, inf]"),
        ("abs(x)**1.5", "none"),
    ],
)
def test_show_states_kinks_only_if_they_are_proved(capsys, text, kinks):
    from actbench.cli import main

    assert main(["show", f"formula:{text}"]) == 0
    assert f"kinks           {kinks}\n" in capsys.readouterr().out
