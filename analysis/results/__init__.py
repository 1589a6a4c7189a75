"""The results model: every document of a store is loaded once, as typed records."""

from analysis.results.benchmarks import (
    BenchmarkEntry,
    Cost,
    read_benchmarks,
    relu_cost_ratios,
)
from analysis.results.experiment import ExperimentResults
from analysis.results.load import load_results
from analysis.results.metrics import (
    IncompleteError,
    Metric,
    accuracy_on_all_images,
    accuracy_on_originals,
    curve,
)
from analysis.results.results import BENCHMARKS, COST_COMMAND, DATA, MATHEMATICS, Results

__all__ = [
    "BENCHMARKS",
    "COST_COMMAND",
    "DATA",
    "MATHEMATICS",
    "BenchmarkEntry",
    "Cost",
    "ExperimentResults",
    "IncompleteError",
    "Metric",
    "Results",
    "accuracy_on_all_images",
    "accuracy_on_originals",
    "curve",
    "load_results",
    "read_benchmarks",
    "relu_cost_ratios",
]
