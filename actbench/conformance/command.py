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

from actbench.conformance import documents, exhaustive, figure
from actbench.conformance.audit import audit
from actbench.conformance.findings import STRICT, Audit, Tolerance
from actbench.conformance.measurements import COMPILED, EAGER, measure
from actbench.conformance.targets.inventory import Entry, inventory
from actbench.conformance.targets.parser import parse_targets
from actbench.conformance.targets.target import NotInstalledError, Target
from actbench.conformance.text_report import lines, summary
from actbench.errors import RequestError
from actbench.frameworks.start import start_tensorflow
from actbench.progress import Progress

# An audit leaves about 60 MB of compiled code in its process, which should stay below 2 GB.
_AUDITS_PER_PROCESS = 8

_SMALLEST_TOLERANCE = 0.5


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
    """Audit the requested targets, and return whether all of them conform.

    Raises:
        RequestError: the request is wrong, or no requested framework is installed.
    """
    _check(options)
    tolerance = _tolerance(options)
    start_quietly()
    audit_requested = _audit_inventory if options.all else _audit_targets
    audits = audit_requested(options, tolerance)
    if options.json:
        found = [each.document() for each in audits]
        print(json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False))
    return all(each.conforms for each in audits)


def _check(options: AuditOptions) -> None:
    """Raise an error for options that exclude each other."""
    if options.compiled and not options.exhaustive:
        raise RequestError("--compiled: expected --exhaustive as well, got --compiled alone")
    if not options.all and not options.targets:
        raise RequestError("audit: expected a TARGET such as torch:gelu, or --all, got neither")
    single = {
        "--as": options.expected,
        "--formula": options.formula,
        "--figure": options.figure,
        "--exhaustive": options.exhaustive,
    }
    for flag, value in single.items():
        if options.all and value:
            raise RequestError(f"--all and {flag}: expected one of them, got both")


def _tolerance(options: AuditOptions) -> Tolerance:
    """Return the tolerance of the options, with defaults."""
    given = {
        "value": options.ulp,
        "derivative": options.ulp_derivative,
        "second_derivative": options.ulp_second_derivative,
    }
    for name, size in given.items():
        if size is not None and not _SMALLEST_TOLERANCE <= size < math.inf:
            raise RequestError(
                f"tolerance of the {name.replace('_', ' ')}: expected a finite number of at "
                f"least 0.5 ULP, the error of correct rounding, got {size:g}"
            )
    return STRICT._replace(**{name: size for name, size in given.items() if size is not None})


def start_quietly() -> None:
    """Start TensorFlow without its warnings about repeated tracing, one for each target."""
    start_tensorflow()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def _audit_targets(options: AuditOptions, tolerance: Tolerance) -> list[Audit]:
    """Audit the targets, and print and write each audit as the options say."""
    targets = _installed_targets(options)
    audits = []
    for target in targets:
        found = _audit_target(target, tolerance, options, only_one=len(targets) == 1)
        audits.append(found)
        if not options.json:
            print("\n".join(lines(found)))
        if options.store is not None:
            documents.write(options.store, found)
    return audits


def _installed_targets(options: AuditOptions) -> list[Target]:
    """Return the installed targets, and print a line for each other one.

    Raises:
        NotInstalledError: no target is installed.
    """
    found = parse_targets(
        options.targets,
        expected=options.expected,
        formula=options.formula,
        device=options.device,
    )
    targets = [target for target in found if isinstance(target, Target)]
    for missing in found:
        if isinstance(missing, NotInstalledError):
            if not targets:
                raise missing
            print(f"actbench: {missing}; this target is skipped", file=sys.stderr)
    return targets


def _audit_target(
    target: Target, tolerance: Tolerance, options: AuditOptions, *, only_one: bool
) -> Audit:
    """Audit a target, and draw and check it exhaustively if the options say so."""
    measurements = measure(target)
    found = audit(target, tolerance, measurements=measurements)
    if options.figure is not None:
        path = options.figure
        if not only_one:
            document = documents.path_of(Path(), found)
            path = path.with_stem(f"{path.stem}-{document.parent.name}-{document.stem}")
        figure.write(found, target.expected, measurements, path)
        print(f"actbench: figure written to {path}", file=sys.stderr)
    return _with_all_inputs(target, found, options) if options.exhaustive else found


def _with_all_inputs(target: Target, found: Audit, options: AuditOptions) -> Audit:
    """Return the audit with the findings on all float32 inputs."""
    mode = COMPILED if options.compiled else EAGER
    document = documents.path_of(options.store or Path("results"), found)
    title = f"{found.target} on {target.library.name}, {mode}"
    fields = found.document()
    settings = {
        key: fields[key]
        for key in ("target", "library", "device", "expected", "formula", "tolerance")
    } | {"mode": mode, "versions": fields["versions"], "code": _code_hash(target)}
    findings = exhaustive.check_all_inputs(
        target,
        found.tolerance,
        lambda chunks: _with_progress_bar(title, chunks),
        mode=mode,
        partial=document.with_suffix(f".{mode}.partial"),
        settings=settings,
    )
    return replace(found, findings=(*found.findings, *findings))


def _code_hash(target: Target) -> str:
    """Return a hash of a user function's code; chunks of an earlier version do not count."""
    try:
        text = inspect.getsource(inspect.unwrap(target.make("float32")))
    except (OSError, TypeError):  # an activation of actbench is not a Python function
        text = ""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _with_progress_bar(title: str, chunks: Iterable[int]) -> Iterator[int]:
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    yield from track(list(chunks), title, console=console, disable=not console.is_terminal)


def _audit_inventory(options: AuditOptions, tolerance: Tolerance) -> list[Audit]:
    """Audit the inventory in other processes, and write each audit to the store."""
    entries = inventory(tuple(options.targets))
    store = options.store or Path("results")
    progress = Progress()
    audits = []
    with (
        progress.work("audit", len(entries), len(entries), noun="functions"),
        _workers() as workers,
    ):
        for entry in entries:
            future = workers.submit(_audit_entry, entry, options.device, tolerance)
            try:
                found = future.result()
            except (LookupError, RequestError) as missing:  # in this version, on this device
                progress.trial_done(f"{missing}; this function is skipped")
                continue
            documents.write(store, found)
            audits.append(found)
            progress.step()
            progress.trial_done(summary(found))
    if not options.json:
        conforming = sum(each.conforms for each in audits)
        print(
            f"{conforming} of {len(audits)} functions conform; "
            f"the documents are in {store / documents.FOLDER}"
        )
    return audits


def _workers() -> Executor:
    """Return a process that is replaced after some audits, because compilers keep memory."""
    return ProcessPoolExecutor(
        1,
        mp_context=get_context("spawn"),
        initializer=start_quietly,
        max_tasks_per_child=_AUDITS_PER_PROCESS,
    )


def _audit_entry(entry: Entry, device: str, tolerance: Tolerance) -> Audit:
    return audit(entry.target(device), tolerance)
