"""A page of text on one activation: properties, counterparts in frameworks, a small curve."""

import math
from collections.abc import Sequence

from actbench.activations import Activation, VectorActivation
from actbench.activations.breakpoints import Kink
from actbench.activations.counterparts import CounterpartCall
from actbench.cli.curve import curve
from actbench.cli.properties import (
    Limits,
    Properties,
    format_parameters,
    properties_of,
    vector_properties_of,
)

# Larger numbers of kinks and gaps are not written out.
_MOST_PARTS = 8


def activation_page(activation: Activation) -> list[str]:
    """Return the lines that `actbench show` prints for an activation."""
    known = properties_of(activation)
    labelled = {
        "formula": known.formula or "unknown",
        "LaTeX": known.latex or "unknown",
        "parameters": format_parameters(known.parameters) or "none",
        **{f"  {name}": meaning for name, meaning in known.parameter_meanings.items()},
        "undefined": _undefined(known),
        "bounds": "unknown" if known.bounds is None else f"({_pair(known.bounds)})",
        "limits at ±∞": _pair(known.limits),
        "slopes at ±∞": _pair(known.slope_limits),
        "monotone": _yes_or_no(known.monotone),
        "symmetry": known.symmetry or "unknown",
        "smooth": _yes_or_no(known.smooth),
        "kinks": _kinks(known.kinks, complete=known.kinks_are_complete),
        "f(0) = 0": _yes_or_no(known.zero_at_zero),
        "keeps the sign": _yes_or_no(known.sign_preserving),
        "gain": f"{_number(known.gain)} for inputs from N(0, 1)",
        "source": known.source,
    }
    if known.generated:
        labelled["code"] = (
            "generated from the formula and as stable as the formula; "
            "properties proved, or unknown"
        )
    elif known.formula is None:
        labelled["code"] = "a user function; properties found numerically on a sample"
    return [
        str(activation),
        *_labelled_lines(known.description, labelled),
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
        "sums to 1": _yes_or_no(known.sums_to_one),
        "f(x + c) = f(x)": _yes_or_no(known.shift_invariant),
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


def _yes_or_no(value: bool | None) -> str:
    return "unknown" if value is None else "yes" if value else "no"


def _number(value: float | None) -> str:
    return "unknown" if value is None else "none" if math.isnan(value) else f"{value:.5g}"


def _undefined(known: Properties) -> str:
    if known.undefined is None:
        return "unknown"
    return _some([f"for {gap}" for gap in known.undefined]) or "nowhere"


def _some(parts: Sequence[str]) -> str:
    """Return the first parts in one line, and the number of the others."""
    others = [f"{len(parts) - _MOST_PARTS} more"] if len(parts) > _MOST_PARTS else []
    return "; ".join([*parts[:_MOST_PARTS], *others])


def _pair(pair: Limits | None) -> str:
    return "unknown" if pair is None else f"{_number(pair[0])}, {_number(pair[1])}"


def _kinks(kinks: Sequence[Kink] | None, *, complete: bool) -> str:
    if kinks is None or not (kinks or complete):
        return "unknown"
    descriptions = [
        f"x = {kink.x:g}, where f' = {_number(kink.derivative)} is chosen from "
        f"[{_pair(kink.interval)}]"
        for kink in sorted(kinks, key=lambda kink: (abs(kink.x), kink.x))
    ]
    others = "" if complete else "; others unknown"
    return f"{_some(descriptions) or 'none'}{others}"
