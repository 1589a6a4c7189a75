"""The sections of the report and their order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from analysis.claims import ledger
from analysis.conformance.sections import sections as conformance_sections
from analysis.cost import (
    eager_calls,
    memory_kept,
    speed_ratios,
    step_share,
    throughput_by_size,
    training_cost,
)
from analysis.functions import catalogue_sheets, mish_parts, swish_and_mish, swish_beta
from analysis.published import recompute
from analysis.results import Results
from analysis.site.section import Section, file_name
from analysis.training import index, untrained_outputs
from analysis.training.slopes import (
    prelu_slopes,
    protocol,
    sample_digits,
    scores,
    single_runs,
    training_curves,
)

Builder = Callable[[Results], Iterable[Section]]
"""A function that makes sections from the documents."""


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


def _experiment(name: str) -> Builder:
    return partial(index.sections, name)


def _slope_sweep(results: Results) -> Iterator[Section]:
    sweep = results.slope_sweep
    sections = [
        *scores.sections(sweep, results.data),
        *single_runs.sections(sweep),
        training_curves.section(sweep),
        prelu_slopes.section(sweep),
        protocol.section(sweep, results.data),
        sample_digits.section(results.data),
    ]
    for section in sections:
        yield replace(
            section, provenance=index.provenance(sweep), documents=(sweep.document_name,)
        )


def _audits(results: Results) -> Iterator[Section]:
    for section in conformance_sections(results.audits, results.audit_store):
        yield replace(
            section,
            provenance="Repeat with: actbench audit --all.",
            documents=("audits",),
        )


_COST_MODULES = (
    speed_ratios,
    throughput_by_size,
    memory_kept,
    step_share,
    eager_calls,
    training_cost,
)


def _benchmarks(results: Results) -> Iterator[Section]:
    for module in _COST_MODULES:
        for section in module.sections(results.benchmarks):
            yield replace(section, documents=("benchmarks",))


def _functions(results: Results) -> Iterator[Section]:
    del results
    yield swish_and_mish.section()
    yield mish_parts.section()
    yield swish_beta.section()
    yield untrained_outputs.section()
    yield from catalogue_sheets.sections()


CONTENTS: tuple[tuple[str, tuple[Builder, ...]], ...] = (
    ("The answers", (lambda results: [ledger.section(results)], _experiment("ranking"))),
    ("Does the slope for negative inputs matter?", (_slope_sweep,)),
    (
        "Does it train better?",
        (
            _experiment("inversion"),
            _experiment("prelu"),
            _experiment("gradient-flow"),
            _experiment("dying-units"),
            _experiment("robustness"),
            _experiment("batch-size"),
            _experiment("beta"),
            _experiment("smoothness"),
            _experiment("loss-functions"),
            _experiment("depth"),
            _experiment("noise"),
            _experiment("initialisers"),
            lambda _: [recompute.section()],
        ),
    ),
    ("Is it right?", (_audits,)),
    ("What does it cost?", (_benchmarks,)),
    ("What do the functions look like?", (_functions,)),
)
"""The headings of the report, each with the functions that make its sections."""


def parts(results: Results) -> list[Part]:
    """Return all parts of the report that have sections, in order."""
    made = [
        Part(title, [section for build in builders for section in build(results)])
        for title, builders in CONTENTS
    ]
    return [part for part in made if part.sections]
