"""The audit finds every planted fault, and all records conform."""

from dataclasses import replace
from itertools import cycle

import pytest
import tensorflow as tf

from actbench import RequestError
from actbench.activations.catalogue import RECORDS
from actbench.activations.record import Activation
from actbench.conformance.audit import audit
from actbench.conformance.measurements import COMPILED, EAGER, measure
from actbench.conformance.targets.parser import parse_targets
from actbench.conformance.targets.target import Target, actbench_targets
from actbench.frameworks import counterparts
from actbench.frameworks.kernel_table import kernel_choice
from actbench.frameworks.libraries import DTYPES
from tests.cases import ACTIVATIONS
from tests.conftest import FULL
from tests.faults import FAULTS


def test_names_of_faults_are_unique():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_planted_fault_is_found(fault):
    dtypes = tuple(DTYPES) if FULL else (fault.dtype,)
    measurements = measure(fault.target, dtypes=dtypes)
    found = audit(fault.target, fault.tolerance, measurements=measurements)
    assert not found.conforms
    failing = {finding.check for finding in found.failures}
    assert fault.check in failing, failing


@pytest.mark.parametrize("words", [["keras:celu"], ["keras:celu", "alpha=0.5"]])
def test_a_function_that_an_earlier_version_lacks_is_one_line(monkeypatch, words):
    def find(name):
        raise LookupError(f"keras has no {name}")

    monkeypatch.setattr(counterparts, "find", find)
    with pytest.raises(RequestError, match=r"of the installed keras \d.*celu"):
        parse_targets(words)


def test_a_backward_pass_that_raises_an_error_does_not_conform():
    @tf.custom_gradient
    def broken(x):
        def gradient(upstream):
            raise ValueError(f"no gradient for {upstream.dtype}")

        return tf.nn.relu(x), gradient

    (correct,) = parse_targets(["tf:relu"])
    assert isinstance(correct, Target)
    found = audit(replace(correct, make=lambda _: broken))
    assert {finding.check for finding in found.failures} == {"derivative"}
    assert "no gradient" in found.failures[0].detail


def test_a_compiled_function_that_differs_from_the_eager_one_does_not_conform():
    def differs(x):
        return tf.nn.relu(x) * (1.0 if tf.executing_eagerly() else 1.5)

    (correct,) = parse_targets(["tf:relu"])
    assert isinstance(correct, Target)
    found = audit(replace(correct, make=lambda _: differs))
    assert "compiled value = eager" in {finding.check for finding in found.failures}


def failures(target, dtypes, modes):
    """Return the failures, after checking that values and derivatives were compared."""
    found = audit(target, measurements=measure(target, dtypes=dtypes, modes=modes))
    failing = [(f.check, f.dtype, f.mode, f.detail, f.worst) for f in found.failures]
    passed = {(f.check, f.dtype, f.mode) for f in found.findings if f.outcome == "ok"}
    made = [EAGER] if target.library.name == "numpy" else modes
    if not failing:
        for dtype in dtypes:
            for mode in made:
                assert {("value", dtype, mode), ("derivative", dtype, mode)} <= passed
    return failing


def on(library, activation):
    """Return an activation as a target on NumPy or TensorFlow."""
    targets = actbench_targets(activation, activation.name)
    return next(target for target in targets if target.library.name == library)


Case = tuple[Activation, str, tuple[str, ...]]
SPECIAL = ACTIVATIONS[len(RECORDS) :]


def default_cases() -> list[Case]:
    """Return all records with their libraries and formats."""
    if FULL:
        # The libraries of a record follow each other, so that they share its reference.
        libraries = ("numpy", "tensorflow")
        return [(record(), name, tuple(DTYPES)) for record in RECORDS for name in libraries]
    # XLA compiles for seconds, so the short form takes an eighth of the records on TensorFlow.
    # The others have all numbers of a short format on NumPy.
    parts = [("tensorflow", "float32"), ("numpy", "float16")]
    parts += [("numpy", "bfloat16"), ("numpy", "float16")] * 3
    return [
        (record(), library, (dtype,))
        for record, (library, dtype) in zip(RECORDS, cycle(parts), strict=False)
    ]


def special_cases() -> list[Case]:
    """Return records with special parameters.

    float64 is left out, because a rounded parameter costs more there; see `test_values`.
    """
    if not FULL:
        return [(activation, "numpy", ("float16",)) for activation in SPECIAL]
    dtypes: tuple[str, ...] = ("float16", "bfloat16", "float32")
    in_float32 = [each for each in SPECIAL if kernel_choice(each).float32_orders]
    return [(each, "numpy", dtypes) for each in SPECIAL] + [
        (each, "tensorflow", dtypes) for each in in_float32
    ]


MODES = (EAGER, COMPILED) if FULL else (EAGER,)


@pytest.mark.parametrize(("activation", "library", "dtypes"), default_cases(), ids=str)
def test_records_conform(activation, library, dtypes):
    assert not failures(on(library, activation), dtypes, MODES)


@pytest.mark.parametrize(("activation", "library", "dtypes"), special_cases(), ids=str)
def test_records_with_special_parameters_conform(activation, library, dtypes):
    assert not failures(on(library, activation), dtypes, MODES)
