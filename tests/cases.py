"""Every activation that is tested: all names with defaults, and telling parameters."""

import actbench

PARAMETERS = [
    ("leaky_relu", {"negative_slope": -1.0}),
    ("leaky_relu", {"negative_slope": -0.5}),
    ("leaky_relu", {"negative_slope": 0.0}),
    ("leaky_relu", {"negative_slope": 1.0}),
    ("swish", {"beta": -1.5}),
    ("swish", {"beta": 0.0}),
    ("swish", {"beta": 0.1}),
    ("swish", {"beta": 30.0}),
    ("doubled_swish", {"beta": 0.0}),
    ("doubled_swish", {"beta": -2.0}),
    ("doubled_swish", {"beta": 2.5}),
]

ACTIVATIONS = [
    *(actbench.get(name) for name in actbench.names()),
    *(actbench.get(name, **parameters) for name, parameters in PARAMETERS),
]
