"""Changes between runs: baselines, expected failures, JUnit files, `actbench diff`."""

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import actbench
from actbench.cli import main
from actbench.conformance import documents
from actbench.conformance.baselines.changes import Baseline, ChangeKind, changes
from actbench.conformance.findings import FAIL, OK, Severity
from actbench.results import benchmark_changes

FLOAT32 = ("float32",)


@pytest.fixture(scope="module")
def failing():
    return actbench.audit(np.abs, "relu", dtypes=FLOAT32, derivatives=0)


def altered(audit, **fields):
    """Return an audit with other fields in its finding on values."""
    return audit.with_findings(
        [replace(each, **fields) if each.check == "value" else each for each in audit.findings]
    )


CHANGES: dict[ChangeKind, tuple[dict[str, Any], dict[str, Any]]] = {
    ChangeKind.FAILS: ({"outcome": OK, "severity": None}, {}),
    ChangeKind.FIXED: ({}, {"outcome": OK, "severity": None}),
    ChangeKind.MORE_SERIOUS: ({"severity": Severity.ROUNDING}, {}),
    ChangeKind.GROWN: ({"ulp": 5.0}, {"ulp": 10.0}),
    ChangeKind.SHRUNK: ({"ulp": 10.0}, {"ulp": 5.0}),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_found(kind, failing):
    before, after = (altered(failing, **fields) for fields in CHANGES[kind])
    found = list(Baseline([before]).changes_to(after))
    assert [(each.kind, each.check, each.dtype) for each in found] == [
        (kind, "value", "float32")
    ]
    assert failing.target in str(found[0])
    assert kind in str(found[0])


def test_equal_audits_have_no_changes(failing):
    assert not list(Baseline([failing]).changes_to(failing))


def test_a_less_serious_failure_is_no_regression(failing):
    after = altered(failing, severity=Severity.ROUNDING)
    assert not list(Baseline([failing]).changes_to(after))


def test_new_and_missing_targets(failing, tmp_path):
    other = replace(failing, target="numpy:fabs")
    for store, audit in [("old", failing), ("new", other)]:
        documents.write(tmp_path / store, audit)
    found = changes(tmp_path / "old", tmp_path / "new")
    assert {each.kind for each in found} == {ChangeKind.NEW_TARGET, ChangeKind.GONE}
    assert found[-1].kind == ChangeKind.GONE


def run(*words):
    return main([str(word) for word in words])


@pytest.fixture
def store(failing, tmp_path):
    documents.write(tmp_path / "old", failing)
    return tmp_path / "old"


AUDIT = ("audit", "numpy:absolute", "--as", "relu")


def test_a_known_failure_gives_status_0_and_a_new_one_1(store, tmp_path, capsys):
    full = tmp_path / "full"
    assert run(*AUDIT, "--store", full) == 1
    assert run(*AUDIT, "--baseline", full) == 0
    assert "0 new failures" in capsys.readouterr().out
    # The baseline has float32 only, so the failures of other formats are new.
    assert run(*AUDIT, "--baseline", store) == 1
    assert "fails now" in capsys.readouterr().out


def test_expected_failures_and_junit(tmp_path, capsys):
    expected, junit = tmp_path / "expected.toml", tmp_path / "junit.xml"
    entry = '[[expected]]\ntarget = "numpy:absolute"\ncheck = "{}"\nreason = "{}"\n'
    expected.write_text(entry.format("*", "no ReLU") + entry.format("kinks", "gone"))
    assert run(*AUDIT, "--expected-failures", expected, "--junit", junit) == 0
    assert "expected to fail (gone), but did not" in capsys.readouterr().out
    (suite,) = ET.parse(junit).getroot()  # noqa: S314 - our own file
    assert suite.get("failures") == "0"
    assert any("expected to fail" in each.get("message", "") for each in suite.iter("skipped"))
    assert run(*AUDIT, "--junit", junit) == 1
    (suite,) = ET.parse(junit).getroot()  # noqa: S314
    texts = [failure.text or "" for failure in suite.iter("failure")]
    assert suite.get("failures") == f"{len(texts)}"
    assert any("x = " in text for text in texts)


def test_diff_of_stores(store, failing, tmp_path, capsys):
    documents.write(tmp_path / "new", altered(failing, outcome=OK, severity=None))
    assert run("diff", store, tmp_path / "new") == 0
    assert "is fixed" in capsys.readouterr().out
    assert run("diff", tmp_path / "new", store, "--json") == 1
    assert json.loads(capsys.readouterr().out)[0]["kind"] == "fails now"


def benchmark_file(path, **shares):
    """Write a file of benchmarks with one throughput of each implementation."""
    timings = {name: {"share_of_copy": share} for name, share in shares.items()}
    info = {"implementations": timings, "noise": 0.1}
    path.write_text(json.dumps({"benchmarks": [{"name": "mish", "extra_info": info}]}))
    return path


def test_each_implementation_of_a_benchmark_is_a_row(tmp_path, capsys):
    old = benchmark_file(tmp_path / "old.json", actbench=0.5, keras=0.7, torch=0.2)
    new = benchmark_file(tmp_path / "new.json", actbench=0.5, keras=0.1, torch=0.5)
    assert run("diff", old, new) == 1
    out = capsys.readouterr().out
    assert "keras mish: 7.00 times as long as before" in out
    assert "torch mish: 0.40 times" in out
    assert "actbench mish" not in out
    assert run("diff", old, new, "--slower", "8") == 0


def test_a_change_within_the_noise_is_none():
    change = benchmark_changes.TimeChange("mish", "keras", 1.15, 1.21)
    assert not change.is_slower(1.1)
    assert not change.is_faster(1.1)
    assert change._replace(factor=1.25).is_slower(1.1)


WRONG = {
    "no folder": ("diff", "nowhere", "nowhere"),
    "a factor below 1": ("diff", ".", ".", "--slower", "0.5"),
    "no audits": ("diff", ".", "."),
    "no baseline": (*AUDIT, "--baseline", "nowhere"),
    "no file": (*AUDIT, "--expected-failures", "nowhere.toml"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_request_has_one_line(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(*WRONG[name]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "expected" in err


def test_files_without_throughput_have_one_line(tmp_path, capsys):
    old = benchmark_file(tmp_path / "old.json", actbench=0.5)
    for content in ("{}", "[]", "no JSON", '{"benchmarks": []}', '{"benchmarks": [3]}'):
        (tmp_path / "new.json").write_text(content)
        assert run("diff", old, tmp_path / "new.json") == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert run("diff", old, tmp_path) == 2


def test_the_severity_of_a_failure_is_stored(failing, tmp_path):
    path = documents.write(tmp_path, failing)
    again = documents.read_document(path)
    value = next(each for each in again.findings if each.check == "value")
    assert (value.outcome, value.severity) == (FAIL, Severity.ORDINARY)
    assert value.example is not None
