"""The names of activations in documents, such as "swish(beta=2)", and their activations."""

import re

from actbench.activations.catalogue import names
from actbench.cli.parameters import TRAINED, parse_activation, split_parameters
from actbench.errors import RequestError
from actbench.experiments.selection import ChosenActivation
from actbench.results import Trial

_WITH_PARAMETERS = re.compile(
    r"(?P<name>.+?)\((?P<settings>\w+=[-+.:\w]+(, \w+=[-+.:\w]+)*)\)", re.DOTALL
)


def as_words(name: str) -> str:
    """Return a name in the form that `actbench run --activation` takes.

    Example:
        >>> as_words("swish(beta=2)"), as_words("formula:x * tanh(x)")
        ('swish beta=2', 'formula:x * tanh(x)')
    """
    match = _WITH_PARAMETERS.fullmatch(name)
    if match is None:
        return name
    return " ".join([match["name"], *match["settings"].split(", ")])


def find(name: str) -> ChosenActivation:
    """Return the activation that a document names, such as "swish(beta=2)" or a formula.

    Functions of other packages are not imported, because documents may come from others.

    Raises:
        RequestError: the name is neither a formula nor a name of the catalogue.
    """
    match = _WITH_PARAMETERS.fullmatch(name)
    base = match["name"] if match else name
    if not (base.startswith("formula:") or base in names()):
        raise RequestError(
            f"activation name: expected a formula or a name of the catalogue, got {name!r}"
        )
    try:
        return parse_activation(as_words(name))
    except (RequestError, ValueError):
        # The text may end with parentheses that are no parameters, such as "… * f(a=1)".
        if match and name.startswith("formula:"):
            return parse_activation(name)
        raise


def words_of(trial: Trial) -> str:
    """Return the words for `actbench run --activation` that train the activation of a trial.

    The name alone does not say that the "prelu" of an experiment trains its slope; the setup
    of the document does.
    """
    name = str(trial.factors["activation"])
    trained = trial.setup.get("trained_parameters") or []
    if not trained or f"={TRAINED}" in name:
        return as_words(name)
    start, settings = split_parameters(as_words(str(trial.setup.get("activation", name))))
    pairs = [setting.partition("=") for setting in settings]
    return " ".join(
        [start, *(f"{k}={TRAINED}:{v}" if k in trained else f"{k}={v}" for k, _, v in pairs)]
    )
