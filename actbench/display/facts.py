"""The facts about an activation as labelled text."""

import math
from collections.abc import Sequence

from actbench.activations.breakpoints import Kink
from actbench.display.properties import Limits, Properties, format_parameters

# Larger numbers of kinks and gaps are not written out.
_MOST_PARTS = 8


def facts_of(known: Properties) -> dict[str, str]:
    """Return label ↦ text for each fact, in the order in which they are shown."""
    labelled = {
        "formula": known.formula or "unknown",
        "LaTeX": known.latex or "unknown",
        "parameters": format_parameters(known.parameters) or "none",
        **{f"  {name}": meaning for name, meaning in known.parameter_meanings.items()},
        "undefined": _undefined(known),
        "bounds": "unknown" if known.bounds is None else f"({_pair(known.bounds)})",
        "limits at ±∞": _pair(known.limits),
        "slopes at ±∞": _pair(known.slope_limits),
        "monotone": yes_or_no(known.monotone),
        "symmetry": known.symmetry or "unknown",
        "smooth": yes_or_no(known.smooth),
        "kinks": _kinks(known.kinks, complete=known.kinks_are_complete),
        "f(0) = 0": yes_or_no(known.zero_at_zero),
        "keeps the sign": yes_or_no(known.sign_preserving),
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
    return labelled


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


def _number(value: float | None) -> str:
    return "unknown" if value is None else "none" if math.isnan(value) else f"{value:.5g}"


def yes_or_no(value: bool | None) -> str:
    """Return "yes", "no" or "unknown"."""
    return "unknown" if value is None else "yes" if value else "no"
