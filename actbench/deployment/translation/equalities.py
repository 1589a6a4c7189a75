"""Functions with different names that are equal at some parameters."""

from collections.abc import Iterator

from actbench.activations.foreign.signatures import Function
from actbench.activations.foreign.table import CLIP


def forms(function: Function) -> tuple[Function, ...]:
    """Return a function and the functions equal to it, the given one first.

    Example:
        >>> [str(form) for form in forms(Function("prelu", {"alpha": 0.1}))][:2]
        ['prelu(alpha=0.1)', 'leaky_relu(negative_slope=0.1)']
    """
    found = [function]
    for form in found:  # grows while it is read
        found += [equal for equal in _equal(form) if equal not in found]
    return tuple(found)


def _equal(function: Function) -> Iterator[Function]:
    """Yield functions that are equal to a function on all floats."""
    p = function.parameters
    match function.name:
        case "prelu":
            yield Function("leaky_relu", {"negative_slope": p["alpha"]})
        case "rrelu":
            mean = (p["lower"] + p["upper"]) / 2
            yield Function("leaky_relu", {"negative_slope": mean})
        case "leaky_relu" if p["negative_slope"] == 0:
            yield Function("relu", {})
        case "leaky_relu" if p["negative_slope"] == 1:
            yield Function("linear", {})
        case "leaky_relu":
            yield Function("prelu", {"alpha": p["negative_slope"]})
        case "threshold" if p["threshold"] == p["value"] == 0:
            yield Function("relu", {})
        case "elu" if p["alpha"] == 1:
            yield Function("celu", {"alpha": 1.0})
        case "celu" if p["alpha"] == 1:
            yield Function("elu", {"alpha": 1.0})
        case "quick_gelu":
            yield Function("swish", {"beta": 1.702})
        case "swish" if p["beta"] == 1.702:
            yield Function("quick_gelu", {})
        case "smelu" if p["beta"] == 1:
            yield Function("sparse_plus", {})
        case "sparse_plus":
            yield Function("smelu", {"beta": 1.0})
        case "relu6":
            yield Function(CLIP, {"low": 0.0, "high": 6.0})
            yield Function("clipped_relu", {"max_value": 6.0})
        case "clipped_relu":
            yield Function(CLIP, {"low": 0.0, "high": p["max_value"]})
        case "hard_tanh":
            yield Function(CLIP, {"low": -1.0, "high": 1.0})
        case _ if function.name == CLIP and (p["low"], p["high"]) == (0, 6):
            yield Function("relu6", {})
        case _ if function.name == CLIP and (p["low"], p["high"]) == (-1, 1):
            yield Function("hard_tanh", {})
        case _ if function.name == CLIP and p["low"] == 0:
            yield Function("clipped_relu", {"max_value": p["high"]})
