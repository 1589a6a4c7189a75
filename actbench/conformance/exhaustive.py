"""All 2³² numbers of float32: value and derivative, block by block.

The reference is the stable code in float64, compiled by XLA; the worst points are held to the
oracle. Each block is written down when it is done, so an audit that is stopped goes on.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from actbench.activations.record import Activation
from actbench.conformance.findings import FAILS, OK, SKIPPED, Tolerance, Verdict, point
from actbench.conformance.measurements import COMPILED
from actbench.conformance.reference import is_trusted, oracle_values, real_values
from actbench.conformance.targets import Target
from actbench.conformance.ulp import (
    NEAR_ZERO,
    Joint,
    errors,
    format_of,
    joints,
    scale_nearby,
    ulp,
)
from actbench.errors import RequestError
from actbench.frameworks.libraries import NotPossibleError
from actbench.numerics.dispatch import evaluate
from actbench.results import write_document

BLOCKS = 256
"""Of 2²⁴ patterns each, which have the sign and seven bits of the exponent in common."""

# A part of a block that is looked at at once: its temporaries in float64 stay in the caches.
_PIECE = 1 << 20

CHECKS = ("every value", "every derivative")

_FLOAT32 = format_of(np.float32)


@dataclass(frozen=True)
class Found:
    """What a block showed of one order: counts, the largest errors and the bits they are at."""

    failing: int
    normal: float
    normal_at: int
    apart: float
    """The largest error of all other results, as a multiple of what is right."""
    apart_at: int
    nan_kept: bool
    """Whether NaN gave NaN, which derivatives need not."""


def verdicts(
    target: Target,
    tolerance: Tolerance,
    progress: Callable[[Any], Iterator[int]],
    *,
    mode: str,
    partial: Path,
    settings: dict[str, Any],
) -> list[Verdict]:
    """Return the verdicts on every value and every derivative.

    Args:
        target: the target.
        tolerance: what conforms.
        progress: wraps the blocks to be done, and shows how far they are.
        mode: "eager" or "compiled".
        partial: where blocks are written down until all are done.
        settings: what must be the same for blocks of an earlier run to count.

    Raises:
        RequestError: the stable code of the expected function is not right in float64.
    """
    if not all(is_trusted(target.expected, order) for order in (0, 1)):
        raise RequestError(
            f"{target.expected}: its stable code is not right enough to judge all numbers; "
            "--as a name of the catalogue would be right"
        )
    done = _read(partial, settings)
    try:
        look, missing = _looker(target, mode)
        judge = _judge(target.expected, tolerance)
        for block in progress([b for b in range(BLOCKS) if str(b) not in done]):
            done[str(block)] = [asdict(f) for f in look_at(block, look, judge, tolerance)]
            write_document(partial, settings | {"blocks": done})
    except NotPossibleError as reason:
        return [Verdict(check, SKIPPED, str(reason), "float32", mode) for check in CHECKS]
    orders = range(len(done["0"]))
    found = [[_found(done[str(b)][order]) for b in range(BLOCKS)] for order in orders]
    partial.unlink(missing_ok=True)
    return [
        *(_verdict(target, order, found[order], tolerance, look, mode) for order in orders),
        *(Verdict(check, SKIPPED, missing, "float32", mode) for check in CHECKS[len(orders) :]),
    ]


def look_at(block: int, look: Any, judge: Any, tolerance: Tolerance) -> list[Found]:
    """Return what a block shows of values, and of derivatives if there are any."""
    starts = range(block << 24, (block + 1) << 24, _PIECE)
    parts = [_look_at(start, look, judge, tolerance) for start in starts]
    return [_together(list(several)) for several in zip(*parts, strict=True)]


def _look_at(start: int, look: Any, judge: Any, tolerance: Tolerance) -> list[Found]:
    bits = np.arange(start, start + _PIECE, dtype=np.uint32)
    x = bits.view(np.float32)
    got = look(x.copy())
    nan = np.isnan(x)
    found = []
    for order, (result, error) in enumerate(zip(got, judge(x, got), strict=True)):
        at, other = int(np.argmax(error)), int(np.argmin(error))
        failing = np.count_nonzero(error > tolerance.of(order)) + np.count_nonzero(error < -1)
        found.append(
            Found(
                failing=int(failing),
                normal=max(float(error[at]), 0.0) + 0.0,
                normal_at=int(bits[at]),
                apart=max(-float(error[other]), 0.0),
                apart_at=int(bits[other]),
                nan_kept=bool(np.isnan(result[nan]).all()),
            )
        )
    return found


def _together(parts: list[Found]) -> Found:
    """Return what parts show as one."""
    normal, apart = max(parts, key=lambda f: f.normal), max(parts, key=lambda f: f.apart)
    return Found(
        failing=sum(part.failing for part in parts),
        normal=normal.normal,
        normal_at=normal.normal_at,
        apart=apart.apart,
        apart_at=apart.apart_at,
        nan_kept=all(part.nan_kept for part in parts),
    )


def _looker(target: Target, mode: str) -> tuple[Callable[[Any], list[Any]], str]:
    """Return what gives value and derivative at an array, and why there is no derivative."""
    library, function, missing = target.library, target.make("float32"), ""
    try:
        several = library.value_and_derivative(function)
    except NotPossibleError as reason:
        missing = str(reason)

        def several(x: Any) -> tuple[Any, ...]:
            return (function(x),)

    if mode == COMPILED:
        several = library.compile(several)

    def look(x: Any) -> list[Any]:
        with library.running("float32"):
            return [library.array(result) for result in several(library.tensor(x))]

    return look, missing


def _judge(expected: Activation, tolerance: Tolerance) -> Any:
    """Return the compiled function of inputs and results to errors.

    It gives, for value and derivative, the ULP of normal results, and the errors of the others
    as multiples of what is right, turned negative; by the rules of `errors`.
    """
    import tensorflow as tf

    from actbench.frameworks.tensorflow_operations import operations

    ops = operations(tf.float64)
    exponent, double = 0x7FF0000000000000, 0x7FE0000000000000
    all_joints = [joints(expected, order, np.dtype(np.float32)) for order in range(2)]

    def per_unit(size: Any) -> Any:
        """Return 1 / ULP: a power of two, whose exponent is that of 1 / size."""
        bits = tf.bitcast(tf.maximum(size, _FLOAT32.tiny), tf.int64) & exponent
        return tf.bitcast(double - bits, tf.float64) * 2.0**_FLOAT32.digits

    def order_errors(order: int, x: Any, got: Any, dips: bool, edges: bool) -> Any:
        want = expected.compute(ops, x, order)
        want = tf.clip_by_value(want, -_FLOAT32.end, _FLOAT32.end)
        g = tf.clip_by_value(tf.cast(got, tf.float64), -_FLOAT32.end, _FLOAT32.end)
        distance, size = tf.abs(g - want), tf.abs(want)
        error = distance * per_unit(size)
        special = size < _FLOAT32.tiny
        apart = distance * (1 / _FLOAT32.tiny)
        if edges:
            at_zero = float(evaluate(expected, 0.0, order))
            as_zero = tf.abs(g - at_zero) / float(ulp(np.array(at_zero), _FLOAT32))
            flushed = tf.abs(x) < _FLOAT32.tiny
            apart = tf.where(flushed, tf.minimum(error, as_zero) / tolerance.of(order), apart)
            special |= flushed
        if dips:
            away = tf.minimum(tf.abs(x) / 8, 0.5)
            sides = (expected.compute(ops, x + side * away, order) for side in (-1, 1))
            scale = tf.minimum(*map(tf.abs, sides))
            relative = distance * tf.minimum(per_unit(scale), per_unit(size))
            relative /= tolerance.of(order) * NEAR_ZERO
            near = (size < scale) & ~special
            apart, special = tf.where(near, relative, apart), special | near
        for joint in all_joints[order] if edges else ():
            room = float(ulp(np.array(max(abs(joint.low), abs(joint.high))), _FLOAT32))
            beside = tf.abs(x - joint.x) <= joint.reach
            outside = tf.maximum(tf.maximum(joint.low - g, g - joint.high), 0.0) / room
            outside = tf.minimum(error, outside) / tolerance.of(order)
            apart, special = tf.where(beside, outside, apart), special | beside
        # One array: two would have XLA compute all of it twice.
        error = tf.where(special, -apart, error)
        error = tf.where(tf.math.is_nan(got), tf.constant(np.inf, tf.float64), error)
        return tf.cast(tf.where(tf.math.is_finite(x), error, tf.zeros_like(x)), tf.float32)

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def judged(x: Any, several: list[Any], dips: bool, edges: bool) -> Any:
        wide = tf.cast(x, tf.float64)
        return [order_errors(o, wide, got, dips, edges) for o, got in enumerate(several)]

    def judge(x: Any, several: list[Any]) -> Any:
        with np.errstate(all="ignore"):
            dips, edges = _dips(expected, x), _edges(all_joints, x)
        several = [tf.constant(got) for got in several]
        return [errors.numpy() for errors in judged(x, several, dips, edges)]

    return judge


def _edges(all_joints: Sequence[Sequence[Joint]], x: Any) -> bool:
    """Return whether a part has subnormal numbers or numbers beside joints."""
    low, high = sorted((float(x[0]), float(x[-1])))
    if min(abs(low), abs(high)) <= _FLOAT32.tiny:
        return True
    return any(
        low - joint.reach <= joint.x <= high + joint.reach
        for several in all_joints
        for joint in several
    )


def _dips(expected: Activation, x: Any) -> bool:
    """Return whether a block has zeros or dips of f or f', by which other rules hold."""
    some = x[:: 1 << 10]
    some = some[np.isfinite(some)].astype(np.float64)

    def scale(order: int) -> Any:
        return scale_nearby(lambda x: evaluate(expected, x, order), some)

    return any(scale(order).any() for order in range(2))


def _verdict(
    target: Target,
    order: int,
    found: list[Found],
    tolerance: Tolerance,
    look: Any,
    mode: str,
) -> Verdict:
    """Put the blocks of an order together; the worst result is held to the oracle."""
    worst = _together(found)
    failing = worst.failing
    plain = worst.normal > tolerance.of(order) or worst.apart <= 1
    bits = worst.normal_at if plain else worst.apart_at
    # In an array, as it was: libraries compute a few elements by other instructions.
    x = np.full(64, bits, np.uint32).view(np.float32)
    got, x = look(x)[order][:1], x[:1]
    want = oracle_values(
        target.expected, order, x, real_values(target.expected, order, x).scale
    )
    again = errors(target.expected, order, x, got, want, tolerance.of(order))
    text = "" if order or worst.nan_kept else "NaN gives a number"
    return Verdict(
        CHECKS[order],
        FAILS if failing or text else OK,
        text,
        "float32",
        mode,
        ulp=worst.normal if np.isfinite(worst.normal) else None,
        apart={"others, as a share of what is right": worst.apart}
        if np.isfinite(worst.apart)
        else {},
        failing=failing,
        checked=BLOCKS << 24,
        worst=point(x[0], got[0], float(want.high[0]), float(again.ulp[0])),
        reproducer=target.library.reproducer(
            target.call,
            target.imports,
            str(x[0]),
            "float32",
            order,
            compiled=mode == COMPILED,
        )
        if failing
        else "",
    )


def _found(document: dict[str, Any]) -> Found:
    """Return what a document says; JSON has no infinity, so it says null there."""
    found = {key: np.inf if value is None else value for key, value in document.items()}
    return Found(**found)  # type: ignore[arg-type]


def _read(partial: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the blocks of an earlier run with the same settings."""
    try:
        found = json.loads(partial.read_text(encoding="utf-8"))
        blocks: dict[str, Any] = found.pop("blocks")
        for several in blocks.values():
            _ = [_found(document) for document in several]
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return {}
    return blocks if found == settings else {}
