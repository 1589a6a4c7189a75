"""Failures that do not count: those of a baseline, and those that a file expects."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from actbench.conformance.baselines import junit
from actbench.conformance.baselines.changes import REGRESSIONS, Baseline, ChangeKind
from actbench.conformance.baselines.expected_failures import ExpectedFailures
from actbench.conformance.findings import Audit, Finding


@dataclass(frozen=True)
class KnownFailures:
    """The failures of a baseline and of a file.

    Args:
        baseline: earlier audits; a failure that is not worse than there does not count.
        expected: failures with reasons.
    """

    baseline: Baseline | None
    expected: ExpectedFailures

    @classmethod
    def of(cls, baseline: Path | None, expected: Path | None) -> Self:
        """Read both.

        Raises:
            RequestError: one of them cannot be read.
        """
        return cls(
            None if baseline is None else Baseline.of(baseline),
            ExpectedFailures(()) if expected is None else ExpectedFailures.load(expected),
        )

    def counting(self, audit: Audit) -> list[Finding]:
        """Return the failures of an audit that count."""
        failures = self.expected.without_expected(audit, audit.failures)
        if self.baseline is None:
            return failures
        worse = {
            (each.check, each.dtype, each.mode)
            for each in self.baseline.changes_to(audit)
            if each.kind in REGRESSIONS
        }
        return [each for each in failures if (each.check, each.dtype, each.mode) in worse]

    def lines(self, audits: Sequence[Audit]) -> list[str]:
        """Return a summary: failures that count and that do not, and failures that are gone."""
        if self.baseline is None and not self.expected.entries:
            return []
        counting = sum(len(self.counting(audit)) for audit in audits)
        failures = sum(len(audit.failures) for audit in audits)
        found = [f"{counting} new failures, {failures - counting} known ones"]
        if self.baseline is not None:
            changes = [each for audit in audits for each in self.baseline.changes_to(audit)]
            found += [
                str(each) for each in changes if each.kind in (*REGRESSIONS, ChangeKind.FIXED)
            ]
        found += [
            f"{each.target} {each.check} {each.dtype}: expected to fail ({each.reason}), "
            "but did not"
            for each in self.expected.missing
        ]
        return found

    def write_junit(self, path: Path, audits: Sequence[Audit]) -> None:
        """Write the audits as a JUnit file, in which known failures are skipped tests.

        Raises:
            RequestError: the file cannot be written.
        """
        suites = []
        for audit in audits:
            counting = self.counting(audit)
            known = [each for each in audit.failures if each not in counting]
            suites.append((audit, known))
        junit.write(path, suites)
