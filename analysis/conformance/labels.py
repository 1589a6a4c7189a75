"""Labels, order and severity of audits and findings in tables and figures."""

from collections.abc import Iterable

from actbench.activations.catalogue import RECORDS
from actbench.conformance.audited_code import CodeState, code_state
from actbench.conformance.findings import Audit, Finding
from actbench.conformance.measurements import EAGER
from actbench.provenance import NOT_INSTALLED
from analysis.plotting import short_name

_FUNCTIONS = [record.name for record in RECORDS]


def function_place(function: str) -> tuple[int, str]:
    """Return the place of a function in tables: catalogue order, other functions last."""
    place = _FUNCTIONS.index(function) if function in _FUNCTIONS else len(_FUNCTIONS)
    return place, function


LETTERS = {
    "value": "V",
    "all float32 values": "V",
    "derivative": "D",
    "all float32 derivatives": "D",
    "kinks": "K",
    "special values of the value": "∞",
    "special values of the derivative": "∞",
    "lower bound": "B",
    "upper bound": "B",
    "monotone": "M",
    "odd": "S",
    "even": "S",
    "input unchanged": "P",
    "elementwise": "P",
    "value at each position": "P",
    "derivative at each position": "P",
    "second derivative": "2",
    "compiled value = eager": "C",
    "compiled derivative = eager": "C",
    "export": "E",
    "process": "E",
}
"""Check ↦ its letter in the matrix, the most severe ones first."""

LEGEND = (
    "V value, D derivative, K kink, ∞ at ±∞ or NaN, B bound, M monotone, S symmetry, "
    "P not elementwise or input changed, 2 second derivative, C compiled differs from eager, "
    "E export refused, or process ended or blocked"
)

_SEVERITY = {"V": 3, "P": 3, "E": 3, "D": 2, "K": 2, "B": 2, "M": 2, "S": 2}
_FORMATS = ("float32", "float64", "float16", "bfloat16")


_STATES = {
    CodeState.CURRENT: "",
    CodeState.STALE: " (other code)",
    CodeState.UNKNOWN: " (code unknown)",
}
"""State of the audited code ↦ its label."""

CODE_LEGEND = (
    "'Other code' means that the audited code has changed since; 'code unknown' that the "
    "document states no hash of its code, or that the code is not installed here."
)


def framework_of(audit: Audit) -> str:
    """Return the package with its version, the library if that is another one, and its code.

    An audit of other code than the present one is labelled, so it is not taken for a current
    one.
    """
    version = audit.versions.get(audit.package, NOT_INSTALLED).partition("+")[0]
    on = "" if audit.library == audit.package else f" on {audit.library}"
    name = f"{audit.package} {version}{on}".replace(f" {NOT_INSTALLED}", "")
    return f"{name}{_STATES[code_state(audit)]}"


def in_lines(framework: str) -> str:
    """Return the result of `framework_of` in short lines, for a figure."""
    lines = framework.replace(" on ", "\non ").replace(" (", "\n(").split("\n")
    return "\n".join(short_name(line) for line in lines[:3])


def framework_order(frameworks: Iterable[str]) -> list[str]:
    """Return the results of `framework_of` without duplicates, actbench first."""
    return sorted(set(frameworks), key=lambda name: (not name.startswith("actbench"), name))


def function_order(functions: Iterable[str]) -> list[str]:
    """Return names of functions without duplicates, in the order of `function_place`."""
    return sorted(set(functions), key=function_place)


def severity(check: str) -> int:
    """Return the severity of a failing check: 1, 2 or 3."""
    return _SEVERITY.get(LETTERS.get(check, "?"), 1)


def format_order(finding: Finding) -> tuple[bool, int]:
    """Return a key that sorts eager findings first, and float32 first among the formats."""
    formats = _FORMATS
    index = formats.index(finding.dtype) if finding.dtype in formats else len(formats)
    return finding.mode != EAGER, index
