"""``python -m benchmarks.mistakes``: mistakes in training configurations, and who tells them.

Each mistake of a set (``develop``, ``report``) is made in a small project and read by ``check``
for each release. With ``--clone RELEASE=DIR`` (a PaddleOCR that can train, or a kit), what
reading does not tell is rehearsed too. Harmless variants are read (and with ``--rehearse-harmless``
rehearsed) as well: whatever is said of them is false. Exit code 1: below 95 % told, or a false
finding.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.mistakes import develop, report
from benchmarks.mistakes.harmless import VARIANTS
from benchmarks.mistakes.judging import (
    MISSED,
    READING,
    REHEARSAL,
    Verdict,
    judge,
    project,
    read,
    rehearse,
)
from benchmarks.mistakes.project import Mistake, make_data

RELEASES = ("2.8.1", "2.10.0", "3.3.0")
SETS = {"develop": develop.MISTAKES, "report": report.MISTAKES}
LEAST_TOLD = 0.95


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mistakes", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(SETS)} (all)")
    parser.add_argument("--releases", nargs="+", default=list(RELEASES), help="(%(default)s)")
    parser.add_argument(
        "--clone", action="append", default=[], metavar="RELEASE=DIR", help="rehearse with it"
    )
    parser.add_argument("--python", default=sys.executable, help="the Python that trains")
    parser.add_argument("--timeout", type=float, default=120, help="of a rehearsal, in seconds")
    parser.add_argument("--rehearse-harmless", action="store_true", help="rehearse these too")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="mistakes of these names")
    args = parser.parse_args()
    clones = {r: Path(d) for r, d in (item.split("=", 1) for item in args.clone)}
    chosen = {name: SETS[name] for name in args.sets or SETS}
    with TemporaryDirectory() as folder:
        data = make_data(Path(folder))
        rows = [
            (name, _verdict(mistake, release, data, clones.get(release), args))
            for name, mistakes in chosen.items()
            for mistake in mistakes
            for release in args.releases
            if not args.only or mistake.name in args.only
        ]
        false = list(_false(data, args, clones))
    for line in _table(rows):
        print(line)
    for name in chosen:
        print(f"\n{name}: {_counts([verdict for s, verdict in rows if s == name])}")
    print(f"\n{len(VARIANTS)} harmless variants, {len(args.releases)} releases: {len(false)} false")
    for line in false:
        print(f"  {line}")
    told = sum(verdict.told != MISSED for _, verdict in rows)
    return 1 if false or told < LEAST_TOLD * len(rows) else 0


def _verdict(
    mistake: Mistake, release: str, data: Path, clone: Path | None, args: argparse.Namespace
) -> Verdict:
    with project(data, mistake.config, mistake.change) as made:
        verdict = judge(mistake, release, read(made, release), READING)
        if verdict.told == MISSED and clone is not None:
            said = rehearse(made, clone, args.python, args.timeout)
            again = judge(mistake, release, said, REHEARSAL)
            again.beside += verdict.beside
            verdict = again
    return verdict


def _false(data: Path, args: argparse.Namespace, clones: dict[str, Path]) -> list[str]:
    found = []
    for variant in VARIANTS:
        for release in args.releases:
            with project(data, variant.config, variant.change) as made:
                said = read(made, release)
                if args.rehearse_harmless and release in clones:
                    said += rehearse(made, clones[release], args.python, args.timeout)
            found += [f"{variant.config}, {variant.name}, {release}: {one}" for one in said]
    return found


def _table(rows: list[tuple[str, Verdict]]) -> list[str]:
    """One line a mistake: how it was told in each release, and with which words."""
    lines = ["set | config | mistake | told | by", "--- | --- | --- | --- | ---"]
    by_mistake: dict[tuple[str, Mistake], list[Verdict]] = {}
    for name, verdict in rows:
        by_mistake.setdefault((name, verdict.mistake), []).append(verdict)
    for (name, mistake), verdicts in by_mistake.items():
        ways = {verdict.told for verdict in verdicts}
        told = (
            ways.pop()
            if len(ways) == 1
            else ", ".join(f"{verdict.release} {verdict.told}" for verdict in verdicts)
        )
        by = next((verdict.by.code for verdict in verdicts if verdict.by), "")
        lines.append(f"{name} | {mistake.config} | {mistake.name} | {told} | {by}")
    return lines


def _counts(verdicts: list[Verdict]) -> str:
    total = len(verdicts) or 1
    mistakes = len({verdict.mistake for verdict in verdicts})
    counts = {way: sum(v.told == way for v in verdicts) for way in (READING, REHEARSAL, MISSED)}
    told = counts[READING] + counts[REHEARSAL]
    return (
        f"{mistakes} mistakes in {len(verdicts)} cases: {told} told ({100 * told / total:.1f} %), "
        f"{counts[READING]} by reading, {counts[REHEARSAL]} only by rehearsal, "
        f"{counts[MISSED]} missed"
    )


if __name__ == "__main__":
    sys.exit(main())
