"""The list of all experiments, and their lookup by name."""

from actbench.errors import RequestError, suggest
from actbench.experiments import (
    alpha_sweep,
    batch_size,
    batch_size_tuned,
    beta,
    depth,
    dying_units,
    gradient_flow,
    gradient_gain,
    initialisers,
    inversion,
    loss_functions,
    noise,
    prelu,
    ranking,
    regularisation,
    robustness,
    smoothness,
)  # fmt: skip
from actbench.experiments.experiment import Experiment, Profile

EXPERIMENTS: tuple[Experiment, ...] = (
    alpha_sweep.EXPERIMENT,
    inversion.EXPERIMENT,
    prelu.EXPERIMENT,
    gradient_flow.EXPERIMENT,
    gradient_gain.EXPERIMENT,
    dying_units.EXPERIMENT,
    robustness.EXPERIMENT,
    batch_size.EXPERIMENT,
    batch_size_tuned.SAME_EPOCHS,
    batch_size_tuned.SAME_STEPS,
    beta.EXPERIMENT,
    smoothness.EXPERIMENT,
    loss_functions.EXPERIMENT,
    depth.EXPERIMENT,
    noise.EXPERIMENT,
    initialisers.EXPERIMENT,
    regularisation.EXPERIMENT,
    ranking.EXPERIMENT,
)
"""All experiments. Error messages list them in this order; the report has its own order."""


def get_experiment(name: str) -> Experiment:
    """Return the experiment with that name.

    Raises:
        RequestError: there is none; the message suggests known names.
    """
    known = {experiment.name: experiment for experiment in EXPERIMENTS}
    if name not in known:
        raise RequestError(
            f"experiment: expected a known name, got {name!r}; {suggest(name, tuple(known))}"
        )
    return known[name]


def get_profile(experiment: Experiment, name: str) -> Profile:
    """Return the profile of an experiment with that name.

    Raises:
        RequestError: there is none; the message suggests known names.
    """
    known = {profile.name: profile for profile in experiment.profiles}
    if name not in known:
        raise RequestError(
            f"profile of {experiment.name}: expected a known name, got {name!r}; "
            f"{suggest(name, tuple(known))}"
        )
    return known[name]
