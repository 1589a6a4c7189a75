"""Write the report: one page, with the files of its figures, tables and documents."""

from dataclasses import asdict
from pathlib import Path

from jinja2 import Environment, PackageLoader
from rich.console import Console
from rich.progress import track

from actbench.errors import RequestError
from actbench.results import write_document
from analysis.comparisons import EQUIVALENCE_MARGIN
from analysis.plotting import house_style
from analysis.results import Results
from analysis.site.contents import parts


def write_report(results: Results, output: Path) -> Path:
    """Write index.html, figures/, tables/ and data/ into a folder.

    Args:
        results: all documents.
        output: the folder; it is made if it does not exist.

    Returns:
        The path of the page.

    Raises:
        RequestError: the folder cannot be written.
    """
    # The file ends in .jinja, so that Jinja's choice by file ending would not escape texts.
    template = Environment(
        loader=PackageLoader("analysis.site", "."), autoescape=True
    ).get_template("report.html.jinja")
    page = output / "index.html"
    console = Console(stderr=True)
    try:
        output.mkdir(parents=True, exist_ok=True)
        with house_style():
            contents = parts(results)
            sections = [section for part in contents for section in part.sections]
            is_hidden = not console.is_terminal
            for section in track(sections, "drawing", console=console, disable=is_hidden):
                section.write(output)
        for name, document in _documents(results).items():
            write_document(output / "data" / f"{name}.json", document)
        margin = f"{100 * EQUIVALENCE_MARGIN:g}"
        page.write_text(template.render(parts=contents, margin=margin), encoding="utf-8")
    except OSError as error:
        raise RequestError(
            f"{error.filename or output}: expected a writable folder, got an error "
            f"({error.strerror}); choose another --output"
        ) from None
    return page


def _documents(results: Results) -> dict[str, dict[str, object]]:
    """Return the documents that sections refer to, by name."""
    experiments = [each for each in results.experiments.values() if each.trials]
    # The sweep comes last because it may be another profile or come from another store.
    experiments.append(results.slope_sweep)
    return {
        "audits": {"audits": [audit.document() for audit in results.audits]},
        "benchmarks": {"benchmarks": results.benchmarks},
        **{
            each.document_name: {"trials": [asdict(trial) for trial in each.trials]}
            for each in experiments
        },
    }
