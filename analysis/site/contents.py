"""The sections of the report and their order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import ModuleType

import pandas as pd

from actbench.conformance.findings import Audit
from actbench.experiments import alpha_sweep
from actbench.experiments.catalogue import get_experiment
from analysis.claims import ledger
from analysis.claims.calibration import nominal_level
from analysis.conformance import defects, int8, matrix, over_versions, worst_errors
from analysis.conformance.sections import (
    of_frameworks,
    of_runtimes,
    shown_audits,
    without_audits,
)
from analysis.cost import (
    eager_calls,
    memory_kept,
    speed_ratios,
    step_share,
    throughput_by_size,
    training_cost,
)
from analysis.functions import (
    catalogue_sheets,
    mish_parts,
    stored_functions,
    swish_and_mish,
    swish_beta,
)
from analysis.methods import section as methods
from analysis.published import recompute
from analysis.results import AUDITS, BENCHMARKS, ExperimentResults, IncompleteError, Results
from analysis.site.section import Section, file_name
from analysis.training import index, untrained_outputs
from analysis.training.provenance import provenance
from analysis.training.slopes import (
    prelu_slopes,
    protocol,
    sample_digits,
    scores,
    single_runs,
    training_curves,
)

Builder = Callable[[Results], Iterable[Section]]
"""A function that makes sections from the documents; nothing if there are no documents."""


@dataclass(frozen=True)
class Entry:
    """Sections that are made together.

    Args:
        title: the title of the section that says why these cannot be made.
        build: makes the sections.
        source: the source of their documents, as `Results.command` takes it; "" if they need
            no documents.
    """

    title: str
    build: Builder
    source: str = ""


@dataclass(frozen=True)
class Part:
    """Sections under one heading.

    Args:
        title: the heading.
        sections: the sections, in order.
    """

    title: str
    sections: Sequence[Section]

    @property
    def name(self) -> str:
        """The name of the anchor on the page."""
        return f"part-{file_name(self.title)}"


def _experiment(name: str) -> Entry:
    question = get_experiment(name).question.rstrip("?")

    def build(results: Results) -> Iterable[Section]:
        return index.sections(name, results, ledger.judged(name, results))

    return Entry(question, build, name)


def _slopes(
    title: str, make: Callable[[ExperimentResults, Results], Iterable[Section]]
) -> Entry:
    """Return sections of the slope sweep."""

    def build(results: Results) -> Iterator[Section]:
        sweep = results.slope_sweep
        if not sweep.trials:
            return
        for section in make(sweep, results):
            yield replace(
                section,
                provenance=provenance(sweep, results.store_option),
                documents=(sweep.document_name,),
            )

    return Entry(title, build, alpha_sweep.EXPERIMENT.name)


def _audits(
    title: str,
    module: ModuleType,
    chosen: Callable[[Sequence[Audit]], list[Audit]] = of_frameworks,
) -> Entry:
    def build(results: Results) -> Iterator[Section]:
        if audits := chosen(shown_audits(results.audits)):
            yield replace(
                module.section(audits),
                title=title,
                provenance=f"Repeat with: actbench audit --all{results.store_option}.",
                documents=("audits",),
            )

    return Entry(title, build, AUDITS)


def _audits_over_versions(results: Results) -> Iterator[Section]:
    audits = [audit for audit in results.audits if audit.findings]
    if over_versions.has_several_versions(audits):
        yield replace(over_versions.section(audits), documents=("audits",))


def _int8(results: Results) -> Iterator[Section]:
    if results.int8:
        yield replace(
            int8.section(results.int8),
            provenance=f"Repeat with: actbench int8 --all --store {results.store}.",
            documents=("int8",),
        )


def _benchmarks(title: str, module: ModuleType) -> Entry:
    def build(results: Results) -> Iterator[Section]:
        for section in module.sections(results.benchmarks):
            yield replace(section, documents=("benchmarks",))

    return Entry(title, build, BENCHMARKS)


def _not_used(results: Results) -> Iterator[Section]:
    faults = results.all_faults
    if faults:
        yield Section(
            title="Documents that are not used",
            description="No section has numbers of these documents.",
            table=pd.DataFrame(
                {"document": str(fault.path), "reason": fault.reason} for fault in faults
            ),
        )


_CLAIMS = "claims"
"""The source of the entry of the claims."""

CONTENTS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "The answers",
        (
            Entry("The source's claims", lambda results: [ledger.section(results)], _CLAIMS),
            _experiment("ranking"),
        ),
    ),
    (
        "Does the slope for negative inputs matter?",
        (
            _slopes(
                "Test accuracy and loss",
                lambda sweep, results: scores.sections(
                    sweep, results.data, nominal_level(results, 0.025)
                ),
            ),
            _slopes(
                "Conclusions from single runs", lambda sweep, _: single_runs.sections(sweep)
            ),
            _slopes(
                "Accuracy and loss per epoch", lambda sweep, _: [training_curves.section(sweep)]
            ),
            _slopes(
                "Learned PReLU slopes per filter", lambda sweep, _: prelu_slopes.sections(sweep)
            ),
            _slopes(
                "Protocol of the slope sweep",
                lambda sweep, results: [protocol.section(sweep, results.data)],
            ),
            _slopes(
                "Ten sample digits with their labels",
                lambda sweep, results: [sample_digits.section(sweep, results.data)],
            ),
        ),
    ),
    (
        "Does it train better?",
        (
            *map(
                _experiment,
                (
                    "inversion", "prelu", "gradient-flow", "gradient-gain", "dying-units",
                    "robustness", "batch-size", "batch-size-epochs", "batch-size-steps",
                    "beta", "smoothness", "loss-functions", "depth", "noise",
                    "initialisers", "regularisation",
                ),
            ),
            Entry("Experiments without documents", index.missing),
            Entry("A published table, recomputed", lambda _: [recompute.section()]),
        ),
    ),
    (
        "How are differences judged?",
        (Entry("Intervals of paired differences", lambda _: methods.sections()),),
    ),
    (
        "Is it right?",
        (
            _audits("Which functions conform to their formula", matrix),
            _audits("The largest error of each function", worst_errors),
            _audits("Defects, with reproducers", defects),
            Entry("When defects appeared and went", _audits_over_versions, AUDITS),
            Entry("Audits", without_audits),
        ),
    ),
    (
        "Does it survive deployment?",
        (
            _audits("Which functions conform after deployment", matrix, of_runtimes),
            _audits("The largest error of each deployed function", worst_errors, of_runtimes),
            _audits("Defects of deployed functions, with reproducers", defects, of_runtimes),
            Entry("int8 functions of runtimes", _int8, AUDITS),
        ),
    ),
    (
        "What does it cost?",
        (
            _benchmarks("Speed compared with other implementations", speed_ratios),
            _benchmarks("Throughput by array size", throughput_by_size),
            _benchmarks("Memory kept for the backward pass", memory_kept),
            _benchmarks("Share of a training step", step_share),
            _benchmarks("Eager calls on small arrays", eager_calls),
            _benchmarks("The cost of training", training_cost),
        ),
    ),
    (
        "What do the functions look like?",
        (
            Entry("Functions of this store", stored_functions.sections, "functions"),
            Entry("Swish, Mish and their derivatives", lambda _: [swish_and_mish.section()]),
            Entry("Is Mish smoother than Swish?", lambda _: [mish_parts.section()]),
            Entry("Swish between x/2 and ReLU", lambda _: [swish_beta.section()]),
            Entry("Output of an untrained network", lambda _: [untrained_outputs.section()]),
            Entry("All functions", lambda _: catalogue_sheets.sections()),
        ),
    ),
    ("Which documents are not used?", (Entry("Documents that are not used", _not_used),)),
)  # fmt: skip
"""The headings of the report, each with its entries."""


def parts(results: Results) -> list[Part]:
    """Return all parts of the report that have sections, in order.

    A section that cannot be made is replaced by a section that says why. Sections of other
    stores follow those of the store, and name the other store.
    """
    made = [
        Part(
            title,
            [
                section
                for entry in _in_order(entries, results)
                for section in _of_all_stores(entry, results)
            ],
        )
        for title, entries in CONTENTS
    ]
    return [part for part in made if part.sections]


def _in_order(entries: Sequence[Entry], results: Results) -> list[Entry]:
    """Return entries in their order; the claims are last if most experiments lack documents.

    Most claims are then not tested, and other sections have more results.
    """
    with_trials = sum(bool(found.trials) for found in results.experiments.values())
    are_few = 2 * with_trials < len(results.experiments)
    return sorted(entries, key=lambda entry: entry.source == _CLAIMS and are_few)


def _of_all_stores(entry: Entry, results: Results) -> Iterator[Section]:
    yield from make(entry, results)
    for other in results.compared if entry.source else ():
        for section in make(entry, other):
            yield section.of_store(other.store)


def make(entry: Entry, results: Results) -> Iterator[Section]:
    """Yield the sections of an entry, and one that gives the reason if there is a fault."""
    try:
        yield from entry.build(results)
    except Exception as error:
        command = results.command(entry.source) if entry.source in results.sources else ""
        yield failed(entry.title, error, command)


def failed(title: str, error: Exception, command: str = "") -> Section:
    """Return the section that says why another one cannot be made.

    Args:
        title: the title of the other section.
        error: the reason.
        command: the command that makes its documents; "" if there is none.
    """
    text = " ".join(str(error).split())
    kind = "" if isinstance(error, IncompleteError) else f"{type(error).__name__}: "
    repeat = f" `{command}` makes the documents that it needs." if command else ""
    return Section(title, f"{FAILED}: {kind}{text}.{repeat}")


FAILED = "This section cannot be made"
"""The first words of each section that replaces another one."""
