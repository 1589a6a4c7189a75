"""Check all 2³² float32 inputs: value and derivative, chunk by chunk.

The reference is the stable code in float64, compiled by XLA; the oracle computes the reported
worst result. Each chunk is written to a file when it is finished, so an audit that was
interrupted continues with the next chunk.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from actbench.conformance.accuracy import errors_at
from actbench.conformance.findings import (
    EXHAUSTIVE_CHECKS,
    FAIL,
    OK,
    SKIPPED,
    Count,
    Finding,
    NotNegative,
    Tolerance,
    finite_or_none,
    point,
)
from actbench.conformance.measurements import COMPILED
from actbench.conformance.reference import is_trusted, oracle_reference, reference_at
from actbench.conformance.targets.target import Target
from actbench.errors import RequestError
from actbench.files import InvalidFileError, convert, read_json
from actbench.frameworks.libraries import NotPossibleError, Tensor
from actbench.results import write_document

Floats = npt.NDArray[np.float32]
Functions = Callable[[Floats], list[Floats]]
"""A function of inputs to values, or to values and derivatives."""

ErrorsOf = Callable[[Floats, Sequence[Floats]], list[Floats]]
"""A function of inputs and results to signed errors, as `compile_errors` returns it."""

PassSettings = Mapping[str, object]
"""Everything that the errors depend on, ready for JSON: target, tolerance, versions, …"""

CHUNKS = 256
"""A chunk has the 2²⁴ bit patterns with the same sign and first seven exponent bits."""

# Inputs that are checked at once, so that their float64 temporaries stay in the caches.
_PIECE = 1 << 20

_CHECKS = tuple(EXHAUSTIVE_CHECKS)


Pattern = Annotated[int, Meta(ge=0, lt=2**32)]


@dataclass(frozen=True)
class ChunkResult:
    """The errors of one order in a chunk.

    Args:
        failing: number of wrong results.
        normal_ulp: the largest error of normal results in ULP.
        normal_bits: the bit pattern of the input with this error.
        other_share: the largest error of other results, as a share of the allowed error.
        other_bits: the bit pattern of the input with this error.
        nan_gives_nan: whether NaN gives NaN, which derivatives need not.
    """

    failing: Count
    normal_ulp: NotNegative
    normal_bits: Pattern
    other_share: NotNegative
    other_bits: Pattern
    nan_gives_nan: bool


def check_all_inputs(
    target: Target,
    tolerance: Tolerance,
    progress: Callable[[Iterable[int]], Iterator[int]],
    *,
    mode: str,
    partial: Path,
    settings: PassSettings,
) -> list[Finding]:
    """Return the findings on all values and all derivatives.

    Args:
        target: the target.
        tolerance: allowed errors.
        progress: wraps the unfinished chunks and shows the progress.
        mode: "eager" or "compiled".
        partial: file for the finished chunks; it is deleted when all chunks are finished.
        settings: finished chunks of an earlier run count only if its settings were the same.

    Raises:
        RequestError: the stable code of the expected activation is not accurate enough.
    """
    if not all(is_trusted(target.expected, order) for order in (0, 1)):
        raise RequestError(
            f"--exhaustive: expected an activation with accurate float64 code as reference, "
            f"got {target.expected}; try --as NAME with a name of `actbench list`"
        )
    if "float32" not in target.formats:
        reason = f"the function has only {' and '.join(target.formats)}"
        return [_skipped(check, reason, mode) for check in _CHECKS]
    try:
        functions, missing = value_and_derivative(target, mode)
        results = _check_chunks(target, functions, tolerance, progress, partial, settings)
    except NotPossibleError as reason:
        return [_skipped(check, str(reason), mode) for check in _CHECKS]
    findings = [
        _finding(target, order, of_chunks, tolerance, functions, mode)
        for order, of_chunks in enumerate(zip(*results, strict=True))
    ]
    partial.unlink(missing_ok=True)
    without_results = _CHECKS[len(findings) :]
    return findings + [_skipped(check, missing, mode) for check in without_results]


def _check_chunks(
    target: Target,
    functions: Functions,
    tolerance: Tolerance,
    progress: Callable[[Iterable[int]], Iterator[int]],
    partial: Path,
    settings: PassSettings,
) -> list[list[ChunkResult]]:
    """Return the errors of each chunk, by order; write them after each chunk."""
    from actbench.conformance.compiled_errors import compile_errors

    results = _read(partial, settings)
    errors_of = compile_errors(target.expected, tolerance)
    for chunk in progress([chunk for chunk in range(CHUNKS) if chunk not in results]):
        results[chunk] = check_chunk(chunk, functions, errors_of, tolerance)
        _write(partial, settings, results)
    return [results[chunk] for chunk in range(CHUNKS)]


def _skipped(check: str, reason: str, mode: str) -> Finding:
    return Finding(check, SKIPPED, reason, "float32", mode)


def check_chunk(
    chunk: int, functions: Functions, errors_of: ErrorsOf, tolerance: Tolerance
) -> list[ChunkResult]:
    """Return the errors in a chunk of values, and of derivatives if there are any."""
    starts = range(chunk << 24, (chunk + 1) << 24, _PIECE)
    pieces = [_check_piece(start, functions, errors_of, tolerance) for start in starts]
    return [_merge(results) for results in zip(*pieces, strict=True)]


def _check_piece(
    start: int, functions: Functions, errors_of: ErrorsOf, tolerance: Tolerance
) -> list[ChunkResult]:
    bits = np.arange(start, start + _PIECE, dtype=np.uint32)
    x = bits.view(np.float32)
    results = functions(x.copy())
    nan = np.isnan(x)
    found = []
    for order, (got, error) in enumerate(zip(results, errors_of(x, results), strict=True)):
        normal, other = int(np.argmax(error)), int(np.argmin(error))
        wrong = np.count_nonzero(error > tolerance.of(order)) + np.count_nonzero(error < -1)
        found.append(
            ChunkResult(
                failing=int(wrong),
                normal_ulp=max(float(error[normal]), 0.0) + 0.0,
                normal_bits=int(bits[normal]),
                other_share=max(-float(error[other]), 0.0),
                other_bits=int(bits[other]),
                nan_gives_nan=bool(np.isnan(got[nan]).all()),
            )
        )
    return found


def _merge(results: Sequence[ChunkResult]) -> ChunkResult:
    """Return the errors of several parts as those of one."""
    normal = max(results, key=lambda result: result.normal_ulp)
    other = max(results, key=lambda result: result.other_share)
    return ChunkResult(
        failing=sum(result.failing for result in results),
        normal_ulp=normal.normal_ulp,
        normal_bits=normal.normal_bits,
        other_share=other.other_share,
        other_bits=other.other_bits,
        nan_gives_nan=all(result.nan_gives_nan for result in results),
    )


def value_and_derivative(target: Target, mode: str) -> tuple[Functions, str]:
    """Return the value and derivative of a target as one function of arrays.

    Returns:
        The function, and the reason if it has no derivative.
    """
    library, function, missing = target.library, target.make("float32"), ""
    computed: Callable[[Tensor], Sequence[Tensor]]
    try:
        computed = library.value_and_derivative(function)
    except NotPossibleError as reason:
        missing = str(reason)

        def computed(x: Tensor) -> Sequence[Tensor]:
            return (function(x),)

    if mode == COMPILED:
        computed = library.compile(computed)

    def functions(x: Floats) -> list[Floats]:
        with library.running("float32"):
            return [library.array(result) for result in computed(library.tensor(x))]

    return functions, missing


def _finding(
    target: Target,
    order: int,
    results: Sequence[ChunkResult],
    tolerance: Tolerance,
    functions: Functions,
    mode: str,
) -> Finding:
    """Return the finding on all chunks of an order; the oracle computes the worst result."""
    merged = _merge(results)
    normal = merged.normal_ulp > tolerance.of(order) or merged.other_share <= 1
    bits = merged.normal_bits if normal else merged.other_bits
    # The input is repeated, because libraries compute a few elements by other instructions.
    x = np.full(64, bits, np.uint32).view(np.float32)
    got, x = functions(x)[order][:1], x[:1]
    scale = reference_at(target.expected, order, x).scale
    exact = oracle_reference(target.expected, order, x, scale)
    error = errors_at(x, got, exact, tolerance.of(order)).ulp[0]
    detail = "" if order or merged.nan_gives_nan else "NaN gives a number"
    share = finite_or_none(merged.other_share)
    return Finding(
        _CHECKS[order],
        FAIL if merged.failing or detail else OK,
        detail,
        "float32",
        mode,
        ulp=finite_or_none(merged.normal_ulp),
        other_errors={} if share is None else {"other results, as a share of the limit": share},
        failing=merged.failing,
        checked=CHUNKS << 24,
        worst=point(x[0], got[0], float(exact.high[0]), float(error)),
        reproducer=target.reproducer(str(x[0]), "float32", order, compiled=mode == COMPILED)
        if merged.failing
        else "",
    )


def _write(
    partial: Path, settings: PassSettings, results: Mapping[int, Sequence[ChunkResult]]
) -> None:
    chunks = {str(chunk): [asdict(each) for each in found] for chunk, found in results.items()}
    write_document(partial, {**settings, "chunks": chunks})


def _read(partial: Path, settings: PassSettings) -> dict[int, list[ChunkResult]]:
    """Return the finished chunks of an earlier run with the same settings.

    A file of other settings, such as those of other code, is ignored, and so is a damaged one.
    """
    try:
        document = read_json(partial)
        if not isinstance(document, dict) or {**settings, "chunks": None} != {
            **document,
            "chunks": None,
        }:
            return {}
        chunks = convert(document.get("chunks"), dict[str, list[dict[str, object]]])
        found = {
            int(chunk): [_chunk_result(each) for each in results]
            for chunk, results in chunks.items()
        }
    except (InvalidFileError, ValueError):
        return {}
    return found if set(found) <= set(range(CHUNKS)) else {}


def _chunk_result(fields: Mapping[str, object]) -> ChunkResult:
    """Return a result with infinity in place of null, because JSON has no infinity.

    Raises:
        ValueError: these are not the fields of a result.
    """
    numbers = {key: np.inf if value is None else value for key, value in fields.items()}
    return convert(numbers, ChunkResult)
