"""An example of each code that ``check`` finds: a mistake, what is said of it, what ``fix`` does.

    python -m benchmarks.mistakes.examples

Makes the mistakes of the set *develop* one after the other until every code that they can show has
one, and writes them to ``ppocr_guard/explain/examples.json``.
"""

from __future__ import annotations

import difflib
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Optional

from benchmarks.mistakes import develop, recognition
from benchmarks.mistakes.judging import project
from benchmarks.mistakes.project import (
    Change,
    Mistake,
    Project,
    boxes,
    images,
    labels,
    make_data,
    pages,
    swap,
)
from ppocr_guard.audit import audit
from ppocr_guard.audit.context import Context
from ppocr_guard.audit.fix import fixed
from ppocr_guard.audit.problem import Problem
from ppocr_guard.explain.catalog import EXAMPLES
from ppocr_guard.paddleocr.releases import behaviour_of
from ppocr_guard.wording import Sentence, changed
from ppocr_guard.yaml_source import YamlError, read_yaml

RELEASES = ("2.10.0", "2.8.1")
MOST = 36  # lines of a change; of a longer one the first is shown
WIDTH = 120


def _collapsed(texts: list[dict[str, Any]]) -> None:
    texts[0]["points"] = [[10, 10]] * 4


def _scaled(factor: float, add: float = 0) -> Change:
    return boxes(
        lambda text: text.update(points=[[add + factor * x, factor * y] for x, y in text["points"]])
    )


def _first_without_tab(lines: list[str]) -> list[str]:
    return [lines[0].replace("\t", " "), *lines[1:]]


_PLAIN = (
    ("label_lines_broken", labels("pages/train.txt", _first_without_tab)),
    ("all_ignored", boxes(lambda text: text.update(transcription="###"))),
    ("no_text", pages(list.clear)),
    ("polygon_degenerate", pages(_collapsed)),
    ("polygons_outside", _scaled(1, 4000)),
    ("texts_too_small", _scaled(0.02)),
    ("images_unreadable", images("pages/train/*", b"")),
    ("evaluation_rare", swap("eval_batch_step: [0, 3]", "eval_batch_step: [0, 100]")),
    ("weights_ignored", swap("pretrained_model: null", "pretrained_model: ./weights/teacher",
                             "checkpoints: null", "checkpoints: ./weights/teacher")),
    ("visualdl_removed", swap("use_visualdl: false", "use_visualdl: true")),
    ("shrink_ratio_unexpected", swap("shrink_ratio: 0.4", "shrink_ratio: 0.4\n        "
                                     "total_epoch: 500", count=2)),
    ("total_epoch_mismatch", swap("shrink_ratio: 0.4", "shrink_ratio: 0.4\n        "
                                  "total_epoch: 500")),
    ("data_set_unknown", swap("name: SimpleDataSet", "name: SimpleDataset")),
    ("guard_section", lambda made: setattr(made, "text", made.text + "\nGuard:\n  hooks:\n"
                                           "  - HmeanTrends:\n")),
)  # fmt: skip
# Of mistakes that the benchmark has none of.
MORE = tuple(Mistake(name, "det_mv3_db", change, "") for name, change in _PLAIN)
ALL = {mistake.name: mistake for mistake in (*develop.MISTAKES, *recognition.DEVELOP, *MORE)}


def examples() -> dict[str, dict[str, Any]]:
    """By code."""
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        data = make_data(Path(folder))
        for release in RELEASES:
            for mistake in ALL.values():
                for code, example in of(mistake, data, release):
                    found.setdefault(code, example)
    return dict(sorted(found.items()))


def of(mistake: Mistake, data: Path, release: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The finding that tells the mistake, as the example of its code."""
    with project(data, mistake.config, lambda made: None) as made:
        before = _texts(made)
    with project(data, mistake.config, mistake.change) as made:
        change = _difference(before, _texts(made))
        ctx = _context(made, release)
        if ctx is None or not change:
            return
        for problem in audit(ctx):
            wanted = problem.code == mistake.name or mistake.names
            if wanted and re.search(
                mistake.names, f"{problem.path}: {problem.message} {problem.advice}"
            ):
                example = _example(problem, ctx, change, release, made.folder)
                yield problem.code, {"mistake": mistake.name, **example}
                return


def _context(made: Project, release: str) -> Optional[Context]:
    try:
        return Context(read_yaml(made.path), behaviour_of(release), bases=(made.folder,))
    except YamlError:
        return None


def _example(
    problem: Problem, ctx: Context, change: str, release: str, folder: Path
) -> dict[str, Any]:
    fix = ""
    if problem.fixable:
        new, _done, _left = fixed(ctx)
        fix = _unified(ctx.source.text, new, "my.yml")
    values = {
        "config": "my.yml",
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
    return text.to_record()


def _texts(made: Project) -> dict[str, str]:
    paths = [made.path, *sorted(made.folder.glob("*/*.txt"))]
    texts = {str(p.relative_to(made.folder)): p.read_text("utf-8", "replace") for p in paths}
    for path in sorted(made.folder.glob("*/*/*.*")):  # images
        texts[str(path.relative_to(made.folder))] = f"({path.stat().st_size} bytes)\n"
    return texts


def _difference(before: dict[str, str], after: dict[str, str]) -> str:
    parts = [
        _unified(before.get(name, ""), text, name)
        for name, text in after.items()
        if before.get(name) != text
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
