"""The part of the page that only several runs have: in what they differ, and how they went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ppocr_guard.logs.history import groups
from ppocr_guard.logs.run import Run
from ppocr_guard.report import sections
from ppocr_guard.report.differences import (
    MOST,
    Difference,
    config_differences,
    environment_differences,
    tasks,
)
from ppocr_guard.report.html_text import broken, esc
from ppocr_guard.report.outcome import best_of, epochs, last_of, shown_ratio, shown_state
from ppocr_guard.report.text import Words, clean, duration, number, ratio

COLOURS = 6  # of curves; more runs than that differ by their dashes
_CHARTS = {"metric": 320, "ratio": 230, "loss": 260, "lr": 200, "pace": 200, "memory": 200}
_WIDE = ("metric",)
_ONE_CURVE = ("pace", "memory")  # of each run, where its own chart has several


def labels(runs: Sequence[Run]) -> list[str]:
    """Names of runs, told apart where several have one name."""
    names = [clean(run.name) for run in runs]
    twice = {name for name, count in Counter(names).items() if count > 1}
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(f"{name} #{seen[name]}" if name in twice else name)
    return found


def comparison(
    runs: Sequence[Run], names: Sequence[str], available: Sequence[Sequence[str]], words: Words
) -> str:
    """``names``: of the runs, by :func:`labels`; ``available``: names of the charts of each."""
    return (
        '<section class="compare">'
        + _summary(runs, names, words)
        + _differences(runs, names, words)
        + _overlays({chart for charts in available for chart in charts}, words)
        + "</section>"
    )


def _summary(runs: Sequence[Run], names: Sequence[str], words: Words) -> str:
    """A table of the key numbers, a row a run."""
    metric = runs[0].indicator
    heads = (
        words("run"),
        words("verdict"),
        words("best", metric=metric),
        words("last", metric=metric),
        words("ratio"),
        words("epoch").capitalize(),
        words("duration"),
        words("alert_codes"),
    )
    rows = "".join(
        f'<tr class="tone-{sections.tone(run)}">'
        + "".join(f"<td>{cell}</td>" for cell in _cells(index, run, names[index], words))
        + "</tr>"
        for index, run in enumerate(runs)
    )
    return (
        f'<div class="card"><h2>{esc(words("compare"))}</h2><div class="scroll" tabindex="0">'
        f"<table><thead><tr>{''.join(f'<th>{esc(h)}</th>' for h in heads)}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div></div>"
    )


def _cells(index: int, run: Run, name: str, words: Words) -> list[str]:
    best, last = best_of(run), last_of(run)
    shown = shown_ratio(run)
    codes = ", ".join(dict.fromkeys(group.code for group in groups(run) if group.open))
    return [
        f"{swatch(index)}{esc(name)}",
        f'<span class="dot"></span>{esc(words(shown_state(run)))}',
        esc(number(best.value) if best else "–"),
        esc(number(last) if last is not None else "–"),
        esc(ratio(shown.ratio) if shown else "–"),
        esc(epochs(run, words)),
        esc(duration(run.elapsed) if run.elapsed else "–"),
        esc(codes or "–"),
    ]


def swatch(index: int) -> str:
    return f'<span class="swatch c{index % COLOURS}"></span>'


def _differences(runs: Sequence[Run], names: Sequence[str], words: Words) -> str:
    settings, places = config_differences(runs), environment_differences(runs)
    heads = "".join(
        f'<th title="{esc(name)}">{swatch(i)}{esc(name)}</th>' for i, name in enumerate(names)
    )
    several = tasks(runs)
    rows = ""
    if several:
        line = words("tasks_differ", tasks=" / ".join(several))
        rows = f'<tr><td colspan="{len(names) + 1}" class="empty-row">{esc(line)}</td></tr>'
    if settings or not several:
        rows += _rows(settings, words("same_config"), len(names))
    rows += f'<tr class="part"><th colspan="{len(names) + 1}">{esc(words("environment"))}</th></tr>'
    rows += _rows(places, words("same_environment"), len(names))
    return (
        f'<div class="card differences"><h3>{esc(words("differences"))}</h3>'
        f'<div class="scroll" tabindex="0"><table><thead><tr><th>{esc(words("setting"))}</th>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )


def _rows(found: Sequence[Difference], nothing: str, runs: int) -> str:
    if not found:
        return f'<tr><td colspan="{runs + 1}" class="empty-row">{esc(nothing)}</td></tr>'
    rows = "".join(
        f"<tr><td>{broken(row.name)}</td>"
        + "".join(f"<td>{broken(value)}</td>" for value in row.values)
        + "</tr>"
        for row in found[:MOST]
    )
    if len(found) > MOST:
        rows += f'<tr><td colspan="{runs + 1}">+ {len(found) - MOST}</td></tr>'
    return rows


def _overlays(available: set[str], words: Words) -> str:
    """Places for the charts that hold the curves of all runs."""
    shown = [name for name in _CHARTS if name in available]
    small = [name for name in shown if name not in _WIDE]
    cells = []
    for name in shown:
        title = words(f"{name}.runs" if name in _ONE_CURVE else f"{name}.chart")
        wide = name in _WIDE or (len(small) % 2 == 1 and name == small[-1])
        cells.append(
            f'<figure class="card chart{" wide" if wide else ""}"><figcaption>{esc(title)}'
            f'</figcaption><div class="plot" data-overlay="{name}" '
            f'data-height="{_CHARTS[name]}" role="img" aria-label="{esc(title)}"></div></figure>'
        )
    return (
        f'<div class="curves" aria-label="{esc(words("charts"))}">'
        f'<div class="charts">{"".join(cells)}</div>'
        f'<p class="hint">{esc(words("zoom"))}</p></div>'
    )
