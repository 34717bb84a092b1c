"""What the seams compute without paddle: facts of the loop, agreement, state, operators."""

from __future__ import annotations

import json
import logging
import math
from types import SimpleNamespace
from typing import Any

import pytest

from ppocr_guard.events import Alert, StopRequest
from ppocr_guard.paddleocr import state, status
from ppocr_guard.paddleocr.data_errors import DataErrorCounter
from ppocr_guard.paddleocr.harmless import GuardSignal, harmless
from ppocr_guard.paddleocr.loader import GuardedLoader
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.operators import live_ratios, map_indices, pin
from ppocr_guard.paddleocr.rescoring import is_suspicious
from ppocr_guard.paddleocr.stopping import closing_lines
from ppocr_guard.yaml_source import guard_lines, guard_section


def loop(**settings: Any) -> Loop:
    world = settings.pop("world_size", 1)
    valid = settings.pop("valid", [1])
    config = {"Global": {"save_model_dir": "./out/x/", "epoch_num": 5, **settings}}
    arguments = {
        "config": config,
        "train_dataloader": [0] * 10,
        "valid_dataloader": valid,
        "eval_class": SimpleNamespace(main_indicator="acc"),
        "pre_best_model_dict": {"acc": 0.5, "start_epoch": 3},
    }
    return Loop(arguments, 0, world)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"eval_batch_step": [0, 50]}, (0, 50)),
        ({"eval_batch_step": [3000, 2000]}, (3000, 2000)),
        ({"eval_batch_step": 400}, (0, 400)),
        ({"eval_batch_step": [100, 50], "eval_batch_epoch": 2}, (0, 20)),
        ({"eval_batch_step": [0, 50], "valid": []}, (math.inf, None)),
        ({"eval_batch_step": [0, 50], "valid": None}, (math.inf, None)),
        ({}, (0, None)),
    ],
)
def test_when_evaluations_come(settings: dict[str, Any], expected: tuple[float, int]) -> None:
    assert loop(**settings).evaluation_schedule() == expected


def test_the_start_of_a_run_carries_the_facts_of_the_loop() -> None:
    event = loop(eval_batch_step=[0, 5], checkpoints="a/latest.pdparams").run_start("2.10.0", None)
    assert (event.run, event.main_indicator, event.best) == ("x", "acc", 0.5)
    assert (event.start_epoch, event.steps_per_epoch, event.resumed) == (3, 10, True)
    assert loop(checkpoints="a/latest.pdparams").checkpoints == "a/latest"


STOP = StopRequest(code="hmean_collapse", reason="r", epoch=1, global_step=7, exit_code=4)


def test_progress_counts_on_and_nan_is_never_the_best() -> None:
    progress = state.Progress()
    for value, epoch in ((0.0, 1), (math.nan, 2), (0.5, 3), (0.4, 4)):
        progress = progress.evaluated(value, epoch)
    assert progress == state.Progress(4, 0.5, 3)


def test_state_is_written_whole_and_read_back(tmp_path, caplog: pytest.LogCaptureFixture) -> None:
    checkpoint = str(tmp_path / "latest")
    writer = state.StateWriter()
    guard = {"hooks": {"HmeanTrend": {"a": math.nan}}, "conditions": [{"code": "x"}], "so_far": {}}
    writer.save(checkpoint, state.Progress(2, 0.5, 1), guard, {"Train": {"a": 1}}, "hmean_collapse")
    told = {("hmean_collapse", "", "critical"): 7}
    writer.save_told(tmp_path / "deeper" / "announced.json", told)
    writer.close()
    restored = state.load(checkpoint)
    assert restored is not None
    assert restored.progress_so_far == state.Progress(2, 0.5, 1)
    assert math.isnan(restored.guard["hooks"]["HmeanTrend"]["a"])
    assert restored.guard["conditions"] == [{"code": "x"}]
    assert (restored.trained_on, restored.stopped_for) == ({"Train": {"a": 1}}, "hmean_collapse")
    assert state.load_told(tmp_path / "deeper" / "announced.json") == told
    assert state.load_told(tmp_path / "none.json") == {}
    (tmp_path / "latest.guard.json").write_text("{")
    with caplog.at_level(logging.INFO, "ppocr_guard"):
        assert state.load(checkpoint) is None
        assert state.load(str(tmp_path / "other")) is None
    assert "cannot use" in caplog.text
    assert "no guard state beside" in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"progress": {"evaluations": "2"}}',
        '{"progress": {"best": true}}',
        '{"progress": {}, "hooks": {"HmeanTrend": 3}}',
        '{"progress": {}, "conditions": {}}',
        "[" * 100_000,
        '{"progress": {}, "stopped_for": 1}',
    ],
)
def test_a_state_of_wrong_types_is_refused_with_a_line(tmp_path, caplog, text: str) -> None:
    (tmp_path / "latest.guard.json").write_text(text)
    assert state.load(str(tmp_path / "latest")) is None
    assert "cannot use" in caplog.text
    (tmp_path / "announced.json").write_text(text)
    assert state.load_told(tmp_path / "announced.json") == {}


def dataset(*operators: Any, **more: Any) -> SimpleNamespace:
    return SimpleNamespace(ops=list(operators), **more)


class MakeShrinkMap:
    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


class MakeBorderMap(MakeShrinkMap):
    pass


def test_live_ratios_of_old_and_new_releases_and_their_pins() -> None:
    old = dataset(object(), MakeBorderMap(shrink_ratio=0.4), MakeShrinkMap(shrink_ratio=0.8096))
    assert live_ratios(old) == {"MakeShrinkMap": 0.8096, "MakeBorderMap": 0.4}
    new = dataset(
        MakeShrinkMap(shrink_ratio=0.4, _base_shrink_ratio=0.4, _total_epoch=500),
        _shared_epoch=SimpleNamespace(value=100),
    )
    assert live_ratios(new) == {"MakeShrinkMap": pytest.approx(0.44)}
    for one in (old, new):
        pin(one, {"MakeShrinkMap": 0.5})
        assert live_ratios(one)["MakeShrinkMap"] == 0.5
    assert live_ratios(object()) == {}


def test_where_the_maps_stand_in_a_batch() -> None:
    keys = ["image", "threshold_map", "threshold_mask", "shrink_map", "shrink_mask"]
    transforms = [{"DecodeImage": None}, {"KeepKeys": {"keep_keys": keys}}]
    config = {"Train": {"dataset": {"transforms": transforms}}}
    assert map_indices(config) == {key: i for i, key in enumerate(keys) if i}
    transforms[-1]["KeepKeys"]["keep_keys"] = ["image", "label"]
    assert map_indices(config) is None
    assert map_indices({}) is None


def test_harmless_swallows_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    @harmless
    def fails(signal: bool = False) -> None:
        raise GuardSignal("stop") if signal else KeyError("oops")

    with caplog.at_level(logging.WARNING, "ppocr_guard"):
        assert fails() is None
        assert fails() is None
    assert caplog.text.count("oops") == 1
    with pytest.raises(GuardSignal):
        fails(signal=True)


def test_data_errors_are_counted_and_the_last_is_kept() -> None:
    counter = DataErrorCounter()
    logger = logging.getLogger("test_data_errors")
    logger.addHandler(counter)
    logger.propagate = False
    text = "When parsing line %s, error happened with msg: Traceback\n  File x\nKeyError: 'polys'\n"
    for number in range(3):
        logger.error(text, f"img_{number}.jpg")
    logger.error("something else")
    assert counter.count == 3
    assert "img_2.jpg" in counter.last_message
    assert counter.last_message.endswith("KeyError: 'polys'")


def test_the_loader_stands_in_for_paddles() -> None:
    class Loader:
        dataset = "data"

        def __len__(self) -> int:
            return 2

        def __iter__(self):
            return iter(["a", "b"])

    calls: list[str] = []

    class Session:
        def __getattr__(self, name: str) -> Any:
            return lambda *args: calls.append(name)

    loader: Any = GuardedLoader(Loader(), Session())  # type: ignore[arg-type]
    assert (list(loader), len(loader), loader.dataset) == (["a", "b"], 2, "data")
    assert [c for c in calls if c != "waiting"] == [
        "epoch_starts",
        *["step_boundary", "batch_arrived"] * 2,
        "step_boundary",
    ]


@pytest.mark.parametrize(
    ("value", "best", "evaluation", "expected"),
    [
        (0.24, 0.96, 5, True),
        (0.9, 0.96, 5, False),
        (0.1, 0.1, 3, True),
        (0.1, 0.1, 1, False),
        (math.nan, 0.9, 5, False),
        (0.5, None, 5, False),
    ],
)
def test_which_evaluations_get_a_second_look(value, best, evaluation, expected) -> None:
    assert is_suspicious(value, best, evaluation) is expected


def test_the_last_words_of_a_stopped_run() -> None:
    alert = Alert("hmean_collapse", "critical", "m", "lower it", because="the rate.")
    stop = StopRequest("hmean_collapse", "hmean fell.", 3, 60, 3, alert)
    text = "\n".join(closing_lines(stop, latest="out/latest", best="out/best_accuracy (hmean 0.9)"))
    for words in (
        "epoch 3, global step 60, evaluation 3",
        "why:    hmean fell.\n",
        "cause:  the rate.",
        "lower it",
    ):
        assert words in text
    assert "Global.checkpoints=out/latest" in text
    assert "out/best_accuracy (hmean 0.9)" in text


def test_the_guard_section_named_on_the_command_line_and_its_lines(tmp_path) -> None:
    file = tmp_path / "my.yml"
    file.write_text(
        "Global: {a: 1}\nTrain: {}\nGuard:\n  hooks:\n    - AutoStop:\n        on: []\n"
    )
    for words in (["-c", str(file)], [f"--config={file}"], [f"-c{file}", "-o", "Global.a=1"]):
        argv = ["train.py", *words]
        assert guard_section(argv) == {"hooks": [{"AutoStop": {True: []}}]}  # YAML 1.1
        name, line_of = guard_lines(argv)
        assert name == str(file)
        assert line_of(("Guard",)) == 3
        assert line_of(("Guard", "hooks", 0, "AutoStop", "on")) == 6
        assert line_of(("Guard", "hooks", 3)) is None
    assert guard_section(["train.py", "-c", str(file), "-o", "Guard.hooks=[Journal]"]) == {
        "hooks": ["Journal"]
    }
    assert guard_section(["train.py"]) is None


def test_processes_report_to_run(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    status.running("x")  # outside of `run`: nothing happens
    monkeypatch.setenv(status.FOLDER, str(tmp_path))
    status.running("x")
    status.stopped(STOP)
    assert status.read(tmp_path) == [{"state": "stopped", "code": "hmean_collapse", "reason": "r"}]
    assert json.loads(next(tmp_path.glob("*.json")).read_text())["code"] == "hmean_collapse"
