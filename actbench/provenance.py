"""On what a number was measured: versions and machine."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

NOT_INSTALLED = "not installed"
"""In place of a version."""

PACKAGES = ("actbench", "tensorflow", "keras", "numpy")


def versions(*more: str) -> dict[str, str]:
    """Return the versions of Python and of the packages that numbers depend on.

    Args:
        more: further packages.
    """
    found = {"python": platform.python_version()}
    for package in dict.fromkeys([*PACKAGES, *more]):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = NOT_INSTALLED
    return found


def machine() -> dict[str, Any]:
    """Return the processor's name, the cores this process may use, and the system.

    No host name and no user: results are published.
    """
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()
