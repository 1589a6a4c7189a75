"""`python -m analysis.published FILE`: recompute a published table of results.

Exit status: 0 if the rows are consistent, 1 if some are not, 2 if the file cannot be read.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from actbench.errors import RequestError
from analysis.published.recompute import MISH, section
from analysis.site.markdown import markdown_table


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the recomputed table and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m analysis.published",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "file",
        type=Path,
        nargs="?",
        default=MISH,
        help="CSV file (default: the included table of Mish on CIFAR-10)",
    )
    try:
        made = section(parser.parse_args(arguments).file)
    except RequestError as error:
        print(f"analysis.published: {error}", file=sys.stderr)
        return 2
    print(made.description)
    print(markdown_table(made.formatted_table()))
    is_consistent = made.table is None or not (made.table["contradictions"] != "").any()
    return 0 if is_consistent else 1


if __name__ == "__main__":
    raise SystemExit(main())
