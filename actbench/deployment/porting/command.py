"""The work of `actbench port`: examine a model, measure it on all targets, print and store."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from actbench.deployment.porting.measurement import measure_target
from actbench.deployment.porting.model_file import kind_of
from actbench.deployment.porting.port_report import PortReport
from actbench.deployment.porting.targets import chosen_targets, unused_targets
from actbench.deployment.porting.text_report import lines
from actbench.deployment.porting.tolerance import parse_tolerance
from actbench.deployment.porting.workshop import Workshop
from actbench.errors import RequestError
from actbench.provenance import versions
from actbench.results.write import file_stem, write_document

FOLDER = "port"
"""The folder of these documents in a store."""


@dataclass(frozen=True, kw_only=True)
class PortOptions:
    """The options of `actbench port`.

    Args:
        model: the model file.
        to: names of targets, separated by commas; None for all that are installed.
        data: .npz file of inputs; None for MNIST.
        tolerance: the tolerance of all targets; None for the default of each.
        json: whether to print the document instead of text.
        store: folder to write the document to; None to write none.
        timeout: seconds without progress after which a process is killed.
    """

    model: Path
    to: str | None = None
    data: Path | None = None
    tolerance: str | None = None
    json: bool = False
    store: Path | None = None
    timeout: float = 600.0


def run(options: PortOptions) -> bool:
    """Port a model, and return whether no target falls short.

    Raises:
        RequestError: the request is wrong, or a target has no result; the results of all other
            targets are printed and stored before.
    """
    report = port(options)
    if options.json:
        print(json.dumps(report.document(), indent=1, allow_nan=False))
    else:
        print("\n".join(lines(report)))
    if options.store is not None:
        write_document(path_of(options.store, report), report.document())
    for target in report.targets:
        if target.error is not None:
            raise RequestError(f"{target.target}: {target.error}")
    return report.conforms


def port(options: PortOptions) -> PortReport:
    """Return the report of a model.

    Raises:
        RequestError: the model, the data, a target or the tolerance is wrong.
    """
    kind = kind_of(options.model)
    targets = chosen_targets(options.to, kind)
    tolerance = None if options.tolerance is None else parse_tolerance(options.tolerance)
    with (
        tempfile.TemporaryDirectory(prefix="actbench-port-") as folder,
        Workshop(options.model, kind, Path(folder), options.timeout) as workshop,
    ):
        examination = workshop.examine(options.data)
        reports = tuple(
            measure_target(workshop, target, examination, tolerance) for target in targets
        )
    packages = [*examination.packages, *(target.package for target in targets)]
    return PortReport(
        model=options.model.name,
        kind=kind,
        framework=examination.framework,
        data=examination.origin,
        versions=versions(*packages),
        targets=reports,
        unused=unused_targets(targets, kind) if options.to is None else {},
    )


def path_of(store: Path, report: PortReport) -> Path:
    """Return the path of the document of a port; a later port of the same file replaces it."""
    return store / FOLDER / f"{file_stem(report.model)}.json"
