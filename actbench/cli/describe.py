"""A page of text on one activation: properties, counterparts in frameworks, a small curve."""

from collections.abc import Sequence

from actbench.activations import Activation, VectorActivation
from actbench.activations.counterparts import CounterpartCall
from actbench.cli.curve import curve
from actbench.display.facts import facts_of, yes_or_no
from actbench.display.properties import (
    format_parameters,
    properties_of,
    vector_properties_of,
)


def activation_page(activation: Activation) -> list[str]:
    """Return the lines that `actbench show` prints for an activation."""
    known = properties_of(activation)
    return [
        str(activation),
        *_labelled_lines(known.description, facts_of(known)),
        *_counterpart_lines(known.counterparts),
        *_tolerance_lines(activation),
        "",
        *(f"  {line}".rstrip() for line in curve(activation)),
    ]


def vector_activation_page(activation: VectorActivation) -> list[str]:
    """Return the lines that `actbench show` prints for a vector activation."""
    known = vector_properties_of(activation)
    labelled = {
        "LaTeX": known.latex,
        "parameters": format_parameters(known.parameters),
        "sums to 1": yes_or_no(known.sums_to_one),
        "f(x + c) = f(x)": yes_or_no(known.shift_invariant),
        "source": known.source,
    }
    return [
        str(activation),
        *_labelled_lines(known.description, labelled),
        *_counterpart_lines(known.counterparts),
    ]


def _labelled_lines(description: str, labelled: dict[str, str]) -> list[str]:
    width = max(map(len, labelled))
    lines = [f"  {label:<{width}}  {text}" for label, text in labelled.items()]
    return [f"  {description}", *lines]


def _counterpart_lines(calls: Sequence[CounterpartCall]) -> list[str]:
    """Return one line for each way to call the function in a framework."""
    if not calls:
        return []
    places: dict[tuple[str, str], list[str]] = {}
    for found in calls:
        places.setdefault((found.call, _remarks(found)), []).append(found.place)
    width = max(len(call) for call, _ in places)
    lines = [
        f"    {call:<{width}}  {', '.join(where)}{f'; {remarks}' if remarks else ''}"
        for (call, remarks), where in places.items()
    ]
    return ["", "  counterparts in frameworks", *lines]


def _tolerance_lines(activation: Activation) -> list[str]:
    """Return the tolerance classes of the value, one line for each format."""
    from actbench.conformance.tolerance_classes import EXACT, classes_of

    rows = [row for row in classes_of(activation) if row.order == 0]
    if not rows:
        return []
    lines = [
        f"    {row.dtype:<8}  exact {EXACT:g}, tight {_tolerance(row.tight)}, "
        f"typical {_tolerance(row.typical)}; best {row.best}; "
        f"{row.conforming} of {row.implementations} implementations conform"
        for row in rows
    ]
    return ["", "  tolerances of the value in ULP", *lines]


def _tolerance(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"


def _remarks(found: CounterpartCall) -> str:
    """Return how a counterpart differs from the activation."""
    row, remarks = found.row, []
    if found.lacking:
        names = ", ".join(found.lacking)
        remarks.append(f"has no {names}; computes {format_parameters(found.lacking)}")
    if found.measured:
        remarks += [
            f"f'({x:g}) = {slope:g}{' (wrong)' if x in row.wrong else ''}"
            for x, slope in row.kinks
        ]
    if row.note:
        remarks.append(row.note)
    if not row.agrees:
        remarks.append("different values with its default arguments")
    return "; ".join(remarks)
