"""All 2³² numbers of float32: value and derivative, block by block.

The reference is the stable code in float64, compiled by XLA; the worst points are held to the
oracle. Each block is written down when it is done, so an audit that is stopped goes on.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from actbench.activations.evaluate import evaluate
from actbench.activations.record import Activation
from actbench.audit.errors import (
    NEAR_ZERO,
    Want,
    errors,
    format_of,
    joints,
    scale_nearby,
    ulp,
)
from actbench.audit.observations import COMPILED
from actbench.audit.reference import exact, is_trusted
from actbench.audit.targets import Target
from actbench.audit.verdicts import FAILS, OK, Tolerance, Verdict, point
from actbench.errors import RequestError
from actbench.results import write_document

BLOCKS = 256
"""Of 2²⁴ patterns each, which have the sign and seven bits of the exponent in common."""

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
    look = _looker(target, mode)
    judge = _judge(target.expected, tolerance)
    for block in progress([b for b in range(BLOCKS) if str(b) not in done]):
        done[str(block)] = [asdict(found) for found in look_at(block, look, judge, tolerance)]
        write_document(partial, settings | {"blocks": done})
    found = [[_found(done[str(b)][order]) for b in range(BLOCKS)] for order in range(2)]
    partial.unlink(missing_ok=True)
    return [_verdict(target, order, found[order], tolerance, look, mode) for order in range(2)]


def look_at(block: int, look: Any, judge: Any, tolerance: Tolerance) -> list[Found]:
    """Return what a block shows of values and derivatives."""
    bits = np.arange(block << 24, (block + 1) << 24, dtype=np.uint32)
    x = bits.view(np.float32)
    got = look(x)
    found = []
    for order, (result, (normal, apart)) in enumerate(zip(got, judge(x, *got), strict=True)):
        at, other = int(np.argmax(normal)), int(np.argmax(apart))
        failing = np.count_nonzero(normal > tolerance.of(order)) + np.count_nonzero(apart > 1)
        nan = np.isnan(result[np.isnan(x)]) if block in (127, 255) else np.array([True])
        found.append(
            Found(
                failing=int(failing),
                normal=float(normal[at]),
                normal_at=int(bits[at]),
                apart=float(apart[other]),
                apart_at=int(bits[other]),
                nan_kept=bool(nan.all()),
            )
        )
    return found


def _looker(target: Target, mode: str) -> Callable[[Any], tuple[Any, Any]]:
    """Return what gives value and derivative at an array."""
    library, function = target.library, target.make("float32")
    both = library.value_and_derivative(function)
    if mode == COMPILED:
        both = library.compile(both)

    def look(x: Any) -> tuple[Any, Any]:
        with np.errstate(all="ignore"), library.scope("float32"):
            value, slope = both(library.tensor(x))
            return library.array(value), library.array(slope)

    return look


def _judge(expected: Activation, tolerance: Tolerance) -> Any:
    """Return the compiled function of inputs and results to errors.

    It gives, for value and derivative, the ULP of normal results (0 for others), and the errors
    of the others as multiples of what is right, by the rules of `errors`.
    """
    import tensorflow as tf

    from actbench.frameworks.tensorflow import operations

    ops = operations(tf.float64)
    mask = tf.constant(0x7FF0000000000000, tf.int64)

    def unit(size: Any) -> Any:
        power = tf.bitcast(tf.bitcast(size, tf.int64) & mask, tf.float64)
        return tf.maximum(power, _FLOAT32.tiny) * 2.0**-_FLOAT32.digits

    def order_errors(order: int, x: Any, got: Any, dips: bool) -> tuple[Any, Any]:
        want = expected.compute(ops, x, order)
        want = tf.clip_by_value(want, -_FLOAT32.end, _FLOAT32.end)
        g = tf.cast(got, tf.float64)
        nan = tf.math.is_nan(g)
        g = tf.clip_by_value(tf.where(nan, tf.zeros_like(g), g), -_FLOAT32.end, _FLOAT32.end)
        distance, size = tf.abs(g - want), tf.abs(want)
        zero = tf.zeros_like(distance)
        error = distance / unit(size)
        special = size < _FLOAT32.tiny
        apart = tf.where(special, distance / tf.maximum(size, _FLOAT32.tiny), zero)
        at_zero = float(evaluate(expected, 0.0, order))
        flushed = tf.abs(x) < _FLOAT32.tiny
        as_zero = tf.abs(g - at_zero) / float(ulp(np.array(at_zero), _FLOAT32))
        apart = tf.where(flushed, tf.minimum(error, as_zero) / tolerance.of(order), apart)
        special |= flushed
        if dips:
            away = tf.minimum(tf.abs(x) / 8, 0.5)
            sides = (expected.compute(ops, x + side * away, order) for side in (-1, 1))
            scale = tf.minimum(*map(tf.abs, sides))
            relative = distance / tf.maximum(unit(scale), unit(size))
            relative /= tolerance.of(order) * NEAR_ZERO
            near = (size < scale) & ~special
            apart, special = tf.where(near, relative, apart), special | near
        for joint in joints(expected, order, np.dtype(np.float32)):
            room = float(ulp(np.array(max(abs(joint.low), abs(joint.high))), _FLOAT32))
            beside = tf.abs(x - joint.x) <= joint.reach
            outside = tf.maximum(tf.maximum(joint.low - g, g - joint.high), 0.0) / room
            outside = tf.minimum(error, outside) / tolerance.of(order)
            apart, special = tf.where(beside, outside, apart), special | beside
        finite = tf.math.is_finite(x)
        bad = finite & nan
        error = tf.where(special | ~finite, zero, error)
        apart = tf.where(finite, apart, zero)
        infinite = tf.fill(tf.shape(error), tf.constant(np.inf, tf.float64))
        return (
            tf.cast(tf.where(bad & ~special, infinite, error), tf.float32),
            tf.cast(tf.where(bad & special, infinite, apart), tf.float32),
        )

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def judged(x: Any, value: Any, slope: Any, dips: bool) -> Any:
        wide = tf.cast(x, tf.float64)
        return order_errors(0, wide, value, dips), order_errors(1, wide, slope, dips)

    def judge(x: Any, value: Any, slope: Any) -> Any:
        found = judged(x, value, slope, _dips(expected, x))
        return [[part.numpy() for part in parts] for parts in found]

    return judge


def _dips(expected: Activation, x: Any) -> bool:
    """Return whether a block has zeros or dips of f or f', by which other rules hold."""
    some = x[:: 1 << 12].astype(np.float64)
    some = some[np.isfinite(some)]

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
    worst = max(found, key=lambda f: f.normal)
    apart = max(found, key=lambda f: f.apart)
    failing = sum(f.failing for f in found)
    plain = worst.normal > tolerance.of(order) or apart.apart <= 1
    bits = worst.normal_at if plain else apart.apart_at
    x = np.array([bits], np.uint32).view(np.float32)
    got = look(x)[order]
    high, low = exact(target.expected, order, float(x[0]))
    again = errors(
        target.expected,
        order,
        x,
        got,
        Want(np.array([high]), np.array([low]), np.zeros(1)),
        tolerance.of(order),
    )
    text = "" if order or all(f.nan_kept for f in found) else "NaN gives a number"
    return Verdict(
        CHECKS[order],
        FAILS if failing or text else OK,
        text,
        "float32",
        mode,
        ulp=worst.normal if np.isfinite(worst.normal) else None,
        apart={"others, as a share of what is right": apart.apart}
        if np.isfinite(apart.apart)
        else {},
        failing=failing,
        checked=BLOCKS << 24,
        worst=point(x[0], got[0], high, float(again.ulp[0])),
        reproducer=target.library.reproducer(
            target.call, target.imports, str(x[0]), "float32", order
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
    except (OSError, ValueError, KeyError, AttributeError):
        return {}
    return blocks if found == settings else {}
