"""Audits as documents: one JSON file per target, in the folder of results."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from actbench.conformance.exhaustive import CHECKS
from actbench.conformance.findings import SCHEMA, Audit
from actbench.provenance import NOT_INSTALLED
from actbench.results import Fault, write_document

FOLDER = "audit"
"""The folder of audits in a store."""


def path_of(store: Path, audit: Audit) -> Path:
    """Return where the document of an audit is: by package, its version, library, target."""
    version = audit.versions[audit.package]
    where = audit.package if version == NOT_INSTALLED else f"{audit.package}-{version}"
    if audit.library != audit.package:
        where += f"-{audit.library}"
    target = audit.target.partition(":")[2] or audit.target
    name = re.sub(r"[^\w.=-]+", "_", target).strip("_")
    if re.search(r"[^\w.=\-(), ]", target):  # formulas may differ in what is left out
        name += "-" + hashlib.sha256(target.encode()).hexdigest()[:8]
    device = "" if audit.device == "cpu" else f"-{audit.device}"
    return store / FOLDER / f"{where}{device}" / f"{name}.json"


def write(store: Path, audit: Audit) -> Path:
    """Write an audit; it takes the place of an older one of the same function and version.

    What that found of all of float32 stays, if this one did not look.

    Raises:
        RequestError: it cannot be written.
    """
    path = path_of(store, audit)
    looked = {(verdict.check, verdict.mode) for verdict in audit.verdicts}
    try:
        older = _audit(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        older = audit
    same = (older.versions, older.expected, older.tolerance)
    if same == (audit.versions, audit.expected, audit.tolerance):
        earlier = [v for v in older.verdicts if v.check in CHECKS]
        kept = [v for v in earlier if (v.check, v.mode) not in looked]
        audit = replace(audit, verdicts=(*audit.verdicts, *kept))
    return write_document(path, audit.document())


def read(store: Path) -> tuple[list[Audit], list[Fault]]:
    """Return all audits in a store, and what could not be read as one."""
    audits, faults = [], []
    for path in sorted((store / FOLDER).rglob("*.json")):
        try:
            audits.append(_audit(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            faults.append(Fault(path, f"is no audit ({error})"))
    return audits, faults


def _audit(found: Any) -> Audit:
    if found["schema"] != SCHEMA:
        raise ValueError(f"schema {found['schema']!r}, not {SCHEMA}")
    return Audit.of_document(found)
