"""Every activation that is tested: all records with defaults, telling and drawn parameters."""

from dataclasses import fields
from functools import partial
from operator import contains

from hypothesis import assume
from hypothesis import strategies as st

import actbench
from actbench.activations.catalogue import RECORDS

# Parameters at which a function becomes another one, turns round, or is steep or flat.
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


@st.composite
def drawn(draw, kind):
    """Draw an activation of a kind, its parameters from their domains, up to 4 in size."""
    parameters = {}
    for f in fields(kind):
        domain = f.metadata["domain"]
        lower = max(-4.0, domain.least, domain.above)
        upper = min(4.0, domain.most, domain.below)
        numbers = st.floats(lower, upper).map(lambda number: round(number, 3))
        parameters[f.name] = draw(numbers.filter(partial(contains, domain)), label=f.name)
    try:
        return kind(**parameters)
    except actbench.RequestError:  # two parameters that exclude each other
        assume(False)
