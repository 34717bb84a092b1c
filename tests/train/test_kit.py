"""The kit itself, without the guard: PaddleOCR's loop learns, saves and resumes on it."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import pytest

from ppocr_guard.demo import configs, dataset, presets, sources, train


def evaluations(output: str) -> list[float]:
    return [float(v) for v in re.findall(r"cur metric,.*? hmean: ([\d.e-]+)", output)]


@pytest.mark.parametrize("release", ["2.9.0", "2.10.0", "3.7.0"])
def test_trains_evaluates_saves_and_resumes(kit: Any, release: str) -> None:
    tree = kit.tree(release)
    plain: dict[str, Any] = {"tree": tree, "guard": None, "prefix": ()}
    first = kit.run(f"kit-{release}", **plain)
    assert first.code == 0, first.output[-3000:]
    assert len(evaluations(first.output)) == 2
    steps = re.findall(
        r"global_step: (\d+), lr: \S+ loss: ([\d.]+), loss_shrink_maps", first.output
    )
    assert [int(step) for step, _ in steps] == list(range(1, 9))
    losses = [float(loss) for _, loss in steps]
    assert sum(losses[-2:]) < sum(losses[:2])
    for name in ("latest", "best_accuracy"):
        for suffix in (".pdparams", ".pdopt", ".states"):
            assert (first.folder / (name + suffix)).is_file()
    resumed = kit.run(f"kit-{release}", epoch_num=3, checkpoints=first.folder / "latest", **plain)
    assert resumed.code == 0, resumed.output[-3000:]
    assert resumed.lines("resume from")
    assert not resumed.lines("not in loaded params")
    assert set(re.findall(r"epoch: \[(\d+)/3\]", resumed.output)) == {"3"}
    with (first.folder / "latest.states").open("rb") as file:
        assert pickle.load(file)["epoch"] == 3


def test_the_bug_tree_takes_the_seed_for_the_epoch(kit: Any, tmp_path: Path) -> None:
    script = (
        "import logging, sys, yaml; sys.path.insert(0, '.')\n"
        "from ppocr.data import build_dataloader\n"
        "config = yaml.safe_load(open(sys.argv[1]))\n"
        "loader = build_dataloader(config, 'Train', 'cpu', logging.getLogger(), 1024)\n"
        "for op in loader.dataset.ops:\n"
        "    if hasattr(op, 'shrink_ratio'): print(type(op).__name__, op.shrink_ratio)\n"
    )
    options = configs.RunOptions(total_epoch=500)
    config = configs.write(tmp_path / "bug.yml", kit.data, tmp_path / "out", options)
    expected = {("2.9.0", "2.8.1"): 0.8096, ("2.9.0", None): 0.4}
    for (tools, data), ratio in expected.items():
        done = subprocess.run(
            [sys.executable, "-c", script, str(config)],
            cwd=kit.tree(tools, data),
            env=train.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        found = dict(line.split() for line in done.stdout.splitlines() if line.startswith("Make"))
        assert {name: float(value) for name, value in found.items()} == {
            "MakeBorderMap": pytest.approx(ratio),
            "MakeShrinkMap": pytest.approx(ratio),
        }


@pytest.fixture(scope="module")
def learned(kit: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[dataset.Dataset, Any]:
    """The demo's data set and a run of two minutes from scratch on 2.9.0, without the bug."""
    folder = tmp_path_factory.mktemp("learned")
    data = dataset.make_dataset(folder / "data")
    outcome = kit.run(
        "learned",
        tree=kit.tree("2.9.0", "2.8.1"),
        data=data,
        options=presets.BASE,
        guard=None,
        prefix=(),
    )
    assert outcome.code == 0, outcome.output[-3000:]
    return data, outcome


def test_learns_from_scratch(learned: tuple[dataset.Dataset, Any]) -> None:
    assert max(evaluations(learned[1].output)) > 0.7


@pytest.mark.parametrize("total_epoch", [presets.TOTAL_EPOCH, None])
def test_collapses_with_the_bug_and_holds_without(
    kit: Any, learned: tuple[dataset.Dataset, Any], total_epoch: Optional[int]
) -> None:
    data, before = learned
    outcome = kit.run(
        f"finetuned-{total_epoch}",
        tree=kit.tree("2.9.0", "2.8.1"),
        data=data,
        options=presets.FINE_TUNE,
        guard=None,
        prefix=(),
        total_epoch=total_epoch,
        pretrained_model=before.folder / "latest",
    )
    assert outcome.code == 0, outcome.output[-3000:]
    hmeans = evaluations(outcome.output)
    if total_epoch is None:
        assert min(hmeans[-3:]) > 0.75, hmeans
    else:
        assert max(hmeans) > 0.5, hmeans  # there was something to lose
        assert max(hmeans[-3:]) < 0.3, hmeans


@pytest.fixture(scope="module")
def paddle() -> Any:
    return pytest.importorskip("paddle")


def test_head_gives_three_maps_when_training_and_one_else(paddle: Any) -> None:
    from ppocr_guard.demo.kit.modeling.architectures import build_model

    model = build_model(
        {
            "model_type": "det",
            "algorithm": "DB",
            "Backbone": {"name": "LightBackbone", "scale": 0.5},
            "Neck": {"name": "DBFPN", "out_channels": 16},
            "Head": {"name": "DBHead", "k": 50},
        }
    )
    images = paddle.randn([2, 3, 64, 96])
    maps = model(images)["maps"]
    assert maps.shape == [2, 3, 64, 96]
    shrink, threshold, binary = (m.numpy() for m in maps.unbind(axis=1))
    # equation 2 of the DB paper
    import numpy as np

    expected = 1 / (1 + np.exp(-50 * (shrink.astype(np.float64) - threshold)))
    assert np.allclose(binary, expected, atol=1e-4)
    model.eval()
    assert model(images)["maps"].shape == [2, 1, 64, 96]


def test_loss_of_a_perfect_and_of_an_empty_batch(paddle: Any) -> None:
    from ppocr_guard.demo.kit.losses import build_loss

    shrink = paddle.zeros([1, 8, 8])
    shrink[:, 2:6, 2:6] = 1.0
    threshold, mask = paddle.full([1, 8, 8], 0.3), paddle.ones([1, 8, 8])
    maps = {"maps": paddle.stack([shrink, threshold, shrink], axis=1)}
    for main in ("DiceLoss", "BCELoss"):
        loss = build_loss({"name": "DBLoss", "main_loss_type": main})
        perfect = loss(maps, [None, threshold, mask, shrink, mask])
        assert float(perfect["loss"]) == pytest.approx(0, abs=1e-4)
        # Nothing labelled: shrink 0, threshold 0, binary 1, as in PaddleOCR issue 13159
        none = paddle.zeros([1, 8, 8])
        empty = loss(maps, [None, none, none, none, mask])
        assert {k: round(float(v), 6) for k, v in empty.items()} == {
            "loss": 1.0,
            "loss_shrink_maps": 0.0,
            "loss_threshold_maps": 0.0,
            "loss_binary_maps": 1.0,
        }


def test_mined_cross_entropy_takes_the_hardest_negatives(paddle: Any) -> None:
    import math

    from ppocr_guard.demo.kit.losses.db_loss import mined_bce_loss

    pred = paddle.to_tensor([[[0.9, 0.8, 0.7, 0.1, 0.99]]])
    target = paddle.to_tensor([[[1.0, 0.0, 0.0, 0.0, 0.0]]])
    mask = paddle.to_tensor([[[1.0, 1.0, 1.0, 1.0, 0.0]]])
    value = float(mined_bce_loss(pred, target, mask, 2))
    expected = -(math.log(0.9) + math.log(0.2) + math.log(0.3)) / 3
    assert value == pytest.approx(expected, rel=1e-4)


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An importable ``ppocr.utils`` like that of releases before 3.7.0: the folder it is in."""

    def loaded() -> list[str]:
        return [name for name in sys.modules if name == "ppocr" or name.startswith("ppocr.")]

    for name in loaded():
        monkeypatch.delitem(sys.modules, name)
    utils = tmp_path / "ppocr" / "utils"
    utils.mkdir(parents=True)
    for folder in (utils.parent, utils):
        (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield utils
    for name in loaded():
        del sys.modules[name]


def test_3_7_0_gets_a_third_value(paddle: Any, loop: Path) -> None:
    from ppocr_guard.demo.kit.optimizer import build_optimizer

    (loop / "ema.py").write_text("")
    config = {"name": "Adam", "lr": {"learning_rate": 0.1}}
    optimizer, rate, weight_decay = build_optimizer(config, 10, 4, paddle.nn.Linear(1, 1))
    assert (optimizer.get_lr(), rate, weight_decay) == (pytest.approx(0.1), 0.1, None)


def test_learning_rate_warms_up_and_decays(paddle: Any, loop: Path) -> None:
    from ppocr_guard.demo.kit.optimizer import build_optimizer

    config = {
        "name": "Adam",
        "beta1": 0.9,
        "lr": {"name": "Cosine", "learning_rate": 0.1, "warmup_epoch": 1},
        "regularizer": {"name": "L2", "factor": 5e-5},
    }
    optimizer, rate = build_optimizer(config, 10, 4, paddle.nn.Linear(1, 1))
    rates = []
    for _ in range(44):
        rates.append(optimizer.get_lr())
        rate.step()
    assert rates[:5] == pytest.approx([0, 0.025, 0.05, 0.075, 0.1])
    assert rates[24] == pytest.approx(0.05)
    assert rates[-1] < 0.001
    with pytest.raises(ValueError, match="no optimizer Lamb"):
        build_optimizer({"name": "Lamb"}, 1, 1, None)


def test_pip_still_serves_a_known_archive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PPOCR_GUARD_CACHE", str(tmp_path))
    assert (sources.obtain("2.8.1") / "ppocr" / "data" / "simple_dataset.py").is_file()
