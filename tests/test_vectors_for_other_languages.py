"""Vectors for other languages: true values, files, schema, runners in C and JavaScript."""

import csv
import io
import json
import math
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import flint
import mpmath
import msgspec
import numpy as np
import pytest

import actbench
from actbench.activations.breakpoints import breakpoints
from actbench.activations.catalogue import RECORDS
from actbench.cli import main
from actbench.conformance.ball_oracle import enclosures
from actbench.conformance.ulp import format_of
from actbench.conformance.vectors import (
    FORMATS,
    InputKind,
    Status,
    committed_schema,
    document_of,
    make_vectors,
    results,
)
from actbench.conformance.vectors.audited_inputs import audited_inputs
from actbench.conformance.vectors.document import VectorsDocument, json_schema
from actbench.conformance.vectors.limits import breakpoints_with_limits
from actbench.conformance.vectors.numbers import number_at, place_of, special_numbers
from actbench.conformance.vectors.rounding import (
    Dyadic,
    approximately_rounded,
    rounded,
    rounded_ball,
)
from actbench.frameworks.libraries import DTYPES
from tests.conftest import FULL

EXAMPLES = Path(__file__).parents[1] / "examples"
ORDERS = (0, 1, 2)

# Each record with one of the formats; all formats in the long form.
CASES = [
    (record, dtype)
    for number, record in enumerate(RECORDS)
    for place, dtype in enumerate(DTYPES)
    if FULL or (number % 12 == 5 and number // 12 % 4 == place)
]


def errors(points, order, function):
    """Return errors of a NumPy function and limits for 4 ULP, as the runners compute them."""
    found = []
    for point in points:
        result = point.results[order]
        with np.errstate(all="ignore"):
            got = float(function(point.x))
        end = 2.0**128
        wrong = abs(
            (np.clip(got, -end, end) - np.clip(result.expected, -end, end)) / result.unit
            - result.rest
        )
        found.append((wrong, max(4 * result.factor, result.minimum)))
    return found


@pytest.mark.parametrize("dtype", DTYPES)
def test_rounding_agrees_with_numpy_and_with_fractions(dtype):
    numbers = format_of(DTYPES[dtype])
    rng = np.random.default_rng(3)
    for _ in range(400):
        mantissa = int(rng.integers(-(2**62), 2**62)) >> int(rng.integers(0, 60))
        exponent = int(
            rng.choice([-1140, -210, -190, -80, -62, 0, 66, 960]) + rng.integers(0, 40)
        )
        got = rounded(Dyadic(mantissa, exponent), numbers)
        exact = Fraction(mantissa) * Fraction(2) ** exponent
        try:
            once = float(exact)  # correctly rounded by Python
        except OverflowError:
            once = math.copysign(math.inf, mantissa)
        if dtype == "float64":
            assert got == once
        elif np.isfinite(got):
            neighbours = [number_at(place_of(got, dtype) + step, dtype) for step in (-1, 0, 1)]
            distance = [abs(Fraction(each) - exact) for each in neighbours if np.isfinite(each)]
            assert min(distance) == abs(Fraction(got) - exact)
        else:
            assert abs(exact) >= Fraction(numbers.end) * (
                1 - Fraction(2) ** -(numbers.digits + 2)
            )


def test_ties_are_rounded_to_even_and_a_wide_ball_decides_nothing():
    numbers = format_of(np.float32)
    assert rounded(Dyadic(2**25 + 2, -1), numbers) == 2.0**24
    assert rounded(Dyadic(2**25 + 6, -1), numbers) == 2.0**24 + 4
    tie = flint.arb(2**25 + 2) / 2
    assert rounded_ball(tie, numbers) == 2.0**24
    assert rounded_ball(tie + flint.arb(0, 1e-9), numbers) is None
    assert rounded_ball(flint.arb("nan"), numbers) is None


@pytest.mark.parametrize("dtype", DTYPES)
def test_places_count_all_numbers_of_a_format(dtype):
    for x in special_numbers(dtype):
        if np.isfinite(x):
            assert number_at(place_of(x, dtype), dtype) == x
            following = number_at(place_of(x, dtype) + 1, dtype)
            assert following > x
    kind = DTYPES[dtype]
    tiny, one = float(format_of(kind).tiny), np.array(1, kind)
    assert number_at(place_of(tiny, dtype) - 1, dtype) < tiny
    assert number_at(place_of(1.0, dtype) + 1, dtype) == float(np.nextafter(one, kind.type(2)))


@pytest.mark.parametrize(
    ("record", "dtype"), CASES, ids=[f"{record.name}-{dtype}" for record, dtype in CASES]
)
def test_vectors_are_proved_and_actbench_conforms_to_them(record, dtype):
    activation = record()
    (made,) = make_vectors(activation, dtypes=[dtype]).formats
    assert made.count(Status.DISPUTED, Status.UNKNOWN) == 0
    assert made.count(Status.CONFIRMED) > 100
    kind = DTYPES[dtype].type
    x = [point.x for point in made.points]
    assert all(float(kind(each)) == each for each in x[:-1])
    assert x[:-1] == sorted(x[:-1])
    assert math.isnan(x[-1])
    functions = (activation, activation.derivative, activation.second_derivative)
    for order in ORDERS:
        bound = activation.error_bounds[order]
        # The bounds of float64 depend on the condition of the function; 4 ULP hold for others.
        share = 1 if dtype != "float64" else math.inf if bound.sensitivity else bound.ulp / 4
        for point in made.points:
            result = point.results[order]
            assert result.expected is not None
            assert np.isnan(result.expected) or float(kind(result.expected)) == result.expected
            assert abs(result.rest) <= 1
        finite = [point for point in made.points if np.isfinite(point.x)]

        def function(x, order=order):
            return functions[order](np.array([x], kind))[0]

        wrong = [
            pair for pair in errors(finite, order, function) if not pair[0] <= pair[1] * share
        ]
        assert not wrong


@pytest.mark.parametrize(("record", "dtype"), CASES[::3])
def test_finite_limits_are_correctly_rounded(record, dtype):
    """At the largest float64 number, the ball is at the limit."""
    activation = record()
    (made,) = make_vectors(activation, dtypes=[dtype]).formats
    numbers = format_of(DTYPES[dtype])
    for point in (made.points[0], made.points[-2]):
        largest = math.copysign(1.7e308, point.x)
        balls = enclosures(activation, [largest], precision=4096)[0]
        for order in ORDERS:
            expected = point.results[order].expected
            if expected is not None and np.isfinite(expected) and expected != 0:
                assert approximately_rounded(balls[order], numbers) == expected


def test_hard_inputs_are_hard():
    """The true values are almost halfway between two numbers, next to a zero and so on."""
    gelu = actbench.get("gelu")
    (made,) = make_vectors(gelu, dtypes=["float32"]).formats
    by_kind = {kind: [p for p in made.points if kind in p.kinds] for kind in InputKind}
    for point in by_kind[InputKind.HARD_TO_ROUND]:
        assert min(abs(abs(result.rest) - 0.5) for result in point.results) < 0.01
    signs = [np.sign(p.results[1].expected or 0.0) for p in by_kind[InputKind.ZERO]]
    assert {-1.0, 1.0} <= set(signs)
    sizes = {abs(p.results[0].expected or 0.0) for p in by_kind[InputKind.RANGE]}
    assert 0.0 in sizes
    assert 2.0**-149 in sizes
    worst = audited_inputs("gelu", "float32")
    assert worst
    assert [p.x for p in by_kind[InputKind.AUDITED]] == worst


@pytest.mark.parametrize("name", ["gelu", "mish", "softplus", "tanh_shrink"])
def test_the_textbook_formula_fails(name):
    """In float32, terms of these formulas cancel, overflow or underflow."""
    formulas = {
        "gelu": lambda x: (
            x * np.float32(0.5) * (1 + np.vectorize(math.erf)(x / np.sqrt(2 + 0 * x)))
        ),
        "mish": lambda x: x * np.tanh(np.log(1 + np.exp(x))),
        "softplus": lambda x: np.log(1 + np.exp(x)),
        "tanh_shrink": lambda x: x - np.tanh(x),
    }
    (made,) = make_vectors(actbench.get(name), dtypes=["float32"]).formats
    finite = [point for point in made.points if np.isfinite(point.x)]

    def function(x):
        return np.float32(formulas[name](np.float32(x)))

    assert sum(not wrong <= limit for wrong, limit in errors(finite, 0, function)) > 3


def test_other_evidence_is_stated(monkeypatch):
    """Balls cannot decide whether 0.2x + 0.5 is a tie, because 0.2 is no binary number."""
    (made,) = make_vectors(actbench.get("hard_sigmoid_keras2"), dtypes=["float16"]).formats
    assert made.count(Status.ORACLE) > 0
    assert made.count(Status.UNKNOWN, Status.DISPUTED) == 0

    # x − tanh(x) is above the tie x − 1 by less than any precision shows, so both
    # neighbours have an error of ½.
    x = 2.0**24 + 4
    (tie, *_), *_ = results.results_at(actbench.get("tanh_shrink"), [x], "float32")
    assert (tie.status, abs(tie.rest)) == (Status.ORACLE, 0.5)
    assert tie.expected in (x, x - 2)

    def wrong(_, x, **_settings):
        return mpmath.mpf(x) + 1

    def none(_, _x, **_settings):
        raise ArithmeticError

    linear = actbench.get("linear")
    monkeypatch.setattr(results, "oracle", wrong)
    (value, slope, _), *_ = results.results_at(linear, [1.0], "float32")
    assert (value.status, slope.status) == (Status.DISPUTED,) * 2
    assert value.expected == 1.0
    monkeypatch.setattr(results, "oracle", none)
    (value, *_), *_ = results.results_at(linear, [1.0], "float32")
    assert (value.status, value.expected) == (Status.BALLS, 1.0)
    monkeypatch.setattr(results, "_PRECISIONS", (2,))
    (value, *_), *_ = results.results_at(actbench.get("mish"), [1.0], "float32")
    assert (value.status, value.expected) == (Status.UNKNOWN, None)


@pytest.mark.parametrize("record", RECORDS if FULL else RECORDS[::4])
def test_breakpoints_have_limits_from_both_sides(record):
    activation = record()
    made = breakpoints(activation)
    found = breakpoints_with_limits(activation)
    assert [each.x for each in found] == list(made)
    kinks = {kink.x: kink for kink in activation.kinks}
    assert {each.x for each in found if each.is_kink} == set(kinks)
    for each in found:
        if each.is_kink:
            ends = sorted([each.left[1], each.right[1]])
            np.testing.assert_allclose(ends, kinks[each.x].interval, rtol=1e-6, atol=1e-9)
            assert each.derivative == kinks[each.x].derivative


@pytest.mark.parametrize("formula", ["log(x)", "1 / x", "max(sin(40 * x), 0)"])
def test_formulas_that_are_undefined_somewhere_have_valid_documents(formula):
    made = make_vectors(actbench.from_formula(formula), dtypes=["float16"])
    msgspec.convert(json.loads(FORMATS["json"](made)), VectorsDocument)
    assert (made.formats[0].count(Status.UNKNOWN) > 0) == (formula != "max(sin(40 * x), 0)")
    assert len(made.breakpoints) <= 32
    assert FORMATS["csv"](made)


def test_limits_of_relu_and_selu_are_exact():
    (kink,) = breakpoints_with_limits(actbench.get("relu"))
    assert (kink.left, kink.right) == ((0, 0, 0), (0, 1, 0))
    selu = actbench.get("selu")
    (kink,) = breakpoints_with_limits(selu)
    slope = 1.0507009873554805 * 1.6732632423543772
    assert kink.left[1] == pytest.approx(slope, rel=3e-16)
    assert kink.right[1] == 1.0507009873554805


@pytest.fixture(scope="module")
def elu():
    return make_vectors(actbench.get("elu", alpha=1.3), dtypes=["float32", "bfloat16"])


def test_equal_vectors_give_equal_bytes(elu):
    again = make_vectors(actbench.get("elu", alpha=1.3), dtypes=["float32", "bfloat16"])
    for write in FORMATS.values():
        assert write(again) == write(elu)


def test_the_committed_schema_is_that_of_the_documents(elu):
    assert committed_schema() == json_schema()
    text = FORMATS["json"](elu).decode()
    document = json.loads(text)
    assert document == json.loads(json.dumps(document_of(elu)))
    msgspec.convert(document, VectorsDocument)
    document["formats"][0]["points"][0]["x"]["hex"] = "1.5"
    with pytest.raises(msgspec.ValidationError, match="hex"):
        msgspec.convert(document, VectorsDocument)


def test_a_validator_of_json_schema_accepts_the_document(elu):
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    jsonschema.validate(json.loads(FORMATS["json"](elu)), committed_schema())


def test_all_files_have_the_same_numbers_in_both_notations(elu):
    document = json.loads(FORMATS["json"](elu))
    rows = iter(csv.DictReader(io.StringIO(FORMATS["csv"](elu).decode())))
    with np.load(io.BytesIO(FORMATS["npz"](elu))) as arrays:
        for part in document["formats"]:
            expected = arrays[f"{part['dtype']}_expected"]
            for at, point in enumerate(part["points"]):
                for result in point["results"]:
                    row = next(rows)
                    texts = [result["expected"][key] for key in ("hex", "decimal")]
                    assert texts == [row["expected"], row["expected_decimal"]]
                    assert point["x"]["hex"] == row["x"]
                    numbers = [float.fromhex(texts[0]), float(texts[1])]
                    numbers.append(expected[at, result["order"]])
                    np.testing.assert_array_equal(numbers, numbers[0])
        about = json.loads(str(arrays["about"]))
    assert about == {key: value for key, value in document.items() if key != "formats"}
    assert next(rows, None) is None


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vectors")
    for name in ("gelu", "softplus", "silu"):
        for kind in ("csv", "json"):
            path = str(folder / f"{name}.{kind}")
            words = ["vectors", name, "--dtype", "float32", "--format", kind, "--out", path]
            assert main(words) == 0
    return folder


def test_the_runner_in_c_judges_functions(files):
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    program = str(files / "check_vectors")
    source = str(EXAMPLES / "check_vectors.c")
    warnings = ["-std=c11", "-Wall", "-Wextra", "-Werror"]
    assert run([compiler, "-O2", *warnings, source, "-lm", "-o", program]) == (0, "")
    status, output = run([program, str(files / "softplus.csv"), "softplus", "4"])
    assert (status, output[:15]) == (0, "softplus: 0 of "), output
    status, output = run([program, str(files / "softplus.csv"), "softplus", "exact"])
    assert status == 1, output
    status, output = run([program, str(files / "gelu.csv"), "gelu", "typical"])
    assert (status, "worst inf ULP at x = -inf" in output) == (1, True), output
    status, output = run([program, str(files / "gelu.csv"), "tanh", "4"])
    assert (status, output[:17]) == (2, "expected FILE.csv")


def test_the_runner_in_javascript_judges_functions(files):
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    program = [node, str(EXAMPLES / "check_vectors.mjs")]
    status, output = run([*program, str(files / "softplus.json"), "softplus", "0.50001"])
    assert (status, output[:15]) == (0, "softplus: 0 of "), output
    status, output = run([*program, str(files / "silu.json"), "silu", "typical"])
    assert (status, output[:10]) == (1, "silu: 1 of"), output
    assert "x = -Infinity" in output
    status, output = run([*program, str(files / "silu.json"), "tanh", "4"])
    assert (status, output[:18]) == (2, "expected FILE.json")


def test_parameters_stand_in_the_name_or_after_it(capsys):
    texts = []
    for words in (["elu alpha=1.3"], ["elu", "alpha=1.3"]):
        assert main(["vectors", *words, "--dtype", "float16"]) == 0
        captured = capsys.readouterr()
        assert "elu(alpha=1.3), float16: " in captured.err
        texts.append(captured.out)
    assert texts[0] == texts[1]
    assert json.loads(texts[0])["parameters"]["alpha"]["decimal"] == "1.3"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["gelu", "--format", "npz"], "--out: expected a file for the format npz, got none"),
        (["gelu", "--dtype", "float8"], "expected one of float16, bfloat16"),
        (["softmax"], "expected an elementwise function"),
        (["numpy:cosh"], "expected an activation with a formula, got none"),
        (["elu alpha=x"], "expected PARAMETER=NUMBER"),
        (["elu alpha=1", "alpha=2"], "expected one value, got two"),
        (["gelu", "--dtype", "float16", "--out", "."], "expected a file to write"),
    ],
)  # fmt: skip
def test_wrong_requests_get_one_line(words, expected, capsys):
    assert main(["vectors", *words]) == 2
    assert expected in capsys.readouterr().err.splitlines()[-1]
