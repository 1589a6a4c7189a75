"""Gather all sections into one page."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from rich.console import Console
from rich.progress import track

from actbench.conformance.documents import read
from actbench.errors import RequestError
from actbench.results import write_document
from analysis.claims import ledger
from analysis.conformance import audits as audit_sections
from analysis.cost import throughput, training_cost
from analysis.evidence import Evidence, gathered
from analysis.functions import catalogue_sheets, mish_parts, swish_and_mish, swish_beta
from analysis.plotting import house_style
from analysis.published import recompute
from analysis.results import SAME
from analysis.site.section import Section
from analysis.training import (
    index,
    prelu_slopes,
    sample_digits,
    scores,
    single_runs,
    smoothness,
    training_curves,
    what_was_run,
)
from analysis.training.study import EXPERIMENT, Study, file_name


@dataclass(frozen=True)
class Part:
    """Sections under one heading."""

    title: str
    sections: Sequence[Section]

    @property
    def name(self) -> str:
        """What links call it."""
        return f"part-{file_name(self.title)}"


def parts(study: Study, evidence: Evidence, audits: Path) -> list[Part]:
    """Return all sections of the report, in order.

    Args:
        study: the trials of the slopes.
        evidence: the documents of all experiments, and costs.
        audits: the store with the audits and the throughput benchmarks.
    """
    measured = throughput.read(audits)[0]
    questions = list(index.sections(evidence, study.data))
    ranked = evidence.trials["ranking"]
    best = [each for each in questions if ranked.trials and each.data == (ranked.name,)]
    others = [each for each in questions if each not in best]
    slopes = [
        *scores.sections(study),
        *([single_runs.section(study)] if study.of("prelu") and study.of("alpha=0") else []),
        training_curves.section(study),
        prelu_slopes.section(study),
        what_was_run.section(study),
        sample_digits.section(study.data),
    ]
    slopes_of = replace(evidence.trials[EXPERIMENT], trials=study.trials, faults=study.faults)
    return [
        Part("The answers", [ledger.section(evidence), *best]),
        Part(
            "Does the slope for negative inputs matter?",
            [
                replace(each, where=index.where(slopes_of), data=(slopes_of.name,))
                for each in slopes
            ],
        ),
        Part("Does it train better?", [*others, recompute.section()]),
        Part(
            "Is it right?",
            [
                replace(each, where="Again: actbench audit --all.", data=("audits",))
                for each in audit_sections.sections(read(audits)[0], audits)
            ],
        ),
        Part(
            "What does it cost?",
            [
                replace(each, data=("benchmarks",))
                for each in (
                    *(
                        replace(each, where="Again: pytest benchmarks -m full.")
                        for each in throughput.sections(measured)
                    ),
                    *training_cost.sections(measured),
                )
            ],
        ),
        Part(
            "What it looks like",
            [
                swish_and_mish.section(),
                mish_parts.section(),
                swish_beta.section(),
                smoothness.outputs(),
                *catalogue_sheets.sections(),
            ],
        ),
    ]


def _documents(study: Study, evidence: Evidence, audits: Path) -> dict[str, dict[str, Any]]:
    """Return all that the page is made from, by the name that its sections have for it."""
    trials = {each.name: each.trials for each in evidence.trials.values() if each.trials}
    trials[f"{EXPERIMENT}-{study.profile}"] = study.trials
    return {
        "audits": {"audits": [audit.document() for audit in read(audits)[0]]},
        "benchmarks": {"benchmarks": throughput.read(audits)[0]},
        **{name: {"trials": [asdict(each) for each in of]} for name, of in trials.items()},
    }


def write(study: Study, output: Path, store: Path, audits: Path) -> Path:
    """Write index.html, figures/, tables/ and data/ into a folder.

    Args:
        study: the trials of the slopes.
        output: the folder.
        store: where they are from, and first those of other experiments.
        audits: the store with the audits, the throughput benchmarks and the other experiments.

    Returns:
        The path of the page.

    Raises:
        RequestError: the folder cannot be written.
    """
    template = Environment(
        loader=PackageLoader("analysis.site", "."), autoescape=select_autoescape()
    ).get_template("report.html.jinja")
    page = output / "index.html"
    console = Console(stderr=True)
    evidence = gathered(store, audits)
    try:
        output.mkdir(parents=True, exist_ok=True)
        with house_style():
            made = [part for part in parts(study, evidence, audits) if part.sections]
            sections = [section for part in made for section in part.sections]
            hidden = not console.is_terminal
            for section in track(sections, "drawing", console=console, disable=hidden):
                section.write(output)
        for name, document in _documents(study, evidence, audits).items():
            write_document(output / "data" / f"{name}.json", document)
        page.write_text(template.render(parts=made, same=f"{100 * SAME:g}"), encoding="utf-8")
    except OSError as error:
        raise RequestError(
            f"{error.filename or output}: cannot be written ({error.strerror}); "
            "an --output on a writable disk would be right"
        ) from None
    return page
