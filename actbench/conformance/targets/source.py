"""The interface of further targets, such as those of runtimes.

The rooms above this one implement it, and pass it to the command.
"""

from collections.abc import Mapping
from typing import Protocol

from actbench.activations.record import Activation
from actbench.conformance.targets.target import Target


class AuditEntry(Protocol):
    """A function that `audit --all` checks; it can be made without importing its package."""

    @property
    def package(self) -> str:
        """The name of the process that audits it."""

    @property
    def name(self) -> str:
        """The name of the function for a line of text."""

    def target(self, device: str = "cpu") -> Target:
        """Return the target.

        Raises:
            LookupError: the installed version has no such function.
            RequestError: the function cannot be made, or not on this device.
        """


class TargetSource(Protocol):
    """Targets with prefixes of their own; it is sent to the processes of audits."""

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that `audit --all` accepts besides the frameworks."""

    def package_of(self, name: str) -> str | None:
        """Return the name of the process for a target; None for a target of another source."""

    def target(
        self,
        name: str,
        arguments: Mapping[str, object],
        *,
        expected: Activation | None = None,
        device: str = "cpu",
    ) -> Target:
        """Return a target.

        Args:
            name: name of the target, such as "onnx:Gelu".
            arguments: its arguments.
            expected: the activation that it should compute; by default the record that is
                known for it.
            device: the device.

        Raises:
            RequestError: the target is unknown or cannot be made.
        """

    def entries(self, packages: tuple[str, ...] = ()) -> list[AuditEntry]:
        """Return the functions of some packages; by default of all that are installed.

        Raises:
            NotInstalledError: a package is not installed.
        """
