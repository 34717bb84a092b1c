"""Looks up words of the report and the live view, and writes numbers."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from typing import Optional

from ppocr_guard.codes import CODES
from ppocr_guard.report.words import EN, ZH
from ppocr_guard.wording import in_language, say

ADVICE_ZH = {code.name: code.advice_zh for code in CODES.values()}
_SHRINK = "shrink_ratio_wrong"  # a cause; its remedy is that of shrink_ratio_unexpected
_SOURCES_ZH = {"scheduled": "按配置推算", "live": "实际读取", "measured": "实测"}

_TEXTS: Mapping[str, Mapping[str, str]] = {"en": EN, "zh": ZH}

# Control characters but tab and line feed, and marks that reverse the direction of text.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Words:
    """Looks up and fills in the words of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = _TEXTS[language]

    def __call__(self, key: str, **values: object) -> str:
        return self._texts[key].format(**values) if values else self._texts[key]

    def alert_phrase(self, code: str) -> str:
        """What an alert code means, to go on a sentence; empty for a code of the user's own."""
        declared = CODES.get(code)
        if declared is None:
            return ""
        return declared.title_zh if self.language == "zh" else declared.title

    def alert_title(self, code: str) -> str:
        """The same as a title."""
        title = self.alert_phrase(code)
        name = "_" in title.split(" ", 1)[0]  # unclip_ratio stays as it is written
        return title if name else title[:1].upper() + title[1:]

    def say(self, text: str) -> str:
        """A sentence of a journal in this language, where it knows how it was made."""
        return in_language(text, self.language)

    def advice(self, code: str, given: str, cause: Optional[str] = None) -> str:
        """What to do about an alert, in this language.

        The general advice of a code stands in for a sentence without a translation, unless the
        sentence knows a cause: then the general one might say something else.
        """
        said = self.say(given)
        if said != given or self.language == "en" or not given:
            return said
        if cause == _SHRINK:
            code = "shrink_ratio_unexpected"
        return given if cause not in (None, _SHRINK) else ADVICE_ZH.get(code, given)

    def release(self, name: str) -> str:
        """``2.7.4 to 2.8.1``, by what the catalogue has for it."""
        return name if "{" in name or "}" in name else self.say(say(name))

    def source(self, source: str) -> str:
        """Where a shrink ratio comes from."""
        return _SOURCES_ZH.get(source, source) if self.language == "zh" else source


def clean(value: object) -> str:
    """Text that came from a log or a config, without control characters: for a terminal or a chat.
    What goes into a page is cleaned by ``html_text.esc``."""
    return _UNSAFE.sub("", str(value))


def number(value: Optional[float], digits: int = 4) -> str:
    """``0.7927``; a dash for None; very small and very large numbers in powers of ten."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return str(value).replace("nan", "NaN")
    if value and (abs(value) < 1e-3 or abs(value) >= 1e6):
        return f"{value:.3g}"
    if float(value).is_integer() and abs(value) >= 10:
        return f"{value:.0f}"
    return f"{value:.{digits}f}"


def ratio(value: Optional[float]) -> str:
    """A ratio without needless zeros: ``0.4``, ``0.8096``."""
    return "–" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def duration(seconds: float) -> str:
    """``45s``, ``12m 05s``, ``3h 07m``, ``2d 04h``."""
    whole = int(max(0, seconds))
    minutes, seconds_left = divmod(whole, 60)
    hours, minutes_left = divmod(minutes, 60)
    days, hours_left = divmod(hours, 24)
    if days:
        return f"{days}d {hours_left:02d}h"
    if hours:
        return f"{hours}h {minutes_left:02d}m"
    return f"{minutes}m {seconds_left:02d}s" if minutes else f"{whole}s"


def moment(unix_seconds: float) -> str:
    """Local time, to the second; a dash for 0 and for what is no time."""
    try:
        return (
            time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(unix_seconds))
            if unix_seconds
            else "–"
        )
    except (OverflowError, ValueError, OSError):
        return "–"
