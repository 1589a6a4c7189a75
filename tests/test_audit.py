"""The audit: it flags every planted fault, and gives no alarm on what is right."""

from dataclasses import replace

import pytest
import tensorflow as tf

from actbench.activations.catalogue import RECORDS
from actbench.conformance.audit import audit
from actbench.conformance.targets import Target, ours, targets
from actbench.frameworks.kernel_table import kernel_choice
from tests.cases import ACTIVATIONS
from tests.faults import FAULTS


def test_there_are_enough_faults():
    assert len(FAULTS) >= 25
    assert len({fault.what for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_every_planted_fault_is_flagged(fault):
    found, _ = audit(fault.target, fault.tolerance)
    assert not found.conforms
    flagged = {verdict.check for verdict in found.failures}
    assert fault.check in flagged, flagged


def test_a_backward_pass_that_raises_does_not_conform():
    @tf.custom_gradient
    def broken(x):
        def gradient(upstream):
            raise ValueError(f"no gradient for {upstream.dtype}")

        return tf.nn.relu(x), gradient

    (right,) = targets(["tf:relu"])
    assert isinstance(right, Target)
    found, _ = audit(replace(right, make=lambda _: broken))
    assert {v.check for v in found.failures} == {"derivative"}
    assert "no gradient" in found.failures[0].text


def test_a_compiled_function_that_differs_does_not_conform():
    def differs(x):
        return tf.nn.relu(x) * (1.0 if tf.executing_eagerly() else 1.5)

    (right,) = targets(["tf:relu"])
    assert isinstance(right, Target)
    found, _ = audit(replace(right, make=lambda _: differs))
    assert "compiled value = eager" in {v.check for v in found.failures}


def failures(target):
    """Return what fails, and that every format was looked at in every mode."""
    found, _ = audit(target)
    seen = {(v.check, v.dtype, v.mode) for v in found.verdicts if v.outcome == "ok"}
    modes = ["eager"] if target.library.name == "numpy" else ["eager", "compiled"]
    failing = [(v.check, v.dtype, v.mode, v.text, v.worst) for v in found.failures]
    if not failing:
        for dtype in ("float16", "bfloat16", "float32", "float64"):
            for mode in modes:
                assert {("value", dtype, mode), ("derivative", dtype, mode)} <= seen
    return failing


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("library", ["numpy", "tensorflow"])
def test_ours_conform_in_every_format_eager_and_compiled(kind, library):
    (target,) = (t for t in ours(kind(), kind.name) if t.library.name == library)
    assert not failures(target)


@pytest.mark.parametrize("activation", ACTIVATIONS[len(RECORDS) :], ids=str)
def test_ours_conform_at_telling_parameters(activation):
    """In float64 a rounded parameter costs more: `test_values` holds that to the record."""
    numpy, tensorflow = ours(activation, activation.name)
    looked_at = [numpy, tensorflow] if kernel_choice(activation).float32_orders else [numpy]
    for target in looked_at:
        assert not [failing for failing in failures(target) if failing[1] != "float64"]
