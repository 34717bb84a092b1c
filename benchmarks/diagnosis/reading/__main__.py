"""``python -m benchmarks.diagnosis.reading SET --dir runs``: as ``python -m benchmarks.diagnosis``.

``--only NAME...`` trains these anew and takes the others from the journals in ``--dir``; without
a name, none is trained.
"""

from __future__ import annotations

import argparse
import datetime
import re
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from benchmarks.diagnosis.__main__ import machine
from benchmarks.diagnosis.reading import SEEDS, SETS
from benchmarks.diagnosis.reading.fault import UPPER, ReadingFault
from benchmarks.diagnosis.table import Row, render
from benchmarks.diagnosis.training import GUARD, PRELUDE, Bench
from ppocr_guard.demo import recognition, sources
from ppocr_guard.demo.lines import CJK, DIGITS, LOWER, Lines, make_lines, write_dictionary
from ppocr_guard.demo.presets import REC_BASE, REC_FINE_TUNE, REC_TRAIN, REC_VAL

HERE = Path(__file__).parent.parent
DICTIONARY = DIGITS + LOWER + UPPER + CJK[:20]
# One epoch of 31 steps on half of the lines, an evaluation every 2.
SHORT: dict[str, Any] = {"epoch_num": 1, "warmup_epoch": 0.1, "eval_batch_step": (0, 2)}
LINES = 1000
HARM = (
    "Labels that are altered, refused, or lose their spaces count as harm whatever acc says: it is "
    "measured against the labels that are left."
)
BASE_SEED = 20  # of the lines that the base model is trained on


class ReadingBench(Bench):
    """The same bench with a recogniser on it."""

    def prepare_lines(self) -> Lines:
        """Data of this set, and the base model, trained on data of its own, unless it is there."""
        data = self._lines(self.folder / "data", self.seed)
        if not self.base.with_suffix(".pdparams").is_file():
            own = self._lines(self.folder / "base_data", BASE_SEED)
            config = recognition.write(self.folder / "base.yml", own, self.base.parent, REC_BASE)
            self._train("base", sources.compose("2.10.0"), config)
            if not self.base.with_suffix(".pdparams").is_file():
                raise SystemExit(f"the base model failed; see {self.folder / 'base.log'}")
        half = self.folder / "half.txt"
        lines = data.train_labels.read_text("utf-8").splitlines(keepends=True)
        half.write_text("".join(lines[:LINES]), "utf-8")
        return data._replace(train_labels=half)

    def _lines(self, folder: Path, seed: int) -> Lines:
        data = Lines(folder, *(folder / name for name in ("train.txt", "val.txt", "dict.txt")))
        if not data.val_labels.is_file():
            data = make_lines(folder, REC_TRAIN, REC_VAL, seed=seed)
        write_dictionary(data.dictionary, DICTIONARY)
        return data

    def train(self, fault: ReadingFault, data: Lines) -> float:
        """Train with ``fault``; seconds it took."""
        folder = self.folder / fault.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        weights = None if "from scratch" in fault.title else self._weights(fault, folder)
        changed = fault.lines(data, folder, self.seed)
        if fault.dictionary is not None:
            own = write_dictionary(folder / "dict.txt", fault.dictionary(DICTIONARY))
            changed = changed._replace(dictionary=own)
        values = {**SHORT, "pretrained_model": weights, **fault.options}
        options = replace(REC_FINE_TUNE, guard=GUARD, **values)
        config = yaml.safe_load(recognition.render(changed, folder, options))
        path = folder / "my.yml"
        path.write_text(yaml.safe_dump(fault.configure(config), sort_keys=False), "utf-8")
        if fault.prelude:
            (folder / PRELUDE).write_text(fault.prelude, "utf-8")
        return self._train(fault.name, sources.compose(*fault.sources), path)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis.reading",
                                     description=__doc__)  # fmt: skip
    parser.add_argument("set", choices=sorted(SETS), help="which faults")
    parser.add_argument("--dir", type=Path, default=Path("reading_runs"), help="(%(default)s)")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="faults to train anew")
    args = parser.parse_args()
    faults = SETS[args.set]
    bench = ReadingBench(args.dir / args.set, SEEDS[args.set])
    started = time.monotonic()
    data = bench.prepare_lines()
    for fault in faults:
        if args.only is None or fault.name in args.only:
            print(f"{fault.name}: {bench.train(fault, data):.0f} s", file=sys.stderr, flush=True)
    table = render([Row(fault, bench.outcome(fault)) for fault in faults])
    table = re.sub(r"\bhmean\b", "acc", table)
    print(table)
    head = (
        f"{datetime.date.today()}, `python -m benchmarks.diagnosis.reading {args.set}`, "
        f"{machine()}, {(time.monotonic() - started) / 60:.0f} minutes."
    )
    name = "RESULTS-reading.md" if args.set == "report" else f"RESULTS-reading-{args.set}.md"
    title = f"# Faults in real trainings of a recogniser: {args.set}"
    (HERE / name).write_text(f"{title}\n\n{head}\n\n{HARM}\n\n{table}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
