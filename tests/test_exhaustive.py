"""The check of all float32 inputs: it finds one wrong result, resumes, and raises no alarm."""

import json

import numpy as np
import pytest

import actbench
from actbench.cli import main
from actbench.conformance import documents, exhaustive
from actbench.conformance.accuracy import errors_at
from actbench.conformance.audit import audit
from actbench.conformance.compiled_errors import compile_errors
from actbench.conformance.exhaustive import check_all_inputs, check_chunk, value_and_derivative
from actbench.conformance.findings import EXHAUSTIVE_CHECKS, STRICT
from actbench.conformance.measurements import COMPILED
from actbench.conformance.reference import reference_at
from actbench.conformance.targets.target import Target, actbench_targets
from actbench.frameworks.libraries import LIBRARIES
from tests.conftest import FULL
from tests.faults import FaultyFunction


def nan_at(pattern):
    """Return ReLU with NaN for one bit pattern of float32."""

    def wrong(_, x):
        y = np.maximum(x, 0)
        if y.dtype == np.float32:
            y[x.view(np.uint32) == pattern] = np.nan
        return y

    return FaultyFunction(actbench.get("relu"), wrong)


def test_one_wrong_result_is_found_and_an_interrupted_pass_continues(tmp_path, monkeypatch):
    monkeypatch.setattr(exhaustive, "CHUNKS", 65)
    pattern = 0x3F123457  # in chunk 63
    target = Target(
        name="one pattern", location="here", package="numpy", library=LIBRARIES["numpy"](),
        expected=actbench.get("relu"), make=lambda _: nan_at(pattern), call="f({x})",
    )  # fmt: skip
    assert audit(target).conforms  # the sample does not contain the pattern
    partial, checked = tmp_path / "chunks.partial", []

    def interrupt_after(chunk):
        def progress(chunks):
            for number in chunks:
                if number > chunk:
                    raise KeyboardInterrupt
                checked.append(number)
                yield number

        return progress

    def run(progress, **settings):
        return check_all_inputs(
            target, STRICT, progress, mode="eager", partial=partial, settings=settings
        )

    # Chunks 1 to 61 are written as finished, so that the test need not check them.
    with pytest.raises(KeyboardInterrupt):
        run(interrupt_after(0), of="x")
    document = json.loads(partial.read_text())
    document["chunks"] |= {str(n): document["chunks"]["0"] for n in range(1, 62)}
    partial.write_text(json.dumps(document))
    value, derivative = run(interrupt_after(99), of="x")
    assert checked == [0, 62, 63, 64]
    assert not partial.exists()
    assert (value.outcome, value.failing, derivative.outcome) == ("fail", 1, "ok")
    assert value.worst.bits == hex(pattern)
    # With other settings, the pass starts again from chunk 0.
    partial.write_text(json.dumps(document))
    with pytest.raises(KeyboardInterrupt):
        run(interrupt_after(-1), of="y")
    assert checked == [0, 62, 63, 64]


def test_a_missing_derivative_or_compiler_is_skipped(tmp_path, monkeypatch):
    monkeypatch.setattr(exhaustive, "CHUNKS", 1)
    arguments = ["audit", "tests.test_audit_command:relu", "--as", "relu", "--exhaustive"]
    assert main([*arguments, "--store", str(tmp_path)]) == 0
    assert main([*arguments, "--compiled", "--store", str(tmp_path)]) == 0
    (known,), _ = documents.read(tmp_path)
    found = {(f.check, f.mode): (f.outcome, f.detail) for f in known.findings}
    values, derivatives = EXHAUSTIVE_CHECKS
    assert found[values, "eager"] == ("ok", "")
    assert found[derivatives, "eager"] == (
        "skipped",
        "the function has no attribute derivative",
    )
    assert found[values, "compiled"] == ("skipped", "NumPy has no compiler")


# Bit patterns of float32 where other rules apply: subnormal numbers, breakpoints, a zero of
# the derivative of Mish, subnormal results.
STARTS = {
    0x0: "elu",
    0x80000000: "relu_squared",
    0x3F000000 - 2048: "hard_shrink",
    0x3F800000 - 2048: "sqnl",
    0xBF98A000: "mish",
    0xC2AEAC00: "softplus",
}
PARTS = [(name, start) for name in STARTS.values() for start in STARTS]


@pytest.mark.parametrize(
    ("name", "start"), PARTS if FULL else [(name, start) for start, name in STARTS.items()]
)
def test_compiled_errors_follow_the_rules_of_the_sample(name, start):
    expected = actbench.get(name)
    bits = np.arange(start, start + 4096, dtype=np.uint64).astype(np.uint32)
    x = bits.view(np.float32)
    rng = np.random.default_rng(start)
    results = []
    for correct in (expected(x), expected.derivative(x)):
        off = np.where(rng.random(x.size) < 0.5, rng.integers(-40, 40, x.size), 0)
        wrong = (correct.view(np.int32) + off.astype(np.int32)).view(np.float32)
        wrong[rng.random(x.size) < 0.01] = np.nan
        wrong[rng.random(x.size) < 0.01] = 0
        results.append(wrong)
    computed = compile_errors(expected, STRICT)(x, results)
    for order, (got, error) in enumerate(zip(results, computed, strict=True)):
        sample = errors_at(x, got, reference_at(expected, order, x), STRICT.of(order))
        failing = (error > STRICT.of(order)) | (error < -1)
        # Errors are rounded to float32, so an error at the limit may fall on either side.
        sure = np.abs(sample.ulp / sample.limit - 1) > 1e-6
        np.testing.assert_array_equal(failing[sure], sample.failing[sure])
        assert failing.any()
        assert not failing.all()


def test_results_of_subnormal_inputs_cause_no_alarm():
    """SELU has slope 1.05, so the largest subnormal inputs have normal results."""
    selu = actbench.get("selu")
    x = np.arange(0x00800000 - 2048, 0x00800000 + 2048, dtype=np.uint32).view(np.float32)
    for error in compile_errors(selu, STRICT)(x, [selu(x), selu.derivative(x)]):
        assert error.max() <= 0.5
        assert error.min() >= -0.5


def test_a_chunk_with_a_zero_of_the_derivative_causes_no_alarm():
    gelu = actbench.get("gelu")  # computed in float64 and rounded once
    target = actbench_targets(gelu, "gelu")[1]
    functions, _ = value_and_derivative(target, COMPILED)
    value, derivative = check_chunk(191, functions, compile_errors(gelu, STRICT), STRICT)
    assert (value.failing, derivative.failing) == (0, 0)
    assert value.normal_ulp < 0.51
    assert derivative.normal_ulp < 0.51
