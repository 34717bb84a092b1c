"""``ppocr-guard explain CODE``: what a code means, why it is told, and what to do."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ppocr_guard.explain import page_url
from ppocr_guard.explain.catalog import Explanation, explanations, nearest
from ppocr_guard.explain.names import filled
from ppocr_guard.explain.page import markdown
from ppocr_guard.language import add_language, machine_language, pick_language
from ppocr_guard.wording import in_language, say


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "codes",
        nargs="*",
        metavar="CODE",
        help=say("of an alert, or of a problem that `check` finds"),
    )
    parser.add_argument("--all", action="store_true", help=say("list all codes"))
    parser.add_argument("--json", action="store_true", help=say("machine-readable"))
    add_language(parser)


def run(args: argparse.Namespace) -> int:
    """0: explained; 2: no such code."""
    known, language = explanations(), pick_language(args.language)

    def told(text: str) -> None:
        print(f"ppocr-guard explain: {in_language(text, language)}", file=sys.stderr)

    if not args.codes and not args.all:
        told(say("name a code, or --all"))
        return 2
    unknown = [code for code in args.codes if code not in known]
    for code in unknown:
        near = nearest(code)
        told(
            say("there is no code {code!r}; did you mean {near}?", code=code, near=", ".join(near))
            if near
            else say("there is no code {code!r}; `--all` lists them", code=code)
        )
    if unknown:
        return 2
    chosen = [known[code] for code in args.codes] or list(known.values())
    if args.json:
        asked = machine_language(args.language)
        print(json.dumps([_record(one, asked) for one in chosen], ensure_ascii=False))
    elif args.codes:
        print("\n".join(markdown(one, language) for one in chosen), end="")
    else:
        width = max(map(len, known))
        print("\n".join(f"{one.code:<{width}}  {one.title(language)}" for one in chosen))
    return 0


def _record(told: Explanation, language: str) -> Any:
    declared = told.told
    texts = {"cost": declared.cost, "evidence": declared.evidence, "mistaken": declared.mistaken}
    record = {
        **asdict(told),
        "told": {name: filled(text) for name, text in texts.items()},
        "releases": declared.releases,
        "title": told.title(language),
        "issues": told.issues,
        "url": page_url(told.code, language),
    }
    return _said(record, language)


def _said(value: Any, language: str) -> Any:
    """``value`` with all sentences in it in one language."""
    if isinstance(value, Mapping):
        return {key: _said(item, language) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_said(item, language) for item in value]
    return in_language(value, language) if isinstance(value, str) else value
