"""An example of each code: a mistake and what ``check`` says of it, or a run and its alert.

    python -m benchmarks.mistakes.examples

Makes mistakes one after the other, those of the examples that there are first, until every finding
has one; plays a run for each alert; and writes all to ``ppocr_guard/explain/examples.json``.
"""

from __future__ import annotations

import difflib
import json
import math
import re
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Optional

import imagesize  # type: ignore[import-untyped]

from benchmarks.mistakes import develop, more, recognition, runs
from benchmarks.mistakes.judging import project
from benchmarks.mistakes.project import Mistake, Project, make_data
from ppocr_guard.audit import audit
from ppocr_guard.audit.context import Context
from ppocr_guard.audit.fix import fixed
from ppocr_guard.audit.problem import Problem
from ppocr_guard.audit.rule import RULES
from ppocr_guard.command_line import last_of
from ppocr_guard.explain.catalog import EXAMPLES
from ppocr_guard.paddleocr.releases import behaviour_of
from ppocr_guard.saying import alert_line
from ppocr_guard.wording import Sentence, changed
from ppocr_guard.yaml_source import YamlError, read_yaml

RELEASES = ("2.10.0", "2.8.1")
MOST = 14  # lines of a change; of a longer one the first is shown
WIDTH = 120
YAML = "my.yml"
ALL = {
    mistake.name: mistake
    for mistake in (
        *develop.MISTAKES, *recognition.DEVELOP, *more.MORE, *recognition.REPORT,
    )
}  # fmt: skip


def examples() -> dict[str, dict[str, dict[str, Any]]]:
    """Of findings and of alerts, by code."""
    found: dict[str, dict[str, Any]] = {}
    kept = json.loads(EXAMPLES.read_text("utf-8"))["findings"] if EXAMPLES.is_file() else {}
    before = [(ALL[one["mistake"]], one["release"]) for one in kept.values()]
    others = [(mistake, release) for release in RELEASES for mistake in ALL.values()]
    with tempfile.TemporaryDirectory() as folder:
        data = make_data(Path(folder))
        for mistake, release in dict.fromkeys((*before, *others)):
            if set(RULES) <= set(found):
                break
            for code, example in of(mistake, data, release):
                found.setdefault(code, example)
    alerts = {code: of_alert(code) for code in runs.PLAYED}
    return {"findings": dict(sorted(found.items())), "alerts": dict(sorted(alerts.items()))}


def of_alert(code: str) -> dict[str, Any]:
    """A run in which the alert comes, as figures, and what the guard says."""
    events, alert = runs.played(code)
    said = alert_line(alert)
    return {
        "figures": runs.shown(events),
        "severity": alert.severity,
        "message": str(said),
        "said": {"message": _record(said)},
    }


def of(mistake: Mistake, data: Path, release: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The finding that tells the mistake, as the example of its code."""
    with project(data, mistake.config, mistake.change) as made:
        before = {
            **_unchanged(data, mistake.config),
            **_command([word for one in made.options for word in one]),
        }
        change = _difference(before, {**_texts(made), **_command(*made.options)})
        ctx = context(made, release)
        if ctx is None or not change:
            return
        problem = wanted(mistake, ctx)
        if problem is not None:
            example = _example(problem, ctx, change, release, made.folder)
            yield problem.code, {"mistake": mistake.name, **example}


def wanted(mistake: Mistake, ctx: Context) -> Optional[Problem]:
    """The finding that tells the mistake."""
    for problem in audit(ctx):
        text = f"{problem.path}: {problem.message} {problem.advice}"
        named = mistake.names and re.search(mistake.names, text)
        if named or (not mistake.names and problem.code == mistake.name):
            return problem
    return None


def context(made: Project, release: str) -> Optional[Context]:
    overrides, lost = last_of(made.options)
    try:
        source = read_yaml(made.path, overrides)
    except YamlError:
        return None
    bases = (made.folder,)
    return Context(source, behaviour_of(release), bases=bases, overrides=overrides, lost=lost)


def _example(
    problem: Problem, ctx: Context, change: str, release: str, folder: Path
) -> dict[str, Any]:
    fix = ""
    if problem.fixable:
        new, _done, _left = fixed(ctx)
        fix = _unified(ctx.source.text, new, YAML)

    values = {
        "config": YAML,
        "release": release,
        "change": change,
        "path": problem.path,
        "message": problem.message,
        "advice": problem.advice,
        "fix": fix,
    }
    values = {name: changed(text, _without(folder)) for name, text in values.items()}
    said = {name: values[name] for name in ("message", "advice")}
    return {**values, "said": {name: _record(text) for name, text in said.items()}}


def _without(folder: Path) -> Callable[[str], str]:
    return lambda text: text.replace(f"{folder}/", "")


def _record(text: str) -> dict[str, Any]:
    """What a sentence is made of, so that it can be said in each language."""
    assert isinstance(text, Sentence), f"not in the catalogue: {text}"
    return dict(_finite(text.to_record()))


def _finite(value: Any) -> Any:
    """NaN and infinity as words: JSON has no numbers for them, and NaN equals nothing."""
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


@cache
def _unchanged(data: Path, config: str) -> dict[str, str]:
    with project(data, config, lambda made: None) as made:
        return _texts(made)


def _texts(made: Project) -> dict[str, str]:
    paths = [made.path, *sorted(made.folder.glob("*/*.txt"))]
    texts = {str(p.relative_to(made.folder)): p.read_text("utf-8", "replace") for p in paths}
    for path in sorted(made.folder.glob("*/*/*.*")):  # images
        texts[str(path.relative_to(made.folder))] = f"({_size(path)})\n"
    return texts


def _size(path: Path) -> str:
    width, height = imagesize.get(path)
    return f"{width} x {height} pixels" if width > 0 else f"{path.stat().st_size} bytes"


def _command(*options: list[str]) -> dict[str, str]:
    """The command line with so many -o; nothing where it has none."""
    told = " ".join(f"-o {' '.join(words)}" for words in options if words)
    return {"the command line": f"python tools/train.py -c {YAML} {told}\n"} if told else {}


def _difference(before: dict[str, str], after: dict[str, str]) -> str:
    gone = sorted(set(before) - set(after))
    moved = {new: old for old in gone for new in after if after[new] == before[old]}
    parts = [f"rename from {old}\nrename to {new}\n" for new, old in moved.items()]
    parts += [
        _unified(before.get(name, ""), text, name)
        for name, text in after.items()
        if before.get(name) != text and name not in moved
    ]
    lines = "".join(parts).splitlines()
    if len(lines) > MOST:
        first = [next((line for line in lines[3:] if line.startswith(sign)), "") for sign in "-+"]
        lines = [*lines[:3], *filter(None, first), "…"]
    return "\n".join(_short(line) for line in lines)


def _unified(old: str, new: str, name: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), name, name, n=1, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _short(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


if __name__ == "__main__":
    EXAMPLES.write_text(
        json.dumps(examples(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
