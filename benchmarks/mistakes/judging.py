"""What ``check`` says of a project, and whether that tells the mistake made in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Optional

from benchmarks.mistakes.project import Change, Mistake, Project
from ppocr_guard.audit import audit
from ppocr_guard.audit.context import Context
from ppocr_guard.paddleocr.releases import behaviour_of, recognise
from ppocr_guard.yaml_source import YamlError, read_yaml

READING, REHEARSAL, MISSED = "reading", "rehearsal", "missed"
# What a rehearsal made of a mistake: named it; found it critical, in other words; nothing.
NAMED, STOPPED, NOTHING, NOT_DONE = "named", "stopped", "nothing", "not rehearsed"


@dataclass(frozen=True)
class Said:
    """One finding, or the line with which check ends on input that it cannot use."""

    code: str
    severity: str
    text: str  # path and message

    def __str__(self) -> str:
        return f"[{self.code}] {self.text}"


@dataclass
class Verdict:
    mistake: Mistake
    release: str
    told: str  # READING, REHEARSAL or MISSED
    by: Optional[Said] = None  # the finding that tells it
    beside: list[Said] = field(default_factory=list)  # other findings, such as consequences
    rehearsed: str = NOT_DONE


@contextmanager
def project(data: Path, config: str, change: Change) -> Iterator[Project]:
    with TemporaryDirectory() as folder:
        made = Project(Path(folder), data, config)
        change(made)
        yield made


def read(made: Project, release: str, tree: Optional[Path] = None) -> list[Said]:
    """Findings of reading alone; hints ("info") are none."""
    try:
        source = read_yaml(made.path)
    except YamlError as error:
        return [Said("unusable", "critical", str(error))]
    behaviour = recognise(tree) if tree is not None else behaviour_of(release)
    ctx = Context(source, behaviour, bases=(made.folder,), tree=tree)
    return [
        Said(p.code, p.severity, f"{p.path}: {p.message} {p.advice}")
        for p in audit(ctx)
        if p.severity != "info"
    ]


def rehearse(made: Project, tree: Path, python: str, timeout: float) -> list[Said]:
    """Findings of the rehearsal alone, on a PaddleOCR that can train."""
    from ppocr_guard.audit.rehearsal import rehearsal

    source = read_yaml(made.path)
    ctx = Context(source, recognise(tree), bases=(made.folder, tree), tree=tree)
    told = rehearsal(ctx, tree, python=python, images=8, timeout=timeout, cwd=made.folder)
    return [
        Said(
            found.code,
            found.severity,
            f"{'.'.join(map(str, found.path))}: {found.message} {found.advice}",
        )
        for found in told.found
        if found.severity != "info"
    ]


def judge(
    mistake: Mistake, release: str, said: Sequence[Said], seen: Optional[Sequence[Said]]
) -> Verdict:
    """Whether one of the findings names the mistake: ``said`` of reading, ``seen`` of the
    rehearsal (None: there was none)."""
    by, again = (
        next((one for one in found if re.search(mistake.names, one.text)), None)
        for found in (said, seen or ())
    )
    told = READING if by else REHEARSAL if again else MISSED
    beside = [one for one in (*said, *(seen or ())) if one not in (by, again)]
    verdict = Verdict(mistake, release, told, by or again, beside)
    if seen is not None:
        stopped = any(one.severity == "critical" for one in seen)
        verdict.rehearsed = NAMED if again else STOPPED if stopped else NOTHING
    return verdict
