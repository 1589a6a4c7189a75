"""Warnings during benchmarks: those of this project are errors, those of other code are not.

The configuration of the project makes every warning an error, for its tests. Benchmarks run on
machines of users, whose libraries may be newer and may warn.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_OWN_CODE = r"(actbench|analysis|benchmarks)(\.|$)"
FILTERS = ("default", f"error:::{_OWN_CODE}")
"""Filters of pytest; the last one that matches counts."""

ROOT = Path(__file__).resolve().parent


@contextmanager
def other_code_may_warn() -> Iterator[None]:
    """Let imports in this context warn; pytest makes that an error while it loads files."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        yield


def configure(config: pytest.Config) -> None:
    """Use the filters for the collection, if nothing but benchmarks is collected."""
    # Tests that are collected in the same run keep the filters of the project.
    if _are_benchmarks(config):
        for each in FILTERS:
            config.addinivalue_line("filterwarnings", each)


def _are_benchmarks(config: pytest.Config) -> bool:
    folder = config.invocation_params.dir
    paths = [(folder / argument.partition("::")[0]).resolve() for argument in config.args]
    return bool(paths) and all(path.is_relative_to(ROOT) for path in paths)


def mark(item: pytest.Item) -> None:
    """Use the filters for a benchmark, whatever else is collected."""
    item.add_marker(pytest.mark.filterwarnings(*FILTERS))
