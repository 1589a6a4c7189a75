"""Operators of runtimes and exported functions as targets of the audit.

Tests with a runtime are skipped if it is not installed.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from actbench.activations.counterparts import installed_version
from actbench.cli import main
from actbench.conformance import documents
from actbench.conformance.audit import audit
from actbench.conformance.findings import EXPORT, FAIL, SKIPPED, Audit, Finding
from actbench.conformance.measurements import EAGER, measure
from actbench.deployment.export import EXPORTERS
from actbench.deployment.operators import plain
from actbench.deployment.runtimes import RUNTIMES
from actbench.deployment.targets import DeploymentTargets, RuntimeEntry
from actbench.errors import RequestError
from actbench.frameworks.libraries import installed
from actbench.processes.isolated import IsolatedProcess
from tests import failing_exports
from tests.conftest import FULL

TARGETS = DeploymentTargets()

RESULTS = Path(__file__).parents[1] / "results"

# ULP of the format; 1,000 ULP of float16 are all digits.
GROSS = 1000

ROWS = [
    pytest.param(RuntimeEntry(kind, row), id=RuntimeEntry(kind, row).name)
    for kind in RUNTIMES.values()
    for row in kind.operators
]


def needs(prefix):
    packages = RUNTIMES[prefix].needs
    return pytest.mark.skipif(
        not all(installed(package) for package in packages),
        reason=f"{' or '.join(packages)} is not installed",
    )


def skip_without(entry):
    missing = [each for each in entry.kind.needs if not installed(each)]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")


@pytest.mark.parametrize("entry", ROWS if FULL else ROWS[::5])
def test_each_operator_computes_its_record(entry):
    """A wrong attribute or record is off by more than any runtime's error at these numbers."""
    skip_without(entry)
    target = entry.target()
    x = np.linspace(-4, 4, 81, dtype=np.float32)
    computed = target.make("float32")(x)
    np.testing.assert_allclose(computed, target.expected(x), rtol=1e-3, atol=1e-3)
    assert computed.dtype == np.float32
    two_dimensional = target.make("float32")(x[:80].reshape(4, 20))
    np.testing.assert_allclose(two_dimensional.ravel(), computed[:80], rtol=1e-3, atol=1e-3)


def executed(program, folder):
    """Return the completed process of a program."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=folder
    )


@pytest.mark.parametrize("entry", ROWS if FULL else ROWS[3::25])
def test_the_reproducer_prints_the_result(entry, tmp_path):
    skip_without(entry)
    target = entry.target()
    program = target.reproducer("-1.5", "float32", 0, compiled=False)
    done = executed(program, tmp_path)
    assert done.returncode == 0, done.stderr
    result = target.make("float32")(np.full(64, -1.5, np.float32))[0]
    assert float(done.stdout.split()[-1]) == pytest.approx(float(result), rel=1e-6)
    assert "actbench" not in program


@pytest.mark.parametrize(
    "exporter",
    EXPORTERS if FULL else EXPORTERS[-1:],
    ids=lambda e: f"{e.framework}>{e.runtime}",
)
def test_an_exported_function_and_its_reproducer_compute_the_record(exporter, tmp_path):
    absent = [each for each in exporter.needs if not installed(each)]
    if absent:
        pytest.skip(f"{', '.join(absent)} is not installed")
    target = TARGETS.target(f"{exporter.framework}>{exporter.runtime}:elu", {})
    program = target.reproducer("-1.5", "float32", 0, compiled=False)
    assert "actbench" not in program
    exported = (
        "from actbench.deployment.targets import DeploymentTargets\n"
        f"made = DeploymentTargets().target({target.name!r}, {{}}).make('float32')\n"
        "print(made(np.array([-1.5, 0, 2], np.float32)).tolist()[0])"
    )
    done = executed(f"{program}\n{exported}", tmp_path)
    assert done.returncode == 0, done.stderr
    printed = [float(line) for line in done.stdout.splitlines()[-2:]]
    expected = target.expected(-1.5)
    assert printed == pytest.approx([expected, expected], rel=1e-4)


def gross_findings():
    """Return findings of committed audits whose errors no instruction set makes small.

    One is chosen for each runtime, exporter and MLX, or all of them in the long form.
    """
    runtimes = {kind.package for kind in RUNTIMES.values()}
    chosen: dict[object, tuple[Audit, Finding]] = {}
    for each in documents.read(RESULTS)[0]:
        if each.library not in {*runtimes, "mlx"}:
            continue
        for finding in each.failures:
            error = finding.worst and (finding.worst.ulp is None or finding.worst.ulp > GROSS)
            if finding.reproducer and (finding.check == EXPORT or error):
                of_finding = (each.target, finding.check, finding.dtype) if FULL else ()
                of_package = each.package, each.library, finding.check == EXPORT
                chosen.setdefault((of_package, of_finding), (each, finding))
    return [
        pytest.param(each, finding, id=f"{each.target}-{finding.check}-{finding.dtype}")
        for each, finding in chosen.values()
    ]


@pytest.mark.parametrize(("audited", "finding"), gross_findings())
def test_the_reproducers_of_committed_audits_show_the_fault(audited, finding, tmp_path):
    for package in (audited.package, audited.library):
        if installed_version(package) != audited.versions[package]:
            pytest.skip(f"{package} {audited.versions[package]} is not installed")
    done = executed(finding.reproducer, tmp_path)
    if finding.check == EXPORT:
        assert done.returncode == 1
        assert "Error" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    got, expected = float(done.stdout.split()[-1]), float(finding.worst.expected)
    assert got == pytest.approx(float(finding.worst.got), rel=1e-3, nan_ok=True)
    assert got != pytest.approx(expected, rel=1e-3, abs=0)


@pytest.mark.parametrize("entry", ROWS)
def test_the_request_of_a_row_selects_it(entry):
    fitting = [
        row
        for row in entry.kind.operators
        if plain(row.name) == plain(entry.operator.name) and row.fits(entry.operator.request)
    ]
    assert fitting[0] == entry.operator


@needs("onnx")
@pytest.mark.parametrize("words", [{"min": 0, "max": 6}, {"min": -1, "max": 1}])
def test_16_bit_attributes_that_are_inputs_have_their_value(words):
    clipped = TARGETS.target("onnx:Clip", words).make("float16")
    x = np.array([-9, 0.5, 9], np.float16)
    assert clipped(x).tolist() == [words["min"], 0.5, words["max"]]


@needs("onnx")
@pytest.mark.parametrize(
    ("name", "attributes", "expected"),
    [
        ("onnx:gelu", {}, "gelu"),
        ("onnx:GELU", {"approximate": "tanh"}, "gelu_tanh"),
        ("onnx:hard_swish", {}, "hard_silu"),
        ("onnx:HardSigmoid", {"alpha": 1 / 6}, "hard_sigmoid"),
        ("onnx:shrink", {"lambd": 0.75}, "hard_shrink(threshold=0.75)"),
        ("onnx:shrink", {"lambd": 0.75, "bias": 0.75}, "soft_shrink(threshold=0.75)"),
        ("onnx:QuickGelu", {}, "swish(beta=1.702)"),
    ],
)
def test_attributes_select_the_record(name, attributes, expected):
    assert str(TARGETS.target(name, attributes).expected) == expected


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["torch>foo:gelu"], "expected one of torch>onnx, "),
        pytest.param(["onnx:Gelux"], "did you mean", marks=needs("onnx")),
        pytest.param(["onnx:Gelu", "beta=1"], "among approximate", marks=needs("onnx")),
        pytest.param(["onnx:Clip", "max=3"], "min=0 max=6", marks=needs("onnx")),
        (["--all", "mnn"], "mlx, onnxruntime, openvino, ai-edge-litert"),
    ],
)
def test_wrong_requests_have_one_line(words, text, capsys):
    assert main(["audit", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert text in line


@pytest.mark.parametrize("prefix", RUNTIMES)
def test_a_missing_runtime_is_named_with_its_command(prefix, monkeypatch):
    monkeypatch.setattr("actbench.deployment.packages.installed", lambda _: False)
    with pytest.raises(RequestError, match=r"got no such package; try python -m pip install"):
        TARGETS.target(f"{prefix}:relu", {})


def test_exports_that_are_refused_or_end_the_process_have_a_document(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(
        "actbench.conformance.command.IsolatedProcess",
        lambda _, calls: IsolatedProcess(failing_exports.install, calls=calls),
    )
    for name in ("EXPORTERS", "RUNTIMES"):  # `install` changes them in this process too
        monkeypatch.setattr(f"actbench.deployment.targets.{name}", None)
    failing_exports.install()
    monkeypatch.setattr(
        "actbench.conformance.targets.inventory.all_entries", lambda *_: failing_exports.ENTRIES
    )
    assert main(["audit", "--all", "keras>plain", "--store", str(tmp_path)]) == 1
    assert "0 of 2 functions conform" in capsys.readouterr().out
    found, faults = documents.read(tmp_path)
    assert not faults
    findings = {each.target: each.findings for each in found}
    (refused,), (ended,) = findings["keras>plain:relu"], findings["keras>plain:tanh"]
    assert (refused.check, refused.outcome) == (EXPORT, FAIL)
    assert "got exporter of keras: ValueError: no conversion of relu" in refused.detail
    assert refused.reproducer.splitlines()[0] == "model = None"
    assert ended.detail == "its process exited with status 3"


@needs("onnx")
def test_formats_without_a_kernel_are_skipped_and_derivatives_too():
    target = TARGETS.target("onnx:Elu", {})
    measured = measure(target, dtypes=("bfloat16", "float16"))
    assert {key.dtype for key in measured.results} == {"float16"}
    assert {key.mode for key in measured.missing} == {EAGER}
    found = audit(target, measurements=measured)
    derivatives = [each for each in found.findings if "derivative" in each.check]
    assert {each.outcome for each in derivatives} == {SKIPPED}


@needs("iree")
def test_iree_computes_float64_in_float64():
    computed = TARGETS.target("iree:logistic", {}).make("float64")(np.array([0.1, -30]))
    np.testing.assert_allclose(computed, 1 / (1 + np.exp([-0.1, 30])), rtol=1e-14)


@needs("onnx")
def test_the_audit_finds_the_wrong_tail_of_the_sigmoid():
    """ONNX Runtime 1.32 gives 8.9e-8 at −17; the true value is 4.1e-8."""
    target = TARGETS.target("onnx:Sigmoid", {})
    measured = measure(target, dtypes=("float32",))
    failing = {each.check for each in audit(target, measurements=measured).failures}
    assert {"value", "monotone"} <= failing
