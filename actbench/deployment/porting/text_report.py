"""A port as text: one block for each target."""

from collections.abc import Iterator

from actbench.deployment.porting.activation_errors import LargestError
from actbench.deployment.porting.model_comparison import ModelComparison
from actbench.deployment.porting.port_report import ActivationReport, PortReport, TargetReport


def lines(report: PortReport) -> Iterator[str]:
    """Yield the lines of a report."""
    yield f"{report.model}: {report.framework}, {report.data}"
    for target in report.targets:
        yield ""
        yield from _target_lines(target)
    for name, package in report.unused.items():
        yield ""
        yield f"{name}: not installed; try pip install {package}"


def _target_lines(target: TargetReport) -> Iterator[str]:
    if target.error is not None:
        verdict = "no result"
    else:
        verdict = "ok" if target.falls_short is None else "falls short"
    yield f"{target.target} {target.version}: {verdict} (tolerance {target.tolerance})"
    if target.error is not None:
        yield f"  {target.error}"
    if target.falls_short is not None:
        yield f"  {target.falls_short}"
    if target.comparison is not None:
        yield from (f"  {line}" for line in _comparison_lines(target.comparison))
    for activation in target.activations:
        yield from (f"  {line}" for line in _activation_lines(activation))


def _comparison_lines(found: ModelComparison) -> Iterator[str]:
    largest = "not finite" if found.difference is None else f"{found.difference:.2g}"
    yield f"outputs: largest difference {largest}, over {found.inputs:,} inputs"
    if found.agreement is not None:
        yield f"top-1 agreement: {found.agreement:.2%}"
    if found.accuracies is not None:
        a = found.accuracies
        low, high = (100 * bound for bound in a.interval)
        yield (
            f"accuracy: {a.original:.2%} → {a.converted:.2%}; lost percentage points: "
            f"{100 * (a.original - a.converted):.2f}, 95% interval {low:.2f} to {high:.2f} "
            f"(McNemar p = {a.p:.2g})"
        )


def _activation_lines(found: ActivationReport) -> Iterator[str]:
    yield f"{found.layer}: {found.function}"
    if found.occurring is not None:
        yield f"  values that occur ({found.occurring.count:,}): {_error(found.occurring)}"
    if found.everywhere is not None:
        yield f"  all values ({found.everywhere.count:,}): {_error(found.everywhere)}"
    if found.as_in_model is False:
        yield "  the whole model quantises this input differently"
    if found.note:
        yield f"  {found.note}"
    if found.replacement is not None:
        yield f"  replacement: {found.replacement}"


def _error(error: LargestError) -> str:
    got = "NaN or ∞" if error.got is None else f"{error.got:.3g}"
    at = f"f({error.x:.4g}) = {got}, expected {error.expected:.3g}"
    size = "not finite" if error.size is None else f"{error.size:.3g} {error.unit}"
    verdict = "" if error.conforms else "; falls short"
    return f"{size} at {at}{verdict}"
