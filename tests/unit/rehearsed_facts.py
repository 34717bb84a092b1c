"""Facts that a rehearsal gathers, as its child process tells them."""

from __future__ import annotations

from audit_data import CONFIGS

from ppocr_guard.audit.rehearsal.found import Found
from ppocr_guard.audit.rehearsal.process import Told

DB = CONFIGS / "db.yml"


def told(*facts, ended="finished") -> Told:
    return Told(facts=[dict(fact) for fact in facts], ended=ended, seconds=12.0)


def samples(operator, what, failed=8, tried=8, operators=(), mode="Train"):
    failure = {"operator": operator, "what": what, "position": 1, "line": "a.png\t[]"}
    return {
        "fact": "samples",
        "mode": mode,
        "size": 100,
        "tried": tried,
        "failed": failed,
        "failures": [failure] * min(failed, 8),
        "operators": list(operators),
        "seconds": [0.01] * (tried - failed),
    }


def only(found) -> Found:
    (one,) = found
    return one


def step(number, loss, images=8, seconds=0.5):
    return {
        "fact": "step",
        "number": number,
        "losses": {"loss": loss},
        "images": images,
        "of": 8,
        "seconds": seconds,
        "memory": 1 << 30,
    }
