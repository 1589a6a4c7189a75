"""The sections of each experiment, and the list of experiments without documents."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

import pandas as pd

from analysis.comparisons import Judged
from analysis.results import (
    BENCHMARKS,
    ExperimentResults,
    Results,
    accuracy_on_all_images,
    accuracy_on_originals,
)
from analysis.site.section import Section
from analysis.training import (
    accuracy_by_factor,
    dying_units,
    generalisation,
    gradient_flow,
    inversion,
    loss_functions,
    ranking,
    reference_comparison,
    robustness,
    smoothness,
    task_agreement,
    task_ranking,
    trained_parameters,
)
from analysis.training.provenance import provenance

_PUBLISHED_DEPTHS = {
    activation: dict(zip(map(float, range(15, 26)), accuracies, strict=True))
    for activation, accuracies in {
        "swish": (0.982, 0.979, 0.980, 0.975, 0.972, 0.962, 0.956, 0.917, 0.736, 0.634, 0.397),
        "mish": (0.984, 0.983, 0.984, 0.982, 0.981, 0.975, 0.979, 0.965, 0.945, 0.947, 0.852),
    }.items()
}
"""One run per depth, as printed in Layers_Acc.ipynb of the repository of Misra (2019).

The notebook only draws the accuracies of ReLU.
"""


def _prelu(found: ExperimentResults, _: Results, judged: Judged) -> Iterator[Section]:
    yield reference_comparison.section(
        found, {"sharing": "channel", "initial_slope": 0.0}, accuracy_on_all_images,
        "Sharing of PReLU slopes",
        "PReLU as one layer object in both places, with one slope per filter, or with one "
        "slope per element. Slopes start at 0 (Keras) or at 0.25 (the paper).",
        judged,
    )  # fmt: skip
    yield from trained_parameters.sections(
        found, found.conditions, symbol="slope", title="Trained PReLU slopes",
        description="With one layer object in both places, both layers have the same slopes.",
    )  # fmt: skip


Builder = Callable[[ExperimentResults, Results, Judged], Iterable[Section]]
"""A function that makes the sections of an experiment from its trials, all results, and the
verdicts of claims about its pairs of conditions."""


def _batch_size(title: str, description: str) -> Builder:
    def build(found: ExperimentResults, _: Results, judged: Judged) -> Iterable[Section]:
        return [
            accuracy_by_factor.section(
                found, "batch_size", judged=judged, title=title, description=description
            )
        ]

    return build


def _beta(found: ExperimentResults, _: Results, judged: Judged) -> Iterator[Section]:
    yield reference_comparison.section(
        found, {"beta": 1.0}, accuracy_on_originals, "Accuracy of Swish by beta",
        "Swish x·σ(βx) with a fixed β, or with a trained β that starts at 1.",
        judged,
    )  # fmt: skip
    yield from trained_parameters.sections(
        found, found.conditions_with(beta="trained"), symbol="β", title="Trained beta of Swish",
        description="Every β starts at 1, or at the number that the condition states.",
    )  # fmt: skip


def _depth(found: ExperimentResults, _: Results, judged: Judged) -> Iterator[Section]:
    yield accuracy_by_factor.section(
        found, "depth", title="Accuracy by depth", published=_PUBLISHED_DEPTHS, judged=judged,
        description="The network of the Mish repository. Crosses are the single runs that the "
        "repository published, of ten epochs on all images.",
    )  # fmt: skip


def _noise(found: ExperimentResults, _: Results, judged: Judged) -> Iterator[Section]:
    yield accuracy_by_factor.section(
        found, "noise", judged=judged, title="Accuracy by noise in training",
        description="Gaussian noise with this standard deviation is added to the inputs in "
        "training. Solid lines are tests on clean images, dotted lines tests with the same "
        "noise. Clean images differ from the training images, so the accuracy on them may be "
        "below that of a random guess.",
    )  # fmt: skip


def _initialisers(found: ExperimentResults, _: Results, judged: Judged) -> Iterator[Section]:
    yield accuracy_by_factor.section(
        found, "initializer", judged=judged, title="Accuracy by initialiser",
        description="Initial weights from Keras's random initialisers.",
    )  # fmt: skip


def _ranking(found: ExperimentResults, results: Results, judged: Judged) -> Iterator[Section]:
    if found.tasks:
        for section in task_ranking.sections(found):
            yield _of(found, section, results)
        if agreement := task_agreement.section(found):
            yield _of(found, agreement, results)
        found = results.experiment("ranking", profile="source")
    if found.trials:
        command = results.command(BENCHMARKS)
        for section in ranking.sections(found, results.costs, command, judged):
            yield _of(found, section, results)


BUILDERS: Mapping[str, Builder] = {
    "inversion": lambda found, results, _: [inversion.section(found, results.data)],
    "prelu": _prelu,
    "gradient-flow": lambda found, *_: [
        gradient_flow.section(found, "Gradients of deep networks", "Glorot's initial weights")
    ],
    "gradient-gain": lambda found, *_: [
        gradient_flow.section(
            found,
            "Gradients of deep networks with the gain of each activation",
            "LeCun's initial weights, multiplied by the gain of the activation",
        )
    ],
    "dying-units": lambda found, *_: [dying_units.section(found)],
    "robustness": lambda found, *_: [robustness.section(found)],
    "batch-size": _batch_size(
        "Accuracy by batch size",
        "All networks train for the same number of epochs, so larger batches make fewer "
        "steps; all sizes have the same learning rate.",
    ),
    "batch-size-epochs": _batch_size(
        "Accuracy by batch size, with tuned learning rates",
        "All networks train for the same number of epochs. The learning rate of each "
        "activation and size was chosen on validation images, and falls linearly to 0.",
    ),
    "batch-size-steps": _batch_size(
        "Accuracy by batch size, with equal steps and tuned learning rates",
        "All networks make the same number of steps, so larger batches use more images. The "
        "learning rate of each activation and size was chosen on validation images, and falls "
        "linearly to 0.",
    ),
    "beta": _beta,
    "smoothness": lambda found, *_: [smoothness.section(found)],
    "loss-functions": lambda found, *_: [loss_functions.section(found)],
    "depth": _depth,
    "noise": _noise,
    "initialisers": _initialisers,
    "regularisation": lambda found, _, judged: [generalisation.section(found, judged)],
    "ranking": _ranking,
}
"""The builder of each experiment, by the name of the experiment."""


def sections(name: str, results: Results, judged: Judged) -> Iterator[Section]:
    """Return the sections of an experiment; nothing without documents.

    Args:
        name: name of the experiment.
        results: all documents.
        judged: the verdicts of claims about pairs of conditions.

    Raises:
        IncompleteError: the documents lack a number that a section needs.
    """
    found = results.experiment(name)
    if not found.trials:
        return
    for section in BUILDERS[name](found, results, judged):
        yield section if section.documents else _of(found, section, results)


def _of(found: ExperimentResults, section: Section, results: Results) -> Section:
    """Return a section that states the trials that it is made from."""
    return replace(
        section,
        provenance=provenance(found, results.store_option),
        documents=(found.document_name,),
    )


def missing(results: Results) -> Iterator[Section]:
    """Return the list of experiments without documents, if there are any."""
    rows = [
        {
            "experiment": name,
            "question": found.experiment.question,
            "command": results.command(name),
            "documents": f"{len(found.faults)} that are not used" if found.faults else "none",
        }
        for name, found in results.experiments.items()
        if not found.trials
    ]
    if rows:
        yield Section(
            title="Experiments without documents",
            description=f"{results.store} has no documents of these experiments. The profile "
            "quick makes fewer trials than full, in minutes.",
            table=pd.DataFrame(rows),
        )
