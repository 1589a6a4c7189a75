"""The command `actbench audit`: it has the functions audited in other processes."""

import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from actbench.conformance.baselines.known_failures import KnownFailures
from actbench.conformance.findings import EXPORT, FAIL, STRICT, Audit, Finding, Tolerance
from actbench.conformance.targets.words import TargetWords, group_words, package_of
from actbench.errors import RequestError
from actbench.frameworks.libraries import installed
from actbench.frameworks.start import silence_tensorflow, start_quietly
from actbench.processes.isolated import CallFailedError, IsolatedProcess
from actbench.progress import Progress

if TYPE_CHECKING:
    from actbench.conformance.jobs import Reporter, TargetRequest
    from actbench.conformance.targets.source import TargetSource

_Result = TypeVar("_Result")

# An audit leaves about 60 MB of compiled code in its process, which should stay below 2 GB.
_AUDITS_PER_PROCESS = 8

_SMALLEST_TOLERANCE = 0.5

PATIENCE = 600.0
"""Seconds without progress after which the process of a function is killed."""

_LONGEST_PATIENCE = 1e9

_PACKAGES = {"tf": "tensorflow", "pytorch": "torch"}
"""Other spellings of packages ↦ the package."""

_NOT_AUDITED = "process"
"""The check that fails if the process of an audit ends before the audit."""


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
        timeout: seconds without progress after which a function fails.
        library: library that runs user functions and activations of actbench.
        baseline: folder of earlier audits; only failures that these do not have count.
        expected_failures: TOML file of failures that do not count.
        junit: file to write the findings to, in the format of JUnit.
        source: further targets, such as those of runtimes.
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
    timeout: float = PATIENCE
    library: str | None = None
    baseline: Path | None = None
    expected_failures: Path | None = None
    junit: Path | None = None
    source: "TargetSource | None" = None

    def package_of(self, words: TargetWords) -> str:
        """Return the package of a target, which has a process of its own."""
        found = None if self.source is None else self.source.package_of(words[0])
        return package_of(words) if found is None else found


def run(options: AuditOptions) -> bool:
    """Audit the requested targets, and return whether all of them conform.

    Raises:
        RequestError: the request is wrong, or no requested framework is installed.
    """
    _check(options)
    tolerance = _tolerance(options)
    known = KnownFailures.of(options.baseline, options.expected_failures)
    audit_requested = _audit_inventory if options.all else _audit_targets
    with _Processes(options.timeout) as processes:
        audits = audit_requested(options, tolerance, processes)
    if options.json:
        found = [each.to_dict() for each in audits if each is not None]
        print(json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False))
    made = [each for each in audits if each is not None]
    for line in known.lines(made):
        print(line, file=sys.stderr if options.json else sys.stdout)
    if options.junit is not None:
        known.write_junit(options.junit, made)
    return len(made) == len(audits) and not any(map(known.counting, made))


def _check(options: AuditOptions) -> None:
    """Raise an error for options that exclude each other."""
    if options.compiled and not options.exhaustive:
        raise RequestError("--compiled: expected --exhaustive as well, got --compiled alone")
    if not options.all and not options.targets:
        raise RequestError("audit: expected a TARGET such as torch:gelu, or --all, got neither")
    if not 0 < options.timeout <= _LONGEST_PATIENCE:
        raise RequestError(
            f"--timeout: expected a number of seconds above 0, at most {_LONGEST_PATIENCE:g}, "
            f"got {options.timeout:g}"
        )
    single = {
        "--as": options.expected,
        "--formula": options.formula,
        "--figure": options.figure,
        "--exhaustive": options.exhaustive,
        "--library": options.library,
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


class _Processes:
    """A process for each framework, because some frameworks end a process that has another one.

    Args:
        patience: seconds without progress after which a process is killed.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._of: dict[str, IsolatedProcess] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._of.values():
            process.end()

    def start(self, package: str) -> None:
        """Start the process of a package without waiting for it."""
        self._process(package).start()

    def call(
        self,
        package: str,
        function: Callable[..., _Result],
        *arguments: object,
        on_report: "Reporter" = lambda _: None,
    ) -> _Result:
        """Call a function in the process of a package, as `IsolatedProcess.call` does."""
        process = self._process(package)
        return process.call(function, *arguments, patience=self._patience, on_report=on_report)

    def replace(self, package: str) -> None:
        """End the process of a package; the next call starts another one."""
        self._process(package).end()

    def _process(self, package: str) -> IsolatedProcess:
        """Return the process of a package; it starts TensorFlow if most functions need it."""
        # Keras can compute with JAX or PyTorch where TensorFlow is not installed.
        without = package == "keras" and not installed("tensorflow")
        with_tensorflow = not without and package in (
            "",
            "actbench",
            "keras",
            "tensorflow",
            "tf",
        )
        alone = not with_tensorflow and not package.startswith("keras>")
        name = "tensorflow" if with_tensorflow else package
        if name not in self._of:
            prepare = silence_tensorflow if alone else start_quietly
            self._of[name] = IsolatedProcess(prepare, calls=_AUDITS_PER_PROCESS)
        return self._of[name]


def _audit_targets(
    options: AuditOptions, tolerance: Tolerance, processes: _Processes
) -> list[Audit | None]:
    """Audit the targets, and print and write each audit as the options say.

    Returns:
        The audits, and None for a target whose process ended before its audit began.
    """
    groups = group_words(options.targets)
    processes.start(options.package_of(groups[0]))  # it imports while this process imports
    from actbench.conformance import documents
    from actbench.conformance.jobs import TargetRequest
    from actbench.conformance.text_report import lines

    requests = [
        TargetRequest(
            words=words,
            expected=options.expected,
            formula=options.formula,
            device=options.device,
            tolerance=tolerance,
            figure=options.figure,
            numbered=len(groups) > 1,
            exhaustive=options.exhaustive,
            compiled=options.compiled,
            store=options.store or Path("results"),
            library=options.library,
            source=options.source,
        )
        for words in groups
    ]
    if len(requests) > 1:
        requests = list(_installed(requests, options, processes))
    audits: list[Audit | None] = []
    for request in requests:
        found = _audit_request(request, options.package_of(request.words), processes)
        audits += found
        for each in found:
            if each is not None and not options.json:
                print("\n".join(lines(each)))
            if each is not None and options.store is not None:
                documents.write(options.store, each)
    return audits


def _installed(
    requests: "list[TargetRequest]", options: AuditOptions, processes: _Processes
) -> "Iterator[TargetRequest]":
    """Check all requests before the first audit, and yield those whose framework is installed.

    Raises:
        NotInstalledError: no framework is installed.
        RequestError: a request is wrong.
    """
    from actbench.conformance.jobs import check_request
    from actbench.conformance.targets.target import NotInstalledError

    missing = []
    for request in requests:
        try:
            processes.call(options.package_of(request.words), check_request, request)
        except CallFailedError:  # the audit of this request reports it
            yield request
        except NotInstalledError as error:
            missing.append(error)
        else:
            yield request
    if len(missing) == len(requests):
        raise missing[0]
    for each in missing:
        print(f"actbench: {each}; this target is skipped", file=sys.stderr)


def _audit_request(
    request: "TargetRequest", package: str, processes: _Processes
) -> list[Audit | None]:
    """Return the audits of one target; a name of actbench has two."""
    from actbench.conformance.jobs import Chunks, audit_request

    begun: dict[tuple[str, str], Audit] = {}
    with _progress_bar() as show:

        def on_report(content: Audit | Chunks) -> None:
            if isinstance(content, Chunks):
                show(content.title, content.done, content.total)
            else:
                begun[content.target, content.library] = content

        try:
            return [*processes.call(package, audit_request, request, on_report=on_report)]
        except CallFailedError as failure:
            unfinished = list(begun.values())
            return [*unfinished[:-1], _fail(" ".join(request.words), unfinished, failure)]


def _fail(name: str, begun: list[Audit], failure: CallFailedError) -> Audit | None:
    """Return the last unfinished audit as a failing one; print a line if there is none."""
    if not begun:
        print(f"actbench: {name}: expected an audit, got none: {failure}", file=sys.stderr)
        return None
    last = begun[-1]
    return replace(last, findings=(*last.findings, Finding(_NOT_AUDITED, FAIL, f"{failure}")))


@contextmanager
def _progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal as soon as the first chunks are reported."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    with ExitStack() as shown:
        bars: list[Bar] = []

        def show(title: str, done: int, total: int) -> None:
            if not console.is_terminal:
                return
            if not bars:
                bars.append(shown.enter_context(Bar(console=console)))
                bars[0].add_task(title)
            bars[0].update(bars[0].task_ids[0], description=title, completed=done, total=total)

        yield show


def _audit_inventory(
    options: AuditOptions, tolerance: Tolerance, processes: _Processes
) -> list[Audit | None]:
    """Audit the inventory in other processes, and write each audit to the store."""
    from actbench.conformance import documents
    from actbench.conformance.jobs import Chunks, audit_entry
    from actbench.conformance.targets.inventory import all_entries
    from actbench.conformance.text_report import summary

    packages = tuple(_PACKAGES.get(each, each) for each in options.targets)
    entries = all_entries(packages, options.source)
    store = options.store or Path("results")
    progress = Progress()
    audits: list[Audit | None] = []
    with progress.work("audit", len(entries), len(entries), noun="functions"):
        for entry in entries:
            begun: list[Audit | Chunks] = []
            found: Audit | None
            try:
                found = processes.call(
                    entry.package,
                    audit_entry,
                    entry,
                    options.device,
                    tolerance,
                    on_report=begun.append,
                )
            except (LookupError, RequestError) as missing:  # in this version, on this device
                progress.trial_done(f"{missing}; this function is skipped")
                continue
            except CallFailedError as failure:
                audits_begun = [each for each in begun if isinstance(each, Audit)]
                found = _fail(entry.name, audits_begun, failure)
                progress.note(f"{entry.name}: {failure}")
            if found is not None and any(each.check == EXPORT for each in found.findings):
                # PyTorch refuses the next functions too after a failed export.
                processes.replace(entry.package)
            audits.append(found)
            progress.step()
            if found is not None:
                documents.write(store, found)
                progress.trial_done(summary(found))
    if not options.json:
        conforming = sum(each is not None and each.conforms for each in audits)
        print(
            f"{conforming} of {len(audits)} functions conform; "
            f"the documents are in {store / documents.FOLDER}"
        )
    return audits
