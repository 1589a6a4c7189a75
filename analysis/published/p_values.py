"""Published p values: numbers, bounds, stars and "not significant", as ranges of p."""

import math
import re
from typing import NamedTuple

MISSING = {"", "-", "–", "—", "na", "n/a", "nan", "none"}
"""Texts in lower case that stand for a number that is not published."""

_STARS = {"*": 0.05, "**": 0.01, "***": 0.001, "****": 0.0001}
_NOT_SIGNIFICANT = re.compile(r"n\.?\s?s\.?|not significant", re.IGNORECASE)
_LEVEL = 0.05

_FORM = re.compile(
    r"(?:p\s*)?(?P<sign>[<>=≤≥≈~]|<=|>=)?\s*"
    r"(?P<number>\d+(?:[.,]\d*)?|[.,]\d+)(?:e(?P<exponent>[+-]?\d{1,3}))?"
    r"(?P<percent>\s?%)?\s*(?P<marks>[*†‡§#]*)",
    re.IGNORECASE,
)
_POWER = re.compile(r"(?:(?<=[\d.,])\s*[×·x]\s*|\b(?=10\^))10\^?\{?(?P<exponent>-?\d{1,3})\}?")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")


class PublishedP(NamedTuple):
    """The range of p that a published text states.

    Args:
        text: the text.
        low: smallest p.
        high: largest p.
        is_bound: whether the text is a bound, such as <0.001, and no number.
    """

    text: str
    low: float
    high: float
    is_bound: bool


def parse_p(text: str) -> PublishedP | None:
    """Return the range of p that a text states; None if it states none.

    A number stands for all values that are rounded to it. Stars after a number are ignored.

    Raises:
        ValueError: the text is not a p value.

    Example:
        >>> [(round(p.low, 9), round(p.high, 9)) for p in map(parse_p, ["1e-5", "0.03*"]) if p]
        [(5e-06, 1.5e-05), (0.025, 0.035)]
        >>> [p[1:3] for p in map(parse_p, ["<0.001", "n.s.", "**"]) if p]
        [(0.0, 0.001), (0.05, 1.0), (0.0, 0.01)]
    """
    plain = text.strip()
    if plain.lower() in MISSING:
        return None
    if plain in _STARS:
        return PublishedP(plain, 0.0, _STARS[plain], is_bound=True)
    if _NOT_SIGNIFICANT.fullmatch(plain):
        return PublishedP(plain, _LEVEL, 1.0, is_bound=True)
    match = _FORM.fullmatch(_with_exponent(plain))
    if not match:
        raise ValueError(
            f"expected a p value such as 0.03, 1e-5, <0.001, 0.02* or n.s., got {text[:40]!r}"
        )
    number = match["number"].replace(",", ".")
    exponent = int(match["exponent"] or 0) - (2 if match["percent"] else 0)
    value = float(f"{number}e{exponent}")
    if not 0 <= value <= 1:
        raise ValueError(f"expected p from 0 to 1, got {text[:40]!r}")
    sign = match["sign"] or "="
    if sign[0] in "<≤":
        return PublishedP(plain, 0.0, value, is_bound=True)
    if sign[0] in ">≥":
        return PublishedP(plain, value, 1.0, is_bound=True)
    decimals = len(number.partition(".")[2]) - exponent
    # A p of 0 without decimals is printed by programs that round to three of them.
    half = 0.0005 if value == decimals == 0 else 0.5 * 10.0**-decimals
    return PublishedP(plain, max(0.0, value - half), min(1.0, value + half), is_bound=False)


def _with_exponent(text: str) -> str:
    """Return a text with powers of ten such as 2·10⁻⁵ in the form 2e-5."""
    plain = text.translate(_SUPERSCRIPTS)
    return _POWER.sub(_exponent, plain)


def _exponent(match: re.Match[str]) -> str:
    has_factor = match.group().lstrip()[0] in "×·x"
    return f"{'' if has_factor else '1'}e{match['exponent']}"


def contradicts(published: PublishedP, low: float, high: float) -> bool:
    """Return whether a published p contradicts a recomputed one.

    Sources use several tests, whose p values differ a little: a number may differ by 0.02 (by
    half of p if p is small) and by 10%, a bound by 10%.

    Args:
        published: the published p.
        low: smallest recomputed p, given the rounding of the published numbers.
        high: largest recomputed p.
    """
    if math.isnan(low) or math.isnan(high):
        return False

    def tolerance(p: float) -> float:
        return 0.1 * p + (0.0 if published.is_bound else min(0.02, 0.5 * p))

    return published.low > high + tolerance(high) or published.high < low - tolerance(low)
