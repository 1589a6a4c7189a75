"""Curves of the trained functions that are not in the catalogue: formulas, other parameters."""

import math
import re
from collections.abc import Iterator

import pandas as pd

from actbench.activations import Activation
from actbench.activations.catalogue import get, names
from actbench.cli.properties import properties_of
from actbench.errors import RequestError
from analysis.functions.catalogue_sheets import draw_sheet
from analysis.results import Results
from analysis.site.section import Section

_WITH_PARAMETERS = re.compile(
    r"(?P<name>.+?)\((?P<settings>\w+=[-+.\w]+(, \w+=[-+.\w]+)*)\)", re.DOTALL
)


def stored_names(results: Results) -> list[str]:
    """Return the names of trained functions that are no names of the catalogue."""
    trained = dict.fromkeys(
        str(trial.factors["activation"])
        for found in results.experiments.values()
        for trial in found.trials
        if "activation" in trial.factors
    )
    return [name for name in trained if name not in names()]


def find(name: str) -> Activation:
    """Return the activation that a document names, such as "swish(beta=2)" or a formula.

    Functions of other packages are not imported, because documents may come from others.

    Raises:
        RequestError: the name is neither a formula nor a name of the catalogue.
    """
    match = _WITH_PARAMETERS.fullmatch(name)
    base = match["name"] if match else name
    settings = dict(part.split("=") for part in match["settings"].split(", ")) if match else {}
    try:
        if base.startswith("formula:") or base in names():
            return get(base, **{key: float(text) for key, text in settings.items()})
    except (RequestError, ValueError):
        # The text may end with parentheses that are no parameters, such as "… * f(a=1)".
        if match and name.startswith("formula:"):
            return get(name)
        raise
    raise RequestError(
        f"activation name: expected a formula or a name of the catalogue, got {name!r}"
    )


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
    yield Section(
        "Functions of this store",
        "Trained functions that the catalogue does not have, or has with other parameters, "
        f"with their derivatives.{missing}",
        draw_sheet(functions) if functions else None,
        pd.DataFrame([_row(each) for each in functions]) if functions else None,
    )


def _row(activation: Activation) -> dict[str, str]:
    """Return the properties of a function as texts; "unknown" for those that are not proved."""
    known = properties_of(activation)
    low, high = known.bounds or (None, None)
    return {
        "function": str(activation),
        "formula": str(activation.formula),
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
