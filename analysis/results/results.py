"""All documents that the report is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from actbench.conformance.findings import Audit
from actbench.data import Dataset
from actbench.results import Fault
from analysis.results.benchmarks import BenchmarkEntry, Cost
from analysis.results.experiment import ExperimentResults

MATHEMATICS, DATA, BENCHMARKS = "mathematics", "data", "benchmarks"
"""Sources of claims other than an experiment."""

COST_COMMAND = (
    "pytest benchmarks -m full -k relative_to_relu "
    "--benchmark-json=results/throughput/relative_to_relu.json"
)
"""The command that measures the costs of activations."""


@dataclass(frozen=True)
class Results:
    """Everything that was measured.

    Args:
        experiments: the largest profile of each experiment, by the name of the experiment.
        slope_sweep: the trials of the profile of `alpha-sweep` that the report is about.
        data: the data set that the networks of the slope sweep were trained and tested on.
        costs: run time of each activation relative to ReLU.
        audits: the findings of `actbench audit`.
        audit_store: the folder of results that the audits come from.
        benchmarks: the entries of the benchmark files.
        faults: documents of the slope sweep, audits and benchmarks that are not used.
    """

    experiments: Mapping[str, ExperimentResults]
    slope_sweep: ExperimentResults
    data: Dataset
    costs: Mapping[str, Cost] = field(default_factory=dict)
    audits: tuple[Audit, ...] = ()
    audit_store: Path = Path("results")
    benchmarks: tuple[BenchmarkEntry, ...] = ()
    faults: tuple[Fault, ...] = ()

    def experiment(self, name: str) -> ExperimentResults:
        """Return the results of an experiment by its name, such as "depth"."""
        return self.experiments[name]

    def command(self, source: str) -> str:
        """Return the command that makes the documents of a source; "" if it needs none."""
        if source in (MATHEMATICS, DATA):
            return ""
        return COST_COMMAND if source == BENCHMARKS else f"actbench run {source} --profile full"

    def missing_command(self, source: str) -> str:
        """Return the command that makes the documents of a source; "" if they exist."""
        if source in (MATHEMATICS, DATA):
            return ""
        exists = self.costs if source == BENCHMARKS else self.experiment(source).trials
        return "" if exists else self.command(source)
