"""All that is known of an activation, for people and for programs."""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from actbench.activations import Activation, VectorActivation
from actbench.activations.counterparts import counterparts_of
from actbench.errors import RequestError

COLUMNS, LINES = 61, 13
"""Size of the small curve in characters."""


def facts(activation: Activation) -> dict[str, Any]:
    """Return what is known, ready for JSON; what cannot be known of it is None.

    Infinite numbers are the texts "inf" and "-inf", which JSON has no number for.

    Example:
        >>> import actbench
        >>> known = facts(actbench.get("relu6"))
        >>> known["bounds"], known["smooth"], known["kinks"][1]
        ([0.0, 6.0], False, {'x': 6.0, 'derivative': 0.0, 'interval': [0.0, 1.0]})
    """
    known: dict[str, Any] = {
        "name": activation.name,
        "description": description(activation),
        "family": activation.family,
        "formula": activation.formula,
        "latex": _known(lambda: activation.latex),
        "generated": activation.generated,
        "parameters": activation.parameters,
        "parameter_meanings": meanings(activation),
        "bounds": _known(lambda: activation.bounds),
        "limits": _known(lambda: activation.limits),
        "slope_limits": _known(lambda: activation.slope_limits),
        "monotone": _known(lambda: activation.monotone),
        "symmetry": _known(lambda: activation.symmetry or "none"),
        "smooth": _known(lambda: activation.smooth),
        "kinks": _known(lambda: [kink._asdict() for kink in activation.kinks])
        if activation.formula
        else None,
        "zero_at_zero": _known(lambda: activation.zero_at_zero),
        "sign_preserving": _known(lambda: activation.sign_preserving),
        "gain": _known(lambda: activation.gain),
        "accuracy": [bound._asdict() for bound in activation.error_bounds]
        if activation.formula and not activation.generated
        else None,
        "source": activation.source,
        "year": getattr(activation, "year", None),
        "elsewhere": [asdict(row) for row in counterparts_of(activation.name)],
    }
    return {name: _for_json(value) for name, value in known.items()}


def description(activation: Activation | VectorActivation) -> str:
    """Return the first line of the record's docstring."""
    return (inspect.getdoc(type(activation)) or "").partition("\n")[0]


def meanings(activation: Activation) -> dict[str, str]:
    """Return what each declared parameter does, and where it may lie."""
    return {
        f.name: f"{f.metadata['meaning']}; {f.metadata['domain']}"
        for f in fields(activation)
        if "meaning" in f.metadata
    }


def settings(parameters: Mapping[str, float]) -> str:
    """Return parameters in one line."""
    return ", ".join(f"{name} = {value:g}" for name, value in parameters.items())


def lines(activation: Activation) -> list[str]:
    """Return a page on an activation: facts, frameworks, and a small curve."""
    known = facts(activation)
    page = {
        "formula": known["formula"] or "unknown",
        "LaTeX": known["latex"] or "unknown",
        "parameters": settings(activation.parameters) or "none",
        **{f"  {name}": meaning for name, meaning in known["parameter_meanings"].items()},
        "bounds": _interval(known["bounds"]),
        "limits at ±∞": _pair(known["limits"]),
        "slopes there": _pair(known["slope_limits"]),
        "monotone": _yes(known["monotone"]),
        "symmetry": known["symmetry"] or "unknown",
        "smooth": _yes(known["smooth"]),
        "kinks": _kinks(known["kinks"]),
        "f(0) = 0": _yes(known["zero_at_zero"]),
        "keeps sign": _yes(known["sign_preserving"]),
        "gain": f"{_number(known['gain'])} for N(0, 1)",
        "source": known["source"],
    }
    if known["generated"]:
        page["code"] = "generated from the formula, as stable as that; facts found numerically"
    text = [str(activation), f"  {known['description']}"]
    text += [f"  {name:<13} {value}" for name, value in page.items()]
    if known["elsewhere"]:
        text += ["", "  elsewhere"]
        text += [f"    {line}" for line in _elsewhere(activation.name)]
    return [*text, "", *(f"  {line}".rstrip() for line in curve(activation))]


def vector_facts(function: VectorActivation) -> dict[str, Any]:
    """Return what is known of a function of vectors, ready for JSON."""
    return {
        "name": function.name,
        "description": description(function),
        "latex": function.latex,
        "parameters": function.get_config(),
        "sums_to_one": function.simplex,
        "shift_invariant": function.shift_invariant,
        "source": function.source,
        "year": function.year,
        "elsewhere": [asdict(row) for row in counterparts_of(function.name)],
    }


def vector_lines(function: VectorActivation) -> list[str]:
    """Return a page on a function of vectors."""
    page = {
        "LaTeX": function.latex,
        "parameters": settings(function.get_config()),
        "sums to 1": _yes(function.simplex),
        "f(x + c) = f(x)": _yes(function.shift_invariant),
        "source": function.source,
    }
    text = [str(function), f"  {description(function)}"]
    text += [f"  {name:<15} {value}" for name, value in page.items()]
    if counterparts_of(function.name):
        text += ["", "  elsewhere"]
        text += [f"    {line}" for line in _elsewhere(function.name)]
    return text


def curve(activation: Activation) -> list[str]:
    """Return a drawing of f on [−6, 6] in characters, its largest and least value beside it."""
    x = np.linspace(-6, 6, COLUMNS)
    y = np.clip(np.asarray(activation(x), np.float64), -6, 6)
    drawable = np.flatnonzero(~np.isnan(y))
    low, high = min([0.0, *y[drawable].tolist()]), max([0.0, *y[drawable].tolist()])
    height = (high - low) or 1.0
    rows = np.rint((high - y[drawable]) / height * (LINES - 1)).astype(int)
    zero = round(high / height * (LINES - 1))
    grid = [["─" if row == zero else " "] * COLUMNS for row in range(LINES)]
    for row in range(LINES):
        grid[row][COLUMNS // 2] = "┼" if row == zero else "│"
    for column, row in zip(drawable, rows, strict=True):
        grid[row][column] = "●"
    labels = {0: f"{high:.3g}", LINES - 1: f"{low:.3g}", zero: "0"}
    drawn = [f"{labels.get(row, ''):>7} {''.join(grid[row])}" for row in range(LINES)]
    return [*drawn, f"{'':>7} −6{'':<{COLUMNS - 3}}6"]


def _elsewhere(name: str) -> list[str]:
    seen: dict[tuple[str, str], list[str]] = {}
    for row in counterparts_of(name):
        where = f"{row.framework} {row.version}"
        if row.framework == "keras":
            where += f" on {row.backend.partition(' ')[0]}"
        notes = [
            f"f'({x:g}) = {d:g}{', which is wrong' if x in row.wrong else ''}"
            for x, d in row.kinks
        ]
        notes += [row.note] if row.note else []
        notes += [] if row.agrees else ["other values at its defaults"]
        seen.setdefault((row.call, "; ".join(notes)), []).append(where)
    wide = max(len(call) for call, _ in seen)
    return [
        f"{call:<{wide}}  {notes + '; ' if notes else ''}{', '.join(places)}"
        for (call, notes), places in seen.items()
    ]


def _known(fact: Callable[[], Any]) -> Any:
    try:
        return fact()
    except (RequestError, ArithmeticError):
        return None


def _for_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _for_json(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_for_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def _yes(value: bool | None) -> str:
    return "unknown" if value is None else "yes" if value else "no"


def _number(value: Any) -> str:
    return "none" if value is None else f"{float(value):.5g}"


def _pair(pair: Any) -> str:
    return "unknown" if pair is None else f"{_number(pair[0])}, {_number(pair[1])}"


def _interval(pair: Any) -> str:
    return "unknown" if pair is None else f"({_pair(pair)})"


def _kinks(kinks: Any) -> str:
    if kinks is None:
        return "unknown"
    said = [
        f"f'({kink['x']:g}) = {_number(kink['derivative'])} of [{_pair(kink['interval'])}]"
        for kink in kinks
    ]
    return ", ".join(said) or "none"
