"""The work in the process of an audit: parse a target, audit it, and report each step."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from actbench.conformance import documents, exhaustive, figure
from actbench.conformance.audit import audit, begin
from actbench.conformance.findings import EXPORT, FAIL, Audit, Finding, Tolerance
from actbench.conformance.measurements import COMPILED, EAGER, measure
from actbench.conformance.targets.parser import parse_targets
from actbench.conformance.targets.source import AuditEntry, TargetSource
from actbench.conformance.targets.target import (
    NotExportedError,
    NotInstalledError,
    Target,
)
from actbench.conformance.targets.words import TargetWords
from actbench.frameworks.start import native_messages_hidden, start_tensorflow

# The reproducer of a function that cannot be exported has an input, which it does not reach.
_ANY_INPUT = "1.0"


class Chunks(NamedTuple):
    """Progress of an exhaustive check.

    Args:
        title: name of the function and the mode.
        done: number of finished chunks.
        total: number of chunks.
    """

    title: str
    done: int
    total: int


Reporter = Callable[[Audit | Chunks], None]
"""Takes the unfinished audit after each step, and the progress of an exhaustive check."""


@dataclass(frozen=True, kw_only=True)
class TargetRequest:
    """The request to audit the words of one target; other fields are as in `AuditOptions`.

    Args:
        words: name of the target, and its PARAMETER=VALUE words.
        expected: activation that it should compute.
        formula: formula that it should compute.
        device: device that computes it.
        tolerance: allowed errors.
        figure: file to draw the errors to.
        numbered: whether the file gets the name of the target, because there are others.
        exhaustive: whether to check all float32 inputs.
        compiled: whether to check the compiled function there.
        store: folder for unfinished exhaustive checks.
        library: library that runs a user function.
        source: further targets.
    """

    words: TargetWords
    expected: str | None
    formula: str | None
    device: str
    tolerance: Tolerance
    figure: Path | None = None
    numbered: bool = False
    exhaustive: bool = False
    compiled: bool = False
    store: Path = Path("results")
    library: str | None = None
    source: TargetSource | None = None


def check_request(request: TargetRequest, report: Reporter) -> None:
    """Parse a request, and make its functions.

    Raises:
        RequestError: it is wrong.
        NotInstalledError: the framework of the target is not installed.
    """
    del report
    for target in _targets(request):
        target.check()


def audit_request(request: TargetRequest, report: Reporter) -> list[Audit]:
    """Return the audits of the targets of a request; a name of actbench has several.

    Raises:
        RequestError: it is wrong.
        NotInstalledError: the framework of the target is not installed.
    """
    targets = _targets(request)
    return [
        _audit_target(target, request, report, numbered=request.numbered or len(targets) > 1)
        for target in targets
    ]


def audit_entry(
    entry: AuditEntry, device: str, tolerance: Tolerance, report: Reporter
) -> Audit:
    """Return the audit of an entry of the inventory.

    A function that cannot be exported has one finding, with the program that fails.

    Raises:
        LookupError: the installed version of the framework has no such function.
        RequestError: the library does not have this device, or lacks the function.
    """
    target = entry.target(device)
    begun = begin(target, tolerance)
    report(begun)
    start = time.perf_counter()
    try:
        target.check()
    except NotExportedError as reason:
        dtype = target.usual_format
        program = target.reproducer(_ANY_INPUT, dtype, 0, compiled=False)
        finding = Finding(EXPORT, FAIL, f"{reason}", dtype, reproducer=program)
        seconds = round(time.perf_counter() - start, 2)
        return replace(begun, findings=(finding,), seconds=seconds)
    return audit(target, tolerance)


def _targets(request: TargetRequest) -> list[Target]:
    """Parse a request; the import of a user's module may start a framework."""
    with native_messages_hidden():
        found = parse_targets(
            request.words,
            expected=request.expected,
            formula=request.formula,
            device=request.device,
            library=request.library,
            source=request.source,
        )
        if "tensorflow" in sys.modules:
            start_tensorflow()
    for target in found:
        if isinstance(target, NotInstalledError):
            raise target
    return [target for target in found if isinstance(target, Target)]


def _audit_target(
    target: Target, request: TargetRequest, report: Reporter, *, numbered: bool
) -> Audit:
    """Audit a target, and draw and check it exhaustively if the request says so.

    Raises:
        RequestError: the function cannot be made.
    """
    report(begin(target, request.tolerance))
    target.check()
    measurements = measure(target)
    report(begin(target, request.tolerance))
    found = audit(target, request.tolerance, measurements=measurements)
    report(found)
    if request.figure is not None:
        path = request.figure
        if numbered:
            document = documents.path_of(Path(), found)
            path = path.with_stem(f"{path.stem}-{document.parent.name}-{document.stem}")
        figure.write(found, target.expected, measurements, path)
        print(f"actbench: figure written to {path}", file=sys.stderr)
    return _with_all_inputs(target, found, request, report) if request.exhaustive else found


def _with_all_inputs(
    target: Target, found: Audit, request: TargetRequest, report: Reporter
) -> Audit:
    """Return the audit with the findings on all float32 inputs."""
    start_tensorflow()  # it computes the reference
    mode = COMPILED if request.compiled else EAGER
    document = documents.path_of(request.store, found)
    title = f"{found.target} on {target.library.name}, {mode}"
    fields = found.to_dict()
    settings = {
        key: fields[key]
        for key in (
            "target",
            "library",
            "device",
            "expected",
            "formula",
            "tolerance",
            "versions",
        )
    } | {"mode": mode, "code": [found.code.function, found.code.exhaustive]}

    def progress(chunks: Iterable[int]) -> Iterator[int]:
        unfinished = list(chunks)
        for done, chunk in enumerate(unfinished):
            report(Chunks(title, done, len(unfinished)))
            yield chunk
        report(Chunks(title, len(unfinished), len(unfinished)))

    findings = exhaustive.check_all_inputs(
        target,
        found.tolerance,
        progress,
        mode=mode,
        partial=document.with_suffix(f".{mode}.partial"),
        settings=settings,
    )
    return replace(found, findings=(*found.findings, *findings))
