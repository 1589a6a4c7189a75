"""All there is to audit: every function of every framework that is installed, and ours."""

import warnings

from actbench.activations.catalogue import RECORDS
from actbench.audit.targets import NotInstalledError, Target, elsewhere, ours
from actbench.errors import RequestError
from actbench.frameworks import peers
from actbench.frameworks.libraries import installed


def every_target(frameworks: tuple[str, ...] = (), device: str = "cpu") -> list[Target]:
    """Return the functions that records name elsewhere, and those records.

    In order of package: a process that looks at a part of them needs few of the packages.

    Args:
        frameworks: only these of "actbench", "keras", "tensorflow", "torch" and "jax".
        device: "cpu" or "cuda".

    Raises:
        RequestError: a framework is unknown.
    """
    known = ("actbench", *peers.PACKAGES.values())
    for name in frameworks:
        if name not in known:
            raise RequestError(f"{name!r}: {', '.join(known)} would be right")
        if not installed(name):
            raise NotInstalledError(
                f"{name} is not installed; python -m pip install {name} would bring it"
            )

    def wanted(package: str) -> bool:
        return (not frameworks or package in frameworks) and installed(package)

    found: list[Target] = []
    for kind in RECORDS:
        if kind.elsewhere and wanted("actbench"):
            found += ours(kind(), kind.name, device)
        for there in kind.elsewhere:
            if not wanted(peers.PACKAGES[there.name.partition(".")[0]]):
                continue
            try:
                found.append(elsewhere(kind, there, device))
            except (LookupError, RequestError) as missing:  # in the version, on the device
                warnings.warn(f"{missing}; left out", stacklevel=2)
    return sorted(found, key=lambda target: known.index(target.package))
