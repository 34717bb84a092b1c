"""``python -m benchmarks.mistakes.stock RELEASE=DIR...``: stock configurations, rehearsed.

Training configurations of detection and recognition in clones of PaddleOCR are given the small
data sets of this benchmark by options (``-o``), with batches of two, and rehearsed on the CPU.
Whatever is said of them beyond what is true of the file is false: the list is for a person to
read. Tables, keys, classes, formulas and end-to-end models need other labels, and are left out, as
are teachers, whose weights are not at hand.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Optional

from benchmarks.mistakes.project import make_data

SETS = {"det": "pages", "rec": "lines"}
# Of a family one stands for all: the others differ in the dictionary only.
TWINS = ("multi_language", "_lite_", "_arabic_", "_cyrillic_", "_devanagari_", "_th_", "_el_")
LARGE = ("cml", "dml", "distill", "server", "hgnet", "r50", "r152", "resnet50")


def configurations(tree: Path) -> Iterator[Path]:
    """Those that train a detector or recogniser, the most used first."""
    found = [
        path
        for kind in SETS
        for path in sorted((tree / "configs" / kind).rglob("*.yml"))
        if not any(twin in str(path) for twin in TWINS)
    ]
    yield from sorted(found, key=lambda path: (_rank(path), len(path.stem)))


def in_turn(clones: Sequence[str], most: Optional[int]) -> Iterator[tuple[str, Path, Path]]:
    """(release, clone, configuration), one of each release in turn, so that a run that is ended
    early has seen all of them."""
    lists = []
    for clone in clones:
        release, _, tree = clone.partition("=")
        root = Path(tree).resolve()
        lists.append([(release, root, path) for path in list(configurations(root))[:most]])
    for row in zip_longest(*lists):
        yield from (item for item in row if item is not None)


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


def rehearse(tree: Path, path: Path, data: Path, args: argparse.Namespace) -> dict[str, Any]:
    kind = path.relative_to(tree / "configs").parts[0]
    words = [sys.executable, "-m", "ppocr_guard", "check", str(path), "--json", "--rehearse"]
    words += ["--paddleocr", str(tree), "--python", args.python, "--images", "4"]
    words += ["--timeout", str(args.timeout), "-o", *options(kind, data, path.read_text("utf-8"))]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tree, check=False)
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
    parser.add_argument("clones", nargs="+", metavar="RELEASE=DIR")
    parser.add_argument("--python", default=sys.executable, help="the Python that trains")
    parser.add_argument("--timeout", type=int, default=100)
    parser.add_argument("--kept", type=Path, help="a file of results; a run goes on from it")
    parser.add_argument("--most", type=int, help="configurations of each release")
    args = parser.parse_args(words)
    kept: dict[str, Any] = {}
    if args.kept and args.kept.exists():
        kept = dict(json.loads(line) for line in args.kept.read_text("utf-8").splitlines())
    with TemporaryDirectory() as folder:
        data = make_data(Path(folder))
        for release, root, path in in_turn(args.clones, args.most):
            key = f"{release}/{path.relative_to(root / 'configs').as_posix()}"
            if key not in kept:
                kept[key] = rehearse(root, path, data, args)
                if args.kept:
                    with args.kept.open("a", encoding="utf-8") as file:
                        file.write(json.dumps([key, kept[key]]) + "\n")
            print(f"{key}: {kept[key]['ended']}", *kept[key]["said"], sep="\n  ", flush=True)
    print(dict(Counter(one["ended"] for one in kept.values())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
