"""``python -m benchmarks.mistakes.stock RELEASE=DIR[:PYTHON]...``: stock configurations, rehearsed.

Training configurations of detection and recognition in clones of PaddleOCR are given the small
data sets of this benchmark by options (``-o``), with batches of two, and rehearsed on the CPU.
Whatever is said of them beyond what is true of the file is false: the list is for a person to
read. Tables, keys, classes, formulas and end-to-end models need other labels, and are left out, as
are teachers, whose weights are not at hand. Old releases need an old paddle: a clone may name the
Python that trains with it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Optional

from benchmarks.mistakes.project import make_data

SETS = {"det": "pages", "rec": "lines"}
# Of a family one stands for all: the others differ in the dictionary only.
TWINS = ("multi_language", "_lite_", "_arabic_", "_cyrillic_", "_devanagari_", "_th_", "_el_")
FORMULAS = ("can", "latex_ocr", "unimernet", "formula", "formua", "formunet")  # other labels
LARGE = ("cml", "dml", "distill", "server", "hgnet", "r50", "r152", "resnet50")


def configurations(tree: Path) -> Iterator[Path]:
    """Those that train a detector or recogniser, the most used first."""
    found = [
        path
        for kind in SETS
        for path in sorted((tree / "configs" / kind).rglob("*.yml"))
        if not any(twin in str(path) for twin in TWINS)
        and not any(word in path.as_posix().lower().split("/configs/")[-1] for word in FORMULAS)
    ]
    yield from sorted(found, key=lambda path: (_rank(path), len(path.stem)))


class Stock(NamedTuple):
    """A configuration of a clone."""

    release: str
    root: Path
    python: str
    path: Path

    @property
    def key(self) -> str:
        return f"{self.release}/{self.path.relative_to(self.root / 'configs').as_posix()}"


def in_turn(clones: Sequence[str], python: str, most: Optional[int]) -> Iterator[Stock]:
    """One of each release in turn, so that a run that is ended early has seen all of them."""
    lists = []
    for clone in clones:
        release, _, rest = clone.partition("=")
        tree, _, own = rest.partition(":")
        root = Path(tree).resolve()
        paths = list(configurations(root))[:most]
        lists.append([Stock(release, root, own or python, path) for path in paths])
    for row in zip_longest(*lists):
        yield from (item for item in row if item is not None)


def distinct(found: Iterable[Stock]) -> Iterator[Stock]:
    """Of configurations that are word for word the same, the first."""
    seen: set[bytes] = set()
    for one in found:
        text = one.path.read_bytes()
        if text not in seen:
            seen.add(text)
            yield one


def _rank(path: Path) -> int:
    """Distillations and server models, which take the longest, come last."""
    large = any(word in path.stem for word in LARGE)
    used = next((i for i, word in enumerate(("PP-OCR", "db", "ctc")) if word in str(path)), 3)
    return used + 4 * large


def options(kind: str, data: Path, text: str) -> list[str]:
    """What gives a configuration this data."""
    folder = data / SETS[kind]
    given = {
        "Global.use_gpu": False,
        "Global.distributed": False,
        "Global.pretrained_model": "",
        "Train.loader.batch_size_per_card": 2,
        "Train.loader.num_workers": 0,
        "Eval.loader.num_workers": 0,
        "Train.dataset.ratio_list": [1.0],
    }
    for mode, name in (("Train", "train.txt"), ("Eval", "val.txt")):
        given[f"{mode}.dataset.data_dir"] = str(folder)
        given[f"{mode}.dataset.label_file_list"] = [str(folder / name)]
        if "LMDBDataSet" in text:
            given[f"{mode}.dataset.name"] = "SimpleDataSet"
    if "MultiScaleSampler" in text:
        given["Train.sampler.first_bs"] = 2
    return [f"{key}={json.dumps(value)}" for key, value in given.items()]


def rehearse(one: Stock, data: Path, timeout: int) -> dict[str, Any]:
    kind = one.path.relative_to(one.root / "configs").parts[0]
    words = [sys.executable, "-m", "ppocr_guard", "check", str(one.path), "--json", "--rehearse"]
    words += ["--paddleocr", str(one.root), "--python", one.python, "--images", "4"]
    words += ["--timeout", str(timeout), "-o", *options(kind, data, one.path.read_text("utf-8"))]
    done = subprocess.run(words, capture_output=True, text=True, cwd=one.root, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return {"ended": "unusable", "seconds": None, "said": [done.stderr.strip()[-300:]]}
    said = [
        f"[{one['code']}] {one['severity']} {one['path']}: {one['message']}"
        for one in report["problems"]
        if one["severity"] != "info" and one["code"] != "learning_rate_high"  # of batches of two
    ]
    seen = report.get("rehearsal") or {"ended": done.stderr.strip()[-200:], "seconds": None}
    return {"ended": seen["ended"], "seconds": seen["seconds"], "said": said}


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mistakes.stock")
    parser.add_argument("clones", nargs="+", metavar="RELEASE=DIR[:PYTHON]")
    parser.add_argument("--python", default=sys.executable, help="that trains where none is named")
    parser.add_argument("--timeout", type=int, default=100)
    parser.add_argument("--kept", type=Path, help="a file of results; a run goes on from it")
    parser.add_argument("--most", type=int, help="configurations of each release")
    parser.add_argument("--distinct", action="store_true", help="of those that are the same, one")
    args = parser.parse_args(words)
    kept: dict[str, Any] = {}
    if args.kept and args.kept.exists():
        kept = dict(json.loads(line) for line in args.kept.read_text("utf-8").splitlines())
    found: Iterable[Stock] = in_turn(args.clones, args.python, args.most)
    with TemporaryDirectory() as folder:
        data = make_data(Path(folder))
        for one in distinct(found) if args.distinct else found:
            if one.key not in kept:
                kept[one.key] = rehearse(one, data, args.timeout)
                if args.kept:
                    with args.kept.open("a", encoding="utf-8") as file:
                        file.write(json.dumps([one.key, kept[one.key]]) + "\n")
            print(
                f"{one.key}: {kept[one.key]['ended']}",
                *kept[one.key]["said"],
                sep="\n  ",
                flush=True,
            )
    print(dict(Counter(one["ended"] for one in kept.values())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
