"""The networks of the studies, as plain Keras models and as stacked models.

An *ensemble member*, or member, is one network with its own settings and its own weights. A
*stacked block*, or block, holds the members of all conditions of one seed: they start from the
same initial weights and train together, on the same batches, as one stacked model.
"""

from actbench.models.sequential import sequential_network, sequential_network_prelu

__all__ = ["sequential_network", "sequential_network_prelu"]
