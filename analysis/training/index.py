"""All questions in the order of the catalogue, each with where its numbers are from."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from analysis.results import (
    ExperimentResults,
    IncompleteError,
    Results,
    accuracy_on_all_images,
    accuracy_on_originals,
)
from analysis.site.section import Section
from analysis.training import (
    curves,
    dying_units,
    gradient_flow,
    inversion,
    loss_functions,
    ranking,
    robustness,
    smoothness,
    trained_parameters,
)
from analysis.training.accuracy import against

# Misra (2019), Layers_Acc.ipynb of the repository: one run for each depth, as printed there;
# ReLU's are drawn there and not printed.
_PUBLISHED = {
    name: dict(zip(map(float, range(15, 26)), accuracies, strict=True))
    for name, accuracies in {
        "swish": (0.982, 0.979, 0.980, 0.975, 0.972, 0.962, 0.956, 0.917, 0.736, 0.634, 0.397),
        "mish": (0.984, 0.983, 0.984, 0.982, 0.981, 0.975, 0.979, 0.965, 0.945, 0.947, 0.852),
    }.items()
}


def provenance(found: ExperimentResults) -> str:
    """Return how many seeds there are, where and when they were trained, and the command."""
    machines = dict.fromkeys(
        f"{trial.machine['cpu']}, {trial.machine['cores']} cores" for trial in found.trials
    )
    days = sorted({trial.started[:10] for trial in found.trials})
    counts = [len(found.trials_of(condition)) for condition in found.conditions]
    seeds = str(counts[0]) if len(set(counts)) == 1 else f"{min(counts)} to {max(counts)}"
    epochs = found.trials[0].configuration.get("epochs")
    trained = f", epochs: {epochs}" if epochs else ""
    when = " to ".join(dict.fromkeys((days[0], days[-1])))
    minutes = sum(trial.seconds for trial in found.trials) / 60
    return (
        f"Profile {found.profile}: {seeds} seeds of {len(counts)} conditions{trained}; "
        f"{minutes:.0f} minutes on {'; '.join(machines)}, {when}. "
        f"Again: actbench run {found.experiment.name} --profile {found.profile}."
        + _not_used(found)
    )


def _not_used(found: ExperimentResults) -> str:
    return "".join(f" Not used: {fault}." for fault in found.faults)


def _missing(found: ExperimentResults, what: str = "No documents yet") -> Section:
    name = found.experiment.name
    return Section(
        title=found.experiment.question.rstrip("?"),
        description=f"{what}: actbench run {name} --profile full makes them, --profile quick fewer "
        f"in minutes.{_not_used(found)}",
    )


Builder = Callable[[ExperimentResults, Results], Iterable[Section]]

BUILDERS: Mapping[str, Builder] = {
    "inversion": lambda each, results: [inversion.section(each, results.data)],
    "prelu": lambda each, results: [
        against(
            each, "per filter, from 0", accuracy_on_all_images, "Who shares a trained slope",
        "PReLU as one object in both places, with a slope for each filter, or for each "
        "element; slopes begin at 0 (Keras) or 0.25 (the paper).",
        ),
        *trained_parameters.section(
            each, each.conditions, "Where a trained slope goes",
        "PReLU's slopes; one object has the same in both layers.",
        ),
    ],
    "gradient-flow": lambda each, results: [gradient_flow.section(each)],
    "dying-units": lambda each, results: [dying_units.section(each)],
    "robustness": lambda each, results: [robustness.section(each)],
    "batch-size": lambda each, results: [
        curves.section(
            each, "batch_size", title="What larger batches do",
            description="As many epochs for all, so larger batches make fewer steps.",
        )
    ],
    "beta": lambda each, results: [
        against(
            each, "beta=1", accuracy_on_originals, "Which β trains best",
        "Swish x·σ(βx) with β fixed, or trained from 1.",
        ),
        *trained_parameters.section(
            each, [name for name in each.conditions if name.startswith("trained")],
        "Where a trained β goes", "They begin at 1.",
        ),
    ],
    "smoothness": lambda each, results: [smoothness.landscape(each)],
    "loss-functions": lambda each, results: [loss_functions.section(each)],
    "depth": lambda each, results: [
        curves.section(
            each, "depth", title="How deep it can be",
            description="The network of the Mish repository; crosses are the single runs it "
        "published, of ten epochs on all images.",
            published=_PUBLISHED,
        )
    ],
    "noise": lambda each, results: [
        curves.section(
            each, "noise", title="Who bears noise",
            description="Gaussian noise of that standard deviation on the inputs in training; "
        "tested on clean images, and with the same noise: dotted. Clean images are "
        "unlike those in training, so that accuracy on them may fall below a guess's.",
        )
    ],
    "initialisers": lambda each, results: [
        curves.section(
            each, "initializer", title="Which initial weights",
            description="Keras's random initialisers.",
        )
    ],
    "ranking": lambda each, results: ranking.sections(each, results.costs),
}  # fmt: skip
"""The sections of each experiment, by its name."""


def sections(name: str, results: Results) -> Iterator[Section]:
    """Return the sections of an experiment; one section that says so if documents are missing.

    Args:
        name: the name of the experiment.
        results: all documents.
    """
    found = results.experiment(name)
    if not found.trials:
        yield _missing(found)
        return
    try:
        for section in BUILDERS[name](found, results):
            yield replace(
                section, provenance=provenance(found), documents=(found.document_name,)
            )
    except IncompleteError as missing:
        yield _missing(found, f"In its documents {missing}")
