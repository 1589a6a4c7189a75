"""The inputs at which implementations have their largest errors, for each record and format.

They come from two sources:

* the committed audits: the worst results of each audited function, for value and derivatives;
* the textbook formula as it stands, computed by NumPy in the format: its largest errors in
  each of a few intervals, which show where terms cancel, overflow or underflow.

The inputs are stored in audited_inputs.json, by `python -m
actbench.conformance.vectors results`, because another machine may round
elementary functions differently and find other inputs. A record with other parameters has the
same inputs.
"""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise

import numpy as np

from actbench.activations.catalogue import RECORDS
from actbench.activations.record import Activation
from actbench.conformance.accuracy import errors_at
from actbench.conformance.findings import STRICT, Audit
from actbench.conformance.reference import reference_at
from actbench.conformance.vectors.numbers import sample
from actbench.formula.evaluate import array_function
from actbench.formula.parse import parse
from actbench.frameworks.libraries import DTYPES
from actbench.numerics.operations import NUMPY

INPUTS_FILE = "audited_inputs.json"

# Intervals between these sizes have one input of the textbook formula each, for both signs.
_EDGES = (0.0, 1e-4, 0.1, 1.0, 4.0, 16.0, 100.0, np.inf)

Inputs = dict[str, dict[str, list[str]]]
"""Name of a record ↦ format ↦ inputs as hexadecimal floats."""


def audited_inputs(name: str, dtype: str) -> list[float]:
    """Return the inputs of a record in a format; none for a function that is no record."""
    return [float.fromhex(text) for text in _table().get(name, {}).get(dtype, [])]


def derive(audits: Iterable[Audit]) -> Inputs:
    """Return the inputs of all records, in ascending order."""
    found: dict[tuple[str, str], set[float]] = {}
    for audit in audits:
        for finding in audit.findings:
            if finding.worst is not None and finding.dtype in DTYPES:
                x = _number(finding.worst.bits, finding.dtype)
                if np.isfinite(x):
                    found.setdefault((audit.function, finding.dtype), set()).add(x)
    made: Inputs = {}
    for record in RECORDS:
        for dtype in DTYPES:
            known = found.get((record.name, dtype), set())
            known |= set(worst_inputs_of_formula(record(), dtype))
            made.setdefault(record.name, {})[dtype] = [x.hex() for x in sorted(known)]
    return made


def worst_inputs_of_formula(activation: Activation, dtype: str) -> Iterator[float]:
    """Yield the input with the largest error of the textbook formula in each interval."""
    x = sample(activation, dtype)
    known = reference_at(activation, 0, x)
    tree = parse(activation.formula or "", ("x", *activation.parameters))
    with np.errstate(all="ignore"):
        # NumPy computes float16 in float32.
        wide = x.astype(np.float32) if x.dtype.itemsize == 2 else x
        got = np.asarray(array_function(tree, activation.parameters)(NUMPY, wide))
        errors = errors_at(x, got.astype(x.dtype), known, STRICT.value)
        share = np.nan_to_num(errors.ulp / errors.limit, nan=np.inf)
        share[np.isnan(errors.expected)] = 0
    sizes = np.abs(x.astype(np.float64))
    for low, high in pairwise(_EDGES):
        for side in (x < 0, x > 0):
            chosen = np.flatnonzero(side & (low < sizes) & (sizes <= high))
            if chosen.size and share[chosen].max() > 0:
                # The number nearest to 0 is chosen if several have the same error.
                worst = chosen[share[chosen] == share[chosen].max()]
                yield float(x[worst[np.argmin(sizes[worst])]])


def _number(bits: str, dtype: str) -> float:
    kind = DTYPES[dtype]
    return float(np.array(int(bits, 16), np.dtype(f"u{kind.itemsize}")).view(kind))


@cache
def _table() -> Inputs:
    text = (files("actbench.conformance.vectors") / INPUTS_FILE).read_text(encoding="utf-8")
    table: Inputs = json.loads(text)
    return table
