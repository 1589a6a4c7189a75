"""Write the report: one page, with the files of its figures, tables and documents."""

from collections.abc import Collection, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from jinja2 import Environment, PackageLoader
from rich.console import Console
from rich.progress import track

from actbench.errors import RequestError
from actbench.results import write_document
from analysis.comparisons import EQUIVALENCE_MARGIN
from analysis.plotting import house_style
from analysis.results import Results
from analysis.site.contents import FAILED, Part, failed, parts
from analysis.site.section import Section, folder_name


def write_report(
    results: Results, output: Path, *, png: bool = False
) -> tuple[Path, list[str]]:
    """Write index.html, figures/, tables/ and data/ into a folder.

    Args:
        results: all documents.
        output: the folder; it is made if it does not exist.
        png: whether figures are written as PNG files as well as SVG files.

    Returns:
        The path of the page, and one line for each section that could not be made.

    Raises:
        RequestError: the folder cannot be written.
    """
    # The file ends in .jinja, so that Jinja's choice by file ending would not escape texts.
    template = Environment(
        loader=PackageLoader("analysis.site", "."), autoescape=True
    ).get_template("report.html.jinja")
    page = output / "index.html"
    try:
        output.mkdir(parents=True, exist_ok=True)
        with house_style():
            contents = _written(parts(results), output, png=png)
        names = {name for part in contents for each in part.sections for name in each.documents}
        for folder, of_store in _stores(results, output / "data"):
            for name, document in _documents(of_store, names).items():
                write_document(folder / f"{name}.json", document)
        text = template.render(
            parts=contents,
            margin=f"{100 * EQUIVALENCE_MARGIN:g}",
            store=str(results.store),
            png=png,
        )
        page.write_text(text, "utf-8", "replace")
    except OSError as error:
        raise RequestError(
            f"{error.filename or output}: expected a writable folder, got an error "
            f"({error.strerror}); choose another --output"
        ) from None
    sections = [section for part in contents for section in part.sections]
    return page, [
        f"{section.title}: {section.description}"
        for section in sections
        if section.description.startswith(FAILED)
    ]


def _written(contents: list[Part], output: Path, *, png: bool) -> list[Part]:
    """Write the files of all sections; a section that cannot be drawn says so instead."""
    console = Console(stderr=True)
    count = sum(len(part.sections) for part in contents)
    numbers = iter(
        track(range(count), "drawing", console=console, disable=not console.is_terminal)
    )
    written = []
    for part in contents:
        sections = []
        for section in part.sections:
            next(numbers)
            sections.append(write_section(section, output, png=png))
        written.append(replace(part, sections=sections))
    next(numbers, None)
    return written


def write_section(section: Section, output: Path, *, png: bool = False) -> Section:
    """Write the files of a section; return it, or one that says why it cannot be drawn."""
    try:
        section.write(output, png=png)
    except OSError:
        raise
    except Exception as error:
        return replace(failed(section.title, error), key=section.name)
    return section


def _stores(results: Results, folder: Path) -> Iterator[tuple[Path, Results]]:
    """Yield the folder of the documents of each store."""
    yield folder, results
    for other in results.compared:
        yield folder / folder_name(other.store), other


def _documents(results: Results, names: Collection[str]) -> dict[str, dict[str, object]]:
    """Return the documents that sections refer to, by name."""
    profiles = [each for of_name in results.profiles.values() for each in of_name.values()]
    experiments = [
        each
        for each in (*results.experiments.values(), *profiles)
        if each.trials and each.document_name in names
    ]
    return {
        "audits": {"audits": [audit.to_dict() for audit in results.audits]},
        "int8": {"int8": [asdict(document) for document in results.int8]},
        "benchmarks": {"benchmarks": results.benchmarks},
        **{
            each.document_name: {"trials": [vars(trial) for trial in each.trials]}
            for each in experiments
        },
    }
