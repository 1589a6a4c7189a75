"""Audits of several versions: which sections show them, and where outcomes change."""

import dataclasses
from itertools import starmap

import pytest

from actbench.conformance.findings import FAIL, OK, Audit, Finding, Tolerance
from analysis.conformance import over_versions
from analysis.conformance.sections import shown_audits
from analysis.plotting import house_style


def audit(version, findings, package="jax", library="jax", target="jax:celu"):
    outcomes = tuple(
        Finding(check, FAIL if fails else OK, dtype=dtype, mode=mode)
        for check, dtype, mode, fails in findings
    )
    return dataclasses.replace(
        EMPTY,
        target=target, package=package, library=library, versions={package: version},
        findings=outcomes,
    )  # fmt: skip


EMPTY = Audit(
    target="", location="", package="", library="", device="cpu", function="celu",
    expected="celu(alpha=1)", formula="", tolerance=Tolerance(), versions={}, findings=(),
    machine={}, started="2026-01-01T00:00:00+00:00", seconds=0.0,
)  # fmt: skip

VALUE, KINK = ("value", "float32", "eager"), ("kinks", "float32", "eager")
HALF, COMPILED = ("value", "float16", "eager"), ("value", "float16", "compiled")
OLD = [(*VALUE, True), (*KINK, True), (*HALF, False), (*COMPILED, True)]
NEW = [(*VALUE, False), (*KINK, True), (*HALF, True), (*COMPILED, True)]

# In text order, 0.10 would come before 0.4.
VERSIONS = [("0.4.30", OLD), ("0.4.38", OLD), ("0.10.2", NEW)]


@pytest.fixture
def audits():
    return list(starmap(audit, VERSIONS))


def test_a_change_is_stated_with_its_version_and_formats(audits):
    (row,) = over_versions.summarise(audits).to_dict("records")
    assert (row["framework"], row["target"], row["check"]) == ("jax", "jax:celu", "value")
    assert row["changes"] == (
        "0.4.30: fails in float16 compiled, float32; 0.10.2: fails in float16, float16 compiled"
    )
    passes = [(*VALUE, False), (*KINK, False)]
    rows = over_versions.summarise([*audits, audit("0.11", passes)]).set_index("check")
    assert rows.loc["kinks", "changes"] == "0.4.30: fails in float32; 0.11: passes"


def test_other_sections_show_the_newest_version_of_each_library(audits):
    others = [
        audit("3.15.1", NEW, "keras", library, "keras:celu") for library in ("jax", "torch")
    ]
    older = audit("3.9", OLD, "keras", "torch", "keras:celu")
    shown = shown_audits([*audits, *others, older])
    assert [each.versions for each in shown] == [{"jax": "0.10.2"}, *[{"keras": "3.15.1"}] * 2]
    unknown = audit("?", NEW, "mine", "numpy", "mine:f")
    assert shown_audits([unknown]) == [unknown]


def test_failures_are_counted_over_the_functions_that_all_versions_have(audits):
    added = audit("0.10.2", NEW, target="jax:new")
    counts = over_versions.count_failures([*audits, added])
    assert counts["version"].tolist() == ["0.4.30", "0.4.38", "0.10.2"]
    assert counts["failures"].tolist() == [2, 2, 2]
    assert set(counts["targets"]) == {1}
    with house_style():
        section = over_versions.section([*audits, added])
    assert section.figure is not None
    (ax,) = section.figure.axes
    assert [text.get_text() for text in ax.texts] == ["2", "2", "2"]


def test_one_version_has_no_section():
    assert not over_versions.has_several_versions([audit("0.4.30", OLD)])
    assert over_versions.summarise([audit("0.4.30", OLD)]).empty
