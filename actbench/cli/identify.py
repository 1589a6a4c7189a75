"""`actbench identify`: the activation that a function computes, or the nearest ones."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from actbench.cli.exit_status import ExitStatus
from actbench.cli.parameters import split_parameters
from actbench.cli.requests import Command, number
from actbench.processes.isolated import CallFailedError

if TYPE_CHECKING:
    from actbench.conformance.identification.agreement import Agreement
    from actbench.conformance.identification.identify import Candidate, Identification

# Click keeps the line breaks of a paragraph that starts with \b.
_EPILOG = """
\b
TARGET is one of:
  package.module:attribute     a user function, layer or module
  keras:gelu approximate=True  a function of keras, tf, torch or jax
  onnx:Gelu approximate=tanh   an operator of onnx, openvino or litert
  "torch>onnx:gelu"            a function after export
  "formula:x * tanh(x)"        a formula

\b
Exit status: 0 the function computes an activation of `actbench list`;
1 it computes none of them; 2 wrong request, also for a random function
or one that is not elementwise.
"""


@click.command(cls=Command, epilog=_EPILOG)
@click.argument("target", metavar="TARGET")
@click.argument("settings", metavar="[PARAMETER=VALUE]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--timeout",
    type=number,
    metavar="SECONDS",
    default=600.0,
    show_default=True,
    help="Seconds without progress after which the function is stopped, because it hangs.",
)
def identify(
    *, target: str, settings: tuple[str, ...], as_json: bool, timeout: float
) -> ExitStatus:
    """Name the activation and the parameters that a function computes.

    The parameters of every activation are fitted to the function. It computes an activation if
    it differs by no more than the rounding of a formula, at numbers of all sizes, in float64
    or float32. Otherwise the nearest activations are shown, with the largest differences.
    """
    # TensorFlow reads this when it is imported; otherwise XLA and oneDNN log a dozen lines.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from actbench.conformance.identification.command import identify_isolated
    from actbench.deployment.targets import DeploymentTargets

    name, words = split_parameters(target)
    try:
        found = identify_isolated(
            (name, *words, *settings), DeploymentTargets(), timeout=timeout
        )
    except CallFailedError as failure:
        print(f"actbench: {target}: expected results, got none: {failure}", file=sys.stderr)
        return ExitStatus.FALLS_SHORT
    if as_json:
        print(json.dumps(_document(found), indent=1, ensure_ascii=False))
    else:
        print("\n".join(_lines(found)))
    return ExitStatus.DONE if found.matched else ExitStatus.FALLS_SHORT


def _lines(found: "Identification") -> Iterator[str]:
    yield f"{found.target} on {found.library}"
    if not found.matched:
        yield "computes no known activation; the nearest ones, at their best parameters:"
        for candidate in found.nearest:
            yield f"  {_named(candidate)}: f(x) = {candidate.formula}"
            yield from (f"    {line}" for each in candidate.agreements for line in _facts(each))
        return
    first, *others = found.matches
    where = "" if first.agrees_everywhere else f", in {' and '.join(first.formats)} only"
    yield f"computes {_named(first)}{where}: f(x) = {first.formula}"
    yield from (f"  {line}" for each in first.agreements for line in _facts(each))
    if others:
        yield f"  equal functions: {', '.join(map(_named, others))}"


def _named(candidate: "Candidate") -> str:
    given = f" with {candidate.settings}" if candidate.parameters else ""
    also = f", also called {', '.join(candidate.aliases)}" if candidate.aliases else ""
    return f"{candidate.name}{given}{also}"


def _facts(found: "Agreement") -> Iterator[str]:
    worst = found.largest
    place = f"at x = {worst.x!r}" + (" for |x| ≤ 8" if found.ordinary else "")
    size = "largest difference 0" if worst.size == 0 else f"largest difference {worst.size:.3g}"
    if found.agrees:
        at = "" if worst.size == 0 else f" {place}"
        yield f"{found.dtype}: {size}{at}, of {found.count:,} numbers of all sizes"
        return
    yield f"{found.dtype}: {size} {place}: got {worst.got:.9g}, expected {worst.expected:.9g}"
    if not found.ordinary and found.interval is not None:
        low, high = found.interval
        yield f"  within rounding for {low:.6g} ≤ x ≤ {high:.6g}"


def _document(found: "Identification") -> dict[str, object]:
    return {
        "target": found.target,
        "library": found.library,
        "matched": found.matched,
        "matches": [_candidate(each) for each in found.matches],
        "nearest": [_candidate(each) for each in found.nearest],
    }


def _candidate(found: "Candidate") -> dict[str, object]:
    document = asdict(found) | {"formats": found.formats}
    return {name: _json(value) for name, value in document.items()}


def _json(value: object) -> object:
    """Return a value with text for numbers that JSON lacks."""
    match value:
        case dict():
            return {name: _json(item) for name, item in value.items()}
        case list() | tuple():
            return [_json(item) for item in value]
        case float() if value != value or value in (float("inf"), float("-inf")):
            return str(value)
    return value
