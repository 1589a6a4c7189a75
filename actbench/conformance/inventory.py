"""All there is to audit: every function of every framework that is installed, and ours."""

from typing import NamedTuple

from actbench.activations.catalogue import RECORDS
from actbench.activations.counterparts import FRAMEWORKS
from actbench.activations.record import Activation, Counterpart
from actbench.conformance.targets import NotInstalledError, Target, elsewhere, ours
from actbench.errors import RequestError
from actbench.frameworks import counterparts
from actbench.frameworks.libraries import installed


class Entry(NamedTuple):
    """A function to audit, before any framework is imported.

    Args:
        package: whose it is.
        kind: the record that it should be.
        there: what the record says of it; None for the record itself.
        library: what computes the record itself: "numpy" or "tensorflow".
    """

    package: str
    kind: type[Activation]
    there: Counterpart | None = None
    library: str = ""

    def target(self, device: str = "cpu") -> Target:
        """Return what is audited.

        Raises:
            LookupError: the framework's version has no such function.
            RequestError: its library has no such device.
        """
        if self.there is not None:
            return elsewhere(self.kind, self.there, device)
        both = ours(self.kind(), self.kind.name, device)
        return next(target for target in both if target.library.name == self.library)


def entries(frameworks: tuple[str, ...] = ()) -> list[Entry]:
    """Return the functions that records name elsewhere, and those records.

    In order of package: a process that audits a part of them needs few of the packages.

    Args:
        frameworks: only these of "actbench", "keras", "tensorflow", "torch" and "jax".

    Raises:
        RequestError: a framework is unknown or not installed.
    """
    known = ("actbench", *FRAMEWORKS)
    for name in frameworks:
        if name not in known:
            raise RequestError(f"{name!r}: {', '.join(known)} would be right")
        if not installed(name):
            raise NotInstalledError(
                f"{name} is not installed; python -m pip install {name} would bring it"
            )
    found = []
    for kind in RECORDS:
        if kind.counterparts:
            found += [Entry("actbench", kind, None, name) for name in ("numpy", "tensorflow")]
        for there in kind.counterparts:
            found.append(
                Entry(counterparts.PACKAGES[there.name.partition(".")[0]], kind, there)
            )
    wanted = [name for name in frameworks or known if installed(name)]
    chosen = (entry for entry in found if entry.package in wanted)
    return sorted(chosen, key=lambda entry: known.index(entry.package))
