"""All that a check has to say about one configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional

from ppocr_guard.audit import audit
from ppocr_guard.audit.context import Context
from ppocr_guard.audit.problem import Problem
from ppocr_guard.audit.rehearsal import Rehearsal
from ppocr_guard.audit.rehearsal.found import merged
from ppocr_guard.audit.rules.shrink import Curve, curves
from ppocr_guard.paddleocr.schedule import ScheduleError


@dataclass
class Report:
    config: str
    release: Optional[str]  # None: not known
    curves: list[Curve]  # of each shrink operator; empty for models without shrink maps
    problems: list[Problem]
    unclip_ratio: Optional[float] = None
    known: bool = True  # False: the release is newer than any examined
    ceiling: Optional[dict[str, Any]] = field(default=None)
    rehearsal: Optional[Rehearsal] = None

    @property
    def failed(self) -> bool:
        """Whether something needs to be done; hints ("info") alone do not."""
        return any(problem.severity != "info" for problem in self.problems)

    def add(self, ctx: Context, rehearsal: Rehearsal) -> None:
        """Take in what a rehearsal found; what the rules told already stays as they told it."""
        self.rehearsal = rehearsal
        self.problems = merged(ctx, self.problems, rehearsal.found)


def make_report(ctx: Context, *, data: bool = True) -> Report:
    """Check a configuration; ``data``: read its label files and images too."""
    try:
        found = curves(ctx)
    except ScheduleError:
        found = []  # the rule shrink_ratio_unexpected says why
    return Report(
        config=ctx.source.path,
        release=ctx.behaviour.release if ctx.behaviour else None,
        curves=found,
        problems=audit(ctx, data=data),
        unclip_ratio=ctx.number("PostProcess", "unclip_ratio"),
        known=ctx.behaviour.known if ctx.behaviour else True,
    )
