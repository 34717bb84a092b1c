"""``python -m benchmarks.diagnosis.reading SET --dir runs``: as ``python -m benchmarks.diagnosis``.

``--only NAME...`` trains these anew and takes the others from the journals in ``--dir``; without
a name, none is trained.
"""

from __future__ import annotations

import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.diagnosis.command import arguments, write
from benchmarks.diagnosis.reading import SEEDS, SETS
from benchmarks.diagnosis.reading.fault import UPPER, ReadingFault
from benchmarks.diagnosis.table import Row, render
from benchmarks.diagnosis.training import GUARD, Bench
from ppocr_guard.demo import recognition
from ppocr_guard.demo.lines import CJK, DIGITS, LOWER, Lines, make_lines, write_dictionary
from ppocr_guard.demo.presets import REC_BASE, REC_FINE_TUNE, REC_TRAIN, REC_VAL

MODULE = "benchmarks.diagnosis.reading"
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
            self.train_base(config)
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

    def run_lines(self, fault: ReadingFault, data: Lines) -> float:
        """Train with ``fault``; seconds it took."""
        folder = self.new_folder(fault)
        changed = fault.lines(data, folder, self.seed)
        if fault.dictionary is not None:
            own = write_dictionary(folder / "dict.txt", fault.dictionary(DICTIONARY))
            changed = changed._replace(dictionary=own)
        values = {**SHORT, "pretrained_model": self.weights(fault), **fault.options}
        options = replace(REC_FINE_TUNE, guard=GUARD, **values)
        return self.train(fault, recognition.render(changed, folder, options))


def main() -> int:
    args = arguments(MODULE, __doc__, SETS, "reading_runs")
    faults = SETS[args.set]
    seed = SEEDS[args.set] if args.seed is None else args.seed
    bench = ReadingBench(args.dir / f"{args.set}-{seed}", seed)
    started = time.monotonic()
    data = bench.prepare_lines()
    for fault in faults:
        if args.only is None or fault.name in args.only:
            seconds = bench.run_lines(fault, data)
            print(f"{fault.name}: {seconds:.0f} s", file=sys.stderr, flush=True)
    table = render([Row(fault, bench.outcome(fault)) for fault in faults])
    table = re.sub(r"\bhmean\b", "acc", table)
    print(table)
    title = "Faults in real trainings of a recogniser"
    write(args, MODULE, "RESULTS-reading", title, f"{HARM}\n\n{table}", started)
    return 0


if __name__ == "__main__":
    sys.exit(main())
