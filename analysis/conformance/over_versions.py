"""Audits of several versions of a framework: when a defect appeared, and when it went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
from packaging.version import InvalidVersion, Version

from actbench.conformance.findings import Audit
from actbench.conformance.measurements import EAGER
from analysis.conformance.labels import LETTERS, function_place
from analysis.plotting import BLACK, BLUE, new_panels, use_integer_ticks
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_UNKNOWN = Version("0")


def version_of(audit: Audit) -> Version:
    """Return the version of the audited package; 0 if the document states none."""
    try:
        return Version(audit.versions.get(audit.package, ""))
    except InvalidVersion:
        return _UNKNOWN


def newest(audits: Sequence[Audit]) -> list[Audit]:
    """Return the audits of the newest version of each package that a library computes."""
    latest: dict[tuple[str, str], Version] = {}
    for audit in audits:
        key = audit.package, audit.library
        latest[key] = max(latest.get(key, _UNKNOWN), version_of(audit))
    return [each for each in audits if version_of(each) == latest[each.package, each.library]]


def summarise(audits: Sequence[Audit]) -> pd.DataFrame:
    """Return one row for each check whose outcome depends on the version.

    Only packages with audits of several versions have rows.

    Returns:
        The columns framework, function, target, check, and changes: the formats in which the
        check fails, from each version at which they change.
    """
    versions = _versions(audits)
    failing: dict[tuple[str, str, str, str], dict[Version, set[str]]] = defaultdict(dict)
    audited: dict[tuple[str, str], set[Version]] = defaultdict(set)
    for audit in audits:
        name, version = _framework(audit), version_of(audit)
        audited[name, audit.target].add(version)
        for finding in audit.failures:
            mode = "" if finding.mode == EAGER or "compiled" in finding.check else " compiled"
            key = name, audit.function, audit.target, finding.check
            failing[key].setdefault(version, set()).add(f"{finding.dtype}{mode}".strip())
    rows = []
    for (name, function, target, check), of_version in failing.items():
        known = sorted(audited[name, target])
        outcomes = [", ".join(sorted(of_version.get(each, ()))) for each in known]
        if len(versions[name]) > 1 and len(set(outcomes)) > 1:
            rows.append(
                {
                    "framework": name,
                    "function": function,
                    "target": target,
                    "check": check,
                    "changes": _changes(known, outcomes),
                }
            )
    table = pd.DataFrame(rows, columns=["framework", "function", "target", "check", "changes"])
    order = list(LETTERS)
    return table.sort_values(
        ["framework", "function", "target", "check"],
        key=lambda column: (
            column.map(function_place)
            if column.name == "function"
            else column.map(lambda check: order.index(check) if check in order else len(order))
            if column.name == "check"
            else column
        ),
        ignore_index=True,
    )


def count_failures(audits: Sequence[Audit]) -> pd.DataFrame:
    """Return the number of failing checks of each version, over the targets that all have.

    Returns:
        The columns framework, version (text), targets, and failures: the number of pairs of a
        target and a check that fails in some format.
    """
    rows = []
    for name, versions in _versions(audits).items():
        if len(versions) < 2:
            continue
        of_version = {
            version: {
                audit.target: {each.check for each in audit.failures}
                for audit in audits
                if _framework(audit) == name and version_of(audit) == version
            }
            for version in versions
        }
        common = set.intersection(*(set(each) for each in of_version.values()))
        rows += [
            {
                "framework": name,
                "version": str(version),
                "targets": len(common),
                "failures": sum(len(of_version[version][target]) for target in common),
            }
            for version in versions
        ]
    return pd.DataFrame(rows, columns=["framework", "version", "targets", "failures"])


def draw(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the number of failing checks over the versions of one framework."""
    ax.plot(range(len(rows)), rows["failures"], "o-", color=BLUE)
    for place, failures in enumerate(rows["failures"]):
        ax.annotate(
            str(failures), (place, failures), xytext=(0, 5), textcoords="offset points",
            ha="center", fontsize=8, color=BLACK,
        )  # fmt: skip
    ax.set_xticks(range(len(rows)), rows["version"], fontsize=8)
    ax.set_xlim(-0.5, len(rows) - 0.5)
    ax.set_ylim(0, 1.2 * max(1, rows["failures"].max()))
    use_integer_ticks(ax.yaxis)
    framework, targets = rows["framework"].iloc[0], rows["targets"].iloc[0]
    ax.set_title(f"{framework}, {targets} functions", fontsize=9)


def section(audits: Sequence[Audit]) -> Section:
    """Return the number of failing checks by version, and the changes as a table."""
    counts = count_failures(audits)
    frameworks = list(dict.fromkeys(counts["framework"]))
    figure, axes = new_panels(len(frameworks), width=3.4, height=2.6)
    for ax, name in zip(axes, frameworks, strict=True):
        draw(ax, counts[counts["framework"] == name])
    axes[0].set_ylabel("failing checks")
    return Section(
        "When defects appeared and went",
        "The same audit of several versions of a framework. The figure counts the checks that "
        "fail in some format, over the functions that all versions have. The table has each "
        "check whose outcome depends on the version, with the formats in which it fails from "
        "that version on.",
        figure,
        summarise(audits),
    )


def has_several_versions(audits: Sequence[Audit]) -> bool:
    """Return whether a package was audited in several versions."""
    return any(len(each) > 1 for each in _versions(audits).values())


def _framework(audit: Audit) -> str:
    on = "" if audit.library == audit.package else f" on {audit.library}"
    return f"{audit.package}{on}"


def _versions(audits: Sequence[Audit]) -> dict[str, list[Version]]:
    """Return the known versions of each framework but actbench, in order."""
    found: dict[str, set[Version]] = defaultdict(set)
    for audit in audits:
        if version_of(audit) != _UNKNOWN and audit.package != "actbench":
            found[_framework(audit)].add(version_of(audit))
    return {name: sorted(versions) for name, versions in sorted(found.items())}


def _changes(versions: Sequence[Version], outcomes: Sequence[str]) -> str:
    """Return the failing formats at the first version and at each one where they change."""
    texts, before = [], None
    for version, outcome in zip(versions, outcomes, strict=True):
        if outcome != before:
            texts.append(f"{version}: {f'fails in {outcome}' if outcome else 'passes'}")
        before = outcome
    return "; ".join(texts)
