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
    finite,
    measured,
    measured_array,
    trained_layers,
)
from analysis.results.results import (
    AUDITS,
    BENCHMARKS,
    DATA,
    MATHEMATICS,
    Results,
)

__all__ = [
    "AUDITS",
    "BENCHMARKS",
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
    "finite",
    "load_results",
    "measured",
    "measured_array",
    "read_benchmarks",
    "relu_cost_ratios",
    "trained_layers",
]
