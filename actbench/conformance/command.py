"""The command `actbench audit`."""

import hashlib
import inspect
import json
import logging
import math
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from actbench.conformance import documents as audit_documents
from actbench.conformance import exhaustive, figure
from actbench.conformance.audit import audit
from actbench.conformance.findings import STRICT, Audit, Tolerance
from actbench.conformance.inventory import Entry, entries
from actbench.conformance.measurements import COMPILED, EAGER
from actbench.conformance.targets import NotInstalledError, Target, targets
from actbench.conformance.text_report import lines, summary
from actbench.errors import RequestError
from actbench.frameworks.start import start_tensorflow
from actbench.progress import Progress

# Each leaves some 60 MB of compiled code behind, and all should fit into 2 GB.
_AUDITS_PER_PROCESS = 8


@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """The request of one `actbench audit`; each field is the option of that name.

    Args:
        targets: the functions to audit, each followed by its PARAMETER=VALUE words; with
            `all`, the frameworks to audit.
        expected: the activation that the targets should compute, such as "elu alpha=2".
        formula: the formula that the targets should compute.
        all: audit all functions of the installed frameworks.
        json: print JSON documents instead of text.
        figure: file to draw the errors to.
        exhaustive: check all 2³² float32 inputs as well.
        compiled: check the compiled function in the exhaustive pass.
        device: "cpu" or "cuda".
        ulp: tolerance of values in ULP; None for the default.
        ulp_derivative: tolerance of derivatives.
        ulp_second_derivative: tolerance of second derivatives.
        store: folder to write documents to; None for none (with `all`: results).
    """

    targets: tuple[str, ...] = ()
    expected: str | None = None
    formula: str | None = None
    all: bool = False
    json: bool = False
    figure: Path | None = None
    exhaustive: bool = False
    compiled: bool = False
    device: str = "cpu"
    ulp: float | None = None
    ulp_derivative: float | None = None
    ulp_second_derivative: float | None = None
    store: Path | None = None


def run(options: AuditOptions) -> bool:
    """Audit what was asked for, and return whether all of it conforms.

    Raises:
        RequestError: the request is wrong, or nothing of it is installed.
    """
    tolerance = _tolerance(options)
    _start()
    if options.compiled and not options.exhaustive:
        raise RequestError("--compiled is for --exhaustive; both would be right, or neither")
    if options.all:
        return _run_all(options, tolerance)
    if not options.targets:
        raise RequestError(
            "audit: no target; a TARGET such as torch:gelu, or --all, would be right"
        )
    asked = targets(
        options.targets,
        expected=options.expected,
        formula=options.formula,
        device=options.device,
    )
    found = [target for target in asked if isinstance(target, Target)]
    for missing in asked:
        if isinstance(missing, NotInstalledError):
            if not found:
                raise missing
            print(f"actbench: {missing}; left out", file=sys.stderr)
    audits = []
    for target in found:
        examined = _examine(target, tolerance, options, alone=len(found) == 1)
        audits.append(examined)
        if not options.json:
            print("\n".join(lines(examined)))
        if options.store is not None:
            audit_documents.write(options.store, examined)
    if options.json:
        documents = [examined.document() for examined in audits]
        print(json.dumps(documents, indent=1, ensure_ascii=False, allow_nan=False))
    return all(examined.conforms for examined in audits)


def _tolerance(options: AuditOptions) -> Tolerance:
    given = {
        "value": options.ulp,
        "derivative": options.ulp_derivative,
        "second_derivative": options.ulp_second_derivative,
    }
    for name, size in given.items():
        if size is not None and not 0.5 <= size < math.inf:
            raise RequestError(
                f"a tolerance of {size:g} ULP for the {name.replace('_', ' ')}: "
                "0.5, which correct rounding has, or more would be right"
            )
    return STRICT._replace(**{key: size for key, size in given.items() if size is not None})


def _examine(
    target: Target, tolerance: Tolerance, options: AuditOptions, *, alone: bool
) -> Audit:
    """Audit a target, draw it, and look at all of float32, as far as that was asked for."""
    examined, judge = audit(target, tolerance)
    if options.figure is not None:
        path: Path = options.figure
        if not alone:
            name = audit_documents.path_of(Path(), examined)
            path = path.with_stem(f"{path.stem}-{name.parent.name}-{name.stem}")
        figure.write(examined, judge, path)
        print(f"actbench: {path} drawn", file=sys.stderr)
    if options.exhaustive:
        examined = _exhaust(target, examined, options)
    return examined


def _exhaust(target: Target, examined: Audit, options: AuditOptions) -> Audit:
    mode = COMPILED if options.compiled else EAGER
    document = audit_documents.path_of(options.store or Path("results"), examined)
    name = f"{examined.target} on {target.library.name}, {mode}"
    kept = examined.document()
    settings = {
        key: kept[key]
        for key in ("target", "library", "device", "expected", "formula", "tolerance")
    } | {"mode": mode, "versions": examined.versions, "code": _code(target)}
    found = exhaustive.verdicts(
        target,
        examined.tolerance,
        lambda blocks: _shown(name, blocks),
        mode=mode,
        partial=document.with_suffix(f".{mode}.partial"),
        settings=settings,
    )
    return replace(examined, verdicts=(*examined.verdicts, *found))


def _code(target: Target) -> str:
    """Return a hash of a reader's code: blocks of an earlier version of it do not count."""
    try:
        text = inspect.getsource(inspect.unwrap(target.make("float32")))
    except (OSError, TypeError):  # none to be had, as of our records
        text = ""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _shown(name: str, blocks: Iterable[int]) -> Iterator[int]:
    """Yield blocks, showing how far they are."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    yield from track(list(blocks), name, console=console, disable=not console.is_terminal)


def _run_all(options: AuditOptions, tolerance: Tolerance) -> bool:
    refused: dict[str, Any] = {
        "--as": options.expected,
        "--formula": options.formula,
        "--figure": options.figure,
        "--exhaustive": options.exhaustive,
    }
    for flag, value in refused.items():
        if value:
            raise RequestError(f"--all and {flag} are both given; one would be right")
    wanted = entries(tuple(options.targets))
    folder = options.store or Path("results")
    progress = Progress()
    audits = []
    with (
        progress.work("audit", len(wanted), len(wanted), noun="functions"),
        _workers() as workers,
    ):
        for entry in wanted:
            future = workers.submit(_audit_one, entry, options.device, tolerance)
            try:
                examined = future.result()
            except (LookupError, RequestError) as missing:  # in the version, on the device
                progress.trial_done(f"{missing}; left out")
                continue
            audit_documents.write(folder, examined)
            audits.append(examined)
            progress.step()
            progress.trial_done(summary(examined))
    if options.json:
        documents = [examined.document() for examined in audits]
        print(json.dumps(documents, ensure_ascii=False, allow_nan=False))
    else:
        conforming = sum(examined.conforms for examined in audits)
        print(
            f"{conforming} of {len(audits)} conform; "
            f"documents are in {folder / audit_documents.FOLDER}"
        )
    return all(examined.conforms for examined in audits)


def _workers() -> Executor:
    """Return a process to audit in, anew after some functions: compilers never forget."""
    return ProcessPoolExecutor(
        1,
        mp_context=get_context("spawn"),
        initializer=_start,
        max_tasks_per_child=_AUDITS_PER_PROCESS,
    )


def _start() -> None:
    """Start TensorFlow; that it traces a function for each target is no news."""
    start_tensorflow()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def _audit_one(entry: Entry, device: str, tolerance: Tolerance) -> Audit:
    return audit(entry.target(device), tolerance)[0]
