"""Spellings of the names of frameworks, and of activations."""

FRAMEWORKS = {
    "keras": "keras",
    "tf": "tf",
    "tensorflow": "tf",
    "torch": "torch",
    "pytorch": "torch",
    "jax": "jax",
    "mlx": "mlx",
    "onnx": "onnx",
    "hf": "hf",
    "timm": "timm",
}
"""Name of a framework before a colon, in lower case ↦ the name in all tables."""


def with_usual_prefix(name: str) -> str:
    """Return a name with the usual spelling of its framework; other names are unchanged.

    Example:
        >>> with_usual_prefix("TensorFlow:elu"), with_usual_prefix("mymodule:elu")
        ('tf:elu', 'mymodule:elu')
    """
    prefix, colon, rest = name.partition(":")
    known = FRAMEWORKS.get(prefix.lower())
    return f"{known}:{rest}" if colon and known else name


def is_foreign(name: str) -> bool:
    """Return whether a name states a framework, or is a call: keras:elu, nn.ELU, elu(2)."""
    prefix, colon, _ = name.partition(":")
    return prefix.lower() in FRAMEWORKS if colon else "." in name or "(" in name


def plain(name: str) -> str:
    """Return a name without its case, underscores and hyphens, for comparison.

    Example:
        >>> plain("Leaky_ReLU") == plain("LeakyReLU") == plain("leaky-relu")
        True
    """
    return name.lower().replace("_", "").replace("-", "")
