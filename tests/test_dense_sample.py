"""The dense sample of float64: its fast oracle, its search, and the errors that it finds."""

from dataclasses import replace

import flint
import numpy as np
import pytest

import actbench
from actbench.activations.catalogue import RECORDS
from actbench.conformance import ball_oracle, documents, reference
from actbench.conformance.accuracy import errors_at
from actbench.conformance.audit import begin
from actbench.conformance.ball_oracle import true_values
from actbench.conformance.findings import (
    EXHAUSTIVE_CHECKS,
    FAIL,
    OK,
    STRICT,
    CodeHashes,
    Finding,
    contradictions,
)
from actbench.conformance.inputs import CHOICE, Doubles, inputs
from actbench.conformance.measurements import MeasurementKey, measure_one
from actbench.conformance.reference import oracle_value, reference_at
from actbench.conformance.search import search, with_search
from actbench.conformance.targets.target import Target
from actbench.errors import RequestError
from actbench.frameworks.libraries import DTYPES, LIBRARIES
from tests.conftest import FULL
from tests.faults import FaultyFunction

KEY = MeasurementKey("eager", "float64", 0)
RECORDS_COMPARED, INPUTS_COMPARED = (RECORDS, 200) if FULL else (RECORDS[::3], 1)


def numpy_target(activation, function=None):
    return Target(
        name=str(activation), location="numpy", package="actbench",
        library=LIBRARIES["numpy"](), expected=activation,
        make=lambda _: function or activation, call="f({x})",
    )  # fmt: skip


@pytest.mark.parametrize("record", RECORDS_COMPARED, ids=lambda record: record.name)
def test_the_fast_oracle_agrees_with_the_oracle(record):
    activation = record()
    x: Doubles = inputs(actbench.get("linear"), "float64").astype(np.float64)
    x = x[np.isfinite(x) & (np.abs(x) < 1e20)]
    seed = RECORDS.index(record)
    x = np.random.default_rng(seed).choice(x, INPUTS_COMPARED, replace=False)
    for order, (high, low) in true_values(activation, x, (0, 1, 2)).items():
        for at, each in enumerate(x):
            expected, rest = oracle_value(activation, order, float(each))
            if np.isfinite(expected):
                difference = (high[at] - expected) + (low[at] - rest)
                # The rest of a result below 2⁻¹⁰⁰⁸ is rounded to a subnormal number.
                allowed = 2.0**-66 * abs(expected) + 2 * 5e-324
                assert abs(difference) <= allowed, (order, each)


def test_a_wrong_fast_oracle_is_not_used(monkeypatch):
    """The oracle decides then, at fewer inputs."""
    mish = actbench.get("mish")
    x = np.linspace(-5, 5, 50)

    def wrong(activation, x, orders):
        found = true_values(activation, x, orders)
        return {order: (high * (1 + 2**-50), low) for order, (high, low) in found.items()}

    right = reference_at(mish, 1, x).high
    monkeypatch.setattr(reference, "true_values", wrong)
    np.testing.assert_array_equal(reference_at(mish, 1, x).high, right)


@pytest.mark.parametrize(
    ("formula", "x", "expected"),
    [
        ("1 + erf(x)", -20.0, 5.3958656116079009e-176),
        ("(1 - cos(x)) / x**2", 1e-9, 0.5),
        ("log(1 + exp(x)) - x", 700.0, 9.859676543759770e-305),
        ("sin(x)", 1e300, -0.8178819121159085),
        ("x ** 1.5", 4.0, 8.0),
        ("x if x < 0.1 else 1", 0.1, 1.0),
        ("1 / x", 0.0, np.nan),
        ("sqrt(x)", -1.0, np.nan),
    ],
)
def test_cancellation_costs_no_digits(formula, x, expected):
    high, _ = true_values(actbench.get(f"formula:{formula}"), np.array([x]), (0,))[0]
    np.testing.assert_allclose(high, expected, rtol=4e-16)


def test_precision_is_raised_only_where_it_is_needed(monkeypatch):
    precisions = []
    fill = ball_oracle._fill

    def counted(tree, activation, x, chosen, results):
        precisions.append((flint.ctx.prec, chosen.size))
        fill(tree, activation, x, chosen, results)

    monkeypatch.setattr(ball_oracle, "_fill", counted)
    true_values(actbench.get("gelu"), np.array([-30.0, -1.0, 0.0, 2.0]), (0,))
    assert precisions[0] == (128, 4)
    assert {size for _, size in precisions[1:]} == {1}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_sample_is_dense(dtype):
    x = inputs(actbench.get("swish", beta=3.0), dtype)
    x = x[np.isfinite(x)].astype(np.float64)
    assert x.size > 100_000
    exponents = np.frexp(x)[1][np.abs(x) >= np.finfo(DTYPES[dtype]).tiny]
    for sign in (-1, 1):
        present = np.unique(
            exponents[np.sign(x[np.abs(x) >= np.finfo(DTYPES[dtype]).tiny]) == sign]
        )
        assert (np.diff(present) == 1).all()
    # Thresholds of exponentials, also of those of 3 x.
    for at in (-745.0, -708.0, -240.0, -40.0, 17.0, 36.0, 88.0):
        assert np.abs(x - at).min() < 0.5
    assert set(CHOICE) == set(DTYPES)


@pytest.mark.parametrize("at", [-9.83, 0.31, 14.2])
def test_the_search_finds_a_narrow_error_that_the_sample_only_touches(at):
    """The error of the function rises to 100 ULP within a hundredth of its neighbourhood."""
    tanh = actbench.get("tanh")

    def results(x):
        bump = 100 * np.exp(-(((x - at) / 1e-3) ** 2))
        return tanh(x) + np.spacing(tanh(x)) * np.rint(bump)

    x = np.linspace(-20, 20, 5001)
    known = reference_at(tanh, 0, x)
    sample = errors_at(x, results(x), known, 4.0)
    found, _ = search(results, sample, known, 4.0)
    assert found.ulp.max() > 90
    assert found.ulp.max() > sample.ulp.max() or sample.ulp.max() > 90


def test_the_sample_of_an_audit_includes_the_search():
    def wrong(_, x):
        y = np.tanh(x)
        return np.where(np.abs(x - 0.7) < 1e-6, np.nextafter(y, 2) + 8 * np.spacing(y), y)

    tanh = actbench.get("tanh")
    target = numpy_target(tanh, FaultyFunction(tanh, wrong))
    x = inputs(tanh, "float64")
    measurement = measure_one(target, KEY, x)
    known = reference.reference(tanh, 0, "float64")
    wider, exact = with_search(measurement, known, STRICT)
    assert wider.x.size == wider.got.size == exact.high.size > x.size + 1000
    small = measure_one(
        target, KEY._replace(dtype="float16"), inputs(target.expected, "float16")
    )
    assert with_search(small, known, STRICT)[0] is small


def test_a_sample_with_a_larger_error_than_all_inputs_is_a_contradiction(tmp_path):
    value, derivative = EXHAUSTIVE_CHECKS
    findings = (
        Finding("value", OK, dtype="float32", ulp=3.5, checked=10),
        Finding("derivative", OK, dtype="float32", ulp=0.5, checked=10),
        Finding(derivative, OK, dtype="float32", ulp=0.6, checked=2**32),
    )
    found = replace(begin(numpy_target(actbench.get("mish"))), findings=findings)
    assert contradictions(found) == []
    path = documents.write(tmp_path, found)
    assert documents.read_document(path) == found
    # All inputs have at most 0.5 ULP, but the sample has 3.5 ULP.
    wrong = replace(
        found, findings=(*findings, Finding(value, OK, dtype="float32", ulp=0.5, checked=2**32))
    )
    assert "expected at most 0.5 ULP" in contradictions(wrong)[0]
    with pytest.raises(RequestError, match=r"got 3\.5 ULP in a sample"):
        documents.write(tmp_path, wrong)
    path.write_text(path.read_text().replace('"ulp": 0.6', '"ulp": 0.1'))
    audits, (fault,) = documents.read(tmp_path)
    assert not audits
    assert "expected at most 0.1 ULP" in fault.reason


@pytest.mark.parametrize(
    "changed", ["", "function", "exhaustive", "judge", "versions", "outcome"]
)
def test_findings_on_all_inputs_are_kept_only_for_the_same_code(changed, tmp_path):
    (value, _) = EXHAUSTIVE_CHECKS
    everything = Finding(value, OK, dtype="float32", ulp=0.5, checked=2**32)
    code = CodeHashes("a", "b", "c")
    begun = begin(numpy_target(actbench.get("mish")))
    older = replace(begun, code=code, findings=(everything,))
    documents.write(tmp_path, older)
    newer = replace(older, findings=(Finding("value", OK, dtype="float32", ulp=0.5),))
    if changed in ("function", "exhaustive", "judge"):
        newer = replace(newer, code=replace(code, **{changed: "x"}))
    if changed == "versions":
        newer = replace(newer, versions={**newer.versions, "numpy": "1.0"})
    if changed == "outcome":
        newer = replace(newer, findings=(Finding("value", FAIL, dtype="float32", ulp=9.0),))
    found = documents.read_document(documents.write(tmp_path, newer))
    assert (everything in found.findings) is (changed in ("", "judge"))
