from __future__ import annotations

import json

import pytest

from ppocr_guard.cli import main
from ppocr_guard.events import EvalEnd, RunStart, ShrinkRatio
from ppocr_guard.records import to_record

P = "[2024/08/27 14:{:02d}:08] ppocr INFO: "
BUG = [0.79, 0.60, 0.26, 0.22, 0.20, 0.24, 0.26, 0.28]


def log(values, name="hmean", loss="1.500000", parts=""):
    lines = [P.format(0) + "train with paddle 2.6.0 and device Place(cpu)"]
    for i, value in enumerate(values, 1):
        head = P.format(i)
        lines.append(
            f"{head}epoch: [{i}/40], global_step: {20 * i}, lr: 0.001, loss: {loss}{parts}, "
            "avg_reader_cost: 0.1 s, avg_batch_cost: 1.0 s, avg_samples: 8.0, ips: 5.0 samples/s"
        )
        lines.append(f"{head}cur metric, {name}: {value}, fps: 5.0")
    return "\n".join(lines) + "\n"


@pytest.fixture
def replay(tmp_path, capsys):
    def replay(*texts, json_=True):
        paths = []
        for i, text in enumerate(texts):
            paths.append(tmp_path / f"train{i}.log")
            paths[-1].write_text(text)
        code = main(["replay", *map(str, paths), *(["--json"] if json_ else [])])
        out = capsys.readouterr()
        reports = [json.loads(line) for line in out.out.splitlines()] if json_ else out.out
        return code, reports, out.err

    return replay


def test_a_collapse(replay):
    code, (report,), _ = replay(log(BUG))
    assert code == 1
    assert set(report) == {"source", "evaluations", "metric", "best", "verdict", "alerts", "stop"}
    assert (report["evaluations"], report["metric"], report["verdict"]) == (8, "hmean", "collapsed")
    assert report["best"] == {"value": 0.79, "epoch": 1, "global_step": 20, "evaluation": 1}
    assert report["stop"] == {
        "code": "hmean_collapse", "epoch": 5, "global_step": 100, "evaluation": 5,
    }  # fmt: skip
    (alert,) = report["alerts"]
    assert set(alert) == {
        "code", "severity", "epoch", "global_step", "evaluation", "message", "evidence", "advice",
    }  # fmt: skip


def test_a_healthy_run(replay):
    code, (report,), _ = replay(log([0.7, 0.8, 0.85, 0.88, 0.9, 0.91]))
    assert (code, report["verdict"], report["alerts"], report["stop"]) == (0, "healthy", [], None)


def test_a_plateau_is_no_worry(replay):
    code, (report,), _ = replay(log([0.8] * 30))
    assert (code, report["verdict"]) == (0, "plateaued")
    assert [a["code"] for a in report["alerts"]] == ["hmean_plateau"]


def test_recognition(replay):
    _, (report,), _ = replay(log(BUG, name="acc"))
    assert (report["metric"], report["verdict"]) == ("acc", "collapsed")


def test_nan_in_the_loss(replay):
    code, (report,), _ = replay(log([0.5, 0.6], loss="nanxxx"))
    assert (code, report["verdict"]) == (1, "diverged")
    assert report["stop"]["code"] == "loss_not_finite"
    assert report["stop"]["evaluation"] == 0  # before the first
    assert report["alerts"][0]["evidence"]["value"] == "nan"


def test_no_positives(replay):
    parts = ", loss_shrink_maps: 0.0, loss_threshold_maps: 0.0, loss_binary_maps: 1.0"
    code, (report,), _ = replay(log([0.8, 0.7, 0.6, 0.5], loss="1.0", parts=parts))
    assert code == 1
    assert report["stop"]["code"] == "loss_degenerate"
    assert report["stop"]["evaluation"] == 1  # at the second line, after the first evaluation


def test_each_launch_is_a_run(replay):
    code, reports, _ = replay(log([0.9, 0.92, 0.93, 0.93]) + log([0.1, 0.2, 0.3, 0.4]))
    assert code == 0
    assert [report["verdict"] for report in reports] == ["healthy", "healthy"]


def test_a_resume_is_not(replay):
    second = log([0.2, 0.2, 0.2]).replace("epoch: [", "epoch: [1")  # epochs 11, 12, 13
    second = second.replace("Place(cpu)", "Place(cpu)\n" + P.format(0) + "resume from ./latest")
    _, (report,), _ = replay(log([0.9, 0.9, 0.92]) + second)
    assert (report["evaluations"], report["stop"]["evaluation"]) == (6, 6)


def test_several_logs(replay):
    code, reports, _ = replay(log([0.5, 0.6, 0.7, 0.8]), log(BUG))
    assert code == 1
    assert [report["verdict"] for report in reports] == ["healthy", "collapsed"]


def test_text_for_people(replay):
    _, text, _ = replay(log(BUG), json_=False)
    for word in (
        "collapsed",
        "8 evaluations",
        "[hmean_collapse]",
        "epoch 5",
        "3 evaluations saved",
    ):
        assert word in text


@pytest.mark.parametrize("text", ["", "hello\nworld\n", P.format(1) + "load pretrain successful\n"])
def test_no_usable_line(replay, text):
    code, reports, err = replay(text)
    assert (code, reports) == (2, [])
    assert "train0.log" in err
    assert "no training line" in err
    assert "Traceback" not in err


def test_no_such_file(capsys, tmp_path):
    assert main(["replay", str(tmp_path / "none.log")]) == 2
    assert "none.log: No such file" in capsys.readouterr().err


def test_a_journal(tmp_path, capsys):
    path = tmp_path / "journal.jsonl"
    events = [RunStart(0.0, "r", "", "2.8.1", {}, ".", epoch_num=8)]
    events += [ShrinkRatio(0.0, 1, 1, "MakeShrinkMap", "live", 0.8096, 0.4, 0.6)]
    events += [
        EvalEnd(0.0, i, 20 * i, i, {"hmean": value}, "hmean", value, 0.79)
        for i, value in enumerate(BUG, 1)
    ]
    path.write_text("".join(json.dumps(to_record(event)) + "\n" for event in events) + '{"torn')
    assert main(["replay", "--json", str(path)]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [a["code"] for a in report["alerts"]] == ["shrink_ratio_unexpected", "hmean_collapse"]
    assert report["stop"]["evaluation"] == 4
    assert report["alerts"][1]["evidence"]["cause"] == "shrink_ratio_wrong"
