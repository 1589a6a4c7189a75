"""`python -m analysis`: rebuild every figure and table from documents."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from actbench.conformance.documents import read
from actbench.data import load_dataset
from actbench.errors import RequestError
from analysis.cost import throughput
from analysis.site.report import write
from analysis.training.study import load


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise RequestError(f"{message}; see {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the report and return the exit status: 0, or 2 with one line if asked wrongly."""
    parser = _Parser(prog="python -m analysis", description=__doc__)
    parser.add_argument(
        "--store",
        type=Path,
        default=Path("results"),
        help="folder of results (default: results)",
    )
    parser.add_argument(
        "--audits",
        type=Path,
        default=Path("results"),
        help="folder of results with audits, throughput and experiments that --store has not "
        "(default: results)",
    )
    parser.add_argument(
        "--profile", help="full, quick or smoke (default: the largest there is)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        help="what the trials were trained on (default: the embedded MNIST)",
    )
    parser.add_argument(
        "--output", type=Path, default=Path("report"), help="folder to write (default: report)"
    )
    try:
        options = parser.parse_args(arguments)
        study = load(options.store, load_dataset(options.data), profile=options.profile)
        faults = (*study.faults, *read(options.audits)[1], *throughput.read(options.audits)[1])
        for fault in faults:
            print(f"{fault}; not used", file=sys.stderr)
        page = write(study, options.output, options.store, options.audits)
    except RequestError as error:
        print(f"analysis: {error}", file=sys.stderr)
        return 2
    print(f"{page}: {study.profile}, {len(study.trials)} trials")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
