"""The optional packages of this room: which are missing, and how to install them."""

from collections.abc import Sequence

from actbench.conformance.targets.target import NotInstalledError
from actbench.frameworks.libraries import installed

_PIP_NAMES = {
    "ai_edge_litert": "ai-edge-litert",
    "iree": "iree-base-compiler iree-base-runtime",
}


def pip_name(package: str) -> str:
    """Return the name by which pip knows an imported package.

    Example:
        >>> pip_name("ai_edge_litert"), pip_name("onnx")
        ('ai-edge-litert', 'onnx')
    """
    return _PIP_NAMES.get(package, package)


def missing(packages: Sequence[str]) -> list[str]:
    """Return the packages that are not installed, as they are imported."""
    return [package for package in packages if not installed(package)]


def require(subject: str, packages: Sequence[str]) -> None:
    """Raise an error that names the first missing package, and how to install all of them.

    Args:
        subject: the request that needs them, for the message.
        packages: the packages, as they are imported.

    Raises:
        NotInstalledError: a package is not installed.
    """
    absent = missing(packages)
    if absent:
        names = " ".join(map(pip_name, packages))
        raise NotInstalledError(
            f"{subject}: expected {pip_name(absent[0])} to be installed, got no such package; "
            f"try python -m pip install {names}"
        )
