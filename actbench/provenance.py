"""Where a number was measured: versions of packages, and the machine."""

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import actbench

NOT_INSTALLED = "not installed"
"""The version that is recorded for a package that is not installed."""

_UNKNOWN = "unknown"

PACKAGES = ("actbench", "tensorflow", "keras", "numpy")
"""Packages whose versions are always recorded."""


def versions(*more: str) -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on.

    Args:
        more: further packages whose versions are recorded.
    """
    # A checkout that is not installed has no metadata, but it knows its version.
    found = {"python": platform.python_version(), "actbench": actbench.__version__}
    for package in dict.fromkeys([*PACKAGES, *more]):
        if package in found:
            continue
        try:
            # Damaged metadata of a package has no version.
            found[package] = version(package) or _UNKNOWN
        except PackageNotFoundError:
            found[package] = NOT_INSTALLED
    return found


def machine() -> dict[str, str | int]:
    """Return the name of the processor, the number of usable cores, and the system.

    The host name and the user name are left out because results are published.
    """
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""  # because only Linux has this file
    names = re.findall(r"^model name\s*:(.*)$", text, re.MULTILINE)
    found = [*names, platform.processor(), platform.machine()]
    return next((name.strip() for name in found if name.strip()), _UNKNOWN)
