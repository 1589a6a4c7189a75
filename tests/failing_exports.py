"""An exporter that refuses one function and ends the process for another one."""

import os
from typing import Any

import numpy as np

from actbench.activations.catalogue import RECORDS
from actbench.deployment import export, runtimes, targets
from actbench.deployment.export import Exporter
from actbench.deployment.runtimes import RuntimeKind
from actbench.deployment.targets import ExportEntry
from actbench.frameworks.libraries.runtime import Runtime

REFUSED: list[str] = []
"""The formats that this process has refused."""


class Plain(Runtime[Any]):
    """A runtime whose models are functions of NumPy arrays."""

    name = "numpy"
    title = "Plain"

    def load(self, model):
        return model

    def run_lines(self, values, dtype):
        return [f"print(model({values}), {dtype!r})"]


def convert(function, dtype):
    """Refuse ReLU, whose value at 1 is 1, and then all functions; exit for other functions."""
    if float(np.asarray(function(np.ones(1, dtype)))[0]) == 1:
        REFUSED.append(dtype)
        raise ValueError("no conversion of relu")
    if REFUSED:
        raise ValueError("the process has refused another function")
    os._exit(3)


EXPORTER = Exporter(
    framework="keras", runtime="plain", needs=("keras",), model=convert, program="model = None"
)
PLAIN = RuntimeKind(
    prefix="plain",
    adapter=Plain,
    needs=(),
    operators=(),
    model=lambda *_: None,
    program=lambda *_: "",
)

ENTRIES = [
    ExportEntry(len(export.EXPORTERS), record, record.counterparts[0])
    for record in RECORDS
    if record.name in ("relu", "tanh")
]
"""Keras's relu, which the exporter refuses, and tanh, which ends its process."""


def install():
    """Add the exporter and its runtime."""
    vars(targets).update(
        EXPORTERS=(*export.EXPORTERS, EXPORTER), RUNTIMES={**runtimes.RUNTIMES, "plain": PLAIN}
    )
