"""Tables in Markdown, with texts escaped."""

import re

import pandas as pd


def markdown_table(table: pd.DataFrame) -> str:
    r"""Return a table of texts as a table of Markdown.

    Example:
        >>> print(markdown_table(pd.DataFrame({"x": ["a|b", "<b>"]})))
        | x      |
        |:-------|
        | a\|b   |
        | &lt;b> |
    """
    names = [escape(str(name)) for name in table.columns]
    escaped = table.map(escape).set_axis(names, axis=1)
    return str(escaped.to_markdown(index=False, disable_numparse=True))


def escape(text: str) -> str:
    r"""Return a text as the cell of a table: no markup, no further columns, one line.

    Example:
        >>> escape("a|b\n<i>[c](d)")
        'a\\|b &lt;i>[c]\\(d)'
    """
    one_line = " ".join(text.split())
    safe = one_line.replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([|`])", r"\\\1", safe).replace("](", "]\\(")
