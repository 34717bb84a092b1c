"""In what several runs differ: their configurations and their environments. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ppocr_guard.changes import trained_on
from ppocr_guard.logs.run import Run
from ppocr_guard.report.text import clean

MOST = 60  # rows; runs of two models differ in hundreds of settings
_LONGEST = 120  # characters of a value
# Where output goes and how much is printed: no difference of two trainings.
_NO_MATTER = {
    "save_model_dir", "save_inference_dir", "save_res_path", "save_epoch_step", "log_smooth_window",
    "print_batch_step", "use_visualdl", "use_wandb", "log_window_size", "infer_img",
    "profiler_options", "distributed", "cal_metric_during_train", "checkpoints", "debug",
}  # fmt: skip
_ABSENT = "–"
_TASK = ("Architecture", "model_type")


@dataclass(frozen=True)
class Difference:
    """A setting and its value in each run, in the order of the runs."""

    name: str
    values: tuple[str, ...]


def tasks(runs: Sequence[Run]) -> list[str]:
    """Architecture.model_type of the runs, each once, where it is told and they differ."""
    told = [_settings(run).get(_TASK, "") for run in runs]
    found = list(dict.fromkeys(filter(None, told)))
    return found if len(found) > 1 else []


def config_differences(runs: Sequence[Run]) -> list[Difference]:
    """Settings that are not the same in all runs; those of several operators in one row.

    Of runs of several tasks only what each run has, for the rest differs as a matter of course.
    """
    tables = [_settings(run) for run in runs]
    names = dict.fromkeys(name for table in tables for name in table)
    if tasks(runs):
        told = [table for table in tables if table]
        names = dict.fromkeys(n for n in names if n != _TASK and all(n in t for t in told))
    found: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for name in names:
        values = tuple(table.get(name, _ABSENT) for table in tables)
        if len(set(values)) > 1:
            place, option = name[:-1], name[-1]
            operator = place[-1] if place else ""
            found.setdefault((".".join(place[:-1]), option, values), []).append(operator)
    return [
        Difference(_named(section, operators, option), values)
        for (section, option, values), operators in found.items()
    ]


def environment_differences(runs: Sequence[Run]) -> list[Difference]:
    """Releases, packages and devices that are not the same in all runs that tell theirs."""
    tables = [_environment(run) for run in runs]
    told = [table for table in tables if len(table) > 1]
    names = dict.fromkeys(name for table in tables for name in table)
    found = []
    for name in names:
        # What a run of an older guard, or a log, does not tell is no difference.
        if len({table.get(name, _ABSENT) for table in told}) > 1 or (
            name == _RELEASE and len({table.get(name) for table in tables}) > 1
        ):
            found.append(Difference(name, tuple(table.get(name, _ABSENT) for table in tables)))
    return found


_RELEASE = "PaddleOCR"


def _settings(run: Run) -> dict[tuple[str, ...], str]:
    """All settings that training depends on or that decide how long it runs, by their path."""
    if run.start is None:
        return {}
    config = run.start.config
    kept = {name: value for name, value in config.items() if name not in ("Guard", *_NO_MATTER)}
    settings = kept.get("Global")
    if isinstance(settings, Mapping):
        kept["Global"] = {k: v for k, v in settings.items() if k not in _NO_MATTER}
    kept["Guard"] = trained_on(config, "")["Guard"]
    return dict(_flat((), kept))


def _flat(path: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Leaves of a configuration. Operators of a list of transforms go by their names."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat((*path, str(key)), item)
    elif isinstance(value, list) and value and all(_operator(item) for item in value):
        seen: dict[str, int] = {}
        for item in value:
            name, options = next(iter(item.items()))
            seen[name] = seen.get(name, 0) + 1
            place = name if seen[name] == 1 else f"{name} ({seen[name]})"
            options = options if isinstance(options, Mapping) and options else {"": "on"}
            yield from _flat((*path, str(place)), options)
    elif value is not None:
        yield path, _short(value)


def _operator(item: object) -> bool:
    return isinstance(item, Mapping) and len(item) == 1


def _named(section: str, operators: list[str], option: str) -> str:
    parts = [section, " + ".join(operators), option]
    return clean(".".join(part for part in parts if part))


def _environment(run: Run) -> dict[str, str]:
    found = {_RELEASE: run.start.release} if run.start else {}
    told = run.environment
    if told is None:
        return found
    found["PaddleOCR commit"] = told.commit[:12] or _ABSENT
    found["PaddleOCR, changed files"] = ", ".join(told.local_changes) or _ABSENT
    found["Python"] = told.python
    found["GPU"] = ", ".join(told.gpus) or _ABSENT
    found["CPU"] = f"{told.cpus} × {told.cpu}"
    found.update(told.packages)
    return {name: _short(value) for name, value in found.items()}


def _short(value: object) -> str:
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        text = ", ".join(value)
    elif isinstance(value, str):
        text = value
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    text = clean(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
