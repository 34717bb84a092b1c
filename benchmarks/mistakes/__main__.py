"""``python -m benchmarks.mistakes``: mistakes in training configurations, and who tells them.

Each mistake of a set (``develop``, ``report``, ``heldout``, ``unseen``, ``afresh`` ...) is made in
a small project and read by ``check`` for each release. With ``--clone RELEASE=DIR`` (a PaddleOCR
that can train, or a kit) all are rehearsed as well, or with ``--rehearse missed`` those that
reading does not tell; that takes ten seconds and more for each, and goes on from ``--kept FILE``
when it is run again. Harmless variants are read and rehearsed too: whatever is said of them is
false. Exit code 1: below 95 % told, or a false finding.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.mistakes import afresh, develop, heldout, recognition, report, reported, unseen
from benchmarks.mistakes.harmless import VARIANTS
from benchmarks.mistakes.judging import (
    MISSED,
    NAMED,
    NOT_DONE,
    NOTHING,
    READING,
    REHEARSAL,
    STOPPED,
    Said,
    Verdict,
    judge,
    project,
    read,
)
from benchmarks.mistakes.project import Mistake, make_data
from benchmarks.mistakes.rehearsing import Kept, Variant, key_of, rehearse_all

RELEASES = ("2.8.1", "2.10.0", "3.3.0")
SETS = {
    "develop": develop.MISTAKES,
    "report": report.MISTAKES,
    "heldout": heldout.MISTAKES,
    "unseen": unseen.MISTAKES,
    "afresh": afresh.MISTAKES,
    "reported": reported.MISTAKES,
    "recognition": recognition.DEVELOP,
    "recognition_report": recognition.REPORT,
}
LEAST_TOLD = 0.95


def main() -> int:
    args = _arguments()
    clones = {r: Path(d) for r, d in (item.split("=", 1) for item in args.clone)}
    cases = [
        (name, mistake)
        for name in args.sets or SETS
        for mistake in SETS[name]
        if not args.only or mistake.name in args.only
    ]
    kept = Kept(args.kept)
    with TemporaryDirectory() as folder:
        data = make_data(Path(folder))
        said = {
            key_of(variant, release): found
            for variant in (*(mistake for _, mistake in cases), *VARIANTS)
            for release, found in _read(variant, args.releases, data).items()
        }
        for release, tree in clones.items():
            wanted: list[Variant] = [
                mistake
                for _, mistake in cases
                if args.rehearse == "all"
                or judge(mistake, release, said[key_of(mistake, release)], None).told == MISSED
            ]
            if args.rehearse_harmless:
                wanted += VARIANTS
            how = {"python": args.python, "timeout": args.timeout, "jobs": args.jobs}
            rehearse_all(wanted, {release: tree}, data, kept, **how)
    rows = [
        (name, judge(m, release, said[key_of(m, release)], _seen(kept, m, release)))
        for name, m in cases
        for release in args.releases
    ]
    for line in _table(rows):
        print(line)
    for name in dict.fromkeys(name for name, _ in rows):
        print(f"\n{name}: {_counts([verdict for s, verdict in rows if s == name])}")
    false = _false(args.releases, said, kept)
    told = sum(verdict.told != MISSED for _, verdict in rows)
    return 1 if false or told < LEAST_TOLD * len(rows) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mistakes", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(SETS)} (all)")
    parser.add_argument("--releases", nargs="+", default=list(RELEASES), help="(%(default)s)")
    parser.add_argument(
        "--clone", action="append", default=[], metavar="RELEASE=DIR", help="rehearse with it"
    )
    parser.add_argument("--rehearse", choices=("all", "missed"), default="all")
    parser.add_argument("--rehearse-harmless", action="store_true", help="rehearse these too")
    parser.add_argument("--kept", type=Path, help="file in which rehearsals are kept")
    parser.add_argument("--jobs", type=int, default=1, help="rehearsals at once")
    parser.add_argument("--python", default=sys.executable, help="the Python that trains")
    parser.add_argument("--timeout", type=float, default=120, help="of a rehearsal, in seconds")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="mistakes of these names")
    return parser.parse_args()


def _read(variant: Variant, releases: Sequence[str], data: Path) -> dict[str, list[Said]]:
    with project(data, variant.config, variant.change) as made:
        return {release: read(made, release) for release in releases}


def _seen(kept: Kept, variant: Variant, release: str) -> tuple[Said, ...] | None:
    rehearsed = kept.get(key_of(variant, release))
    return None if rehearsed is None or rehearsed.not_done else rehearsed.said


def _false(releases: list[str], said: dict[str, list[Said]], kept: Kept) -> list[str]:
    found, rehearsals = [], 0
    for variant in VARIANTS:
        for release in releases:
            seen = _seen(kept, variant, release)
            rehearsals += seen is not None
            found += [
                f"{variant.config}, {variant.name}, {release}: {one}"
                for one in (*said[key_of(variant, release)], *(seen or ()))
            ]
    print(
        f"\n{len(VARIANTS)} harmless variants, read for {len(releases)} releases and rehearsed "
        f"{rehearsals} times: {len(found)} false"
    )
    for line in found:
        print(f"  {line}")
    return found


def _table(rows: list[tuple[str, Verdict]]) -> list[str]:
    """One line a mistake: how it was told in each release, and with which words."""
    lines = [
        "set | config | mistake | told | by | the rehearsal alone",
        "--- | --- | --- | --- | --- | ---",
    ]
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
        alone = ", ".join(
            f"{verdict.release} {verdict.rehearsed}"
            for verdict in verdicts
            if verdict.rehearsed != NOT_DONE
        )
        lines.append(f"{name} | {mistake.config} | {mistake.name} | {told} | {by} | {alone}")
    return lines


def _counts(verdicts: list[Verdict]) -> str:
    total = len(verdicts) or 1
    mistakes = len({verdict.mistake for verdict in verdicts})
    counts = {way: sum(v.told == way for v in verdicts) for way in (READING, REHEARSAL, MISSED)}
    told = counts[READING] + counts[REHEARSAL]
    alone = {way: sum(v.rehearsed == way for v in verdicts) for way in (NAMED, STOPPED, NOTHING)}
    done = [v for v in verdicts if v.rehearsed != NOT_DONE]
    missed = sum(v.told == MISSED and v.rehearsed == STOPPED for v in verdicts)
    return (
        f"{mistakes} mistakes in {len(verdicts)} cases: {told} told ({100 * told / total:.1f} %), "
        f"{counts[READING]} by reading, {counts[REHEARSAL]} only by rehearsal, "
        f"{counts[MISSED]} missed ({missed} of them stopped by the rehearsal in other words). "
        f"{len(done)} rehearsed, by which alone {alone[NAMED]} are named, {alone[STOPPED]} stopped "
        f"in other words, {alone[NOTHING]} not seen; {len(verdicts) - len(done)} not rehearsed"
    )


if __name__ == "__main__":
    sys.exit(main())
