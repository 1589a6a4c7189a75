"""Audits as documents: one JSON file per target, in the folder of results."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from actbench.audit.exhaustive import CHECKS
from actbench.audit.verdicts import SCHEMA, Audit
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
    name = re.sub(r"[^\w.=-]+", "_", audit.target.partition(":")[2] or audit.target).strip("_")
    device = "" if audit.device == "cpu" else f"-{audit.device}"
    return store / FOLDER / f"{where}{device}" / f"{name}.json"


def write(store: Path, audit: Audit) -> Path:
    """Write an audit; it takes the place of an older one of the same function and version.

    What that found of all of float32 stays, if this one did not look.

    Raises:
        RequestError: it cannot be written.
    """
    path = path_of(store, audit)
    checks = {verdict.check for verdict in audit.verdicts}
    try:
        older = _audit(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        older = audit
    same = (older.versions, older.expected, older.tolerance)
    if same == (audit.versions, audit.expected, audit.tolerance):
        kept = [v for v in older.verdicts if v.check in CHECKS and v.check not in checks]
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
