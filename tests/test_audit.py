"""The audit: it flags every planted fault, and gives no alarm on what is right."""

import pytest

from actbench.audit.audit import audit
from actbench.audit.targets import ours
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


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_ours_conform_in_every_format_eager_and_compiled(activation):
    for target in ours(activation, activation.name):
        found, _ = audit(target)
        said = [(v.check, v.dtype, v.mode, v.text, v.worst) for v in found.failures]
        assert not said, target.library.name
        seen = {(v.check, v.dtype, v.mode) for v in found.verdicts if v.outcome == "ok"}
        modes = ["eager"] if target.library.name == "numpy" else ["eager", "compiled"]
        for dtype in ("float16", "bfloat16", "float32", "float64"):
            for mode in modes:
                assert {("value", dtype, mode), ("derivative", dtype, mode)} <= seen
