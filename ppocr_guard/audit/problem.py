"""What a rule finds, and what the audit makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ppocr_guard.printable import printable
from ppocr_guard.wording import Sentence, say
from ppocr_guard.yaml_source import YamlPath, YamlSource, written

DELETE = object()
RANK = {"critical": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Edit:
    """One change of the YAML: the value at ``path`` becomes ``value``, or the key goes."""

    path: YamlPath
    value: Any = DELETE


@dataclass(frozen=True)
class NewFile:
    """A file that ``fix`` writes beside the YAML's edits; one that is there is left alone."""

    path: Path
    content: str
    cost: str  # what it holds, and what it costs to use it


@dataclass(frozen=True)
class Finding:
    """A rule's answer: where, what (one sentence), what to do, and the edits that do it."""

    path: YamlPath
    message: str
    advice: str
    edits: tuple[Edit, ...] = ()
    severity: Optional[str] = None  # None: that of the rule
    new: tuple[NewFile, ...] = ()  # that the edits name


@dataclass(frozen=True)
class Problem:
    """Something that will go wrong in a training with this configuration."""

    code: str
    severity: str  # of ppocr_guard.events.SEVERITIES; "info" alone is no failure
    file: str
    path: str  # as written: "Train.dataset.transforms[5].MakeBorderMap.total_epoch"
    line: int  # from 1
    message: str
    advice: str
    why: str  # the rule's reason, with the PaddleOCR issue or file that it comes from
    edits: tuple[Edit, ...] = ()
    fixable: bool = False  # ``fix`` can make these edits in this text
    new: tuple[NewFile, ...] = ()

    @classmethod
    def at(
        cls,
        source: YamlSource,
        path: YamlPath,
        *,
        code: str,
        severity: str,
        message: str,
        advice: str,
        why: str,
        edits: tuple[Edit, ...] = (),
        fixable: bool = False,
        new: tuple[NewFile, ...] = (),
    ) -> Problem:
        """A problem of what stands at ``path``, without what a terminal must not get: messages
        quote labels, names of files, and what PaddleOCR printed."""
        return cls(
            code=code,
            severity=severity,
            file=source.path,
            path=printable(written(path)),
            line=source.nearest_line(path),
            message=printable(message),
            advice=printable(advice),
            why=why,
            edits=edits,
            fixable=fixable,
            new=new,
        )

    def __str__(self) -> str:
        return str(self.sentence())

    def sentence(self) -> Sentence:
        """In one line; in a language that the message and the advice know, too."""
        return say(
            "{file}:{line}: {message} {advice} [{code}]",
            file=self.file,
            line=self.line,
            message=self.message,
            advice=self.advice,
            code=self.code,
        )


def worst_first(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (RANK[problem.severity], problem.line))
