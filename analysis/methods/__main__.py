"""`python -m analysis.methods`: simulate the statistics and write the tables of the report."""

import argparse
import sys
from collections.abc import Sequence

from actbench.files import complete_file
from analysis.methods.section import path_of
from analysis.methods.simulation import simulate


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables, which takes minutes, and return the exit status."""
    argparse.ArgumentParser(prog="python -m analysis.methods", description=__doc__).parse_args(
        arguments
    )
    for name, table in simulate().items():
        path = path_of(name)
        try:
            with complete_file(path) as file:
                file.write(table.to_csv(index=False, float_format="%.4f").encode())
        except OSError as error:
            reason = f"expected a folder that can be written, got an error ({error.strerror})"
            print(f"analysis.methods: {path}: {reason}", file=sys.stderr)
            return 2
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
