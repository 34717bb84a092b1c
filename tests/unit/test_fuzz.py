"""Any input, mutated from a real one: no failure but the one that is told, and in linear time.

In the suite a few inputs each; ``make fuzz`` tries many: with atheris, which chooses them by the
code that they reach (tests/fuzz.py), or else by hypothesis (``PPOCR_GUARD_FUZZ`` of each kind).
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_runs import training

from ppocr_guard.audit import audit
from ppocr_guard.audit.context import Context
from ppocr_guard.config import GuardConfigError, load_guard
from ppocr_guard.events import Condition, EvalEnd, Moment, RunStart, StepEnd
from ppocr_guard.guard import Guard
from ppocr_guard.hooks.auto_stop import AutoStop
from ppocr_guard.hooks.hmean_trend import HmeanTrend
from ppocr_guard.logs.follow import JournalRuns
from ppocr_guard.logs.reader import LogReader
from ppocr_guard.logs.replay import replay
from ppocr_guard.paddleocr import state
from ppocr_guard.paddleocr.best import read_kept
from ppocr_guard.records import plain, to_record
from ppocr_guard.redact import redacted
from ppocr_guard.report.page import Entry, render
from ppocr_guard.report.text import Words
from ppocr_guard.verdict import SoFar
from ppocr_guard.yaml_source import YamlError, parse_yaml

FOLDER = Path(tempfile.mkdtemp(prefix="ppocr_guard_fuzz_"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
EXAMPLES = int(os.environ.get("PPOCR_GUARD_FUZZ", "25"))
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize="PPOCR_GUARD_FUZZ" not in os.environ,
)
P = "[2022/08/27 14:18:08] ppocr INFO: "
LOG = (
    f"{P}Global : \n{P}    epoch_num : 40\n{P}train with paddle 2.3.1 and device CUDAPlace(0)\n"
    f"{P}epoch: [1/40], global_step: 10, lr: 0.001000, loss: 1.500000, avg_samples: 8.0\n"
    f"{P}cur metric, precision: 0.5, recall: 0.4, hmean: 0.45, fps: 0.36\n"
    f"{P}best metric, hmean: 0.45, best_epoch: 1\n{P}save model in ./o/latest\n"
).encode()
CONFIG = (Path(__file__).parents[1] / "data/configs/db.yml").read_bytes()
GUARD = b"\nGuard: {hooks: [{AutoStop: {on: [hmean_collapse]}}, Journal: {every: 5}]}\n"
JOURNAL = [json.dumps(to_record(event)).encode() for event in training("collapse", stop_at=6)]
ODD = [
    b"\x1b]", b"\x1b[31m", b"nan", b"inf", b"1e400", b"9" * 400, b"-", b"[", b"{", b"}", b"]",
    b'"', b"'", b": ", b",\n", b"\n", b"&a ", b"*a", b"<<: ", b"!!int ", b"!!bool ", b"? ", b"\0",
    b"\xff", b"\xed\xa0\x80", b"null", b"true", b"epoch: [", b"cur metric", b"metrics:{", b"\r",
]  # fmt: skip
EDIT = st.tuples(
    st.floats(0, 1), st.integers(0, 40), st.sampled_from(ODD) | st.binary(max_size=8),
    st.sampled_from([1, 1, 1, 2, 50]),
)  # fmt: skip
_PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from(["nan", "inf", 10**400, 1e300, "hmean_collapse", "on", "\x1b[1m", "\ud800"])
)  # fmt: skip
VALUES = st.recursive(
    _PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=8,
)


@contextlib.contextmanager
def quick(size: int) -> Iterator[None]:
    """2 s of CPU a megabyte, and a second for what each call costs."""
    started = time.process_time()
    yield
    assert time.process_time() - started < 1.0 + 2.0 * size / 1e6


def mutated(data: bytes, edits: list[tuple[float, int, bytes, int]]) -> bytes:
    for where, cut, put, times in edits:
        at = int(where * len(data))
        data = data[:at] + put * times + data[at + cut :]
    return data


@FUZZ
@given(st.lists(EDIT, min_size=1, max_size=6), st.integers(1, 30))
def test_logs(edits: Any, times: int) -> None:
    path = FOLDER / "fuzz.log"
    path.write_bytes(mutated(LOG * times, edits))
    with quick(path.stat().st_size):
        list(LogReader(path))
        with contextlib.suppress(ValueError, OSError):
            json.dumps([one.report() for one in replay(path)])


def with_changes(line: bytes, changes: list[tuple[int, Any]]) -> bytes:
    """Values of a record replaced, deep ones too."""
    record = json.loads(line)
    for pick, value in changes:
        places: list[tuple[Any, Any]] = []
        stack: list[Any] = [record]
        while stack:
            item = stack.pop()
            for key in list(item) if isinstance(item, dict) else range(len(item)):
                places.append((item, key))
                if isinstance(item[key], (dict, list)):
                    stack.append(item[key])
        holder, key = places[pick % len(places)]
        holder[key] = value
        if not record:
            break
    return json.dumps(record).encode()


CHANGE = st.tuples(st.integers(0, 500), VALUES)


@FUZZ
@given(
    st.lists(st.tuples(st.floats(0, 0.999), st.lists(CHANGE, min_size=1, max_size=3)), max_size=8),
    st.lists(EDIT, max_size=3),
)
def test_journals(changes: Any, edits: Any) -> None:
    lines = list(JOURNAL)
    for where, values in changes:
        at = int(where * len(lines))
        lines[at] = with_changes(lines[at], values)
    path = FOLDER / "fuzz.jsonl"
    path.write_bytes(mutated(b"\n".join(lines) + b"\n", edits))
    journal = JournalRuns(path)
    runs = journal.read()
    page = render([Entry(run) for run in runs[-1:]], Words("en"), now=2e9) if runs else ""
    assert "\x1b" not in page
    with contextlib.suppress(ValueError):
        json.dumps([one.report() for one in replay(path)])


@FUZZ
@given(st.lists(EDIT, min_size=1, max_size=5))
def test_yaml(edits: Any) -> None:
    text = mutated(CONFIG + GUARD, edits).decode("utf-8", "replace")
    said = ""
    try:
        source = parse_yaml(text, "my.yml")
    except YamlError as error:
        said = str(error)
    if said:
        assert len(said.splitlines()) == 1
        return
    json.dumps([problem.message for problem in audit(Context(source), data=False)])
    redacted(source.config)


@FUZZ
@given(VALUES, st.sampled_from(["hooks", "run_name", "enabled", "AutoStop", "Notify", "VisualDL"]))
def test_guard_sections(value: Any, key: str) -> None:
    top = {"hooks", "run_name", "enabled"}
    for section in (value, {key: value} if key in top else {"hooks": {key: value}}):
        with contextlib.suppress(GuardConfigError):
            load_guard(section, imports=False)
        redacted({"Guard": section})


SAVED = {
    "progress": asdict(state.Progress(3, 0.8, 2)),
    "hooks": {"HmeanTrend": HmeanTrend().state_dict()},
    "conditions": [plain(Condition("hmean_collapse", "critical", "m", "a", since=Moment(1)))],
    "so_far": plain(SoFar(3, "hmean", 0.5, 0.8, 2)),
    "trained_on": {"Global": {"seed": 1}},
    "stopped_for": "hmean_collapse",
}


@FUZZ
@given(st.lists(CHANGE, min_size=1, max_size=3), st.lists(EDIT, max_size=1))
def test_state_files(changes: Any, edits: Any) -> None:
    """Whatever a state file holds, the evaluations after it are judged."""
    data = mutated(with_changes(json.dumps(SAVED).encode(), changes), edits)
    (FOLDER / ("latest" + state.SUFFIX)).write_bytes(data)
    (FOLDER / "metric.json").write_bytes(data)
    state.load_told(FOLDER / "metric.json")
    read_kept(FOLDER, "hmean")
    guard = Guard([HmeanTrend(), AutoStop()])
    saved = state.load(str(FOLDER / "latest"))
    if saved is not None:
        guard.load_state_dict(saved.guard)
    guard.dispatch(RunStart(1.0, "r", "DB", "2.10.0", {}, "out", epoch_num=9, resumed=True))
    guard.dispatch(StepEnd(1.0, 1, 1, {"loss": 1.0}))
    guard.dispatch(EvalEnd(2.0, 1, 1, 4, {"hmean": 0.5}, "hmean", 0.5, 0.8))
    assert guard.verdict is not None
    assert guard.health.hook_errors == {}
    json.dumps(guard.state_dict())
