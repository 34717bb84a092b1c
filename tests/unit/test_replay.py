from __future__ import annotations

import gzip
import io
import json
import sys

import pytest

from ppocr_guard.cli import main
from ppocr_guard.events import EvalEnd, RunStart, ShrinkRatio
from ppocr_guard.records import to_record
from ppocr_guard.report.load import load

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
    assert set(report) == {
        "source", "evaluations", "metric", "best", "verdict", "alerts", "stop", "conditions",
    }  # fmt: skip
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
    code, (report,), _ = replay(log([0.5, 0.6, 0.6, 0.6, 0.6, 0.6], loss="nanxxx"))
    assert (code, report["verdict"]) == (1, "diverged")
    assert report["stop"]["code"] == "loss_not_finite"
    assert report["stop"]["evaluation"] == 4  # at the fifth line, before its evaluation
    assert report["alerts"][0]["evidence"]["value"] == "nan"


def test_nan_in_a_line_or_two_may_pass(replay):
    _, (report,), _ = replay(log([0.5, 0.6], loss="nanxxx"))
    assert (report["verdict"], report["stop"]) == ("too_short", None)
    (alert,) = report["alerts"]
    assert (alert["code"], alert["severity"]) == ("loss_not_finite", "warning")


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


CONFIG = """\
Global :
    epoch_num : 500
Optimizer :
    lr :
        learning_rate : 0.001
Train :
    dataset :
        name : SimpleDataSet
        ratio_list : [1.0]
        transforms :
            MakeBorderMap :
                shrink_ratio : 0.4
                total_epoch : 500
            MakeShrinkMap :
                shrink_ratio : 0.4
                total_epoch : 500
"""


def with_config(values):
    """A log that prints a configuration with total_epoch: 500; its loss falls all the time."""
    lines = [P.format(0) + line for line in CONFIG.splitlines()]
    for i, value in enumerate(values, 1):
        text = log([value], loss=f"{3 / i:.4f}").splitlines()[1:]
        text = [line.replace("[1/40], global_step: 20", f"[{i}/40], global_step: {20 * i}")
                for line in text]  # fmt: skip
        lines += [line.replace("hmean", f"precision: {value}, recall: {value}, hmean")
                  .replace("14:01", f"14:{i:02d}") for line in text]  # fmt: skip
    return "\n".join(lines) + "\n"


SLIDE = [0.8, 0.75, 0.72, *(0.70 - 0.01 * i for i in range(16))]


def test_the_printed_config_explains_a_slide(replay):
    code, (report,), _ = replay(with_config(SLIDE))
    assert code == 1
    (told,) = (c for c in report["conditions"] if c["code"] == "shrink_ratio_unexpected")
    assert told["cause"] == "shrink_ratio_wrong"
    assert told["evidence"]["ratio"] == pytest.approx(0.8096)
    assert not [a for a in report["alerts"] if a["code"] == "overfitting"]


@pytest.mark.parametrize("text", [with_config(SLIDE), log(BUG), log([0.02] * 40)])
def test_the_report_of_a_log_holds_what_replay_holds(replay, tmp_path, text):
    _, (report,), _ = replay(text)
    [run] = load(tmp_path / "train0.log").runs
    assert [c.code for c in run.conditions] == [c["code"] for c in report["conditions"]] != []
    assert run.verdict.state == report["verdict"]
    stop = run.would_stop
    assert (stop and stop.epoch) == (report["stop"] and report["stop"]["epoch"])


def test_without_total_epoch_it_is_overfitting(replay):
    text = with_config(SLIDE).replace("total_epoch", "no_epoch")
    _, (report,), _ = replay(text)
    codes = {alert["code"] for alert in report["alerts"]}
    assert "overfitting" in codes
    assert "shrink_ratio_unexpected" not in codes


def test_a_run_that_learns_is_left_alone_whatever_it_printed(replay):
    code, (report,), _ = replay(with_config([0.3, 0.5, 0.45, 0.6, 0.7, 0.8, 0.82, 0.85]))
    assert (code, report["alerts"]) == (0, [])


def test_what_still_holds(replay):
    _, (report,), _ = replay(log(BUG))
    (held,) = report["conditions"]
    assert (held["code"], held["severity"], held["subject"]) == ("hmean_collapse", "critical", "")
    assert held["since"] == {"epoch": 5, "global_step": 100, "evaluation": 5}
    assert held["evidence"]["value"] == 0.28  # today's, not that of the alert
    assert set(held) == {
        "code", "subject", "severity", "since", "evidence", "cause", "advice",
    }  # fmt: skip
    assert replay(log([0.7, 0.8, 0.85, 0.88]))[1][0]["conditions"] == []


def test_of_equal_values_the_last_is_the_best_as_for_paddleocr(replay):
    _, (report,), _ = replay(log([0.0] * 6))
    assert report["best"] == {"value": 0.0, "epoch": 6, "global_step": 120, "evaluation": 6}


def test_lines_that_end_in_a_comma(replay):
    text = "".join(f"{line},\n" for line in log(BUG).splitlines())
    assert replay(text)[1][0]["evaluations"] == 8
    listed = "".join(f'"{line}\\n",\n' for line in with_config(SLIDE).splitlines())
    assert listed.count('\\n",') == listed.count("\n")
    (report,) = replay(listed)[1]
    assert report["evaluations"] == len(SLIDE)
    assert report["conditions"][0]["code"] == "shrink_ratio_unexpected"  # of the config


def test_a_whole_log_on_one_line(replay):
    text = with_config(SLIDE)
    _, (as_it_is,), _ = replay(text)
    assert len(text) < (1 << 17) < len(text) * 40
    for between, times in ((" ", 1), ("\\n", 1), (" ", 40)):  # longer than a block, too
        last = replay((text * times).replace("\n", between))[1][-1]
        assert (last["evaluations"], last["best"]) == (19, as_it_is["best"])
        assert last["conditions"] == as_it_is["conditions"]


def notebook(text):
    lines = text.splitlines(keepends=True)
    cells = [
        {"cell_type": "markdown", "source": ["epoch: [1/2]"]},
        {"cell_type": "code", "outputs": [
            {"output_type": "stream", "text": lines[:5]},
            {"output_type": "execute_result", "data": {"text/plain": "".join(lines[5:])}},
        ]},
    ]  # fmt: skip
    return json.dumps({"cells": cells, "nbformat": 4})


KINDS = {
    "a.log.gz": lambda text: gzip.compress(text.encode()),
    "cut.gz": lambda text: gzip.compress(text.encode() + b"x" * 9)[:-6],
    "a.ipynb": lambda text: notebook(text).encode(),
    "no_name": lambda text: notebook(text).encode(),
    "cut.ipynb": lambda text: json.dumps({"cells": [text]}).encode()[:-3],
    "a.txt": lambda text: text.encode("utf-16-le"),
    "b.txt": lambda text: text.encode("utf-16-be"),
    "c.txt": lambda text: text.encode("utf-16"),
    "d.ipynb.gz": lambda text: gzip.compress(notebook(text).encode()),
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds_of_files(tmp_path, capsys, name):
    (tmp_path / name).write_bytes(KINDS[name](with_config(SLIDE)))
    assert main(["replay", "--json", str(tmp_path / name)]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["evaluations"], report["source"]) == (len(SLIDE), str(tmp_path / name))
    assert report["conditions"][0]["code"] == "shrink_ratio_unexpected"  # the config was read


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input(monkeypatch, capsys, packed):
    data = log(BUG).encode()
    stream = io.TextIOWrapper(io.BytesIO(gzip.compress(data) if packed else data))
    monkeypatch.setattr(sys, "stdin", stream)
    assert main(["replay", "--json", "-"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["source"], report["evaluations"], report["verdict"]) == ("-", 8, "collapsed")


def test_a_journal_by_other_ways(tmp_path, monkeypatch, capsys):
    events = [RunStart(0.0, "r", "", "2.8.1", {}, ".", epoch_num=8)]
    events += [EvalEnd(0.0, i, i, i, {"hmean": 0.5}, "hmean", 0.5, 0.5) for i in range(1, 6)]
    text = "".join(json.dumps(to_record(event)) + "\n" for event in events).encode()
    (tmp_path / "journal.jsonl.gz").write_bytes(gzip.compress(text))
    (tmp_path / "renamed").write_bytes(text)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    for name in (str(tmp_path / "journal.jsonl.gz"), str(tmp_path / "renamed"), "-"):
        assert main(["replay", "--json", name]) == 0
        assert json.loads(capsys.readouterr().out)["evaluations"] == 5


@pytest.mark.parametrize("data", [b"\x1f\x8b", b"\x1f\x8bnothing", b'{"cells": 3}', b"\x00" * 99])
def test_what_is_no_log_gets_one_line(tmp_path, capsys, data):
    (tmp_path / "x").write_bytes(data)
    assert main(["replay", str(tmp_path / "x")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_in_chinese(tmp_path, capsys):
    path = tmp_path / "train.log"
    path.write_text(log(BUG))
    assert main(["replay", str(path), "--language", "zh"]) == 1
    out = capsys.readouterr().out
    assert "共 8 次评估，hmean 最好 0.7900（第 1 次评估，第 1 轮，第 20 步）" in out
    assert "hmean 崩溃：0.2" in out
    assert "若启用 AutoStop，会在第 5 轮停止：省去 3 次评估" in out


def test_auto_follows_the_locale(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    path = tmp_path / "train.log"
    path.write_text(log(BUG))
    for locale, word in (("zh_CN.UTF-8", "次评估"), ("en_GB.UTF-8", "8 evaluations")):
        monkeypatch.setenv("LANG", locale)
        main(["replay", str(path)])
        assert word in capsys.readouterr().out


def test_a_stop_is_counted_from_where_it_comes_not_from_its_alert(replay):
    """A run that learns nothing is stopped at half of its epochs, long after it was told."""
    text = log([0.02] * 40)
    _, (report,), _ = replay(text)
    told = next(a for a in report["alerts"] if a["code"] == "hmean_not_learning")
    stop = report["stop"]
    assert (stop["code"], stop["epoch"]) == ("hmean_not_learning", stop["evaluation"])
    assert told["evaluation"] < stop["evaluation"]
    _, said, _ = replay(text, json_=False)
    assert f"stopped at epoch {stop['epoch']}: {40 - stop['epoch']} evaluations saved" in said
