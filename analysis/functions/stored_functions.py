"""Curves of the trained functions that are not in the catalogue: formulas, other parameters."""

import math
from collections.abc import Iterator

import pandas as pd

from actbench.activations.catalogue import names
from actbench.display.properties import properties_of
from actbench.errors import RequestError
from actbench.experiments.selection import ChosenActivation
from analysis.functions.catalogue_sheets import draw_sheet
from analysis.results import Results
from analysis.results.activation_names import find
from analysis.site.section import Section


def stored_names(results: Results) -> list[str]:
    """Return the names of trained functions that are no names of the catalogue."""
    trained = dict.fromkeys(
        str(trial.factors["activation"])
        for found in results.experiments.values()
        for trial in found.trials
        if "activation" in trial.factors
    )
    return [name for name in trained if name not in names()]


def sections(results: Results) -> Iterator[Section]:
    """Return a sheet of the functions, and the names of those that cannot be drawn."""
    functions, others = [], []
    for name in stored_names(results):
        try:
            functions.append(find(name))
        except (RequestError, ValueError):
            others.append(name)
    if not functions and not others:
        return
    missing = (
        f" Not drawn, because documents do not contain their code: {', '.join(others)}."
        if others
        else ""
    )
    trained = (
        " Trained parameters have their initial values here."
        if any(each.trained for each in functions)
        else ""
    )
    yield Section(
        "Functions of this store",
        "Trained functions that the catalogue does not have, or has with other parameters, "
        f"with their derivatives.{trained}{missing}",
        draw_sheet([each.activation for each in functions]) if functions else None,
        pd.DataFrame([_row(each) for each in functions]) if functions else None,
    )


def _row(chosen: ChosenActivation) -> dict[str, str]:
    """Return the properties of a function as texts; "unknown" for those that are not proved."""
    known = properties_of(chosen.activation)
    low, high = known.bounds or (None, None)
    return {
        "function": str(chosen),
        "formula": str(chosen.activation.formula),
        "bounds": f"{_number(low)} … {_number(high)}",
        "monotone": _answer(known.monotone),
        "smooth": _answer(known.smooth),
        "kinks": "unknown"
        if known.kinks is None
        else ", ".join(f"{kink.x:g}" for kink in known.kinks) or "—",
        "gain": _number(known.gain),
    }


def _number(number: float | None) -> str:
    return "unknown" if number is None else "none" if math.isnan(number) else f"{number:.4g}"


def _answer(is_true: bool | None) -> str:
    return "unknown" if is_true is None else "yes" if is_true else "no"
