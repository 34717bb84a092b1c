"""The prediction against the real classes: each release's own data set and operators.

A process per release builds ``SimpleDataSet`` (and its kin) as the release's training loop
would, epoch by epoch, and reports the ratio that each operator then uses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ppocr_guard.demo.sources import obtain
from ppocr_guard.paddleocr.releases import OPERATORS, behaviour_of, recognise
from ppocr_guard.paddleocr.schedule import scheduled_ratio

pytest.importorskip("paddle")
pytestmark = pytest.mark.train

# Of the wheels (no tools/), the behaviour of tools/ is that of the release's number.
RELEASES = [
    "2.6.1.3",
    "2.7.0.3",
    "2.7.3",
    "2.8.0",
    "2.8.1",
    "2.9.0",
    "2.9.1",
    "2.10.0",
    "3.0.0",
    "3.1.0",
    "3.2.0",
    "3.3.0",
    "3.4.0",
    "3.5.0",
    "3.6.0",
    "3.7.0",
]
EPOCHS = (1, 2, 100, 500)

# Given to a fresh interpreter: what tools/train.py and tools/program.py do around the data set.
PROBE = r"""
import copy, importlib, json, logging, sys, types

cases, tree = json.load(sys.stdin), sys.argv[1]
sys.path.insert(0, tree)
sys.modules["imgaug"] = types.ModuleType("imgaug")  # 2.6 to 2.8 import it for IaaAugment
sys.modules["imgaug.augmenters"] = types.ModuleType("imgaug.augmenters")
from ppocr.data import pgnet_dataset, simple_dataset

CLASSES = {
    "SimpleDataSet": simple_dataset.SimpleDataSet,
    "TextDetDataset": simple_dataset.SimpleDataSet,
    "MultiScaleDataSet": getattr(simple_dataset, "MultiScaleDataSet", None),  # since 2.7
    "PGDataSet": pgnet_dataset.PGDataSet,
}
samples = []
simple_dataset.transform = lambda data, ops: samples.append(data) or data
if CLASSES["MultiScaleDataSet"]:
    CLASSES["MultiScaleDataSet"].resize_norm_img = lambda self, data, *size: data


def ratio_used(dataset, operator):
    # Of the next sample: 3.7.0 takes the epoch that __getitem__ puts into it.
    if not hasattr(operator, "_base_shrink_ratio") or not hasattr(dataset, "_shared_epoch"):
        return operator.shrink_ratio
    multi_scale = isinstance(dataset, CLASSES["MultiScaleDataSet"])
    samples.clear()
    dataset[[32, 32, 0, None] if multi_scale else 0]
    if "epoch" not in samples[0]:
        return operator.shrink_ratio
    return operator._base_shrink_ratio + 0.2 * samples[0]["epoch"] / float(operator._total_epoch)


def ratios(config, seed, reset_in_place, epochs):
    name = config["Train"]["dataset"]["name"]
    build = lambda seed: CLASSES[name](
        copy.deepcopy(config), "Train", logging.getLogger("ppocr"), seed
    )
    dataset, found = build(seed), []
    for epoch in epochs:
        if dataset.need_reset and reset_in_place:
            dataset.reset_data_lines(seed=epoch, epoch=epoch)
        elif dataset.need_reset:
            dataset = build(epoch)
        maps = [op for op in dataset.ops if type(op).__name__.startswith("Make")]
        found.append({type(op).__name__: ratio_used(dataset, op) for op in maps})
    return found


json.dump([ratios(**case) for case in cases], open(sys.argv[2], "w"))
"""


def config(labels: Path, total_epoch, ratio_list, name, settings, before=0) -> dict:
    parameters = {} if total_epoch is None else {"total_epoch": total_epoch}
    dataset = {
        "name": name,
        "data_dir": str(labels.parent),
        "label_file_list": [str(labels)],
        "transforms": [
            {"DecodeImage": {"img_mode": "BGR"}},
            {"DetLabelEncode": None},
            *[{"ToCHWImage": None}] * (3 + before),
            {"MakeBorderMap": {"shrink_ratio": 0.4, **parameters}},
            {"MakeShrinkMap": {"shrink_ratio": 0.4, "min_text_size": 8, **parameters}},
        ],
    }
    if ratio_list is not None:
        dataset["ratio_list"] = ratio_list
    return {
        "Global": {"epoch_num": 500, **settings},
        "Train": {"dataset": dataset, "loader": {"shuffle": True, "batch_size_per_card": 1}},
    }


def table(labels: Path) -> list[dict]:
    cells = [
        (total, ratio_list, name, {}, 0)
        for total in (500, None)
        for ratio_list in ([1.0], 1.0, None, [0.99], 0.99)
        for name in ("SimpleDataSet", "TextDetDataset", "MultiScaleDataSet")
    ]
    cells += [
        (500, [1.0], "SimpleDataSet", {"seed": 7}, 0),
        (500, [1.0], "SimpleDataSet", {"seed": 2022}, 0),
        (500, [1.0], "SimpleDataSet", {"epoch": 250}, 0),
        (500, [1.0], "SimpleDataSet", {"shrink_ratio": 0.5}, 0),
        (100, [1.0], "SimpleDataSet", {}, 0),
        (10000, [1.0], "SimpleDataSet", {}, 0),
        (500, [1.0], "SimpleDataSet", {}, 1),  # the operators one place further back
        (500, [0.99], "SimpleDataSet", {}, 1),
    ]
    cells += [(500, [1.0], "PGDataSet", {}, 0), (500, [0.99], "PGDataSet", {}, 0)]
    return [config(labels, *cell) for cell in cells]


@pytest.mark.parametrize("release", RELEASES)
def test_prediction_equals_the_real_classes(release, tmp_path):
    tree, behaviour = obtain(release), behaviour_of(release)
    if (tree / "tools" / "train.py").is_file():
        assert recognise(tree).behaves_like(behaviour)
    labels = tmp_path / "train.txt"
    labels.write_text("".join(f"{i}.jpg\t[]\n" for i in range(200)))
    for i in range(200):
        (tmp_path / f"{i}.jpg").touch()
    configs = table(labels)
    if behaviour.resets_in_place:  # PGDataSet has no reset_data_lines: the real loop crashes
        configs.pop()
    if release.startswith("2.6."):
        configs = [c for c in configs if c["Train"]["dataset"]["name"] != "MultiScaleDataSet"]
    cases = [
        {
            "config": given,
            "seed": given["Global"].get("seed", 1024) if behaviour.seed_passed else None,
            "reset_in_place": behaviour.resets_in_place,
            "epochs": EPOCHS,
        }
        for given in configs
    ]
    real = run_probe(tree, cases, tmp_path)
    compared = 0
    for given, by_epoch in zip(configs, real):
        for epoch, found in zip(EPOCHS, by_epoch):
            for operator in OPERATORS:
                predicted = scheduled_ratio(behaviour, given, operator, epoch)
                assert predicted == pytest.approx(found[operator], abs=1e-12), (given, epoch)
                compared += 1
    assert compared == len(configs) * len(EPOCHS) * len(OPERATORS)


def run_probe(tree: Path, cases: list[dict], tmp_path: Path) -> list[list[dict]]:
    answer = tmp_path / "ratios.json"
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(tree), str(answer)],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(answer.read_text())
