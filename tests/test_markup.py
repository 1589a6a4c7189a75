"""Markup in any field of any document is text on the page, in figures and in tables."""

import copy
import html
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from actbench.conformance.documents import read as read_audits
from actbench.experiments.catalogue import get_experiment
from actbench.results import read_trials
from analysis.published.__main__ import main as recompute
from analysis.results import load_results, read_benchmarks
from analysis.site import contents
from analysis.site.contents import CONTENTS
from analysis.site.markdown import escape
from analysis.site.report import write_report
from tests.altered_documents import documents_of
from tests.conftest import FULL
from tests.made_up_sweep import DATA, TRIALS
from tests.synthetic_trials import synthetic_results

ROOT = Path(__file__).resolve().parent.parent
PLANT = (
    "</td></p><script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;b&gt; | "
    "[x](javascript:alert(1)) `$\\frac$ {0.__class__} {{ 7*7 }} %s -->"
)


def places(document, path=()):
    """Paths of all texts, and of all objects that may get another key."""
    if isinstance(document, dict):
        yield (*path, None)
        for name, value in document.items():
            yield from places(value, (*path, name))
    elif isinstance(document, list):
        for number, value in list(enumerate(document))[:2]:
            yield from places(value, (*path, number))
    elif isinstance(document, str):
        yield path


def planted(document, path):
    """A document with the markup at a place: in a text, or as a new key."""
    document = copy.deepcopy(document)
    part = document
    for step in path[:-1]:
        part = part[step]
    if path[-1] is None:
        values = [value for value in part.values() if not isinstance(value, dict)]
        part[PLANT] = copy.deepcopy(values[0]) if values else PLANT
    else:
        part[path[-1]] += PLANT
    return document


def plant(documents, folder, is_read):
    """Write documents with markup in all fields that are read, and one file for each refused.

    Returns:
        The number of fields that are read with markup, and of those that are refused.
    """
    probe = folder / "probe.json"
    folder.mkdir(parents=True, exist_ok=True)
    accepted: list[tuple[object, ...]] = []
    refused: list[tuple[object, ...]] = []
    for path in places(documents[0]):
        probe.write_text(json.dumps(planted(documents[0], path)), "utf-8")
        (accepted if is_read() else refused).append(path)
    probe.unlink()
    for number, document in enumerate(documents):
        for path in accepted:
            document = planted(document, path)
        (folder / f"{number}{PLANT.replace('/', '∕')}.json").write_text(
            json.dumps(document), "utf-8"
        )
    for number, path in enumerate(refused):
        text = json.dumps(planted(documents[0], path))
        (folder / f"refused-{number}.json").write_text(text, "utf-8")
    return len(accepted), len(refused)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A report of documents with markup in every field, and the number of these fields."""
    store = tmp_path_factory.mktemp("store") / f"mine{PLANT.replace('/', '∕')}"
    counts = {}
    trials = {
        name: synthetic_results(get_experiment(name), seeds=2).trials
        for name in ("loss-functions", "beta", "ranking")
    } | {"alpha-sweep": TRIALS}
    for name, of_experiment in trials.items():
        folder = store / name
        documents = documents_of(of_experiment)
        counts[name] = plant(documents, folder, lambda name=name: read_trials(store, name)[0])
    for number, source in enumerate(sorted((ROOT / "results" / "audit").rglob("mish*.json"))):
        folder = store / "audit" / str(number)
        counts[f"audit {number}"] = plant(
            [json.loads(source.read_text("utf-8"))], folder, lambda: read_audits(store)[0]
        )
        for path in folder.iterdir():
            path.rename(folder.parent / f"{number} {path.name}"[-200:])
        if number == (20 if FULL else 1):
            break
    for source in sorted((ROOT / "results" / "throughput").glob("*.json")):
        document = json.loads(source.read_text("utf-8"))
        document["benchmarks"] = [
            each | {"stats": {}, "options": {}} for each in document["benchmarks"][:2]
        ]
        document["machine_info"] = {"cpu": {"brand_raw": "a processor"}}
        folder = store / "throughput"
        probe = tmp_path_factory.mktemp("probe")
        counts[source.name] = plant(
            [document], probe / "throughput", lambda probe=probe: read_benchmarks(probe)[0]
        )
        folder.mkdir(exist_ok=True)
        for path in (probe / "throughput").iterdir():
            path.rename(folder / f"{source.stem} {path.name}"[-200:])
    other = store.parent / f"other{PLANT.replace('/', '∕')}"
    shutil.copytree(store / "loss-functions", other / "loss-functions")
    with pytest.MonkeyPatch.context() as patch:
        # Only the sections of functions are without documents.
        patch.setattr(
            contents, "CONTENTS", tuple(part for part in CONTENTS if "look" not in part[0])
        )
        results = load_results(store, DATA, compared_with=[other])
        page, failures = write_report(results, tmp_path_factory.mktemp("report"))
    return page, counts, failures, results


class Elements(HTMLParser):
    """All elements with their attributes, and the whole text."""

    def __init__(self, source):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


ATTRIBUTES = {
    "html": {"lang"}, "meta": {"charset", "name", "content"}, "link": {"rel", "href"},
    "a": {"href"}, "h2": {"id"}, "section": {"id"}, "img": {"src", "alt", "loading"},
    "div": {"class", "tabindex"}, "p": {"class"}, "nav": {"aria-label"},
}  # fmt: skip
"""Elements of the page that have attributes."""

PLAIN = {
    "head", "title", "style", "body", "h1", "h3", "code", "details", "summary", "ul", "li", "b",
    "table", "thead", "tbody", "tr", "th", "td", "pre",
}  # fmt: skip
"""Elements of the page without attributes."""


def test_every_field_has_markup(page):
    _, counts, _, results = page
    assert sum(read for read, _ in counts.values()) > 100
    assert all(read + refused > 3 for read, refused in counts.values())
    assert all(PLANT in trial.condition for trial in results.experiment("beta").trials)
    assert any(PLANT in str(trial.machine["cpu"]) for trial in results.slope_sweep.trials)


def test_the_page_has_its_own_elements_and_attributes_only(page):
    elements = Elements(page[0].read_text("utf-8"))
    assert elements.text.count(PLANT) > 20
    for tag, attributes in elements.found:
        assert tag in ATTRIBUTES or tag in PLAIN, tag
        assert attributes.keys() <= ATTRIBUTES.get(tag, set()), (tag, attributes)
        for name in ("href", "src"):
            if name in attributes:
                assert re.fullmatch(
                    r"data:,|#[\w-]+|(figures|tables|data)/[\w./-]+", attributes[name]
                )
                assert ".." not in attributes[name]
    identities = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert all(re.fullmatch(r"[a-z0-9-]+", each) for each in identities)
    assert len(set(identities)) == len(identities)


def test_links_lead_to_files_of_the_report_and_no_other_file_is_written(page):
    folder = page[0].parent
    linked = {
        attributes[name]
        for _, attributes in Elements(page[0].read_text("utf-8")).found
        for name in ("href", "src")
        if not attributes.get(name, "#").startswith(("#", "data:"))
    }
    written = {each.relative_to(folder).as_posix() for each in folder.rglob("*.*")}
    assert linked <= written
    assert all(re.fullmatch(r"[\w./-]+", each) for each in written)


def test_figures_have_no_scripts_and_are_valid(page):
    figures = list((page[0].parent / "figures").glob("*.svg"))
    assert figures
    for path in figures:
        for element in ET.parse(path).iter():  # noqa: S314 - a figure that the report wrote
            name = str(element.tag).rpartition("}")[2].lower()
            assert name not in {"script", "foreignobject", "iframe", "a", "image"} or (
                name == "image" and path.stem
            )
            assert not [key for key in element.attrib if key.lower().startswith("on")]


def test_tables_in_markdown_have_no_markup_and_one_cell_per_column(page):
    tables = list((page[0].parent / "tables").glob("*.md"))
    assert tables
    for path in tables:
        counts = set()
        for line in path.read_text("utf-8").splitlines():
            assert "<" not in line
            assert "](" not in line
            counts.add(len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)))
        assert len(counts) == 1, path


def test_no_section_fails_because_of_markup(page):
    assert not [failure for failure in page[2] if re.search(r"\w+(Error|Warning): ", failure)]


def test_published_tables_with_markup_are_text(tmp_path, capsys):
    path = tmp_path / "table.csv"
    name = PLANT.replace('"', "'")
    path.write_text(f'name,mean,spread,runs\na,1,1,3\n"{name}",2,1,3\n', "utf-8")
    assert recompute([str(path)]) == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "script" in line]
    assert "<script" not in row
    assert escape(name) in row
    assert html.unescape(html.escape(PLANT)) == PLANT
