"""The HTML of an audit for a notebook."""

from html import escape

from actbench.conformance.findings import Audit
from actbench.conformance.text_report import conclusion, failure_lines, function_of, rows_of
from actbench.frameworks.libraries import DTYPES

_FAILED = "✗"


def html_of(audit: Audit) -> str:
    """Return an audit as HTML: the conclusion, the table of checks, and the failures."""
    header = "".join(f"<th>{dtype}</th>" for dtype in ("check", *DTYPES))
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th>"
        + "".join(_cell(text) for text in texts)
        + "</tr>"
        for name, texts in rows_of(audit)
    )
    failures = "\n".join(failure_lines(audit)).strip("\n")
    return (
        f"<p><b>{escape(audit.target)}</b> ({escape(function_of(audit))}), compared with "
        f"{escape(audit.expected)}: <b>{escape(conclusion(audit))}</b></p>"
        f"<table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"
        + (f"<pre>{escape(failures)}</pre>" if failures else "")
    )


def _cell(text: str) -> str:
    # The text has a mark as well, because some people cannot tell the colours apart.
    colour = ";color:#b00020" if text.startswith(_FAILED) else ""
    return f"<td style='text-align:right{colour}'>{escape(text)}</td>"
