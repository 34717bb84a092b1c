"""``python -m benchmarks.detection.split``: the curves in three parts, kept apart by source.

*develop*: to look at, and to find rules on. *validate*: to choose between rules. *report*: looked
at once, when all is chosen. Runs of one owner are siblings and stay together; two owners who
trained on the same data count as one. The owners of the first 150 curves have been seen by
whoever chose the defaults of the first version, so they are never in *report*. Within each
stratum (the rarest label of an owner's runs, seen or not) owners are in the order of a hash of
their name, and parts are dealt in turn: nobody chose. Trainings of this project are dealt likewise,
but for recipes that were written down, and trained, to be looked at in *report* alone.

The file that this wrote, ``tests/data/corpus/split.json``, is what counts; it is not to be
written anew once *report* has been looked at. Owners of new curves are dealt to *develop*.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[2] / "tests" / "data" / "corpus"
FILE = CORPUS / "split.json"
PARTS = ("develop", "validate", "report")
RARE = (
    "collapse", "nan_inf", "never_learns", "declined", "truncated", "unstable", "plateau", "healthy"
)  # fmt: skip
SEEN = 150  # curves of curves.jsonl, in its order, that the first defaults were chosen on
SAME_DATA = {"dlurena24": "Deepday01"}
# 40 : 30 : 30 of all owners, when those that were seen are not in *report*.
TURNS = {
    True: ("develop", "validate", "develop", "validate", "develop"),
    False: ("report", "develop", "validate", "report"),
}


def owner(record: dict[str, Any]) -> str:
    """Who trained it: the account of ``github:<account>/...``, or how this project did."""
    source: str = record["source"]
    name = source[len("github:") :].split("/")[0] if source.startswith("github:") else source
    return SAME_DATA.get(name, name)


def deal(records: Sequence[dict[str, Any]], seen: Iterable[str]) -> dict[str, str]:
    """Part by owner."""
    known = set(seen)
    rarest: dict[str, int] = {}
    for record in records:
        name, rank = owner(record), RARE.index(record["label"])
        rarest[name] = min(rarest.get(name, rank), rank)
    parts = {}
    for stratum in sorted({(rank, name in known) for name, rank in rarest.items()}):
        names = [name for name, rank in rarest.items() if (rank, name in known) == stratum]
        names.sort(key=lambda name: hashlib.sha256(name.encode()).hexdigest())
        turns = TURNS[stratum[1]]
        parts.update({name: turns[i % len(turns)] for i, name in enumerate(names)})
    return dict(sorted(parts.items()))


def deal_trained(records: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Part by recipe (trainings.py): those kept for *report* are named so; the others in turn."""
    names = sorted(
        {owner(r) for r in records}, key=lambda n: hashlib.sha256(n.encode()).hexdigest()
    )
    kept = [name for name in names if name.startswith("trained:report:")]
    seen = [name for name in names if name not in kept]
    parts = {name: PARTS[i % 2] for i, name in enumerate(seen)}
    return {**parts, **dict.fromkeys(kept, "report")}


def part_of(record: dict[str, Any], parts: dict[str, str]) -> str:
    return parts.get(owner(record), "develop")


def load() -> dict[str, str]:
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


def read(name: str) -> list[dict[str, Any]]:
    lines = (CORPUS / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def main() -> None:
    records = read("curves.jsonl")
    parts = deal(records, {owner(record) for record in records[:SEEN]})
    parts = dict(sorted({**parts, **deal_trained(read("trained.jsonl"))}.items()))
    FILE.write_text(json.dumps(parts, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
