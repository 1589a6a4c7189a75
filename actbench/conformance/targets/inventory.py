"""Inventory: all functions that can be audited, in the installed frameworks and in actbench."""

from typing import NamedTuple

from actbench.activations.catalogue import RECORDS
from actbench.activations.counterparts import FRAMEWORKS
from actbench.activations.record import Activation, Counterpart
from actbench.conformance.targets.framework_targets import counterpart_target
from actbench.conformance.targets.source import AuditEntry, TargetSource
from actbench.conformance.targets.target import (
    NotInstalledError,
    Target,
    actbench_targets,
    own_libraries,
)
from actbench.errors import RequestError
from actbench.frameworks import counterparts
from actbench.frameworks.libraries import installed

_PACKAGES = ("actbench", *FRAMEWORKS)


class Entry(NamedTuple):
    """A function to audit. An entry can be made without importing its framework.

    Args:
        package: package that contains the function.
        record: the record that the function should compute.
        counterpart: the function in a framework; None for the record itself.
        library: library that computes the record itself, one of `own_libraries`.
    """

    package: str
    record: type[Activation]
    counterpart: Counterpart | None = None
    library: str = ""

    @property
    def name(self) -> str:
        """The name of the function for a line of text."""
        if self.counterpart is not None:
            return self.counterpart.name
        return f"{self.record.name} on {self.library}"

    def target(self, device: str = "cpu") -> Target:
        """Return the target.

        Raises:
            LookupError: the installed version of the framework has no such function.
            RequestError: the library does not have this device.
        """
        if self.counterpart is not None:
            return counterpart_target(self.record, self.counterpart, device)
        targets = actbench_targets(self.record(), self.record.name, device)
        return next(target for target in targets if target.library.name == self.library)


def inventory(packages: tuple[str, ...] = ()) -> list[Entry]:
    """Return the counterparts of all records, and the records that have counterparts.

    The order is that of the packages, so that a process that audits a part of the inventory
    imports few of them.

    Args:
        packages: the packages to include: "actbench", "keras", "tensorflow", "torch", "jax" or
            "mlx"; by default all that are installed.

    Raises:
        RequestError: a package is unknown.
        NotInstalledError: a package is not installed.
    """
    for package in packages:
        if package not in _PACKAGES:
            raise RequestError(
                f"--all: expected frameworks among {', '.join(_PACKAGES)}, got {package!r}"
            )
        if not installed(package):
            raise NotInstalledError(
                f"--all {package}: expected {package} to be installed, got no such package; "
                f"try {counterparts.install_command(package)}"
            )
    included = packages or tuple(package for package in _PACKAGES if installed(package))
    entries = []
    for record in RECORDS:
        if record.counterparts:
            entries += [
                Entry("actbench", record, library=library) for library in own_libraries()
            ]
        for counterpart in record.counterparts:
            package = counterparts.PACKAGES[counterpart.name.partition(".")[0]]
            entries.append(Entry(package, record, counterpart))
    chosen = [entry for entry in entries if entry.package in included]
    return sorted(chosen, key=lambda entry: _PACKAGES.index(entry.package))


def all_entries(packages: tuple[str, ...], source: TargetSource | None) -> list[AuditEntry]:
    """Return the inventory, and the functions of a source of further targets.

    Args:
        packages: the packages to include; by default all that are installed.
        source: further functions, of other packages.

    Raises:
        RequestError: a package is unknown.
        NotInstalledError: a package is not installed.
    """
    if source is None:
        return [*inventory(packages)]
    known = (*_PACKAGES, *source.packages)
    for package in packages:
        if package not in known:
            raise RequestError(
                f"--all: expected frameworks among {', '.join(known)}, got {package!r}"
            )
    own = tuple(package for package in packages if package in _PACKAGES)
    others = tuple(package for package in packages if package not in _PACKAGES)
    return [
        *(inventory(own) if own or not packages else ()),
        *(source.entries(others) if others or not packages else ()),
    ]
