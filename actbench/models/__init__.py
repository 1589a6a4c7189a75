"""The networks of the studies."""

from actbench.models.sequential import sequential_network, sequential_network_prelu

__all__ = ["sequential_network", "sequential_network_prelu"]
