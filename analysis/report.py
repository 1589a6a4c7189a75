"""Gather all sections into one page."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape
from rich.console import Console
from rich.progress import track

from actbench.audit.store import read
from actbench.errors import RequestError
from analysis import (
    catalogue_sheets,
    conformance,
    mish_parts,
    prelu_slopes,
    sample_digits,
    scores,
    swish_and_mish,
    swish_beta,
    throughput,
    training_cost,
    training_curves,
    what_was_run,
)
from analysis.claims import ledger
from analysis.questions import gather, ranking, smoothness
from analysis.section import Section
from analysis.study import Study
from analysis.style import house_style


def sections(study: Study, store: Path, audits: Path) -> list[Section]:
    """Return all sections of the report, in order.

    Args:
        study: the trials of the slopes.
        store: where they are from, and first those of other experiments.
        audits: the store with the audits, the throughput benchmarks and the other experiments.
    """
    measured = throughput.read(audits)[0]
    found = gather.find_all(store, audits)
    cost = ranking.costs(throughput.table(measured))
    return [
        ledger.section(found),
        what_was_run.section(study),
        *scores.sections(study),
        training_curves.section(study),
        prelu_slopes.section(study),
        sample_digits.section(study.data),
        *gather.sections(found, study.data, cost),
        smoothness.outputs(),
        swish_and_mish.section(),
        mish_parts.section(),
        swish_beta.section(),
        *conformance.sections(read(audits)[0], audits),
        *throughput.sections(measured),
        *training_cost.sections(measured),
        *catalogue_sheets.sections(),
    ]


def write(study: Study, output: Path, store: Path, audits: Path) -> Path:
    """Write index.html, figures/ and tables/ into a folder.

    Args:
        study: the trials.
        output: the folder.
        store: where the trials are from, and first those of other experiments.
        audits: the store with the audits, the throughput benchmarks and the other experiments.

    Returns:
        The path of the page.

    Raises:
        RequestError: the folder cannot be written.
    """
    template = Environment(
        loader=PackageLoader("analysis", "."), autoescape=select_autoescape()
    ).get_template("report.html.jinja")
    page = output / "index.html"
    console = Console(stderr=True)
    try:
        output.mkdir(parents=True, exist_ok=True)
        with house_style():
            made = sections(study, store, audits)
            hidden = not console.is_terminal
            for section in track(made, "drawing", console=console, disable=hidden):
                section.write(output)
        page.write_text(template.render(study=study, sections=made), encoding="utf-8")
    except OSError as error:
        raise RequestError(
            f"{error.filename or output}: cannot be written ({error.strerror}); "
            "an --output on a writable disk would be right"
        ) from None
    return page
