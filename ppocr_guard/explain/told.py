"""What is told of a code beside its meaning: one declaration a code, in :mod:`.declared`.

Texts are templates. Their fields name the very constants and options that the code works with
(:mod:`.names`), such as ``{HmeanTrend.floor:g}``, so that no threshold is typed twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from ppocr_guard.paddleocr.releases import LAST_KNOWN
from ppocr_guard.paddleocr.seams import FIRST_GUARDED

Releases = tuple[tuple[str, str], ...]
ALL: Releases = (tuple(".".join(map(str, number)) for number in (FIRST_GUARDED, LAST_KNOWN)),)  # type: ignore[assignment]


@dataclass(frozen=True)
class Told:
    """``evidence``: when it is told, with its thresholds. ``cost``: what it costs in time or
    quality. ``mistaken``: when it may be wrong, or does no harm. ``issues``: of PaddleOCR, read.
    ``releases``: spans of PaddleOCR's, both ends included. ``title``: what it means, of a code
    that is only a cause."""

    evidence: str
    cost: str
    mistaken: str
    issues: tuple[int, ...] = ()
    releases: Releases = ALL
    title: str = ""


TOLD: dict[str, Told] = {}


def tell(
    code: str,
    *,
    evidence: str,
    cost: str,
    mistaken: str,
    issues: tuple[int, ...] = (),
    releases: Releases = ALL,
    title: str = "",
) -> None:
    """Declare.

    Raises:
        ValueError: the code is declared already.
    """
    if code in TOLD:
        raise ValueError(f"code {code!r} is declared twice")
    TOLD[code] = Told(evidence, cost, mistaken, issues, releases, title)
