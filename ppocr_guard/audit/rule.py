"""A rule: a small function over a :class:`~ppocr_guard.audit.context.Context`, by its code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Optional

from ppocr_guard.audit.problem import Finding

if TYPE_CHECKING:
    from ppocr_guard.audit.context import Context

Check = Callable[["Context"], Iterator[Finding]]
# What a rule reads beside the YAML: nothing; which files there are; all labels; some images.
READS = ("config", "files", "labels", "images")


@dataclass(frozen=True)
class Rule:
    code: str
    severity: str
    why: str
    reads: str
    live: bool  # also asked right before a training, where seconds count
    check: Check


RULES: dict[str, Rule] = {}


def rule(
    code: str, severity: str, why: str, *, reads: str = "config", live: Optional[bool] = None
) -> Callable[[Check], Check]:
    """Register a function as the rule ``code``. ``live`` defaults to rules that read little.

    Raises:
        ValueError: there is a rule of that code already, or ``reads`` is unknown.
    """
    if code in RULES or reads not in READS:
        raise ValueError(f"rule {code!r} stands twice, or reads {reads!r}")

    def register(check: Check) -> Check:
        quick = reads in ("config", "files") if live is None else live
        RULES[code] = Rule(code, severity, why, reads, quick, check)
        return check

    return register
