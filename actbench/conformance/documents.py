"""Documents: one JSON file for each audit, in the folder of results."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from actbench.conformance.findings import EXHAUSTIVE_CHECKS, SCHEMA, Audit, contradictions
from actbench.errors import RequestError
from actbench.files import InvalidFileError, is_temporary
from actbench.files import read_document as read_file
from actbench.provenance import NOT_INSTALLED
from actbench.results import Fault, write_document

FOLDER = "audit"
"""The folder of audits in a store."""

# Schema 1 (version 0.1.0) ↦ this schema. Schema 2 lacks the hashes and the coverage.
_AUDIT_KEYS = {"place": "location", "verdicts": "findings"}
_FINDING_KEYS = {"text": "detail", "apart": "other_errors"}
_CHECK_NAMES = {
    "each element by itself": "elementwise",
    "kept for backward": "bytes kept for backward",
    "every value": "all float32 values",
    "every derivative": "all float32 derivatives",
}
_KINDS = {
    "subnormal": "subnormal result",
    "flushed": "subnormal input",
    "beside a joint": "near a breakpoint",
    "others, as a share of what is right": "other results, as a share of the limit",
}


_LONGEST_NAME = 100
"""Characters of a target in the name of its file; longer names are cut and get a hash."""


def path_of(store: Path, audit: Audit) -> Path:
    """Return the path of an audit, made from package, version, library and target."""
    version = audit.versions[audit.package]
    folder = audit.package if version == NOT_INSTALLED else f"{audit.package}-{version}"
    if audit.library != audit.package:
        folder += f"-{audit.library}"
    target = audit.target.partition(":")[2] or audit.target
    name = re.sub(r"[^A-Za-z0-9_.=-]+", "_", target).strip("_")
    # Formulas may differ in the replaced characters, and may be longer than any file name.
    if re.search(r"[^A-Za-z0-9_.=\-(), ]", target) or len(name) > _LONGEST_NAME:
        name = name[:_LONGEST_NAME] + "-" + hashlib.sha256(target.encode()).hexdigest()[:8]
    device = "" if audit.device == "cpu" else f"-{audit.device}"
    return store / FOLDER / f"{folder}{device}" / f"{name}.json"


def write(store: Path, audit: Audit) -> Path:
    """Write an audit; it replaces an older audit of the same function and version.

    The exhaustive findings of the older audit are kept if this audit has none, and if the code
    that they depend on, the versions, the activation and the tolerance are the same.

    Returns:
        The path of the document.

    Raises:
        RequestError: the document cannot be written, or the audit contradicts itself.
    """
    for contradiction in contradictions(audit):
        raise RequestError(f"audit of {audit.target}: {contradiction}")
    path = path_of(store, audit)
    try:
        older = read_document(path)
    except InvalidFileError:
        older = audit
    merged = _with_exhaustive_findings(audit, older)
    return write_document(path, (audit if contradictions(merged) else merged).to_dict())


def _with_exhaustive_findings(audit: Audit, older: Audit) -> Audit:
    """Return an audit with the exhaustive findings of an older one that are still true."""
    if _conditions(audit) != _conditions(older) or not audit.code.exhaustive:
        return audit
    made = {(finding.check, finding.mode) for finding in audit.findings}
    kept = [
        finding
        for finding in older.findings
        if finding.check in EXHAUSTIVE_CHECKS and (finding.check, finding.mode) not in made
    ]
    return replace(audit, findings=(*audit.findings, *kept))


def _conditions(audit: Audit) -> tuple[object, ...]:
    """Return everything that the exhaustive findings of an audit depend on."""
    code = audit.code.function, audit.code.exhaustive
    return audit.versions, audit.target, audit.expected, audit.tolerance, code


def read(store: Path) -> tuple[list[Audit], list[Fault]]:
    """Return all audits in a store, and the files that could not be read as an audit.

    `audited_code.is_current` says whether an audit is about the present code.
    """
    audits, faults = [], []
    for path in sorted((store / FOLDER).rglob("*.json")):
        if is_temporary(path):
            continue
        try:
            audits.append(read_document(path))
        except InvalidFileError as error:
            faults.append(Fault(path, error.reason))
    return audits, faults


def read_document(path: Path) -> Audit:
    """Read one document of this or an earlier schema.

    Raises:
        InvalidFileError: the file cannot be read, is not an audit, or contradicts itself.
    """
    return read_file(path, Audit, prepare=_prepared)


def _prepared(document: Mapping[str, Any]) -> Audit:
    schema = document.get("schema")
    if schema == 1:
        document = migrate_audit(document)
    elif schema not in (2, SCHEMA):
        raise ValueError(f"schema: expected 1, 2 or {SCHEMA}, got {schema!r}")
    # Documents of schema 1 have the name only as the first part of `expected`.
    function = str(document.get("expected")).partition("(")[0]
    return Audit.from_document({"function": function, **document, "schema": SCHEMA})


def migrate_audit(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document of schema 1 in the present schema: the same numbers by other names.

    Raises:
        ValueError: it is not a document of schema 1.
    """
    renamed = {_AUDIT_KEYS.get(key, key): value for key, value in document.items()}
    try:
        findings = [_migrate_finding(finding) for finding in renamed["findings"]]
    except (KeyError, TypeError, AttributeError) as error:
        kind = type(error).__name__
        raise ValueError(f"findings: expected those of schema 1, got {kind}: {error}") from None
    return renamed | {"findings": findings, "schema": SCHEMA}


def _migrate_finding(finding: Mapping[str, Any]) -> dict[str, Any]:
    found = {_FINDING_KEYS.get(key, key): value for key, value in finding.items()}
    found["check"] = _CHECK_NAMES.get(found["check"], found["check"])
    found["outcome"] = "fail" if found["outcome"] == "fails" else found["outcome"]
    if found.get("detail") in ("near a zero", *_KINDS):
        kind = found["detail"]
        found["detail"] = f"largest error: {_KINDS.get(kind, kind)}"
    if "other_errors" in found:
        errors = found["other_errors"].items()
        found["other_errors"] = {_KINDS.get(kind, kind): error for kind, error in errors}
    if "worst" in found:
        names = {"wanted": "expected"}
        found["worst"] = {names.get(key, key): text for key, text in found["worst"].items()}
    return found
