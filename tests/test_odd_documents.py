"""Odd and missing documents: the page is written, and each section is made or says why not."""

import re
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from actbench import RequestError
from actbench.experiments.catalogue import EXPERIMENTS, get_experiment
from analysis.claims.decision import decide
from analysis.claims.ledger import CLAIMS
from analysis.plotting import house_style
from analysis.results import load_results
from analysis.site import contents
from analysis.site.contents import CONTENTS, FAILED, make, parts
from analysis.site.report import write_report
from tests.altered_documents import ALTERATIONS, documents_of, mutate, write_documents
from tests.conftest import FULL, draw_one_family
from tests.made_up_sweep import DATA, TRIALS
from tests.synthetic_trials import synthetic_results

SEEDS = 3

# The reason has no name of a type of exception, because the section has checked its documents.
_REASON = rf"{FAILED}: (?!\w+(Error|Warning|Exception)\b).+"


def trials_of(experiment):
    if experiment.name == "alpha-sweep":
        return TRIALS
    return synthetic_results(experiment, seeds=SEEDS).trials


def entries_of(experiment):
    """The entries of the page that depend on an experiment."""
    sources = (experiment.name, "functions")
    every = [entry for _, entries in CONTENTS for entry in entries]
    return [each for each in every if each.source in sources or "not used" in each.title]


def texts_of(store, experiment):
    """All texts on an experiment, after its sections are drawn and its claims are decided."""
    try:
        results = load_results(store, DATA)
    except RequestError as error:
        return str(error)
    texts = [*map(str, results.faults)]
    with house_style():
        for section in [s for entry in entries_of(experiment) for s in make(entry, results)]:
            if section.description.startswith(FAILED):
                assert re.fullmatch(_REASON, section.description), section.description
            if section.figure is not None:
                section.figure.draw_without_rendering()
            if section.table is not None:
                assert len(section.formatted_table())
            texts += [section.title, section.description, section.provenance]
    claims = [claim for claim in CLAIMS if claim.evidence == experiment.name]
    texts += [verdict.statistic for verdict in decide(claims, results)]
    assert not [text for text in texts if "an error (" in text]
    return "\n".join(texts)


# The short form has small experiments, and a third of the alterations.
_SMALL = [each for each in EXPERIMENTS[1:] if len(each.conditions) <= 12]
_CASES = list(zip(cycle(_SMALL), list(ALTERATIONS)[::3], strict=False))
if FULL:
    _CASES = [(experiment, name) for experiment in EXPERIMENTS for name in ALTERATIONS]


@pytest.mark.parametrize(
    ("experiment", "name"),
    [pytest.param(*case, id=f"{case[0].name}-{case[1]}") for case in _CASES],
)
def test_each_section_is_made_or_gives_its_reason(experiment, name, tmp_path):
    documents = documents_of(trials_of(experiment))
    ALTERATIONS[name].apply(documents)
    write_documents(tmp_path / "store" / experiment.name, documents)
    texts = texts_of(tmp_path / "store", experiment)
    assert re.search(ALTERATIONS[name].named, texts), texts


@pytest.mark.parametrize("seed", range(2_000 if FULL else 2))
def test_a_mutated_document_stops_no_section(seed, tmp_path):
    rng = np.random.default_rng(seed)
    experiment = EXPERIMENTS[rng.integers(len(EXPERIMENTS))]
    documents = documents_of(trials_of(experiment))
    mutate(documents, rng)
    write_documents(tmp_path / "store" / experiment.name, documents)
    texts_of(tmp_path / "store", experiment)


def test_other_sections_are_unchanged_and_the_page_is_written(tmp_path, monkeypatch):
    """Several experiments have odd documents, and beta has none."""
    store = tmp_path / "store"
    odd = {"loss-functions": "no curves", "smoothness": "no measurements",
           "prelu": "an empty name"}  # fmt: skip
    for experiment, name in ((get_experiment(each), odd[each]) for each in odd):
        documents = documents_of(synthetic_results(experiment, seeds=SEEDS).trials)
        ALTERATIONS[name].apply(documents)
        write_documents(store / experiment.name, documents)
    alone = tmp_path / "alone"
    for folder in (alone, store):
        write_documents(folder / "beta", documents_of(trials_of(get_experiment("beta"))))
    for folder in ("nowhere", "depth"):
        (store / folder).mkdir(exist_ok=True)
        (store / folder / "odd.json").write_text("{")
    draw_one_family(monkeypatch)
    if not FULL:
        monkeypatch.setattr(contents, "CONTENTS", CONTENTS[2:3] + CONTENTS[-1:])
    made = {}
    for folder in (alone, store):
        results = replace(load_results(folder, DATA), store=Path("results"))
        with house_style():
            sections = [each for part in parts(results) for each in part.sections]
        made[folder] = {
            each.name: (
                each.title,
                each.description,
                each.provenance,
                "" if each.table is None else each.table.to_csv(),
            )
            for each in sections
        }
        failed = [each for each in sections if each.description.startswith(FAILED)]
        assert len(failed) == (2 if folder == store else 0)
    changed = {"the-source-s-claims", "experiments-without-documents"}
    for name in made[alone].keys() - changed:
        assert made[alone][name] == made[store][name]
    *_, not_used = made[store]["documents-that-are-not-used"]
    for text in ("nowhere", "depth/odd.json", "prelu", "expected"):
        assert text in not_used
    page, failures = write_report(results, tmp_path / "report")
    assert len(failures) == 2
    assert page.read_text("utf-8").count(FAILED) == 2
