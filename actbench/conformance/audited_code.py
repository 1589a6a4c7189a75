"""Hashes of the code that an audit depends on, so that a verdict on other code is recognised.

The hashes of an audit contain the definitions that it really uses (see `definitions`). So they
are equal after a change of another record or of a comment.
"""

import hashlib
import sys
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from pathlib import Path

import actbench
from actbench.activations.catalogue import RECORDS
from actbench.activations.code_hash import hash_of_code
from actbench.activations.formula_activation import FormulaActivation
from actbench.activations.record import Activation
from actbench.activations.user_functions import load
from actbench.conformance.definitions import Code, Definition
from actbench.conformance.findings import Audit, CodeHashes
from actbench.conformance.targets.target import Target

# The code of functions, and the code that judges them. Limits at ±∞ belong to the latter.
_FUNCTION_ROOMS = ("activations", "formula", "frameworks", "keras", "numerics")
_JUDGE_ROOMS = ("activations", "conformance", "formula", "frameworks.libraries", "numerics")

# Modules that change no result: catalogues, protocols, checks of parameters, error messages,
# texts of audits, and these hashes.
_WITHOUT_RESULTS = {
    "actbench.activations.catalogue",
    "actbench.activations.counterparts",
    "actbench.activations.parameter",
    "actbench.activations.code_hash",
    "actbench.activations.user_code",
    "actbench.activations.user_functions",
    "actbench.conformance.audited_code",
    "actbench.conformance.definitions",
    "actbench.conformance.html_report",
    "actbench.conformance.text_report",
    "actbench.frameworks.user_gradients",
    "actbench.numerics.array",
}
_LIMITS = "actbench.activations.properties"

_ON_ARRAYS = (Definition("actbench.numerics.dispatch", "evaluate"),)
_EVALUATORS: dict[str, tuple[Definition, ...]] = {
    "numpy": (),
    "tensorflow": (Definition("actbench.keras.tensors", "evaluate_keras_tensor"),),
    "torch": (
        Definition("actbench.frameworks.torch_tensors", "evaluate_tensor"),
        # PyTorch calls these members of a class that it is given.
        *(
            Definition("actbench.frameworks.torch_tensors", f"_Derivative.{member}")
            for member in ("forward", "setup_context", "backward", "jvp")
        ),
    ),
    "jax": (Definition("actbench.frameworks.jax_tensors", "evaluate_tensor"),),
}
"""Library ↦ the functions that evaluate records on its tensors."""
_JUDGE = (Definition("actbench.conformance.audit", "audit"),)
_EXHAUSTIVE_JUDGE = (
    Definition("actbench.conformance.exhaustive", "check_all_inputs"),
    Definition("actbench.conformance.compiled_errors", "compile_errors"),
)
_FAMILY = Definition("actbench.activations.record", "Activation")

_DIGITS = 16


class CodeState(StrEnum):
    """Whether an audit is about the present code."""

    CURRENT = "current"
    STALE = "stale"
    UNKNOWN = "unknown"
    """The document states no hash, or the code of the function is not at hand."""


def hashes_of(target: Target, audit: Audit) -> CodeHashes:
    """Return the hashes of the code of a target and of its judge, for its audit."""
    function = target.make(target.usual_format)
    computed = type(function) if isinstance(function, Activation) else None
    return _hashes(audit, computed, type(target.expected))


def code_state(audit: Audit) -> CodeState:
    """Return whether an audit is about the present code.

    The versions of frameworks are those that the audit states, so the audit of another
    version of a framework may be current.
    """
    present = _present_hashes(audit)
    if present is None or not audit.code.judge:
        return CodeState.UNKNOWN
    same = present.function == audit.code.function and present.judge == audit.code.judge
    return CodeState.CURRENT if same else CodeState.STALE


def exhaustive_state(audit: Audit) -> CodeState:
    """Return whether the findings on all float32 inputs are about the present code."""
    present = _present_hashes(audit)
    if present is None or not audit.code.exhaustive:
        return CodeState.UNKNOWN
    same = (present.function, present.exhaustive) == (
        audit.code.function,
        audit.code.exhaustive,
    )
    return CodeState.CURRENT if same else CodeState.STALE


def is_current(audit: Audit) -> bool:
    """Return whether an audit, with its findings on all inputs, is about the present code."""
    return code_state(audit) == exhaustive_state(audit) == CodeState.CURRENT


def _present_hashes(audit: Audit) -> CodeHashes | None:
    """Return the hashes that an audit would have now; None if its code is not at hand."""
    expected = _record(audit.function)
    computed = _record(audit.record) if audit.record else None
    if expected is None or (audit.record and computed is None):
        return None
    if not audit.location:  # a callable that cannot be imported
        return None
    # The module of a user is not imported to read a document.
    if ":" in audit.location and audit.location.partition(":")[0] not in sys.modules:
        return None
    return _hashes(audit, computed, expected)


def _record(name: str) -> type[Activation] | None:
    if name.startswith("formula:"):
        return FormulaActivation
    return {record.name: record for record in RECORDS}.get(name)


def _hashes(
    audit: Audit, computed: type[Activation] | None, expected: type[Activation]
) -> CodeHashes:
    function = [audit.library, audit.versions.get(audit.library, ""), audit.call]
    if computed is not None:
        roots = (*_ON_ARRAYS, *_EVALUATORS[audit.library])
        function += _texts("function", roots, computed)
    elif ":" in audit.location:
        function.append(hash_of_code(load(audit.location)))
    else:
        function += [audit.location, audit.versions.get(audit.package, "")]
    facts = [
        audit.formula,
        *(f"{key}={value!r}" for key, value in sorted(audit.parameters.items())),
    ]
    return CodeHashes(
        function=_hash(function) if audit.location else "",
        judge=_hash([*facts, *_texts("judge", _JUDGE, expected)]),
        exhaustive=_hash([*facts, *_texts("exhaustive", _EXHAUSTIVE_JUDGE, expected)]),
    )


def _hash(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:_DIGITS]


@cache
def _texts(
    purpose: str, roots: tuple[Definition, ...], record: type[Activation]
) -> tuple[str, ...]:
    """Return the texts of the definitions that a record and the roots reach, sorted.

    The names of modules are left out, so a definition may move to another module. A record of
    a user is represented by the hash of its code.
    """
    if not record.__module__.startswith("actbench."):
        return hash_of_code(record), *_texts(purpose, roots, FormulaActivation)
    place = Definition(record.__module__, record.__qualname__)
    name = record.__dict__.get("name", "")
    reached = _code(purpose).reached([place, *roots], key=name if type(name) is str else "")
    return tuple(sorted(reached.values()))


@cache
def _code(purpose: str) -> Code:
    """Return the code for one of the purposes "function", "judge" and "exhaustive"."""
    rooms = _FUNCTION_ROOMS if purpose == "function" else _JUDGE_ROOMS
    left_out = _WITHOUT_RESULTS if purpose == "judge" else _WITHOUT_RESULTS | {_LIMITS}

    def source_of(module: str) -> str | None:
        included = any(f"{module}.".startswith(f"actbench.{room}.") for room in rooms)
        return _text(module) if included and module not in left_out else None

    names = frozenset(record.name for record in RECORDS)
    return Code(source_of, family=_FAMILY, keys=names)


def _text(module: str) -> str | None:
    """Return the text of a module of actbench, without importing it."""
    place = Path(actbench.__file__).parents[1].joinpath(*module.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path.read_text(encoding="utf-8")
    return None
