"""``ppocr-guard explain CODE``: what a code means, why it is told, and what to do."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from ppocr_guard.explain import page_url
from ppocr_guard.explain.catalog import Explanation, explanations, nearest
from ppocr_guard.explain.page import markdown
from ppocr_guard.language import add_language, pick_language


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("codes", nargs="*", metavar="CODE")
    parser.add_argument("--all", action="store_true", help="list all codes")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    add_language(parser)


def run(args: argparse.Namespace) -> int:
    """0: explained; 2: no such code."""
    known = explanations()
    if not args.codes and not args.all:
        print("ppocr-guard explain: name a code, or --all", file=sys.stderr)
        return 2
    unknown = [code for code in args.codes if code not in known]
    for code in unknown:
        near = nearest(code)
        meant = f"; did you mean {', '.join(near)}?" if near else "; `--all` lists them"
        print(f"ppocr-guard explain: there is no code {code!r}{meant}", file=sys.stderr)
    if unknown:
        return 2
    chosen = [known[code] for code in args.codes] or list(known.values())
    if args.json:
        print(json.dumps([_record(told) for told in chosen], ensure_ascii=False))
    elif args.codes:
        print("\n".join(markdown(told, pick_language(args.language)) for told in chosen), end="")
    else:
        width = max(map(len, known))
        print("\n".join(f"{told.code:<{width}}  {told.title}" for told in chosen))
    return 0


def _record(told: Explanation) -> dict[str, object]:
    return {**asdict(told), "title": told.title, "issues": told.issues, "url": page_url(told.code)}
