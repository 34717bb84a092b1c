"""When a run is to be stopped: three levels, from careful to thrifty.

A level is data: which condition, how severe, how long it must have held, and how much of the run
must be over. What each costs in wrong stops is measured in benchmarks/detection.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ppocr_guard.events import SEVERITIES


@dataclass(frozen=True)
class StopWhen:
    """Stop when ``code`` holds at ``severity`` or worse, since ``held`` evaluations, and ``done``
    (0..1) of the run is over."""

    code: str
    severity: str = "info"
    held: int = 0
    done: float = 0.0

    def due(self, severity: str, held: int, done: float) -> bool:
        """Whether a condition of this code stops the run now.

        Args:
            severity: of the condition, now.
            held: evaluations since the one at which it began.
            done: share of the run that is over, 0..1; 0 where it is not known.
        """
        worse = SEVERITIES.index(severity) >= SEVERITIES.index(self.severity)
        return worse and held >= self.held and done >= self.done


# The run cannot learn any more: there is nothing to wait for.
_LOST = (
    StopWhen("loss_not_finite", "critical"),
    StopWhen("loss_degenerate", "critical"),
    StopWhen("no_positives", "critical"),
)
LEVELS: dict[str, tuple[StopWhen, ...]] = {
    "careful": (*_LOST, StopWhen("hmean_collapse", "critical", held=5)),
    "default": (
        *_LOST,
        StopWhen("hmean_collapse", "critical"),
        StopWhen("hmean_not_learning", held=10, done=0.5),
    ),
    "thrifty": (
        *_LOST,
        StopWhen("hmean_collapse", "critical"),
        StopWhen("unclip_mismatch", "critical"),
        StopWhen("data_pipeline_failing", "critical"),
        StopWhen("hmean_declined", held=5),
        StopWhen("hmean_not_learning", held=5),
        # Not plateau and overfitting: these stops were wrong in a fifth of the runs (20 and 5
        # evaluations held, 264 runs of develop and validate).
    ),
}


def at_once(codes: Iterable[str]) -> tuple[StopWhen, ...]:
    """Stop at each of ``codes`` as soon as it holds, as severe as the levels ask for."""
    known = {rule.code: rule.severity for rules in LEVELS.values() for rule in rules}
    return tuple(StopWhen(code, known.get(code, "info")) for code in codes)
