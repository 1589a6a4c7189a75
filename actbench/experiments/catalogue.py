"""The list of all experiments, and their lookup by name."""

from actbench.errors import RequestError, suggest
from actbench.experiments import (
    alpha_sweep,
    batch_size,
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
    robustness,
    smoothness,
)  # fmt: skip
from actbench.experiments.experiment import Experiment, Profile

EXPERIMENTS: tuple[Experiment, ...] = tuple(
    module.EXPERIMENT
    for module in (
        alpha_sweep, inversion, prelu, gradient_flow, gradient_gain, dying_units, robustness,
        batch_size, beta, smoothness, loss_functions, depth, noise, initialisers, ranking,
    )
)  # fmt: skip
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
