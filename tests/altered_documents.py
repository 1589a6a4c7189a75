"""Documents of trials that are altered as by an odd program, an odd run or a damaged disk."""

import copy
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from actbench.results import Trial

Document = dict[str, Any]


class Alteration(NamedTuple):
    """A change of the documents of an experiment.

    Args:
        apply: changes a list of documents in place.
        named: text that must name the change: in a fault, in the provenance or in a section.
    """

    apply: Any
    named: str = ""


def first(documents):
    return documents[0]


def drop_one(documents):
    del documents[0]


def keep_one_condition(documents):
    documents[:] = [d for d in documents if d["condition"] == documents[0]["condition"]]


def keep_one_seed(documents):
    documents[:] = [d for d in documents if d["seed"] == documents[0]["seed"]]


def drop_every_third(documents):
    documents[:] = [d for number, d in enumerate(documents) if number % 3]


def share_no_seed(documents):
    for document in documents:
        if document["condition"] == documents[0]["condition"]:
            document["seed"] += 1_000


def set_in(field, value):
    """Set a field of the first document."""

    def apply(documents):
        documents[0][field] = value

    return apply


def set_in_all(field, value):
    def apply(documents):
        for document in documents:
            document[field] = copy.deepcopy(value)

    return apply


def in_first(field, change):
    def apply(documents):
        documents[0][field] = change(documents[0][field])

    return apply


def in_all(field, change):
    def apply(documents):
        for document in documents:
            document[field] = change(document[field])

    return apply


def replaced(value, leaf):
    """The same nested lists and dictionaries, with another value instead of each number."""
    if isinstance(value, dict):
        return {name: replaced(each, leaf) for name, each in value.items()}
    return [replaced(each, leaf) for each in value] if isinstance(value, list) else leaf


def without(*names):
    return lambda part: {name: each for name, each in part.items() if name not in names}


def constant(documents):
    for document in documents:
        for name, value in document.items():
            if name.startswith(("test_", "seconds")):
                document[name] = 0.5
            elif name in ("measured", "curves"):
                document[name] = replaced(value, 0.5)
        document["correct_images"] = None


def diverged(documents):
    for document in documents:
        if document["condition"] == documents[0]["condition"]:
            for name in document:
                if name.startswith("test_loss"):
                    document[name] = None
            document["curves"] = replaced(document["curves"], None)
            document["measured"] = replaced(document["measured"], None)


ALTERATIONS = {
    "nothing": Alteration(lambda _: None),
    "one trial missing": Alteration(drop_one, "2 to 3 seeds"),
    "every third trial missing": Alteration(
        drop_every_third, "[23] seeds|no seed has finite values"
    ),
    "one condition": Alteration(keep_one_condition, "1 conditions|expected one condition"),
    "one seed": Alteration(keep_one_seed, "1 seeds"),
    "no common seed": Alteration(share_no_seed),
    "constant results": Alteration(constant),
    "a diverged condition": Alteration(diverged),
    "a machine without cpu": Alteration(
        in_first("machine", without("cpu")), "unknown processor|machine"
    ),
    "machines without cpu": Alteration(
        in_all("machine", without("cpu")), "unknown processor|machine"
    ),
    "an empty name": Alteration(set_in("condition", ""), "expected .*name|condition"),
    "no curves in one": Alteration(set_in("curves", {}), "another set of measurements|curves"),
    "no curves": Alteration(set_in_all("curves", {})),
    "no measurements in one": Alteration(set_in("measured", {})),
    "no measurements": Alteration(set_in_all("measured", {})),
    "text as measurements": Alteration(in_all("measured", lambda m: replaced(m, "x"))),
    "null as measurements": Alteration(in_all("measured", lambda m: replaced(m, None))),
    "huge measurements": Alteration(in_all("measured", lambda m: replaced(m, 1e308))),
    "negative measurements": Alteration(in_all("measured", lambda m: replaced(m, -1.0))),
    "zero measurements": Alteration(in_all("measured", lambda m: replaced(m, 0))),
    "empty lists as measurements": Alteration(
        in_all("measured", lambda m: {name: [] for name in m})
    ),
    "no factors": Alteration(set_in_all("factors", {}), "has no|there is no|expected"),
    "no factors in one": Alteration(set_in("factors", {}), "another setup|factor"),
    "numbers as factors": Alteration(in_all("factors", lambda f: dict.fromkeys(f, 3))),
    "texts as factors": Alteration(in_all("factors", lambda f: dict.fromkeys(f, "x"))),
    "no trained parameters": Alteration(set_in_all("trained_parameters", [])),
    "ragged parameters": Alteration(set_in_all("trained_parameters", [[], [1.0]])),
    "an empty configuration": Alteration(set_in("configuration", {}), "configuration"),
    "empty configurations": Alteration(set_in_all("configuration", {})),
    "empty setups": Alteration(set_in_all("setup", {})),
    "no versions": Alteration(set_in_all("versions", {})),
    "no start": Alteration(set_in_all("started", "")),
    "an unknown experiment": Alteration(
        set_in("experiment", "nowhere"), "expected .*, got .*nowhere"
    ),
    "an unknown profile": Alteration(set_in("profile", "huge"), "profile.*huge"),
    "a future schema": Alteration(set_in("schema", 99), "schema"),
    "a negative seed": Alteration(set_in("seed", -1), "seed"),
    "wrong bits": Alteration(set_in_all("correct_images", None)),
    "no fields": Alteration(lambda documents: documents[0].clear(), "schema|field"),
    "names with markup": Alteration(
        in_all("condition", lambda name: f"$\\frac{{{name}|<b>{{0.__class__}} %s & `")
    ),
    "names of 300 characters": Alteration(in_all("condition", lambda name: f"{name} " * 40)),
    "control characters in a name": Alteration(
        in_first("condition", lambda name: f"{name}\x1b[31m\x00"), "printable|condition"
    ),
}


def documents_of(trials: Iterable[Trial]) -> list[Document]:
    """Return valid documents of trials as parsed JSON."""
    parsed: list[Document] = [json.loads(_text(asdict(trial))) for trial in trials]
    for document in parsed:
        images = document["configuration"]["test_images"]
        for name in ("test_accuracy_original", "test_accuracy_inverted"):
            exact = round(document[name] * images) / images
            if exact != document[name]:
                document[name], document["correct_images"] = exact, None
        both = document["test_accuracy_original"] + document["test_accuracy_inverted"]
        document["test_accuracy"] = both / 2
    return parsed


def _text(document):
    return json.dumps(document, default=list)


def write_documents(folder: Path, documents: list[Document]) -> None:
    """Write documents as files of any names."""
    folder.mkdir(parents=True)
    for number, document in enumerate(documents):
        (folder / f"{number}.json").write_text(_text(document), "utf-8")


_ODD_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 3.5, 1e300, -1e300, 2**62, "", "x", "<script>", "${x}", [], {}, [[]],
    [1, "x"], {"a": 1}, [None], "9" * 5_000,
)  # fmt: skip


def mutate(documents: list[Document], rng: np.random.Generator) -> str:
    """Set one part of one document to an odd value, or remove it; return the place."""
    part: Any = documents[rng.integers(len(documents))]
    place = ""
    while True:
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        key = keys[rng.integers(len(keys))]
        place += f".{key}"
        inner = part[key]
        if isinstance(inner, dict | list) and len(inner) and rng.random() < 0.7:
            part = inner
            continue
        if rng.random() < 0.2:
            del part[key]
            return f"{place} removed"
        value = _ODD_VALUES[rng.integers(len(_ODD_VALUES))]
        part[key] = copy.deepcopy(value)
        return f"{place} = {str(value)[:40]!r}"
