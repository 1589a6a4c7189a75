"""`python -m analysis.published FILE`: recompute a published table."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from actbench.errors import RequestError
from analysis.published.recompute import MISH, section


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the table and return the exit status: 0; 1 if rows contradict themselves; 2."""
    parser = argparse.ArgumentParser(prog="python -m analysis.published", description=__doc__)
    parser.add_argument(
        "file", type=Path, nargs="?", default=MISH, help="CSV (default: Mish on CIFAR-10)"
    )
    try:
        found = section(parser.parse_args(arguments).file)
    except RequestError as error:
        print(f"analysis.published: {error}", file=sys.stderr)
        return 2
    print(found.text)
    print(found.formatted_table().to_markdown(index=False, disable_numparse=True))
    return int(found.table is not None and bool((found.table["contradictions"] != "").any()))


if __name__ == "__main__":
    raise SystemExit(main())
