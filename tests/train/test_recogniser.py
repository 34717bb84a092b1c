"""A recogniser trains under the guard: to the same bits, and what it reads is told."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from ppocr_guard.demo import lines, presets, recognition, sources, train
from ppocr_guard.paths import journal_path

OPTIONS = recognition.RecOptions(
    epoch_num=2, eval_batch_step=(0, 4), batch_size=8, hidden_size=16, backbone_scale=0.5
)


def test_a_guarded_recogniser_ends_with_the_same_bits(kit: Any, tmp_path: Path) -> None:
    from dataclasses import replace

    writing = lines.Writing(marks="€", marked=0.25)
    data = lines.make_lines(tmp_path / "data", 48, 12, writing)
    dictionary = lines.write_dictionary(tmp_path / "short.txt", writing.alphabet)
    tree = sources.compose("2.10.0")
    digests = []
    for name, prefix in (("plain", ()), ("guarded", None)):
        guard = "" if name == "plain" else "Guard:\n"
        options = replace(OPTIONS, guard=guard, dictionary=dictionary)
        path = recognition.write(tmp_path / f"{name}.yml", data, tmp_path / name, options)
        extra: dict[str, Any] = {} if prefix is None else {"prefix": prefix}
        outcome = kit.run(f"rec-{name}", tree=tree, command=train.command(tree, path), **extra)
        assert outcome.code == 0, outcome.output[-3000:]
        weights = (tmp_path / name / "latest.pdparams").read_bytes()
        digests.append(hashlib.sha256(weights).hexdigest())
    assert digests[0] == digests[1]
    records = [
        json.loads(line)
        for line in journal_path(str(tmp_path / "guarded")).read_text("utf-8").splitlines()
    ]
    read = [record for record in records if record["event"] == "eval_texts"]
    assert len(read) == 3
    assert read[-1]["texts"] == 12
    assert read[-1]["figures"]["altered"] == 0.25  # 3 of 12 hold a €
    examined = [record for record in records if record["event"] == "examination"]
    assert examined[0]["facts"]["altered.train"] == 0.25
    assert examined[0]["notes"]["lost.train"] == "€ 12"
    assert examined[0]["facts"]["steps.val"] == 20
    assert examined[-1]["facts"]["ctc_impossible.batches"] == 0


def test_a_recogniser_learns_in_a_minute_or_two(kit: Any, tmp_path: Path) -> None:
    data = lines.make_lines(tmp_path / "data", presets.REC_TRAIN, presets.REC_VAL)
    path = recognition.write(tmp_path / "my.yml", data, tmp_path / "out", presets.REC_BASE)
    tree = sources.compose("2.10.0")
    outcome = kit.run("rec-learns", tree=tree, command=train.command(tree, path), prefix=())
    assert outcome.code == 0, outcome.output[-3000:]
    values = [float(v) for v in re.findall(r"cur metric, acc: ([\d.e-]+)", outcome.output)]
    assert values[0] < 0.1
    assert max(values) > 0.75
