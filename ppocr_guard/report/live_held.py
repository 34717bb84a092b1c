"""What holds for a run and what is over, as rows of the live view, with as much as there is room
for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Optional

from rich.table import Table
from rich.text import Text

from ppocr_guard.events import Condition
from ppocr_guard.logs.history import Held, HeldGroup
from ppocr_guard.prose import Prose
from ppocr_guard.report.text import Words, clean

STYLES = {"info": "blue", "warning": "yellow", "critical": "red"}
_MARKS = {"info": "i", "warning": "!", "critical": "✖"}
_OVER_MARK = "✓"
_LONGEST = 600  # characters of one sentence: a journal may hold anything
_SHORTER = (300, 200, 120, 80)  # where the terminal is small: the beginning says the most


@dataclass(frozen=True)
class Detail:
    """How much is told: of so many open groups the ``explained`` first with cause and advice."""

    groups: int
    explained: int
    over: int
    brief: bool = False  # sentences on one line each
    numbers: bool = True  # beside hmean, the loss and so on
    texts: int = 0  # lines of a recogniser that were read worst
    longest: Optional[int] = None  # characters about each that holds


def details(groups: list[HeldGroup]) -> Iterator[Detail]:
    """From all there is down to one line."""
    held = sum(group.open for group in groups)
    over = len(groups) - held
    for texts in (10, 5, 3, 0):
        yield Detail(held, held, min(over, 3), texts=texts)
    for explained in range(held, -1, -1):
        yield Detail(held, explained, min(over, 1))
    for longest in _SHORTER if held else ():
        yield Detail(held, 0, 0, longest=longest)
    for brief, numbers in ((False, True), (True, True), (False, False), (True, False)):
        for shown in range(held, 0, -1):
            yield Detail(shown, 0, 0, brief, numbers)
    yield Detail(0, 0, 0, numbers=False)


def table(groups: list[HeldGroup], words: Words, detail: Detail) -> Table:
    """Open conditions, worst first; then the latest of those that are over."""
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(ratio=1, overflow="ellipsis" if detail.brief else "fold")
    held = [group for group in groups if group.open]
    told: dict[str, str] = {}  # cause -> it in words
    for index, group in enumerate(held[: detail.groups]):
        _add_open(grid, group, words, detail, told if index < detail.explained else None)
    if len(held) > detail.groups:
        grid.add_row("", "", Text(f"+ {len(held) - detail.groups}", style="dim"))
    over = sorted((group for group in groups if not group.open), key=_ended)
    for group in reversed(over[len(over) - detail.over :]):
        _add_over(grid, group, words)
    return grid


def _add_open(
    grid: Table, group: HeldGroup, words: Words, detail: Detail, told: Optional[dict[str, str]]
) -> None:
    style = STYLES[group.severity]
    first = group.first.condition
    text = Prose(clean(group.code), style=f"bold {style}")
    text.no_wrap = detail.brief
    if len(group.members) > 1:
        text.append(f" ({len(group.members)})", style="not bold")
    messages = dict.fromkeys(_sentence(held.condition.message, words) for held in group.members)
    shown = list(messages)[:1] if detail.brief or told is None else list(messages)
    text.append(f"  {_cut(' '.join(shown), detail.longest)}", style="not bold default")
    grid.add_row(Text(_MARKS[group.severity], style=style), _since(first, words), text)
    if told is not None:
        for label, sentence in _why_and_what_to_do(first, words, told):
            grid.add_row("", "", Prose.assemble((f"{label} ", "dim"), sentence))


def _since(condition: Condition, words: Words) -> Text:
    epoch = condition.since.epoch
    return Text(words("at_epoch", epoch=epoch) if epoch else words("at_start"))


def _why_and_what_to_do(
    condition: Condition, words: Words, told: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """The cause in words each time; the advice once for a cause."""
    because = _sentence(condition.because, words)
    key = condition.cause or because
    if because:
        yield f"{words('cause')}:", because
    if condition.advice and (not key or key not in told):
        yield "→", _sentence(words.advice(condition.code, condition.advice), words)
    if key:
        told[key] = because


def _add_over(grid: Table, group: HeldGroup, words: Words) -> None:
    held = max(group.members, key=lambda member: _ended_at(member))
    text = Prose(clean(group.code), style="green")
    text.append(f"  {_sentence(held.why, words) or words('is_over')}", style="default")
    moment = held.ended
    at = words("at_epoch", epoch=moment.epoch) if moment and moment.epoch else words("at_resume")
    grid.add_row(Text(_OVER_MARK, style="green"), Text(at), text)


def _ended(group: HeldGroup) -> float:
    return max(map(_ended_at, group.members))


def _ended_at(held: Held) -> float:
    return held.ended.time if held.ended else 0.0


def _sentence(text: str, words: Words) -> str:
    return _cut(clean(words.say(text)), _LONGEST)


def _cut(said: str, longest: Optional[int]) -> str:
    return said if longest is None or len(said) <= longest else said[: longest - 1] + "…"
