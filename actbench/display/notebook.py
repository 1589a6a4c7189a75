"""An activation in a notebook: formula, curve and facts as HTML."""

import re
from html import escape
from io import StringIO

from actbench.activations.record import Activation
from actbench.display.facts import facts_of
from actbench.display.properties import properties_of
from actbench.formula.symbolic import latex

DIGITS = 6
"""Significant digits of numbers in formulas for people."""

# Parts of an SVG file that are left out: a style there would apply to the whole page.
_OF_THE_FILE = re.compile(r"<metadata>.*?</metadata>|<style.*?</style>", re.DOTALL)

# The formula is shown in LaTeX.
_LEFT_OUT = ("formula", "LaTeX")


def html_of(activation: Activation) -> str:
    """Return formula, curve and facts as HTML; MathJax of the notebook shows the formula.

    The curve is left out if matplotlib is not installed.
    """
    known = properties_of(activation)
    rows = [
        f"<tr><th style='text-align:left'>{escape(label.strip())}</th>"
        f"<td style='text-align:left'>{escape(text)}</td></tr>"
        for label, text in facts_of(known).items()
        if label not in _LEFT_OUT
    ]
    parts = [
        f"<p><strong>{escape(str(activation))}</strong><br>{escape(known.description)}</p>",
        _formula(activation),
        _curve(activation),
        f"<table>{''.join(rows)}</table>",
    ]
    return f"<div>{''.join(parts)}</div>"


def _formula(activation: Activation) -> str:
    if activation.formula is None:
        return ""
    return rf"<p>$\displaystyle f(x) = {escape(latex(activation, digits=DIGITS))}$</p>"


def _curve(activation: Activation) -> str:
    """Return the curves of f and f' as an SVG element; "" without matplotlib."""
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        return ""
    from actbench.display.curves import draw
    from actbench.display.style import house_style, new_axes

    file = StringIO()
    with house_style(), mpl.rc_context({"svg.fonttype": "none"}):
        figure, (ax,) = new_axes(width=4.6, height=3.0)
        draw(ax, [activation], orders=(0, 1))
        figure.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()
    return _OF_THE_FILE.sub("", text[text.index("<svg") :])
