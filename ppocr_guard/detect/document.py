"""The decision table for a reader, as Markdown."""

from __future__ import annotations

from ppocr_guard.detect.propositions.asking import text_of
from ppocr_guard.detect.table import TABLE
from ppocr_guard.detect.table.reading import READING_TABLE


def as_markdown() -> str:
    """The decision table for a reader: a section for each cause."""
    lines = [
        "# The decision table of the diagnosis",
        "",
        "Printed by `python -m ppocr_guard.detect`; `ppocr_guard/detect/table/` is what decides.",
        "A cause is named when all facts of one line are known to be true and none that speaks "
        "against it is. The number is a judgement that ranks causes, no measured probability.",
        "",
    ]
    for title, entry in [
        *(("", entry) for entry in TABLE),
        *((" (recognition)", entry) for entry in READING_TABLE if entry not in TABLE),
    ]:
        lines += [f"## {entry.code}{title}", ""]
        for confidence, names in entry.when:
            lines.append(f"- {confidence:.2f}: {'; '.join(text_of(name) for name in names)}")
        lines.append("")
        if entry.against:
            against = "; ".join(text_of(name) for name in entry.against)
            lines += [f"Speaks against it: {against}.", ""]
        if entry.explains:
            lines += [f"Explains: {', '.join(entry.explains)}.", ""]
        if entry.condition:
            lines += [f"Shown by an examination alone as `{entry.condition}`.", ""]
        lines += [f"To see it: {entry.look}.", ""]
    return "\n".join(lines).rstrip() + "\n"
