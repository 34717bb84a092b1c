"""Where a run trained and with what, as label and value pairs for the page."""

from __future__ import annotations

from ppocr_guard.logs.run import Run
from ppocr_guard.report.html_text import broken, esc
from ppocr_guard.report.text import Words

_GIB = float(1 << 30)


def environment(run: Run, words: Words) -> str:
    """A card; empty for a log, and for a journal of an older guard."""
    told = run.environment
    if told is None:
        return ""
    changes = ", ".join(told.local_changes) or words("no_changes")
    packages = " · ".join(f"{name} {version}" for name, version in told.packages.items())
    peaks = {name: _peak(run, name) for name in ("memory_bytes", "gpu_memory_bytes")}
    facts = [
        ("host", told.host),
        ("system", told.system),
        ("cpu", f"{told.cpus} × {told.cpu}" if told.cpu else ""),
        ("gpu", ", ".join(told.gpus) or words("no_gpu")),
        ("machine_memory", _gib(told.memory_bytes) if told.memory_bytes else ""),
        ("peak_memory", _gib(peaks["memory_bytes"])),
        ("peak_gpu_memory", _gib(peaks["gpu_memory_bytes"])),
        ("python", told.python),
        ("paddleocr", told.paddleocr),
        ("commit", told.commit),
        ("changes", changes if told.commit else ""),
    ]
    wide = [("command", told.command), ("packages", packages)]
    return (
        f'<section class="card"><h3>{esc(words("environment"))}</h3><dl class="facts">'
        + "".join(_pair(words(key), value) for key, value in facts if value)
        + "".join(_pair(words(key), value, "wide") for key, value in wide if value)
        + "</dl></section>"
    )


def _pair(label: str, value: str, kind: str = "") -> str:
    mark = f' class="{kind}"' if kind else ""
    return f"<div{mark}><dt>{esc(label)}</dt><dd>{broken(value)}</dd></div>"


def _peak(run: Run, column: str) -> float:
    return max((v for v in run.resources.columns.get(column, ()) if v == v), default=0.0)


def _gib(value: float) -> str:
    return f"{value / _GIB:.2f} GiB" if value > 0 else ""
