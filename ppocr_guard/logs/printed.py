"""What the configuration that a log printed says about a run that gets worse."""

from __future__ import annotations

from typing import Any

from ppocr_guard.collecting import Collecting
from ppocr_guard.detect.collector import Collector
from ppocr_guard.detect.diagnosis import diagnose
from ppocr_guard.events import Condition, EvalEnd, Over
from ppocr_guard.hook import Reactions
from ppocr_guard.wording import say

CODE, SUBJECT = "shrink_ratio_unexpected", "MakeShrinkMap"
BELOW, PATIENCE = 0.9, 5  # share of the best under which so many evaluations must stay


class PrintedConfig(Collecting):
    """Holds ``shrink_ratio_unexpected`` in a log whose configuration trains with a wrong ratio in
    some releases, once the run does what that leads to.

    A log does not say of which release it is, and in others the same configuration trains well:
    so only while the metric stays below its best, with a box for each text (precision near
    recall). Live, the guard reads the ratio itself.
    """

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.collector = Collector()
        self._below = 0

    def on_eval(self, event: EvalEnd) -> Reactions:
        super().on_eval(event)
        evidence = self.collector.evidence
        self._below = self._below + 1 if evidence.value < BELOW * evidence.best else 0
        ratio = evidence.ratio_of_bug_line
        if ratio is None or not evidence.balanced or self._below < PATIENCE:
            return [] if self._below else [Over(CODE, SUBJECT)]
        cause = next((c for c in diagnose(evidence) if c.code == "shrink_ratio_wrong"), None)
        if cause is None:
            return []
        held = Condition(
            code=CODE,
            severity="warning",
            subject=SUBJECT,
            message=say(
                "The printed configuration shrinks texts by {ratio:.4f} in PaddleOCR 2.7.1 and "
                "2.7.4 to 2.8.1, not by {base:g}; {metric} has been below its best {best:.4f} for "
                "{count} evaluations.",
                ratio=ratio,
                base=evidence.config_shrink_ratio,
                metric=event.main_indicator,
                best=evidence.best,
                count=self._below,
            ),
            advice=cause.advice,
            cause=cause.code,
            because=cause.sentence,
            evidence={
                "ratio": ratio,
                "expected_low": evidence.config_shrink_ratio,
                "best": evidence.best,
                "value": event.value,
                "count": self._below,
            },
            epoch=event.epoch,
            global_step=event.global_step,
            evaluation=event.evaluation,
            time=event.time,
        )
        return [held]
