"""All documents that the report is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote

from actbench.conformance.findings import Audit
from actbench.data import Dataset
from actbench.deployment.quantisation.int8 import Int8Document
from actbench.experiments import alpha_sweep
from actbench.results import Fault
from analysis.results.benchmarks import BenchmarkEntry, Cost
from analysis.results.experiment import ExperimentResults

MATHEMATICS, DATA, BENCHMARKS = "mathematics", "data", "benchmarks"
"""Sources of claims other than an experiment."""

AUDITS = "audits"
"""The source of the sections on conformance."""

COST_COMMAND = (
    "pytest benchmarks -m full -k relative_to_relu "
    "--benchmark-json={store}/throughput/relative_to_relu.json"
)
"""The command that measures the costs of activations, for a store."""


@dataclass(frozen=True)
class Results:
    """Everything that one store holds.

    Args:
        experiments: the reported profile of each experiment, by the name of the experiment.
        data: the data set that the networks were trained and tested on.
        costs: run time of each activation relative to ReLU.
        audits: the findings of `actbench audit`.
        int8: the documents of `actbench int8`.
        benchmarks: the entries of the benchmark files.
        faults: documents that are not used, with the reason.
        store: the folder of the documents.
        compared: the results of other stores that the report shows next to this one.
        profiles: every profile that the store has of each experiment, also those that are not
            reported: experiment ↦ profile ↦ its results.
    """

    experiments: Mapping[str, ExperimentResults]
    data: Dataset
    costs: Mapping[str, Cost] = field(default_factory=dict)
    audits: tuple[Audit, ...] = ()
    int8: tuple[Int8Document, ...] = ()
    benchmarks: tuple[BenchmarkEntry, ...] = ()
    faults: tuple[Fault, ...] = ()
    store: Path = Path("results")
    compared: tuple["Results", ...] = ()
    profiles: Mapping[str, Mapping[str, ExperimentResults]] = field(default_factory=dict)

    @property
    def slope_sweep(self) -> ExperimentResults:
        """The trials of the experiment alpha-sweep."""
        return self.experiment(alpha_sweep.EXPERIMENT.name)

    @property
    def all_faults(self) -> tuple[Fault, ...]:
        """The faults of all stores, each once."""
        compared = (fault for other in self.compared for fault in other.faults)
        return tuple(dict.fromkeys((*self.faults, *compared)))

    @property
    def has_documents(self) -> bool:
        """Whether the store has a document that can be shown."""
        return bool(
            self.audits
            or self.int8
            or self.benchmarks
            or any(found.trials for found in self.experiments.values())
        )

    @property
    def summary(self) -> str:
        """The number of documents of each kind, as one line."""
        trained = [
            f"{found.experiment.name} {found.profile}: {len(found.trials)} trials"
            for found in self.experiments.values()
            if found.trials
        ]
        other = [("audits", self.audits), ("benchmarks", self.benchmarks)]
        return ", ".join([*trained, *(f"{len(each)} {name}" for name, each in other if each)])

    def experiment(self, name: str, profile: str | None = None) -> ExperimentResults:
        """Return the results of an experiment by its name, such as "depth".

        Args:
            name: name of the experiment.
            profile: name of a profile, such as "source"; without trials of it, the results are
                empty. None takes the reported profile.
        """
        reported = self.experiments[name]
        if profile is None or (reported.trials and reported.profile == profile):
            return reported
        empty = ExperimentResults(reported.experiment, ())
        return self.profiles.get(name, {}).get(profile, empty)

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources of documents that commands make."""
        return (*self.experiments, AUDITS, BENCHMARKS)

    def command(self, source: str) -> str:
        """Return the command that makes the documents of a source; "" if it needs none."""
        if source in (MATHEMATICS, DATA):
            return ""
        if source == AUDITS:
            return f"actbench audit --all{self.store_option}"
        if source == BENCHMARKS:
            return COST_COMMAND.format(store=quote(str(self.store)))
        return f"actbench run {source} --profile full{self.store_option}"

    @property
    def store_option(self) -> str:
        """The option of commands that names this store; "" for their default."""
        return "" if self.store == Path("results") else f" --store {quote(str(self.store))}"

    def missing_command(self, source: str) -> str:
        """Return the command that makes the documents of a source; "" if they exist."""
        if source in (MATHEMATICS, DATA):
            return ""
        exists = self.costs if source == BENCHMARKS else self.experiment(source).trials
        return "" if exists else self.command(source)
