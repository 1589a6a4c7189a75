"""Failures that are expected, each with a reason, in a TOML file.

The file has a table for each of them:

    [[expected]]
    target = "torch:gelu"       # the name of the target; * and ? stand for any text
    check = "value"             # any check if it is left out
    dtype = "float32"           # any format if it is left out
    reason = "pytorch/pytorch#12345: the tail is 0"
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Self

from actbench.conformance.findings import Audit, Finding
from actbench.errors import RequestError


@dataclass(frozen=True)
class ExpectedFailure:
    """One expected failure.

    Args:
        target: name of the target; * and ? stand for any text.
        reason: the reason why it is expected.
        check: name of the check; "*" for any.
        dtype: name of the format; "*" for any.
        library: library that computes the target; "*" for any.
    """

    target: str
    reason: str
    check: str = "*"
    dtype: str = "*"
    library: str = "*"

    def matches(self, audit: Audit, finding: Finding) -> bool:
        """Return whether a failure is this one."""
        return all(
            fnmatchcase(text, pattern)
            for text, pattern in [
                (audit.target, self.target),
                (finding.check, self.check),
                (finding.dtype, self.dtype),
                (audit.library, self.library),
            ]
        )


@dataclass(frozen=True)
class ExpectedFailures:
    """The expected failures of one file.

    Args:
        entries: the failures.
        occurred: those that occurred so far.
    """

    entries: tuple[ExpectedFailure, ...]
    occurred: set[ExpectedFailure] = field(default_factory=set)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            RequestError: it cannot be read, or it is no list of expected failures.
        """
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:  # undecodable bytes and wrong TOML as well
            line = str(error).splitlines()[0]
            raise RequestError(
                f"{path}: expected a TOML file of expected failures, got {line}"
            ) from None
        tables = document.get("expected", [])
        if not isinstance(tables, list) or set(document) - {"expected"}:
            raise RequestError(f"{path}: expected tables [[expected]] only, got others")
        return cls(tuple(_entry(path, table) for table in tables))

    def without_expected(self, audit: Audit, failures: Sequence[Finding]) -> list[Finding]:
        """Return the failures that no entry expects, and note the entries that occurred."""
        unexpected = []
        for failure in failures:
            found = [each for each in self.entries if each.matches(audit, failure)]
            self.occurred.update(found)
            if not found:
                unexpected.append(failure)
        return unexpected

    @property
    def missing(self) -> list[ExpectedFailure]:
        """The entries that did not occur: they may be left out of the file now."""
        return [each for each in self.entries if each not in self.occurred]


def _entry(path: Path, table: object) -> ExpectedFailure:
    names = [each.name for each in fields(ExpectedFailure)]
    required = {"target", "reason"}
    if (
        not isinstance(table, dict)
        or not required <= table.keys() <= set(names)
        or not all(isinstance(value, str) and value.strip() for value in table.values())
    ):
        raise RequestError(
            f"{path}: expected entries with target and reason, and maybe "
            f"{', '.join(name for name in names if name not in required)}, as texts, "
            f"got {table!r}"
        )
    return ExpectedFailure(**table)
