"""`python -m analysis` is another name of the command `actbench report`."""

import sys
from collections.abc import Sequence

from actbench.cli import main as actbench_main


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the report and return the exit status; see `actbench report --help`."""
    return actbench_main(["report", *(sys.argv[1:] if arguments is None else arguments)])


if __name__ == "__main__":
    raise SystemExit(main())
