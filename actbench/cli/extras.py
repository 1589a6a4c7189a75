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
    "packaging": "report",
    "pandas": "report",
    "tabulate": "report",
    "distributed": "cluster",
    "mnist1d": "tasks",
    "ai_edge_litert": "runtimes",
    "iree": "runtimes",
    "mlx": "runtimes",
    "onnx": "runtimes",
    "onnxruntime": "runtimes",
    "onnxscript": "runtimes",
    "openvino": "runtimes",
    "tf2onnx": "runtimes",
}


def missing_package_message(error: ModuleNotFoundError) -> str:
    """Return how to install a missing package; an optional one needs an extra of actbench.

    Example:
        >>> missing_package_message(ModuleNotFoundError(name="keras.layers"))
        "keras: expected an installed package, got none; try pip install 'actbench[tensorflow]'"
    """
    package = (error.name or "").partition(".")[0]
    extra = EXTRA_OF_PACKAGE.get(package)
    what = "--force-reinstall actbench" if extra is None else f"'actbench[{extra}]'"
    return f"{package}: expected an installed package, got none; try pip install {what}"
