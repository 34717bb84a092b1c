"""The catalogue of translated sentences: brings it up to date with the code, and compiles it.

``python tests/unit/catalogue.py`` after a change of a sentence; ``test_catalogue.py`` says when
that is due. Templates are the literals given to ``say``, ``mark``, ``because``, ``proposition``
and to loggers (found by Babel), the phrases of the decision tables, the reasons of the rules, and
what is declared of codes, and the texts of
the dashboards. What has no translation yet is added with an empty one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from ppocr_guard import __version__
from ppocr_guard.audit import rules  # noqa: F401  (declares the reasons)
from ppocr_guard.audit.rehearsal import codes  # noqa: F401  (those of a rehearsal)
from ppocr_guard.audit.rule import WHY
from ppocr_guard.dashboards.queries import DASHBOARDS, load_dashboard
from ppocr_guard.dashboards.translate import texts
from ppocr_guard.detect.table import TABLE
from ppocr_guard.detect.table.reading import READING_TABLE
from ppocr_guard.explain import declared  # noqa: F401  (declares what is told)
from ppocr_guard.explain.told import TOLD
from ppocr_guard.wording import DOMAIN, LOCALE

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("ppocr_guard", "hooks", "dashboards")
LEVELS = ("info", "warning", "error")  # of a logger, whose lines are %-formats
KEYWORDS = {
    **dict.fromkeys(("say", "mark", "because", "proposition", "_fixed", *LEVELS)),
    "log": (2,),
}
SINCE = datetime(2026, 11, 26, tzinfo=timezone.utc)  # one date, so that nothing else changes
HEADER = """\
# Chinese sentences of ppocr_guard. The English text is the key; fields in braces stay as they are.
# Brought up to date and compiled by: python tests/unit/catalogue.py
#"""


def templates() -> Iterator[tuple[str, str]]:
    """(English template, file that has it), in the order of the sources."""
    for folder in SOURCES:
        for file, _, template, _, _ in extract_from_dir(
            ROOT / folder, [("**.py", "python")], keywords=KEYWORDS
        ):
            if isinstance(template, str) and template != "%s":
                yield template, f"{folder}/{Path(file).as_posix()}"
    for name in DASHBOARDS:
        for text in texts(load_dashboard(name)):
            yield text, f"dashboards/{name}"
    for entry in (*TABLE, *READING_TABLE):
        for phrase in (*entry.phrases, entry.look):
            yield phrase, "ppocr_guard/detect/table/"
    for reason in WHY.values():
        yield reason.template, "ppocr_guard/audit/rule.py"
    for told in TOLD.values():
        for text in filter(None, (told.title, told.evidence, told.cost, told.mistaken)):
            yield text, "ppocr_guard/explain/told.py"


def path_of(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def up_to_date(language: str) -> Catalog:
    """What the catalogue should hold: every template once, with the translation that it has."""
    known = read(language) if path_of(language).exists() else Catalog()
    made = Catalog(
        locale=language,
        domain=DOMAIN,
        header_comment=HEADER,
        project=DOMAIN,
        version=__version__,
        msgid_bugs_address=DOMAIN,
        last_translator=DOMAIN,
        language_team=language,
        creation_date=SINCE,
        revision_date=SINCE,
        fuzzy=False,
    )
    for template, file in templates():
        before = known.get(template)
        made.add(template, before.string if before else "", locations=[(file, None)])
    return made


def main() -> int:
    catalogue = up_to_date("zh")
    path = path_of("zh")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, include_lineno=False)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)
    missing = [str(message.id) for message in catalogue if message.id and not message.string]
    for template in missing:
        print(f"no translation: {template}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
