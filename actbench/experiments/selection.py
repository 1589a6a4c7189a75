"""The activations that a user adds to an experiment, also with trained parameters."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.errors import RequestError
from actbench.experiments.experiment import Condition, Experiment, label
from actbench.frameworks.parametric import Parametric
from actbench.results import Factor, Factors

REFERENCE = "relu"
"""The activation that others are compared with, if it is among them."""

FORMULA_START = 1.0
"""The initial value of a trained parameter of a formula, because it has no default."""


@dataclass(frozen=True)
class ChosenActivation:
    """An activation that a user adds to an experiment.

    Args:
        activation: the function. Trained parameters start at its values.
        trained: names of the parameters that are trained; each channel of each layer has its
            own values.

    Raises:
        RequestError: the activation has no such parameter, or a gradient cannot train it.

    Example:
        >>> print(ChosenActivation(get("swish", beta=2)))
        swish(beta=2)
        >>> print(ChosenActivation(get("swish"), ("beta",)))
        swish(beta=trained)
        >>> print(ChosenActivation(get("swish", beta=2), ("beta",)))
        swish(beta=trained:2)
    """

    activation: Activation
    trained: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.trained:
            Parametric(self.activation, self.trained)

    def __str__(self) -> str:
        """Return the name of the activation in conditions, tables and figures."""
        return self._full_name if self.trained else label(self.activation)

    @property
    def _full_name(self) -> str:
        """The name with all parameters."""
        settings = [
            f"{name}={self._trained_from(name) if name in self.trained else f'{value:g}'}"
            for name, value in self.activation.parameters.items()
        ]
        return f"{self.activation.name}({', '.join(settings)})" if settings else str(self)

    def _trained_from(self, name: str) -> str:
        start = self.activation.parameters[name]
        usual = {each.name: each.default for each in fields(self.activation)}
        return "trained" if start == usual.get(name, FORMULA_START) else f"trained:{start:g}"

    def conditions(self, experiment: Experiment) -> Iterator[Condition]:
        """Yield the conditions of this activation in an experiment.

        If the experiment lists a condition of the same function, it is this one. If another
        condition has the name, the new condition states all parameters in its name.
        """
        listed = {_content(each): each for each in experiment.conditions}
        taken = {each.name for each in experiment.conditions}
        for made in experiment.conditions_for(self.activation):
            member = replace(made.member, trained_parameters=self.trained)
            condition = self._named(replace(made, member=member), str(self))
            if _content(condition) in listed:
                yield listed[_content(condition)]
            else:
                is_new = condition.name not in taken
                yield condition if is_new else self._named(condition, self._full_name)

    def _named(self, condition: Condition, name: str) -> Condition:
        """Return a condition with another name of the activation."""
        before = str(condition.factors["activation"])
        factors: Factors = {**condition.factors, "activation": name}
        return replace(condition, name=condition.name.replace(before, name, 1), factors=factors)


def _content(condition: Condition) -> Condition:
    """Return a condition without its name; equal contents train equal networks."""
    return replace(condition, name="", factors={})


def with_activations(experiment: Experiment, chosen: Sequence[ChosenActivation]) -> Experiment:
    """Return an experiment with the conditions of further activations.

    Raises:
        RequestError: two conditions have the same name.
    """
    return _with_conditions(experiment, (*experiment.conditions, *_made(experiment, chosen)))


def only_activations(experiment: Experiment, chosen: Sequence[ChosenActivation]) -> Experiment:
    """Return an experiment with no other conditions than those of the given activations.

    ReLU is added as the reference if all of them are the same activation.

    Raises:
        RequestError: there are no activations, all of them are ReLU, or the experiment does
            not compare activations.
    """
    if not chosen:
        raise RequestError("--only: expected --activation NAME as well, got no activation")
    if not compares_activations(experiment):
        raise RequestError(
            f"--only: expected an experiment that compares activations, such as ranking, got "
            f"{experiment.name}, which compares settings of one activation"
        )
    named = _made(experiment, chosen)
    if len({each.factors["activation"] for each in named}) == 1:
        relu = ChosenActivation(get(REFERENCE))
        reference = list(relu.conditions(experiment))
        if named == reference:
            raise RequestError(
                f"--only: expected an activation to compare with {REFERENCE}, got only "
                f"{REFERENCE}"
            )
        named = [*reference, *named]
    return _with_conditions(experiment, named)


def _made(experiment: Experiment, chosen: Sequence[ChosenActivation]) -> list[Condition]:
    return list(dict.fromkeys(each for one in chosen for each in one.conditions(experiment)))


def _with_conditions(experiment: Experiment, conditions: Sequence[Condition]) -> Experiment:
    """Return an experiment with these conditions, each once.

    Raises:
        RequestError: two conditions have the same name.
    """
    different = tuple(dict.fromkeys(conditions))
    names = [each.name for each in different]
    if twice := [name for name in names if names.count(name) > 1]:
        raise RequestError(
            f"--activation: expected parameters that differ in their first six digits, got "
            f"two activations that are called {twice[0]}"
        )
    return replace(experiment, conditions=different)


def compares_activations(experiment: Experiment) -> bool:
    """Return whether an experiment trains each of its activations in the same settings."""
    settings = {
        name for each in experiment.conditions_for(get(REFERENCE)) for name in each.factors
    }
    return all(each.factors.keys() <= settings for each in experiment.conditions)


def reference_activation(activations: Sequence[str]) -> str:
    """Return the activation that others are compared with: ReLU, or the first one.

    Example:
        >>> reference_activation(["mish", "relu"]), reference_activation(["mish", "gelu"])
        ('relu', 'mish')
    """
    return REFERENCE if REFERENCE in activations else activations[0]


def reference_pairs(factors_of: Mapping[str, Factors]) -> list[tuple[str, str]]:
    """Return each condition with its reference, for comparisons between activations.

    The reference of a condition is that of `reference_activation` with the same other factors.
    Conditions that have no reference are left out.

    Args:
        factors_of: name of each condition ↦ its factors; all have the factor "activation".
    """
    reference = reference_activation(
        [str(factors["activation"]) for factors in factors_of.values()]
    )
    by_settings = {
        settings_beside_activation(factors): name
        for name, factors in factors_of.items()
        if factors["activation"] == reference
    }
    found = (
        (name, by_settings.get(settings_beside_activation(factors)))
        for name, factors in factors_of.items()
        if factors["activation"] != reference
    )
    return [(name, other) for name, other in found if other is not None]


def settings_beside_activation(factors: Factors) -> tuple[tuple[str, Factor], ...]:
    """Return all factors except the activation, in order of their names."""
    return tuple(sorted((k, v) for k, v in factors.items() if k != "activation"))
