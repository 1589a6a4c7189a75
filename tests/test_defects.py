"""Known defects of frameworks: the audit must find each in the version it was seen in."""

from dataclasses import dataclass
from importlib.metadata import version

import pytest

from actbench.conformance.audit import audit
from actbench.conformance.findings import Audit
from actbench.conformance.targets import targets
from actbench.frameworks import counterparts
from actbench.frameworks.libraries import installed


@dataclass(frozen=True)
class Defect:
    """A defect of a framework's function.

    Args:
        what: what is wrong, and where it was reported.
        target: the words of the command line.
        check: the verdict that finds it.
        dtype: in which format.
        seen: the version it was seen in.
    """

    what: str
    target: str
    check: str
    dtype: str
    seen: str


VALUE, SLOPE = "special values of the value", "special values of the derivative"
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
    Defect("silu'(±∞) = NaN", "jax:silu", SLOPE, "float32", JAX),
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
    # Found by this audit first.
    Defect("slope 0.2 is of float32", "keras:leaky_relu", "value", "float64", KERAS),
    Defect("slope 0.2 is of float32", "tf:leaky_relu", "value", "float64", TF),
    Defect("1/6 is of float32", "torch:hardsigmoid", "derivative", "float64", TORCH),
    Defect("√(2/π) is of float32", TANH, "lower bound", "float64", KERAS),
    Defect("gelu' is NaN from 256 on", TANH, "derivative", "float16", KERAS),
    Defect("gelu' is NaN from 148 on", "jax:gelu", "derivative", "float16", JAX),
    Defect("overflows from 5.7e37 on", "torch:hardswish", "value", "float32", TORCH),
    Defect("softsign'(3.3e7) is 4 times it", "torch:softsign", "derivative", "float32", TORCH),
    Defect("softsign'(9e18) is 10¹⁹ times it", "jax:soft_sign", "derivative", "float32", JAX),
    Defect("softsign(±∞) = NaN", "keras:softsign", VALUE, "float32", KERAS),
    Defect("sparse_plus' is NaN from 2e38 on", "jax:sparse_plus", "derivative", "float32", JAX),
    Defect("elu' = 0 from −20 on", "jax:elu", "derivative", "float32", JAX),
    Defect("hard_shrink(NaN) = 0", "keras:hard_shrink", VALUE, "float32", KERAS),
]  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: f"{d.target}: {d.what}")
def test_the_audit_finds_what_is_known(defect):
    words = defect.target.split()
    package = counterparts.PACKAGES[words[0].partition(":")[0]]
    if not installed(package):
        pytest.skip(f"{package} is not installed")
    (target,) = targets(words)
    found = {(v.check, v.dtype): v for v in _audit(target).verdicts if v.mode == "eager"}
    verdict = found[defect.check, defect.dtype]
    if not defect.seen:  # a choice, which the audit names and lets pass
        assert verdict.outcome == "ok"
        assert verdict.text
        return
    here = version(package).partition("+")[0]
    if verdict.outcome == "ok" and here != defect.seen:
        pytest.skip(f"{package} {here} has mended it: {defect.what}")
    assert verdict.outcome == "fails", f"not found in {package} {here}"


_audits: dict[str, Audit] = {}


def _audit(target):
    if target.name not in _audits:
        _audits[target.name] = audit(target)[0]
    return _audits[target.name]
