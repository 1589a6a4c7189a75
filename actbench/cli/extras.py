"""The optional packages of actbench, and the extra that installs each of them."""

EXTRA_OF_PACKAGE = {
    "flint": "symbolic",
    "mpmath": "symbolic",
    "scipy": "symbolic",
    "sympy": "symbolic",
    "filelock": "tensorflow",
    "keras": "tensorflow",
    "tensorflow": "tensorflow",
    "jinja2": "report",
    "matplotlib": "report",
    "pandas": "report",
    "tabulate": "report",
    "distributed": "cluster",
}


def missing_package_message(error: ModuleNotFoundError) -> str | None:
    """Return how to install a missing optional package; None for any other module.

    Example:
        >>> missing_package_message(ModuleNotFoundError(name="keras.layers"))
        "keras: expected an installed package, got none; try pip install 'actbench[tensorflow]'"
    """
    package = (error.name or "").partition(".")[0]
    extra = EXTRA_OF_PACKAGE.get(package)
    if extra is None:
        return None
    return (
        f"{package}: expected an installed package, got none; "
        f"try pip install 'actbench[{extra}]'"
    )
