import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from actbench.frameworks.start import import_triton
from tests.same_process import SameProcess

FULL = os.environ.get("ACTBENCH_FULL") == "1" or "--full" in sys.argv
"""Whether the long form of the tests runs: `pytest --full`, or `tox -e full`."""

if FULL:
    # Workers of pytest-xdist read the option from the environment.
    os.environ["ACTBENCH_FULL"] = "1"

settings.register_profile("dev", max_examples=25, deadline=None)
# The same examples in each run.
_REPEATABLE = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", _REPEATABLE, max_examples=25)
settings.register_profile("full", _REPEATABLE, max_examples=200)
settings.load_profile("full" if FULL else os.environ.get("HYPOTHESIS_PROFILE", "dev"))

# TensorFlow's log messages during its import are irrelevant to tests.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


import_triton()

# The search for docstring examples reads attributes that its objects refuse to have.
collect_ignore = ["odd_functions.py"]


def pytest_addoption(parser):
    parser.addoption(
        "--full",
        action="store_true",
        default=FULL,
        help="run the long form of the tests: all hypothesis examples, full strides, and "
        "reference values from the oracle instead of the committed table",
    )


@pytest.fixture(autouse=True)
def _audits_in_this_process(monkeypatch):
    """Let `main(["audit", …])` start no process; the tests of processes run the command."""
    monkeypatch.setattr("actbench.conformance.command.IsolatedProcess", SameProcess)


@pytest.fixture(scope="session")
def committed_results():
    """The committed documents."""
    from actbench.data import load_mnist
    from analysis.results import load_results

    store = Path(__file__).resolve().parent.parent / "results"
    return load_results(store, load_mnist())


def draw_one_family(patch):
    """Let reports show one family of functions: it takes less time, and all are drawn alike."""
    from actbench.activations import shrinkage
    from actbench.activations.catalogue import RECORDS
    from analysis.functions import catalogue_sheets

    kinds = [kind for kind in RECORDS if kind.__module__ == shrinkage.__name__]
    patch.setattr(catalogue_sheets, "FAMILIES", (shrinkage,))
    patch.setattr(catalogue_sheets, "RECORDS", tuple(kinds))


@pytest.fixture(scope="session")
def committed_report(committed_results, tmp_path_factory):
    """The folder of the report of the committed documents."""
    from analysis.site.report import write_report

    with pytest.MonkeyPatch.context() as patch:
        if not FULL:
            draw_one_family(patch)
        page, _ = write_report(committed_results, tmp_path_factory.mktemp("committed"))
        return page.parent
