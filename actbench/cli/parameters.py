"""Activations and their parameters as words of a command line, such as `swish beta=1.5`."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from actbench.activations import Activation, get
from actbench.activations.foreign.prefixes import is_foreign
from actbench.errors import RequestError

if TYPE_CHECKING:
    from actbench.experiments.selection import ChosenActivation

Text = str | float
"""The value of an argument of a framework's function, such as "tanh"."""

TRAINED = "trained"
"""The word in place of the value of a parameter that is trained."""

_FORMULA = "formula:"

# A formula has no word of this form, because a single = is not part of the language.
_LAST_SETTING = re.compile(r"(?P<others>.*?)\s+(?P<setting>[^\W\d]\w*=(?!=)\S*)\s*", re.DOTALL)
_SETTING = re.compile(r"[^\W\d]\w*=.*", re.DOTALL)


def parse_parameters(words: Sequence[str]) -> dict[str, float]:
    """Return the numbers of words such as "beta=1.5", by name.

    Raises:
        RequestError: a word has another form, or a parameter has two values.
    """
    return {name: _number(value, f"{name}={value}") for name, value in _settings(words).items()}


def find_activation(text: str, words: Sequence[str] = ()) -> Activation:
    """Return the activation of a name and PARAMETER=VALUE words, which the text may have too.

    Args:
        text: a name for `actbench.get`, such as "swish beta=2" or "torch:gelu".
        words: more PARAMETER=VALUE words.

    Raises:
        RequestError: there is no such activation or parameter, or a value is not allowed.

    Example:
        >>> print(find_activation("torch:softplus beta=2"))
        softplus(beta=2)
        >>> print(find_activation("torch:gelu", ["approximate=tanh"]))
        gelu_tanh
    """
    name, arguments = name_and_arguments(text, words)
    return get(name, **arguments)


def name_and_arguments(text: str, words: Sequence[str] = ()) -> tuple[str, dict[str, Text]]:
    """Return the name in a text, and its arguments: text only for a framework's function."""
    name, own_words = split_parameters(text)
    given = [*own_words, *words]
    if not is_foreign(name):
        return name, {**parse_parameters(given)}
    return name, {key: _value(value) for key, value in _settings(given).items()}


def _value(text: str) -> Text:
    """Return a number, a Boolean or text."""
    try:
        return float(text)
    except ValueError:
        return {"true": True, "false": False}.get(text.lower(), text)


def split_parameters(text: str) -> tuple[str, list[str]]:
    """Return the name of an activation or its formula, and the PARAMETER=VALUE words after it.

    Example:
        >>> split_parameters("swish beta=2")
        ('swish', ['beta=2'])
        >>> split_parameters("formula:x * sigmoid(b * x) b=1.5")
        ('formula:x * sigmoid(b * x)', ['b=1.5'])
        >>> split_parameters("nn.Softplus(beta=2, threshold=20)")
        ('nn.Softplus(beta=2, threshold=20)', [])
    """
    if text.rstrip().endswith(")") and not text.startswith(_FORMULA):
        return text, []
    if not text.startswith(_FORMULA):
        name, *words = text.split() or [text]
        return name, words
    words = []
    while match := _LAST_SETTING.fullmatch(text):
        text = match["others"]
        words.insert(0, match["setting"])
    return text, words


def parse_activation(text: str) -> "ChosenActivation":
    """Return the activation of "NAME PARAMETER=VALUE…", where a value may be "trained".

    A trained parameter starts at the default of the record, or at `FORMULA_START` if it is a
    parameter of a formula. The value "trained:0.5" states another initial value.

    Raises:
        RequestError: there is no such activation or parameter, a value is outside its domain,
            or a gradient cannot train the parameter.

    Example:
        >>> print(parse_activation("swish beta=2"))
        swish(beta=2)
        >>> parse_activation("formula:x*sigmoid(b*x) b=trained").activation.parameters
        {'b': 1.0}
    """
    from actbench.experiments.selection import FORMULA_START, ChosenActivation

    name, words = split_parameters(text)
    settings = _settings(words, _TRAINED_TOO)
    trained = [key for key, value in settings.items() if value.partition(":")[0] == TRAINED]
    has_defaults = trained and not name.startswith(_FORMULA)
    defaults: Mapping[str, float] = get(name).parameters if has_defaults else {}
    values = {
        key: defaults.get(key, FORMULA_START)
        if value == TRAINED
        else _number(value.removeprefix(f"{TRAINED}:"), f"{key}={value}", _TRAINED_TOO)
        for key, value in settings.items()
    }
    return ChosenActivation(get(name, **values), tuple(trained))


_TRAINED_TOO = ", PARAMETER=trained or PARAMETER=trained:NUMBER"


def join_parameters(words: Sequence[str], option: str) -> list[str]:
    """Return words in which the PARAMETER=VALUE words after an option are part of its value.

    Args:
        words: the arguments of a command.
        option: the option, such as "--activation".

    Example:
        >>> join_parameters(["--activation", "swish", "beta=2", "--only"], "--activation")
        ['--activation', 'swish beta=2', '--only']
    """
    joined: list[str] = []
    takes_settings = False
    for word in words:
        if takes_settings and _SETTING.fullmatch(word):
            joined[-1] = f"{joined[-1]} {word}"
            continue
        is_value = bool(joined) and joined[-1] == option
        takes_settings = is_value or word.startswith(f"{option}=")
        joined.append(word)
    return joined


def join_settings(words: Sequence[str]) -> list[str]:
    """Return each name with the PARAMETER=VALUE words after it.

    Raises:
        RequestError: the first word is no name.

    Example:
        >>> join_settings(["swish", "beta=2", "mish", "elu alpha=1.3"])
        ['swish beta=2', 'mish', 'elu alpha=1.3']
    """
    joined: list[str] = []
    for word in words:
        if not _SETTING.fullmatch(word):
            joined.append(word)
        elif joined:
            joined[-1] = f"{joined[-1]} {word}"
        else:
            raise RequestError(f"{word}: expected a name before the first parameter, got none")
    return joined


def _settings(words: Sequence[str], also: str = "") -> dict[str, str]:
    """Return the texts of PARAMETER=VALUE words by name."""
    settings: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise _not_a_parameter(word, also)
        if name in settings:
            raise RequestError(f"parameter {name}: expected one value, got two (also {word!r})")
        settings[name] = value
    return settings


def _number(text: str, word: str, also: str = "") -> float:
    try:
        return float(text)
    except ValueError:
        raise _not_a_parameter(word, also) from None


def _not_a_parameter(word: str, also: str) -> RequestError:
    return RequestError(
        f"parameter: expected PARAMETER=NUMBER{also}, such as beta=1.5, got {word!r}"
    )
