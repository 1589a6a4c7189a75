"""Odd and missing documents: the page is written, and each section is made or says why not."""

import re
from itertools import cycle

import numpy as np
import pytest

from actbench import RequestError
from actbench.experiments.catalogue import EXPERIMENTS
from analysis.plotting import house_style
from analysis.results import load_results
from analysis.site.contents import CONTENTS, FAILED, make
from analysis.site.report import write_section
from tests.altered_documents import ALTERATIONS, documents_of, mutate, write_documents
from tests.conftest import FULL
from tests.made_up_sweep import DATA, TRIALS
from tests.synthetic_trials import synthetic_results

SEEDS = 3

# A reason without the name of a type of exception: the section has checked what it needs.
_REASON = rf"{FAILED}: (?!\w+(Error|Warning|Exception)\b).+"


def trials_of(experiment):
    if experiment.name == "alpha-sweep":
        return TRIALS
    return synthetic_results(experiment, seeds=SEEDS).trials


def sections_of(store, experiment, folder):
    """The sections and the faults of an experiment, with all files written."""
    try:
        results = load_results(store, DATA)
    except RequestError as error:
        return [], str(error)
    entries = [
        entry
        for _, entries in CONTENTS
        for entry in entries
        if entry.source in (experiment.name, "claims") or not entry.source
    ]
    drawn = [entry for entry in entries if entry.source or "not used" in entry.title]
    with house_style():
        made = [
            write_section(section, folder)
            for entry in drawn
            for section in make(entry, results)
        ]
    return made, " ".join(map(str, results.faults))


def check(made, faults, name):
    for section in made:
        if section.description.startswith(FAILED):
            assert re.fullmatch(_REASON, section.description), (name, section.description)
    return " ".join(
        [faults, *(f"{each.title} {each.description} {each.provenance}" for each in made)]
    )


_CASES = list(zip(cycle(EXPERIMENTS), ALTERATIONS, strict=False))
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
    made, faults = sections_of(tmp_path / "store", experiment, tmp_path / "report")
    texts = check(made, faults, name)
    assert re.search(ALTERATIONS[name].named, texts), texts


@pytest.mark.parametrize("seed", range(2_000 if FULL else 4))
def test_mutated_documents(seed, tmp_path):
    rng = np.random.default_rng(seed)
    experiment = EXPERIMENTS[rng.integers(len(EXPERIMENTS))]
    documents = documents_of(trials_of(experiment))
    place = mutate(documents, rng)
    write_documents(tmp_path / "store" / experiment.name, documents)
    made, faults = sections_of(tmp_path / "store", experiment, tmp_path / "report")
    check(made, faults, f"{experiment.name}{place}")
