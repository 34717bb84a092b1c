from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.report import make_report
from ppocr_guard.demo import configs, dataset
from ppocr_guard.demo.configs import RunOptions
from ppocr_guard.demo.presets import FINE_TUNE
from ppocr_guard.paddleocr.releases import behaviour_of
from ppocr_guard.yaml_source import read_yaml

DATA = dataset.Dataset(Path("/d/odd: name"), Path("/d/t.txt"), Path("/d/v.txt"))


def load(options: RunOptions) -> Any:
    return YAML(typ="safe").load(configs.render(DATA, "/out", options))


def transforms(config: Any) -> dict[str, Any]:
    steps = config["Train"]["dataset"]["transforms"]
    return {name: values for step in steps for name, values in step.items()}


def test_defaults_are_the_healthy_stock_setting() -> None:
    config = load(RunOptions())
    steps = transforms(config)
    assert steps["MakeShrinkMap"] == {"shrink_ratio": 0.4, "min_text_size": 8}
    assert steps["MakeBorderMap"]["shrink_ratio"] == 0.4
    assert "total_epoch" not in steps["MakeBorderMap"]
    assert config["PostProcess"]["unclip_ratio"] == 1.5
    assert config["Architecture"]["algorithm"] == "DB"
    assert "seed" not in config["Global"]
    assert config["Global"]["checkpoints"] is None
    assert config["Global"]["pretrained_model"] is None
    assert config["Train"]["dataset"]["data_dir"] == "/d/odd: name"
    assert config["Train"]["dataset"]["label_file_list"] == ["/d/t.txt"]
    assert config["Eval"]["dataset"]["label_file_list"] == ["/d/v.txt"]
    assert "Guard" not in config


def test_options_reach_their_keys() -> None:
    config = load(
        RunOptions(
            epoch_num=7,
            total_epoch=500,
            shrink_ratio=0.5,
            border_ratio=0.6,
            unclip_ratio=0.4,
            ratio=0.99,
            seed=7,
            eval_batch_step=(10, 5),
            log_smooth_window=1,
            checkpoints="/c/latest",
            pretrained_model="/p/best",
            distributed=True,
            transform="- \"__import__('ppocr_guard').X\": null",
            guard="Guard:\n  hooks:\n    - Journal:\n",
        )
    )
    steps = transforms(config)
    shrink, border = steps["MakeShrinkMap"], steps["MakeBorderMap"]
    assert (shrink["shrink_ratio"], shrink["total_epoch"]) == (0.5, 500)
    assert (border["shrink_ratio"], border["total_epoch"]) == (0.6, 500)
    assert list(steps)[-2:] == ["__import__('ppocr_guard').X", "KeepKeys"]
    assert config["PostProcess"]["unclip_ratio"] == 0.4
    assert config["Train"]["dataset"]["ratio_list"] == [0.99]
    run = config["Global"]
    assert (run["epoch_num"], run["seed"], run["log_smooth_window"]) == (7, 7, 1)
    assert (run["eval_batch_step"], run["distributed"]) == ([10, 5], True)
    assert (run["checkpoints"], run["pretrained_model"]) == ("/c/latest", "/p/best")
    assert config["Guard"] == {"hooks": [{"Journal": None}]}


def test_write_makes_the_folder(tmp_path: Path) -> None:
    path = configs.write(tmp_path / "new" / "my.yml", DATA, "/out", RunOptions())
    assert path.read_text(encoding="utf-8") == configs.render(DATA, "/out", RunOptions())


def test_check_has_hints_at_most_for_the_demo(tmp_path: Path) -> None:
    data = dataset.make_dataset(tmp_path / "data", 48, 8)
    path = configs.write(tmp_path / "my.yml", data, tmp_path / "out", FINE_TUNE)
    report = make_report(Context(read_yaml(path), behaviour_of("3.7.0"), bases=(tmp_path,)))
    assert [problem.code for problem in report.problems] == ["small_set_not_augmented"]
    assert not report.failed
