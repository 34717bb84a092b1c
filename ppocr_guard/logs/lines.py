"""The lines PaddleOCR prints in training, release 2.0 on: what they hold, as plain values."""

from __future__ import annotations

import ast
import calendar
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Optional

# Text just before what is parsed; the logger's name differs (root, ppocr, others'), and tqdm's
# progress bar may stand before it on the same line.
TRAIN, EVAL, BEST = "epoch: [", "cur metric", "best metric"
OLD_EVAL = "metrics:{"  # PaddleOCR 1.x: Test iter: 144000, metrics:{'precision': ...}
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # what a terminal must not get
_TIME = re.compile(r"\d{4}[-/]\d\d[-/]\d\d \d\d:\d\d:\d\d")
_RECORD = re.compile(r"\[?\d{4}[-/]\d\d[-/]\d\d \d\d:\d\d:\d\d[^\n]{0,40}?(?:INFO|WARNING|ERROR)")
_ESCAPED = re.compile(r"(?:\\r)?\\n[\"']?,? *$")  # of a line that JSON keeps in a list
_LISTED = re.compile(r"[\"']?,$")
_HEAD = re.compile(r"epoch: \[(\d{1,15})/(\d{1,15})\],? *(?:(?:global_step|iter): (\d{1,15}),? *)?")
# PaddleOCR pads with x: nanxxx, infxxx.
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+|nan|inf)"
# Repeats have a limit where another try could begin at each character: time must stay linear.
_PAIR = re.compile(rf"['\"]?([A-Za-z_][\w.]{{0,99}})['\"]?\s*:\s*['\"]?({_NUMBER})x*\b")
_CONFIG = re.compile(r"(?:INFO: ?|^)( *)([A-Za-z_][\w.\-]*) : ?(.*)$")
_UNUSED = frozenset(("eta", "ips", "max_mem_reserved", "max_mem_allocated"))
_NO_INDICATORS = frozenset(("fps", "precision", "recall", "start_epoch", "best_epoch"))
INDICATORS = ("hmean", "acc", "total_acc", "exp_rate", "fscore", "bleu", "mAP", "map")


@dataclass(frozen=True)
class TrainLine:
    epoch: int
    epoch_num: int
    global_step: int
    losses: dict[str, float]
    values: dict[str, float]  # all the rest: lr, acc, avg_reader_cost ...


def clean(line: str) -> str:
    """Without ANSI codes and line ends, those that JSON writes as text too."""
    line = (_ANSI.sub("", line) if "\x1b" in line else line).rstrip("\r\n")
    line = _CONTROL.sub("", line) if _CONTROL.search(line) else line
    return _ESCAPED.sub("", line) if "\\n" in line[-6:] else line


def records(line: str) -> list[str]:
    """The log lines that stand in one line: a whole log may, where line ends were lost."""
    if line.find("INFO", 60) < 0:  # of a line of its own it stands further left
        return [line]
    starts = [found.start() for found in _RECORD.finditer(line)][1:]
    return [line[i:j] for i, j in zip([0, *starts], [*starts, len(line)])]


def time_of(line: str) -> Optional[float]:
    """Time stamp of a line, read as UTC (logs do not name their zone)."""
    found = _TIME.search(line)
    return None if found is None else _unix(found[0])


@lru_cache(maxsize=1024)
def _unix(stamp: str) -> Optional[float]:
    try:
        return float(calendar.timegm((*map(int, re.split("[-/: ]", stamp)), 0, 0, 0)))
    except ValueError:  # not a date: a broken line
        return None


def train_line(line: str) -> Optional[TrainLine]:
    """A training line, or None when it is broken."""
    head = _HEAD.search(line)
    if head is None:
        return None
    losses: dict[str, float] = {}
    values: dict[str, float] = {}
    for item in line[head.end() :].split(", "):
        key, _, text = item.partition(": ")
        key = key.strip()
        if key in _UNUSED:
            continue
        try:
            value = float(text)
        except ValueError:  # "0.08930 s", "nanxxx"
            try:
                value = float(text.partition(" ")[0].rstrip("x,"))
            except ValueError:
                continue
        if "loss" in key or "Loss" in key:
            losses[key] = value
        else:
            values[key] = value
    if not losses:
        return None
    return TrainLine(int(head[1]), int(head[2]), int(head[3] or 0), losses, values)


def metrics(line: str, marker: str) -> dict[str, float]:
    """Numbers by name after ``marker``. Of a name that stands twice the last counts: DetFCEMetric
    prints its thresholds first, then the metric."""
    tail = line[line.index(marker) + len(marker) :]
    return {name: float(number) for name, number in _PAIR.findall(tail)}


def is_metric(line: str) -> bool:
    """A line of the list after ``metric in ckpt``: ``... INFO: acc:0.6035``."""
    return re.search(rf"INFO: \w+:{_NUMBER}\s*$", line) is not None


def old_iteration(line: str) -> Optional[int]:
    """Global step of an evaluation line of PaddleOCR 1.x."""
    found = re.search(r"Test iter: (\d{1,15})", line)
    return int(found[1]) if found else None


def indicator(values: dict[str, float], wanted: str = "") -> Optional[str]:
    """Name of the main indicator among metrics: the one ``wanted`` (by the config), a usual one,
    else the first that stands for quality."""
    if wanted in values:
        return wanted
    usual = next((name for name in INDICATORS if name in values), None)
    return usual or next((name for name in values if name not in _NO_INDICATORS), None)


class ConfigDump:
    """Puts the configuration that PaddleOCR prints at the start together again.

    Lists of transforms come out as mappings, as they are printed.
    """

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self._path: list[dict[str, Any]] = [self.config]

    def add(self, line: str) -> bool:
        """False when the line is no line of a configuration."""
        line = line.rstrip()
        found = _CONFIG.search(_LISTED.sub("", line) if line.endswith(",") else line)
        if found is None or len(found[1]) % 4:
            return False
        depth = len(found[1]) // 4
        if depth >= len(self._path):
            return False
        del self._path[depth + 1 :]
        if found[3].strip():
            self._path[depth][found[2]] = _literal(found[3].strip())
        else:
            child = self._path[depth].setdefault(found[2], {})
            if isinstance(child, dict):
                self._path.append(child)
        return True


@lru_cache(maxsize=4096)
def _literal(text: str) -> Any:
    if len(text) > 200:  # a long list of files is of no use here
        return text
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
