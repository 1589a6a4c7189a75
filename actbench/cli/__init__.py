"""The command `actbench`; one module for each subcommand."""

from actbench.cli.command_line import main

__all__ = ["main"]
