"""Curves with known truth: how a run goes is drawn first, what is measured after."""

from __future__ import annotations

import math
import random

from benchmarks.detection.curves import Curve

KINDS = ("healthy", "plateau", "dips", "early dip", "resumed", "swinging", "collapse", "early fall")


def generate(count: int, seed: int = 0) -> list[Curve]:
    """``count`` curves, all kinds alike often, of 20 to 120 evaluations.

    Noise (standard deviation 0 to 0.06), height, speed of learning, dips (when, how deep, how
    long) and collapses (when, over how many evaluations, how deep) are drawn at random. A curve's
    ``id`` begins with its kind. ``collapse_at`` is the first evaluation at which the curve without
    its noise is below 60 % of its best and stays so.
    """
    rng = random.Random(seed)
    return [_curve(rng, KINDS[i % len(KINDS)], i) for i in range(count)]


def _curve(rng: random.Random, kind: str, number: int) -> Curve:
    n = rng.randint(20, 120)
    noise = rng.choice([0.0, 0.005, 0.01, 0.02, 0.04, 0.06])
    height = rng.uniform(0.5, 0.97)
    start = rng.uniform(0.6, 0.95) if kind in ("plateau", "early fall") else rng.uniform(0, 0.8)
    speed = rng.uniform(2, n / 4)
    true = [height * (1 - (1 - start) * math.exp(-i / speed)) for i in range(n)]
    label, at = kind, None
    if kind == "dips":
        for _ in range(rng.randint(1, 4)):
            _dip(true, rng.randrange(3, n - 3), rng.choice([1, 1, 1, 2]), rng.uniform(0.2, 0.95))
    elif kind == "early dip":  # warm-up of the learning rate shakes a pretrained model
        _dip(true, rng.randint(1, 3), rng.randint(1, 2), rng.uniform(0.3, 0.9))
    elif kind == "resumed":  # back to a worse checkpoint, caught up within a few evaluations
        begin, length = rng.randrange(5, n - 6), rng.randint(2, 6)
        depth = rng.uniform(0.1, 0.6)
        for k in range(length):
            true[begin + k] *= 1 - depth * (1 - k / length)
    elif kind == "swinging":
        level = rng.uniform(0.2, 0.6)
        true = [v * (1 - level * rng.random() ** 2) for v in true]
    elif kind in ("collapse", "early fall"):
        label = "collapse"
        begin = rng.randint(1, 2) if kind == "early fall" else rng.randrange(5, n - 12)
        decay, left = rng.choice([1, 2, 3, 5, 10]), rng.uniform(0.0, 0.45)
        best = max(true[: begin + 1])
        for i in range(begin, n):
            true[i] = best * (left + (1 - left) * math.exp(-(i - begin + 1) / decay))
        at = next((i + 1 for i in range(begin, n) if true[i] < 0.6 * best), None)
    if label not in ("collapse", "plateau"):
        label = "healthy"
    measured = [min(1.0, max(0.0, v + rng.gauss(0, noise))) for v in true]
    return Curve(f"{kind} {number}", label, measured, at)


def _dip(values: list[float], begin: int, length: int, depth: float) -> None:
    for i in range(begin, min(begin + length, len(values))):
        values[i] *= 1 - depth
