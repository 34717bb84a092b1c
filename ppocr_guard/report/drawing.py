"""What a shrink ratio does to a text box, drawn: inline SVG, coloured by the page's style.

DB (Liao et al., 2020, eq. 10 and 11) draws each text in by ``area * (1 - r**2) / perimeter`` to
get the core that the network learns, and widens each predicted core by ``area * unclip_ratio /
perimeter`` to get the box back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ppocr_guard.logs.run import Run
from ppocr_guard.report.facts import dig
from ppocr_guard.report.html_text import esc
from ppocr_guard.report.outcome import shown_ratio
from ppocr_guard.report.text import Words, number, ratio

BOX = 110.0, 46.0  # width and height of the text that is drawn, pixels: a short word
_UNCLIP = 1.5  # PaddleOCR's default
_MARGIN = 30.0  # around the box: a core that was hardly shrunk comes back far too large


@dataclass(frozen=True)
class Shape:
    """A rectangle about the origin; pixels."""

    width: float
    height: float

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def perimeter(self) -> float:
        return 2 * (self.width + self.height)

    def moved(self, distance: float) -> Shape:
        """With each side moved out by ``distance``, or in where it is negative."""
        return Shape(self.width + 2 * distance, self.height + 2 * distance)


def core(box: Shape, shrink_ratio: float) -> Optional[Shape]:
    """What MakeShrinkMap leaves of a box; None for a ratio of 1 and more, which leaves nothing."""
    if not 0 < shrink_ratio < 1:
        return None
    return box.moved(-box.area * (1 - shrink_ratio**2) / box.perimeter)


def restored(found: Shape, unclip_ratio: float) -> Shape:
    """What DBPostProcess makes of a core that is predicted perfectly."""
    return found.moved(found.area * unclip_ratio / found.perimeter)


def overlap(one: Shape, other: Shape) -> float:
    """IoU of two rectangles with one centre."""
    common = min(one.width, other.width) * min(one.height, other.height)
    return common / (one.area + other.area - common)


def shrink_drawing(run: Run, words: Words) -> str:
    """The box, its core and the box that comes back: at the ratio that is meant, and at the one
    that was found where they differ. Empty for a run without a shrink ratio."""
    shown = shown_ratio(run)
    if shown is None or shown.operator != "MakeShrinkMap":
        return ""
    meant = shown.base if shown.base is not None else shown.expected_low
    unclip = dig(run.start.config if run.start else {}, "PostProcess", "unclip_ratio")
    unclip = float(unclip) if isinstance(unclip, (int, float)) and unclip > 0 else _UNCLIP
    panels = []
    if meant is not None:
        panels.append(_panel(meant, unclip, words("drawn.meant"), words))
    if meant is None or abs(shown.ratio - meant) > 0.01:
        panels.append(_panel(shown.ratio, unclip, words("drawn.found"), words))
    keys = "".join(
        f'<span class="key {name}">{esc(text)}</span>'
        for name, text in (
            ("box", words("drawn.box")),
            ("core", words("drawn.core")),
            ("back", words("drawn.back", unclip=ratio(unclip))),
        )
    )
    return (
        f'<div class="shrink"><p>{esc(words("drawn.unit"))}</p>'
        f'<div class="panels">{"".join(panels)}</div><p class="keys">{keys}</p></div>'
    )


def _panel(value: float, unclip: float, title: str, words: Words) -> str:
    box = Shape(*BOX)
    inner = core(box, value)
    back = restored(inner, unclip) if inner else None
    width, height = box.width + 2 * _MARGIN, box.height + 2 * _MARGIN
    if inner and back:
        says = words(
            "drawn.panel",
            title=title,
            ratio=ratio(value),
            core=number(inner.height / box.height, 2),
            iou=number(overlap(box, back), 2),
        )
    else:
        says = words("drawn.nothing", title=title, ratio=ratio(value))
    shapes = [("back", back), ("core", inner), ("box", box)]
    drawn = "".join(
        f'<rect class="{name}" x="{(width - s.width) / 2:.1f}" y="{(height - s.height) / 2:.1f}" '
        f'width="{s.width:.1f}" height="{s.height:.1f}"/>'
        for name, s in shapes
        if s is not None
    )
    return (
        f'<figure class="panel"><svg viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{esc(says)}">{drawn}</svg><p>{esc(says)}</p></figure>'
    )
