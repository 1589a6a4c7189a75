"""The report: its documents, its files, its page, and wrong requests."""

import dataclasses
import html
import json
import re
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from actbench.activations.catalogue import get
from actbench.experiments.catalogue import get_experiment
from actbench.experiments.experiment import Condition
from actbench.models.member import Member
from actbench.results import write_trial
from analysis.__main__ import main
from analysis.functions import stored_functions
from analysis.plotting import house_style
from analysis.results import load_results
from analysis.site import contents
from analysis.site.contents import CONTENTS, make, parts
from analysis.training import index
from analysis.training.slopes import scores
from tests.conftest import draw_one_family
from tests.made_up_sweep import CONDITIONS, DATA, SEEDS, TRIALS, make_trial
from tests.synthetic_trials import results_of, synthetic_results


def write_store(store):
    """Write the made-up trials and their data set."""
    for trial in TRIALS:
        write_trial(store, trial)
    arrays = {part: DATA[part] for part in DATA}
    np.savez(store.parent / "data.npz", allow_pickle=False, **arrays)


@pytest.fixture
def store(tmp_path):
    write_store(tmp_path / "store")
    return tmp_path / "store"


class Made(NamedTuple):
    """A report, and the output of the command that wrote it."""

    folder: Path
    status: int
    out: str
    err: str


def make_report(store, folder, *options):
    arguments = ["--store", store, "--data", store.parent / "data.npz", *options]
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main([str(each) for each in (*arguments, "--output", folder)])
    return Made(folder, status, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Two reports of the same store, which has one unreadable document and two audits."""
    folder = tmp_path_factory.mktemp("report")
    write_store(folder / "store")
    # A name that must be escaped in HTML.
    (folder / "store" / "alpha-sweep" / "bad<b>.json").write_text('{"half')
    committed = Path(__file__).resolve().parent.parent / "results" / "audit"
    for document in committed.glob("actbench-*/celu_alpha=1.json"):
        copied = folder / "store" / "audit" / document.parent.name / document.name
        copied.parent.mkdir(parents=True)
        copied.write_bytes(document.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        draw_one_family(patch)
        return [
            make_report(folder / "store", folder / name, "--png") for name in ("one", "two")
        ]


@pytest.fixture(scope="module")
def report(reports):
    return reports[0]


def test_the_command_reports_the_page_and_the_number_of_trials(report):
    assert report.status == 0
    assert (
        f"{report.folder / 'index.html'}: alpha-sweep full: 21 trials, 4 audits\n" in report.out
    )


def test_the_page_links_each_figure_and_table_and_no_missing_file(report):
    page = (report.folder / "index.html").read_text("utf-8")
    links = set(re.findall(r'(?:src|href)="([^"]+)"', page))
    anchors = {link[1:] for link in links if link.startswith("#")}
    assert anchors <= set(re.findall(r'id="([^"]+)"', page))
    linked = {link for link in links if not link.startswith(("#", "data:"))}
    written = {
        path.relative_to(report.folder).as_posix(): path.stat().st_size
        for path in report.folder.rglob("*.*")
    }
    assert linked <= written.keys()
    assert all(written.values())
    assert {name for name in written if name.startswith(("figures/", "tables/"))} <= linked


def test_each_figure_and_table_has_its_files(report):
    figures = {path.stem for path in (report.folder / "figures").glob("*.svg")}
    assert figures == {path.stem for path in (report.folder / "figures").glob("*.png")}
    tables = {path.stem for path in (report.folder / "tables").glob("*.csv")}
    assert tables == {path.stem for path in (report.folder / "tables").glob("*.md")}
    assert {"test-accuracy-per-condition", "swish-between-x-2-and-relu"} <= figures & tables


def test_the_page_states_the_protocol(report):
    path = report.folder / "tables" / "protocol-of-the-slope-sweep.csv"
    protocol = pd.read_csv(path).set_index("setting")["value"]
    first = TRIALS[0]
    assert protocol["seeds"] == str(SEEDS)
    assert first.configuration["data_sha256"][:16] in protocol["data"]
    assert protocol["training"].startswith(
        f"{first.configuration['epochs']} epochs, batch size"
    )
    for name, version in first.versions.items():
        assert f"{name} {version}" in protocol["versions"]
    assert protocol["machine"].startswith(f"{first.machine['cpu']}, {first.machine['cores']} ")
    minutes = sum(trial.seconds for trial in TRIALS) / 60
    step = 1000 * np.median([trial.seconds_per_step for trial in TRIALS])
    assert protocol["training time"].startswith(
        f"{minutes:.1f} minutes for {len(TRIALS)} trials, {step:.0f} ms per step"
    )
    page = html.unescape((report.folder / "index.html").read_text("utf-8"))
    assert all(value in page for value in protocol)


def test_tables_have_unrounded_numbers_in_csv_and_rounded_numbers_in_markdown(report):
    table = pd.read_csv(report.folder / "tables" / "test-accuracy-per-condition.csv")
    mean = np.mean([trial.test_accuracy for trial in TRIALS if trial.condition == "alpha=-1"])
    assert table["mean"].iloc[0] == pytest.approx(mean, rel=1e-15)
    markdown = (report.folder / "tables" / "test-accuracy-per-condition.md").read_text("utf-8")
    (row,) = [
        line for line in markdown.splitlines() if re.match(r"\| alpha=-1 +\| inverted", line)
    ]
    assert f"{mean - 0.0005:.2%}" in row


def test_the_report_has_the_documents_it_was_made_from(report):
    read = {
        path.stem: json.loads(path.read_text("utf-8"))
        for path in (report.folder / "data").glob("*.json")
    }
    assert len(read["alpha-sweep-full"]["trials"]) == len(CONDITIONS) * SEEDS
    assert [each["target"] for each in read["audits"]["audits"]] == ["celu(alpha=1)"] * 4


def test_unreadable_documents_are_reported_and_texts_are_escaped(report):
    assert "bad<b>.json: expected a valid document" in report.err
    page = (report.folder / "index.html").read_text("utf-8")
    assert "bad&lt;b&gt;.json</td>" in page
    assert "<b>.json" not in page


def test_the_same_documents_give_the_same_files(reports):
    files = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
        for folder, *_ in reports
    ]
    assert files[0] == files[1]


def test_the_largest_profile_is_reported_unless_another_is_requested(store):
    write_trial(store, make_trial("prelu", 0, profile="quick"))
    assert load_results(store, DATA).slope_sweep.profile == "full"
    quick = load_results(store, DATA, profile="quick")
    assert [trial.profile for trial in quick.slope_sweep.trials] == ["quick"]
    assert quick.experiment("alpha-sweep").profile == "quick"
    both = load_results(store, DATA)
    assert len(both.experiment("alpha-sweep", "quick").trials) == 1
    assert both.experiment("alpha-sweep", "full") == both.slope_sweep
    assert not both.experiment("alpha-sweep", "smoke").trials


def test_further_conditions_follow_those_of_the_experiment(store):
    added = dataclasses.replace(
        make_trial("prelu", 0), condition="rrelu", factors={"activation": "rrelu"}
    )
    write_trial(store, added)
    sweep = load_results(store, DATA).slope_sweep
    assert sweep.conditions == [*CONDITIONS, "rrelu"]


ADDED = ("formula:x * tanh(softplus(x)) * 0.9", "swish(beta=2)", "formula:log(x)", "m:f")


@pytest.fixture(scope="module")
def mine():
    """Results of a user: two experiments with functions that the catalogue does not have."""
    found = []
    for name in ("ranking", "alpha-sweep"):
        experiment = get_experiment(name)
        added = [Condition(each, {"activation": each}, Member(get("relu"))) for each in ADDED]
        conditions = (*experiment.conditions[:3], *added)
        one = dataclasses.replace(experiment, conditions=conditions)
        found.append(synthetic_results(one, seeds=2))
    return dataclasses.replace(results_of(*found), store=Path("mine"))


def texts_of(sections):
    return "\n".join(
        f"{section.title}\n{section.description}\n"
        + ("" if section.table is None else section.formatted_table().to_csv())
        for section in sections
    )


def test_functions_of_the_user_are_in_the_sections_and_have_a_sheet(mine):
    with house_style():
        ranking = list(index.sections("ranking", mine, {}))
        accuracy, *_ = scores.sections(mine.slope_sweep, mine.data)
        (sheet,) = stored_functions.sections(mine)
    for name in ADDED:
        assert name in texts_of(ranking)
        assert name in texts_of([accuracy])
    assert sheet.figure is not None
    drawn = [
        ax.get_title(loc="left").replace("\n", " ") for ax in sheet.figure.axes if ax.axison
    ]
    assert [title[:10] for title in drawn] == [name[:10] for name in ADDED[:3]]
    assert "do not contain their code: m:f." in sheet.description


@pytest.fixture
def without_functions(monkeypatch):
    """The contents of the page without the sections that draw the catalogue."""
    kept = tuple(part for part in CONTENTS if "look" not in part[0])
    monkeypatch.setattr(contents, "CONTENTS", kept)


@pytest.mark.usefixtures("without_functions")
def test_nothing_comes_from_another_store(mine):
    made = [section for part in parts(mine) for section in part.sections]
    names = {name for section in made for name in section.documents}
    assert names == {"ranking-full", "alpha-sweep-full"}
    provenance = {section.provenance for section in made if section.documents}
    assert all("2 seeds each" in text or not text for text in provenance)
    assert all("--store mine" in text or not text for text in provenance)
    missing = texts_of(index.missing(mine))
    assert "actbench run depth --profile full --store mine" in missing


@pytest.mark.usefixtures("without_functions")
def test_sections_of_another_store_follow_with_its_name(mine):
    other = dataclasses.replace(
        results_of(synthetic_results(get_experiment("beta"))), store=Path("their results")
    )
    both = dataclasses.replace(mine, compared=(other,))
    entry = next(each for _, entries in CONTENTS for each in entries if each.source == "beta")
    with house_style():
        sections = [each for part in parts(both) for each in part.sections]
        assert [*make(entry, both)] == []
    labelled = [each for each in sections if "beta" in each.title.lower() and each.documents]
    assert labelled
    for section in labelled:
        assert section.title.endswith("(their results)")
        assert section.table is not None
        assert set(section.table["store"]) == {"their results"}
        assert section.formatted_table().columns[0] == "store"
        assert section.documents[0].endswith("/beta-full")
    keys = [section.name for section in sections]
    assert len(set(keys)) == len(keys)


def test_a_trial_of_another_configuration_than_most_is_left_out(store):
    odd = make_trial("prelu", 7)
    odd = dataclasses.replace(odd, configuration=odd.configuration | {"batch_size": 9})
    write_trial(store, odd)
    results = load_results(store, DATA)
    assert {trial.key for trial in results.slope_sweep.trials} == {t.key for t in TRIALS}
    assert [fault.reason for fault in results.faults] == [
        "prelu, seed 7: of another configuration than most"
    ]


WRONG_REQUESTS: dict[str, tuple[dict[str, str | None], str]] = {
    "no trials": (
        {"--store": "nowhere"},
        "nowhere: expected trials, audits or benchmarks, got none; run `actbench run alpha",
    ),
    "no such profile": (
        {"--profile": "huge"},
        "store: expected trials of profile huge, got profile full; `actbench run alpha-sweep",
    ),
    "nothing to compare": (
        {"--compare-with": "nowhere"},
        "nowhere: expected trials, audits or benchmarks, got none",
    ),
    "no data": ({"--data": "nowhere"}, "nowhere"),
    "no folder": (
        {"--output": "file/report"},
        r"file/report: expected a writable folder, got an error \(Not a directory\)",
    ),
    "unknown option": ({"--stoer": "x"}, "--stoer"),
}


@pytest.mark.parametrize("name", WRONG_REQUESTS)
def test_wrong_requests_get_one_line_and_exit_status_2(store, capsys, monkeypatch, name):
    monkeypatch.chdir(store.parent)
    (store.parent / "file").write_text("")
    options, message = WRONG_REQUESTS[name]
    defaults: dict[str, str | None] = {
        "--store": "store",
        "--data": "data.npz",
        "--output": "report",
    }
    request = {option: value for option, value in (defaults | options).items() if value}
    assert main([part for pair in request.items() for part in pair]) == 2
    error = capsys.readouterr().err
    assert re.search(message, error)
    assert error.count("\n") == 1
    assert not (store.parent / "report").exists()
