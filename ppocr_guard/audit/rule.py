"""A rule: a small function over a :class:`~ppocr_guard.audit.context.Context`, by its code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Optional

from ppocr_guard.audit.problem import Finding
from ppocr_guard.wording import Sentence, say

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
WHY: dict[str, Sentence] = {}  # of each code of the audit, whether a rule or the rehearsal tells it


def declare(code: str, why: str) -> Sentence:
    """Declare a code with its reason: the PaddleOCR issue or file that it comes from. Gives the
    reason back as a sentence.

    Raises:
        ValueError: it is declared already.
    """
    if code in WHY:
        raise ValueError(f"code {code!r} is declared twice")
    WHY[code] = sentence = say(why)
    return sentence


def rule(
    code: str, severity: str, why: str, *, reads: str = "config", live: Optional[bool] = None
) -> Callable[[Check], Check]:
    """Register a function as the rule ``code``. ``live`` defaults to rules that read little.

    Raises:
        ValueError: there is a rule of that code already, or ``reads`` is unknown.
    """
    if reads not in READS:
        raise ValueError(f"rule {code!r} reads {reads!r}")
    reason = declare(code, why)

    def register(check: Check) -> Check:
        quick = reads in ("config", "files") if live is None else live
        RULES[code] = Rule(code, severity, reason, reads, quick, check)
        return check

    return register
