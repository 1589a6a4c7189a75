"""Known defects of frameworks: the audit finds each in the version that has it."""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

import pytest

from actbench.conformance.audit import audit
from actbench.conformance.findings import FAIL, OK, Finding
from actbench.conformance.measurements import EAGER, measure
from actbench.conformance.targets.parser import parse_targets
from actbench.conformance.targets.target import Target
from actbench.frameworks import counterparts
from actbench.frameworks.libraries import installed


@dataclass(frozen=True)
class Defect:
    """A defect of a framework's function.

    Args:
        description: the wrong result, and the number of a report if there is one.
        target: the words of the command line.
        check: the check that fails.
        dtype: the format in which it fails.
        version: the version of the framework that has it; "" for a choice that is allowed.
    """

    description: str
    target: str
    check: str
    dtype: str
    version: str


VALUE, DERIVATIVE = "special values of the value", "special values of the derivative"
TANH = "keras:gelu approximate=True"
KERAS, TF, TORCH, JAX = "3.15.1", "2.21.0", "2.13.0", "0.10.2"

DEFECTS = [
    Defect("celu'(0) = 2", "keras:celu", "derivative", "float32", KERAS),
    Defect("silu(−∞) = NaN", "keras:silu", VALUE, "float32", KERAS),
    Defect("mish(−∞) = NaN", "keras:mish", VALUE, "float32", KERAS),
    Defect("gelu(−∞) = NaN", "keras:gelu", VALUE, "float32", KERAS),
    Defect("silu(−∞) = NaN", "tf:silu", VALUE, "float32", TF),
    Defect("gelu(−∞) = NaN", "tf:gelu", VALUE, "float32", TF),
    Defect("silu(−∞) = NaN (pytorch/pytorch#160876)", "torch:silu", VALUE, "float32", TORCH),
    Defect("mish(−∞) = NaN", "torch:mish", VALUE, "float32", TORCH),
    Defect("gelu(−∞) = NaN", "torch:gelu", VALUE, "float32", TORCH),
    Defect("silu(−∞) = NaN", "jax:silu", VALUE, "float32", JAX),
    Defect("mish(−∞) = NaN", "jax:mish", VALUE, "float32", JAX),
    Defect("gelu(−∞) = NaN", "jax:gelu approximate=False", VALUE, "float32", JAX),
    Defect("silu'(±∞) = NaN", "jax:silu", DERIVATIVE, "float32", JAX),
    Defect("gelu(−5.5) is 57% off, gelu(−6) = 0", "torch:gelu", "value", "float32", TORCH),
    Defect("gelu loses its lower tail", "torch:gelu", "value", "float64", TORCH),
    Defect("elu(−1e-4) = 0 (tensorflow#116943)", "tf:elu", "value", "float16", TF),
    Defect("elu(−1e-4) = 0", "keras:elu", "value", "float16", KERAS),
    Defect("squareplus(300) = ∞", "keras:squareplus", "value", "float16", KERAS),
    Defect("squareplus(300) = ∞", "jax:squareplus", "value", "float16", JAX),
    Defect("silu is 2,000 ULP off near −11.5", "jax:silu", "value", "float16", JAX),
    Defect("x − tanh x cancels near 0", "keras:tanh_shrink", "value", "float32", KERAS),
    Defect("x − tanh x cancels near 0", "torch:tanhshrink", "value", "float32", TORCH),
    Defect("sparse_sigmoid'(±1) = ¼: a choice", "jax:sparse_sigmoid", "kinks", "float32", ""),
    Defect("hardtanh'(±1) = 0: a choice (#120258)", "torch:hardtanh", "kinks", "float32", ""),
    Defect("leaky_relu'(0) = 1: a choice", "jax:leaky_relu", "kinks", "float32", ""),
    # This audit was the first to find the following defects.
    Defect("slope 0.2 is rounded to float32", "keras:leaky_relu", "value", "float64", KERAS),
    Defect("slope 0.2 is rounded to float32", "tf:leaky_relu", "value", "float64", TF),
    Defect("1/6 is rounded to float32", "torch:hardsigmoid", "derivative", "float64", TORCH),
    Defect("√(2/π) is rounded to float32", TANH, "lower bound", "float64", KERAS),
    Defect("gelu' is NaN above 256", TANH, "derivative", "float16", KERAS),
    Defect("gelu' is NaN above 148", "jax:gelu", "derivative", "float16", JAX),
    Defect("overflows above 5.7e37", "torch:hardswish", "value", "float32", TORCH),
    Defect("softsign'(3.3e7) is 4 times f'", "torch:softsign", "derivative", "float32", TORCH),
    Defect("softsign'(9e18) is 10¹⁹ times f'", "jax:soft_sign", "derivative", "float32", JAX),
    Defect("softsign(±∞) = NaN", "keras:softsign", VALUE, "float32", KERAS),
    Defect("sparse_plus' is NaN above 2e38", "jax:sparse_plus", "derivative", "float32", JAX),
    Defect("elu' = 0 below −20", "jax:elu", "derivative", "float32", JAX),
    Defect("hard_shrink(NaN) = 0", "keras:hard_shrink", VALUE, "float32", KERAS),
]  # fmt: skip


@cache
def findings_of(words: str, dtype: str) -> dict[str, Finding]:
    """Return the findings on the eager function in a format, by check."""
    (target,) = parse_targets(words.split())
    assert isinstance(target, Target)
    measurements = measure(target, dtypes=(dtype,), modes=(EAGER,))
    found = audit(target, measurements=measurements)
    return {finding.check: finding for finding in found.findings}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: f"{d.target}: {d.description}")
def test_the_audit_finds_known_defects(defect):
    package = counterparts.PACKAGES[defect.target.partition(":")[0]]
    if not installed(package):
        pytest.skip(f"{package} is not installed")
    finding = findings_of(defect.target, defect.dtype)[defect.check]
    if not defect.version:
        assert finding.outcome == OK
        assert finding.detail
        return
    here = version(package).partition("+")[0]
    if finding.outcome == OK and here != defect.version:
        pytest.skip(f"{package} {here} no longer has this defect: {defect.description}")
    assert finding.outcome == FAIL, f"not found in {package} {here}"
