"""The records that a function computes, or the records nearest to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np

from actbench.activations.catalogue import RECORDS
from actbench.conformance.identification.agreement import Agreement, agreement
from actbench.conformance.identification.features import features
from actbench.conformance.identification.fitting import FIT_INPUTS, Fit, fit
from actbench.conformance.identification.sampled import Sampled, rounding_of
from actbench.conformance.targets.target import Target

# Records whose root mean square of differences is more units of rounding, in the least precise
# format, are not compared.
_UNITS = 64

_NEAREST = 3

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Candidate:
    """A record that a function may compute.

    Args:
        name: name of the record.
        parameters: its parameters.
        formula: its formula.
        aliases: other names of it at these parameters.
        size: root mean square of the differences at ordinary inputs, each relative to
            max(1, |x|, |f(x)|).
        agreements: the comparison in each format; the first format is the most precise one.
    """

    name: str
    parameters: Mapping[str, float]
    formula: str
    aliases: tuple[str, ...]
    size: float
    agreements: tuple[Agreement, ...]

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats in which the function agrees with the record."""
        return tuple(each.dtype for each in self.agreements if each.agrees)

    @property
    def agrees_everywhere(self) -> bool:
        """Whether the function agrees with the record in every format."""
        return len(self.formats) == len(self.agreements)

    def __str__(self) -> str:
        return f"{self.name}({self.settings})" if self.parameters else self.name

    @property
    def settings(self) -> str:
        """The parameters in one line, with all digits."""
        shown = {
            name: repr(value).removesuffix(".0") for name, value in self.parameters.items()
        }
        return ", ".join(f"{name}={value}" for name, value in shown.items())


@dataclass(frozen=True)
class Identification:
    """The result of `identify`.

    Args:
        target: name of the function.
        library: library that computed it.
        matches: the records that it computes, the simplest one first; all are equal. They
            agree in every format, or if there is no such record, in one format: a function
            may have a constant of lower precision, as Keras's gelu of float64.
        nearest: the nearest records if none matches, the nearest one first.
    """

    target: str
    library: str
    matches: tuple[Candidate, ...]
    nearest: tuple[Candidate, ...]

    @property
    def matched(self) -> bool:
        """Whether the function computes a record."""
        return bool(self.matches)


def identify_target(target: Target, progress: Progress = lambda _: None) -> Identification:
    """Return the records that a function computes, or the nearest ones.

    Records with up to one parameter are tried first. Those with more are tried only if none of
    these matches, so that a match has as few parameters as possible.

    Args:
        target: the function; its expected activation is not used.
        progress: called with the name of each record that is tried.

    Raises:
        RequestError: the function takes no array, is random, or is not elementwise.
    """
    function = Sampled(target)
    numbers = features(function)
    x = np.union1d(FIT_INPUTS, [each for each in numbers if abs(each) <= FIT_INPUTS[-1]])
    y = function(x)
    dtype, rounding = function.formats[0], function.precision
    fits: list[Fit] = []
    matches: list[Candidate] = []
    for count in sorted({max(1, len(fields(kind))) for kind in RECORDS}):
        for kind in RECORDS:
            if max(1, len(fields(kind))) == count:
                progress(kind.name)
                found = fit(kind, x, y, numbers, dtype, rounding)
                fits.append(found)
                if found.size <= _UNITS * max(map(rounding_of, function.formats)):
                    candidate = _candidate(function, found)
                    matches += [candidate] if candidate.formats else []
        if matches:
            break
    whole = [each for each in matches if each.agrees_everywhere]
    matches = whole or matches
    nearest = [] if matches else sorted(fits, key=lambda each: each.size)[:_NEAREST]
    return Identification(
        target.name,
        target.library.name,
        tuple(sorted(matches, key=_simplicity)),
        tuple(_candidate(function, each) for each in nearest),
    )


def _candidate(function: Sampled, found: Fit) -> Candidate:
    activation = found.activation
    return Candidate(
        activation.name,
        activation.parameters,
        activation.formula or "",
        tuple(
            alias
            for alias, fixed in activation.aliases.items()
            if fixed.items() <= activation.parameters.items()
        ),
        found.size,
        tuple(agreement(function, activation, dtype) for dtype in function.formats),
    )


def _simplicity(candidate: Candidate) -> tuple[int, int, int]:
    """Return a key that is smallest for few parameters, then for the most defaults."""
    names = [kind.name for kind in RECORDS]
    index = names.index(candidate.name)
    defaults = RECORDS[index]().parameters
    changed = sum(defaults[name] != value for name, value in candidate.parameters.items())
    return len(candidate.parameters), changed, index
