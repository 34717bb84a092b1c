"""What a person reads for the codes of severities, verdicts and ends of a run."""

from __future__ import annotations

from ppocr_guard.wording import say

_TERMS = {
    "critical": say("critical"),
    "warning": say("warning"),
    "info": say("info"),
    "healthy": say("healthy"),
    "collapsed": say("collapsed"),
    "diverged": say("diverged"),
    "not_learning": say("not_learning"),
    "plateaued": say("plateaued"),
    "overfitting": say("overfitting"),
    "unstable": say("unstable"),
    "too_short": say("too_short"),
    "finished": say("finished"),
    "stopped": say("stopped"),
    "interrupted": say("interrupted"),
    "failed": say("failed"),
}


def term(code: str) -> str:
    """The word for a code: in English the code itself."""
    return _TERMS.get(code, code)
