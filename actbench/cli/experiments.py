"""The experiments, as `actbench list --experiments` and `actbench run --help` list them."""

import json
from typing import NamedTuple


class ListedExperiment(NamedTuple):
    """An experiment in a list."""

    name: str
    profiles: tuple[str, ...]
    question: str


def listed_experiments() -> list[ListedExperiment]:
    """Return all experiments in the order of the catalogue."""
    # The models of the experiments take a second to import.
    from actbench.experiments.catalogue import EXPERIMENTS

    return [
        ListedExperiment(each.name, tuple(p.name for p in each.profiles), each.question)
        for each in EXPERIMENTS
    ]


def print_experiments(*, as_json: bool) -> None:
    """Print name, profiles and question of each experiment."""
    listed = listed_experiments()
    if as_json:
        print(json.dumps([each._asdict() for each in listed], indent=1, ensure_ascii=False))
        return
    name, profiles = (max(map(len, column)) for column in zip(*_columns(listed), strict=True))
    for each, (_, shown) in zip(listed, _columns(listed), strict=True):
        print(f"{each.name:<{name}}  {shown:<{profiles}}  {each.question}")


def _columns(listed: list[ListedExperiment]) -> list[tuple[str, str]]:
    return [(each.name, ", ".join(each.profiles)) for each in listed]
