"""The activations under test: all records with default, special and random parameters."""

from dataclasses import fields
from functools import partial
from math import inf
from operator import contains

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import actbench
from actbench.activations.catalogue import RECORDS

# Parameters at which a function equals another one, changes its sign, or is steep or flat.
PARAMETERS = [
    ("leaky_relu", {"negative_slope": -1.0}),
    ("leaky_relu", {"negative_slope": -0.5}),
    ("leaky_relu", {"negative_slope": 0.0}),
    ("leaky_relu", {"negative_slope": 1.0}),
    ("threshold", {"threshold": -1.0, "value": -1.0}),
    ("swish", {"beta": -1.5}),
    ("swish", {"beta": 0.0}),
    ("swish", {"beta": 0.1}),
    ("swish", {"beta": 30.0}),
    ("doubled_swish", {"beta": 0.0}),
    ("doubled_swish", {"beta": -2.0}),
    ("doubled_swish", {"beta": 2.5}),
    ("elu", {"alpha": 0.0}),
    ("elu", {"alpha": 2.0}),
    ("celu", {"alpha": 0.1}),
    ("soft_exponential", {"alpha": 0.0}),
    ("soft_exponential", {"alpha": 1.0}),
    ("squareplus", {"b": 0.01}),
    ("isru", {"alpha": 4.0}),
    ("aptx", {"alpha": 0.3}),
    ("sine", {"omega": 4.0}),
]

ACTIVATIONS = [
    *(kind() for kind in RECORDS),
    *(actbench.get(name, **parameters) for name, parameters in PARAMETERS),
]

ORDERS = {0: "__call__", 1: "derivative", 2: "second_derivative"}
"""Order of the derivative ↦ the method of an activation that computes it."""

# Inputs of both signs and all magnitudes that matter: the underflow of eˣ at −745 and of e²ˣ at
# −373, the rounding of 1 + e⁻ˣ at 37, subnormal numbers, and many points near 0, where the
# functions bend.
_MAGNITUDES = np.concatenate(
    [
        [5e-324, 2.3e-308, 1e-100, 1e-17, 1e-8, 36.7, 40.0, 372.6, 709.4, 720.0, 744.4, 750.0],
        np.geomspace(1e-6, 700.0, 25),
        np.linspace(0.05, 6.0, 25),
    ]
)
SAMPLE = np.concatenate([-_MAGNITUDES, _MAGNITUDES])


def shifted(kind):
    """Return a record with parameters near the defaults, in their domains, no powers of two."""
    defaults = kind().parameters
    parameters = {}
    for number, f in enumerate(fields(kind), 1):
        default = defaults[f.name]
        step = 0.05 * number * max(1.0, abs(default))
        right = default + step
        parameters[f.name] = right if right in f.metadata["domain"] else default - step
    return kind(**parameters)


SHIFTED = [shifted(kind) for kind in RECORDS if fields(kind)]


@st.composite
def drawn(draw, kind):
    """Draw a record with random parameters from their domains, at most 4 in size."""
    parameters = {}
    for f in fields(kind):
        domain = f.metadata["domain"]
        lower = max(-4.0, domain.least, domain.above)
        upper = min(4.0, domain.most, domain.below)
        numbers = st.floats(lower, upper).map(lambda number: round(number, 3))
        parameters[f.name] = draw(numbers.filter(partial(contains, domain)), label=f.name)
    try:
        return kind(**parameters)
    except actbench.RequestError:  # the record excludes this pair of parameters
        assume(False)


def numbers_of(domain):
    """Draw numbers of a domain: of all sizes, its ends, and subnormal numbers."""
    lower, upper = max(domain.least, domain.above), min(domain.most, domain.below)
    sizes = st.floats(-3, 3) | st.floats(-40, 40) | st.floats(-323, 308.25)
    of_all_sizes = st.builds(
        lambda e, sign: sign * 10.0**e, sizes, st.sampled_from([1.0, -1.0])
    )
    marks = st.sampled_from([0.0, 1.0, 5e-324, 2.0**-1022, 1e-300, 1e40, 1e300, 1.797e308])
    numbers = of_all_sizes | marks
    if -inf < lower and upper < inf:
        numbers = numbers | st.floats(lower, upper)
    return numbers.filter(partial(contains, domain))


@st.composite
def drawn_from_whole_domain(draw, kind):
    """Draw a record with random parameters from their whole domains."""
    parameters = {f.name: draw(numbers_of(f.metadata["domain"])) for f in fields(kind)}
    try:
        return kind(**parameters)
    except actbench.RequestError:  # the record excludes this pair of parameters
        assume(False)
