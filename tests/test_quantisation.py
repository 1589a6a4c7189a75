"""Exact tables, and int8 functions of runtimes, compared with mpmath."""

import ctypes
import importlib.util
import json
import shutil
import subprocess
from fractions import Fraction

import mpmath
import numpy as np
import pytest

import actbench
from actbench.cli import main
from actbench.conformance import tolerance_classes
from actbench.conformance.documents import read as read_audits
from actbench.deployment.quantisation import int8
from actbench.deployment.quantisation.exact import errors_in_steps, exact_table
from actbench.deployment.quantisation.table_formats import FORMATS
from actbench.formula.symbolic import oracle
from analysis.conformance import int8 as report
from analysis.plotting import house_style
from tests.test_package import ROOT

TABLES = [
    ("selu", {}, (-8, 8), 8, True),
    ("softplus", {"beta": 2}, (-3, 9), 8, False),
    ("gelu", {}, (-6, 2), 7, True),
    ("mish", {}, (-20, -1), 4, True),
    ("exponential", {}, (0.5, 3), 6, False),
]


@pytest.mark.parametrize(("name", "parameters", "ends", "bits", "signed"), TABLES)
def test_every_entry_is_nearest_to_the_true_value(name, parameters, ends, bits, signed):
    activation = actbench.get(name, **parameters)
    table = exact_table(activation, ends, bits=bits, signed=signed)
    output = table.output
    numbers = output.numbers()
    assert len(table.entries) == 2**bits
    for x, entry in zip(table.input.numbers(), table.entries, strict=True):
        true = min(max(oracle(activation, float(x)), mpmath.mpf(numbers[0])), numbers[-1])
        error = abs(true / output.scale - (entry - output.zero_point))
        assert error <= mpmath.mpf("0.5")
        assert error <= table.largest_error + 1e-12


def test_a_wrong_entry_has_a_large_error():
    table = exact_table(actbench.get("relu"), (-8, 8))
    wrong = np.array(table.entries)
    wrong[200] += 2
    values = [Fraction(max(x, 0.0)) for x in table.input.numbers().tolist()]
    errors = errors_in_steps(values, wrong, table.output)
    assert errors[200] >= 1.5
    assert max(errors[:200]) <= 0.5


def test_numpy_json_and_tflite_have_the_entries(tmp_path):
    table = exact_table(actbench.get("selu"), (-8, 8))
    (tmp_path / "t.npz").write_bytes(FORMATS["numpy"](table))
    with np.load(tmp_path / "t.npz") as loaded:
        assert loaded["table"].tolist() == list(table.entries)
        assert loaded["table"].dtype == np.int8
    assert json.loads(FORMATS["json"](table))["entries"] == list(table.entries)
    assert np.frombuffer(FORMATS["tflite"](table), np.int8).tolist() == list(table.entries)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
@pytest.mark.parametrize(("bits", "kind"), [(8, ctypes.c_int8), (9, ctypes.c_int16)])
def test_c_compiles_and_has_the_entries(tmp_path, bits, kind):
    table = exact_table(actbench.get("selu"), (-8, 8), bits=bits)
    source = tmp_path / "selu.c"
    source.write_bytes(FORMATS["c"](table))
    command = ["cc", "-Wall", "-Werror", "-shared", "-fPIC", "-o", "selu.so", source.name]
    subprocess.run(command, cwd=tmp_path, check=True)  # noqa: S603
    library = ctypes.CDLL(str(tmp_path / "selu.so"))
    assert list((kind * 2**bits).in_dll(library, "selu_table")) == list(table.entries)
    scale = ctypes.c_float.in_dll(library, "selu_output_scale").value
    assert scale == table.output.scale


def test_the_onnx_model_runs():
    onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    pytest.importorskip("onnx", reason="onnx is not installed")
    table = exact_table(actbench.get("selu"), (-8, 8))
    session = onnxruntime.InferenceSession(FORMATS["onnx"](table))
    x = table.input.numbers().astype(np.float32)
    got = session.run(None, {"x": x})[0]
    np.testing.assert_array_equal(
        np.rint(got / table.output.scale) + table.output.zero_point, table.entries
    )


BAD = [
    (["table", "selu", "--input-range", "8,-8"], "LOW < HIGH"),
    (["table", "selu", "--input-range", "1,1"], "LOW < HIGH"),
    (["table", "selu", "--input-range", "nan,1"], "finite"),
    (["table", "selu", "--input-range", "-inf,1"], "finite"),
    (["table", "selu", "--input-range", "1"], "LOW,HIGH"),
    (["table", "selu", "--input-range=-8,8", "--bits", "3"], "expected 4 to 16"),
    (["table", "selu", "--input-range=-8,8", "--bits", "17"], "expected 4 to 16"),
    (["table", "exponential", "--input-range=-8,8000"], "finite values"),
    (["int8", "selu", "--input-range", "8,-8"], "LOW < HIGH"),
    (["int8"], "NAME or --all"),
    (["int8", "selu", "--tolerance", "nan"], "number from 0"),
]


@pytest.mark.parametrize(("words", "message"), BAD)
def test_a_wrong_request_is_one_line(words, message, capsys):
    assert main(words) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_missing_runtime_is_named_with_its_package(monkeypatch, capsys):
    monkeypatch.setattr("actbench.deployment.packages.installed", lambda _: False)
    assert main(["int8", "selu", "--runtime", "onnxruntime"]) == 2
    assert "pip install onnxruntime onnx" in capsys.readouterr().err


def test_committed_int8_documents_are_true():
    documents, faults = int8.read(ROOT / "results")
    assert documents
    assert not faults
    for each in documents:
        nearest, results = np.array(each.nearest), np.array(each.results)
        # The nearest number is within half a step of the true value.
        assert abs(abs(nearest - results).max() - each.largest_error) <= 0.5 + 1e-9
        assert each.failing == 0 or each.largest_error > 0.5 + each.tolerance


@pytest.mark.skipif(
    not importlib.util.find_spec("onnxruntime"), reason="onnxruntime is not installed"
)
def test_an_operator_that_the_runtime_lacks(capsys):
    pytest.importorskip("onnx", reason="onnx is not installed")
    assert main(["int8", "squareplus", "--runtime", "onnxruntime"]) == 2
    assert "squareplus" in capsys.readouterr().err


def test_the_committed_tolerance_classes_follow_from_the_audits():
    audits, _ = read_audits(ROOT / "results")
    rows = tolerance_classes.derive(audits)
    stored = [row for name in actbench.names()
              for row in tolerance_classes.classes_of(actbench.get(name))]  # fmt: skip
    assert set(stored) <= set(rows)
    assert len(set(stored)) > 100
    for row in rows:
        if row.tight is not None and row.typical is not None:
            assert 0.5 <= row.tight <= row.typical


def test_the_report_shows_the_largest_error_first():
    documents, faults = int8.read(ROOT / "results")
    assert not faults
    rows = report.summarise(documents)
    assert rows["error"].is_monotonic_decreasing
    selu = rows[(rows["function"] == "selu") & rows["runtime"].str.startswith("litert")]
    assert selu["error"].tolist() == [pytest.approx(44, abs=0.5)]
    with house_style():
        section = report.section(documents)
    assert section.figure is not None
    assert len(section.formatted_table()) == len(documents)
    assert (
        f"{(~rows['conforms']).sum()} of {len(rows)} functions are off" in section.description
    )
