from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from report_runs import BEGAN, training, write_journal

from ppocr_guard.cli import main
from ppocr_guard.codes import CODES
from ppocr_guard.events import (
    VERDICTS,
    Alert,
    Condition,
    EvalEnd,
    RunStart,
    StepEnd,
    Verdict,
)
from ppocr_guard.language import pick_language
from ppocr_guard.logs.run import summarise
from ppocr_guard.records import to_record
from ppocr_guard.report import text
from ppocr_guard.report.advice import next_steps
from ppocr_guard.report.page import Entry, render
from ppocr_guard.report.problems import config_problems
from ppocr_guard.report.words import EN as EN_WORDS
from ppocr_guard.report.words import ZH as ZH_WORDS

EN = text.Words("en")
EVIL = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u202e\x1b[31m"


def page_of(events: Any, language: str = "en") -> str:
    runs = summarise(events)
    return render([Entry(run) for run in runs], text.Words(language), now=BEGAN)


def data_of(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found
    return json.loads(found.group(1))


class Tags(HTMLParser):
    """Collects tags and visible text, and checks that tags close in order."""

    VOID = ("meta", "img", "br", "link", "input")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(page.replace("<wbr>", ""))  # where a path may break
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("script", "style"):
            self.words += data + " "


def test_the_page_tells_verdict_when_and_why() -> None:
    page = page_of(training("collapse", stop_at=6))
    words = " ".join(Tags(page).words.split())
    assert "Collapsed" in words
    assert "since epoch 4, evaluation 4" in words
    assert "Stopped at epoch 6, step 120 by rule hmean_collapse" in words
    assert "0.7900" in words
    assert "expected 0.4 to 0.6" in words
    assert "unclip_ratio 0.43 fits these targets best" in words
    assert "the best checkpoint is at ./output/db_mv3/best_accuracy" in words


@pytest.mark.parametrize(
    ("language", "headline", "healthy"),
    [
        ("en", "Holding, with a fault", "nothing points to trouble"),
        ("zh", "指标正常，另有问题", "未见异常"),
    ],
)
def test_a_healthy_curve_does_not_hide_what_is_wrong(
    language: str, headline: str, healthy: str
) -> None:
    """The verdict judges the curve alone; labels that are lost do not show in it."""
    events = list(training("healthy"))
    sound = " ".join(Tags(page_of(events, language)).words.split())
    assert headline not in sound
    assert healthy in sound
    lost = Condition("targets_wrong", "critical", "10% of the labels are refused.", "Mend.")
    verdict = next(event for event in reversed(events) if isinstance(event, Verdict))
    events.insert(-1, replace(verdict, conditions=(lost,)))
    page = page_of(events, language)
    words = " ".join(Tags(page).words.split())
    assert headline in words
    assert healthy not in words
    assert text.Words(language).alert_phrase("targets_wrong") in words
    assert 'data-verdict="healthy"' in page


def test_the_curves_are_the_journal_s_numbers() -> None:
    events = list(training("collapse", stop_at=6))
    [run] = data_of(page_of(events))["runs"]
    metric = run["charts"]["metric"]
    evaluations = [e for e in events if isinstance(e, EvalEnd)]
    assert metric["x"] == [e.global_step for e in evaluations]
    by_label = {s["label"]: s["values"] for s in metric["series"]}
    assert by_label["hmean"] == pytest.approx([e.value for e in evaluations], rel=1e-5)
    assert by_label["hmean (best unclip ratio)"][3:] == [0.92] * 3
    loss = {s["label"]: s["values"] for s in run["charts"]["loss"]["series"]}
    steps = [e for e in events if isinstance(e, StepEnd)]
    assert loss["loss"] == pytest.approx([e.losses["loss"] for e in steps], rel=1e-5)
    assert "loss_cbn" not in loss  # 0 throughout
    assert run["stop"] == 120


def test_ratios_that_agree_share_a_line() -> None:
    [run] = data_of(page_of(training("collapse", stop_at=6)))["runs"]
    ratio = run["charts"]["ratio"]
    labels = [s["label"] for s in ratio["series"]]
    assert labels[0] == "MakeBorderMap + MakeShrinkMap, live + scheduled"
    assert ratio["series"][0]["values"] == [0.8096] * 6
    assert ratio["low"] == [0.4] * 6
    assert ratio["high"] == [0.6] * 6


def test_nothing_from_a_log_becomes_markup() -> None:
    start = RunStart(BEGAN, EVIL, EVIL, EVIL, {"Global": {"seed": EVIL}}, EVIL, 2)
    events = [
        start,
        StepEnd(BEGAN, 1, 1, {EVIL: 1.0}),
        EvalEnd(BEGAN, 1, 1, 1, {EVIL: 0.1, "precision": 0.1}, EVIL, 0.1, 0.1),
        Alert(EVIL, "critical", EVIL, EVIL, {EVIL: EVIL, "list": [EVIL]}, 1, 1, 1, BEGAN, EVIL),
    ]
    for entries in (1, 2):
        runs = summarise(events) * entries
        page = render([Entry(run, notes=[EVIL]) for run in runs], EN, now=BEGAN)
        tags = Tags(page).tags
        assert [t for t, _ in tags if t == "img"] == []
        assert len([t for t, _ in tags if t == "script"]) == 2
        assert all(not name.startswith("on") for _, attrs in tags for name in attrs)
        assert "\u202e" not in page
        assert "\x1b" not in page


def test_the_policy_lets_only_the_page_s_own_script_run() -> None:
    page = page_of(training("healthy", epochs=2))
    policy = next(a["content"] for t, a in Tags(page).tags if t == "meta" and "http-equiv" in a)
    script = page[page.rindex("<script>") + len("<script>") : page.rindex("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_the_page_needs_no_other_file_and_carries_the_licence() -> None:
    page = page_of(training("healthy", epochs=2))
    for tag, attributes in Tags(page).tags:
        assert not {"src", "href"} & set(attributes), tag
    assert "url(" not in page
    assert "Copyright (c) 2022 Leon Sorokin" in page


def test_a_run_without_evaluations_or_with_nan_only() -> None:
    start = RunStart(BEGAN, "r", "DB", "2.10.0", {}, "out", epoch_num=4)
    assert "no evaluation yet" in page_of([start])
    nan = math.nan
    evaluation = EvalEnd(BEGAN, 1, 9, 1, {"hmean": nan}, "hmean", nan, 0.0)
    page = page_of([start, StepEnd(BEGAN, 1, 9, {"loss": nan}, learning_rate=nan), evaluation])
    assert "NaN" not in page[page.index('id="data"') : page.index("</script>")]
    [run] = data_of(page)["runs"]
    assert run["not_finite"] == [9]
    assert run["charts"]["metric"]["series"][-1]["values"] == [None]


def test_1e5_steps_make_a_small_page() -> None:
    page = page_of(training("healthy", epochs=40, steps=2500))
    assert len(page) < 600_000
    charts = data_of(page)["runs"][0]["charts"]
    assert all(len(chart["x"]) <= 2000 for chart in charts.values())
    assert charts["loss"]["x"] == sorted(set(charts["loss"]["x"]))


def test_secrets_of_the_configuration_stay_out() -> None:
    start = RunStart(
        BEGAN, "r", "DB", "2.10.0", {"Guard": {"hooks": [{"Notify": "tok-123"}]}}, "out", 2
    )
    assert "tok-123" not in page_of([start])


def test_advice_names_each_step_once_and_the_best_checkpoint() -> None:
    [run] = summarise(training("collapse", stop_at=6))
    steps = next_steps(run, EN)
    assert len(steps) == len(set(steps))
    assert any(step.startswith("Delete total_epoch") for step in steps)
    assert any("./output/db_mv3/best_accuracy" in step for step in steps)
    chinese = next_steps(run, text.Words("zh"))
    assert any("MakeBorderMap 中删除 total_epoch" in step for step in chinese)
    [fine] = summarise(training("healthy"))
    assert next_steps(fine, EN) == [
        "Nothing is wrong. The best checkpoint is at ./output/db_mv3/best_accuracy."
    ]


def test_the_configuration_s_problems_are_named(tmp_path: Path) -> None:
    write_journal(tmp_path, training("collapse", stop_at=6))
    output = tmp_path / "r.html"
    assert main(["report", str(tmp_path), "-o", str(output), "--language", "en"]) == 0
    words = Tags(output.read_text(encoding="utf-8")).words
    assert "MakeShrinkMap will shrink by 0.8096" in words
    assert "Train.dataset.transforms[4].MakeShrinkMap.total_epoch" in words
    assert config_problems(None) is None
    assert config_problems(RunStart(BEGAN, "r", "DB", "unknown", {"x": [1]}, "out", 2)) is None


def test_both_languages_say_the_same_things() -> None:
    placeholders = re.compile(r"\{\w+\}")
    assert set(EN_WORDS) == set(ZH_WORDS)
    for key, english in EN_WORDS.items():
        found = sorted(placeholders.findall(ZH_WORDS[key]))
        assert found == sorted(placeholders.findall(english)), key
    for state in (*VERDICTS, "unknown"):
        assert EN(state)
        assert text.Words("zh")(f"{state}.why", metric="hmean")
    assert all(code.title_zh and code.advice_zh for code in CODES.values())


@pytest.mark.parametrize(
    ("env", "expected"),
    [({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "de_DE"}, "en"), ({}, "en")],
)
def test_language_follows_the_locale(env: dict[str, str], expected: str) -> None:
    assert pick_language("auto", env) == expected
    assert pick_language("en", env) == "en"


def test_numbers_in_words() -> None:
    assert [text.number(v) for v in (0.7927, None, 0.0, 3.1e-06, math.nan, math.inf, 1024.0)] == [
        "0.7927",
        "–",
        "0.0000",
        "3.1e-06",
        "NaN",
        "inf",
        "1024",
    ]
    assert [text.duration(s) for s in (45, 725, 11_220, 187_200)] == [
        "45s",
        "12m 05s",
        "3h 07m",
        "2d 04h",
    ]
    assert text.ratio(0.4) == "0.4"


def test_command_writes_beside_the_journal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_journal(tmp_path, training("collapse", stop_at=6))
    assert main(["report", str(tmp_path), "--language", "zh"]) == 0
    written = Path(capsys.readouterr().out.strip())
    assert written == tmp_path / "ppocr_guard" / "report.html"
    assert "崩溃" in written.read_text(encoding="utf-8")


def test_command_with_several_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for shape in ("collapse", "healthy"):
        write_journal(tmp_path / shape, training(shape, epochs=5))
    monkeypatch.chdir(tmp_path)
    assert main(["report", "collapse", "healthy", "--language", "en"]) == 0
    assert capsys.readouterr().out.strip() == "report.html"
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Side by side" in page
    assert len(data_of(page)["runs"]) == 2


def write_log(path: Path, shape: str) -> None:
    """A train.log as PaddleOCR prints it, of a run in tests/unit/report_runs.py."""
    head = "[2026/11/23 08:50:00] ppocr INFO: "
    lines = [
        "Global : ",
        "    epoch_num : 12",
        "    save_model_dir : ./out",
        "Train : ",
        "    dataset : ",
        "        name : SimpleDataSet",
        "        ratio_list : [1.0]",
        "        transforms : ",
        "            MakeBorderMap : ",
        "                shrink_ratio : 0.4",
        "                total_epoch : 500",
        "            MakeShrinkMap : ",
        "                shrink_ratio : 0.4",
        "                total_epoch : 500",
        "train with paddle 3.3.1 and device Place(cpu)",
    ]
    for event in training(shape, epochs=12):
        if isinstance(event, StepEnd) and event.global_step % 5 == 0:
            losses = ", ".join(f"{name}: {value:.6f}" for name, value in event.losses.items())
            lines.append(
                f"epoch: [{event.epoch}/12], global_step: {event.global_step}, lr: 0.000500, "
                f"{losses}, avg_reader_cost: 0.10 s, avg_batch_cost: 1.70 s, avg_samples: 8.0, "
                "ips: 4.7 samples/s, eta: 0:22:31"
            )
        elif isinstance(event, EvalEnd):
            values = ", ".join(f"{name}: {value}" for name, value in event.metrics.items())
            lines.append(f"cur metric, {values}, fps: 7.14")
    path.write_text("".join(f"{head}{line}\n" for line in lines), encoding="utf-8")


def test_a_bare_log_is_judged_as_it_would_have_been(tmp_path: Path) -> None:
    write_log(tmp_path / "train.log", "collapse")
    output = tmp_path / "r.html"
    assert main(["report", str(tmp_path), "-o", str(output), "--language", "en"]) == 0
    page = output.read_text(encoding="utf-8")
    words = " ".join(Tags(page).words.split())
    assert "Collapsed since epoch 4, evaluation 4" in words
    assert "With AutoStop the guard would have stopped it at epoch 4, step 80" in words
    assert "from a log" in words
    assert "MakeShrinkMap will shrink by 0.8096" in words  # from the config that it prints
    [run] = data_of(page)["runs"]
    assert len(run["charts"]["metric"]["x"]) == 12
    assert len(run["charts"]["loss"]["x"]) == 48
    assert main(["report", str(tmp_path / "train.log"), "-o", str(output)]) == 0


def test_a_text_that_is_no_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("buy milk")
    assert main(["report", str(tmp_path / "notes.txt")]) == 2
    assert "no record of a training" in capsys.readouterr().err


def test_a_torn_journal_is_read_and_said(tmp_path: Path) -> None:
    journal = write_journal(tmp_path, training("healthy", epochs=5, ended=False))
    whole = journal.read_bytes()
    middle = len(whole) // 2
    record = json.dumps({**to_record(Alert("x", "info", "m", "a")), "epoch": "six"})
    torn = whole[:middle] + b"\0\xff{{\n" + record.encode() + b"\n[1]\n" + whole[middle:-9]
    journal.write_bytes(torn)
    assert main(["report", str(tmp_path), "-o", str(tmp_path / "r.html"), "--language", "en"]) == 0
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert re.search(r"could not be read and were left out: [345]\.", page)


def test_earlier_runs_in_one_journal(tmp_path: Path) -> None:
    first = list(training("collapse", stop_at=5))
    second = [
        replace(e, run="again") if isinstance(e, RunStart) else e
        for e in training("healthy", epochs=5)
    ]
    write_journal(tmp_path, iter(first + second))
    output = tmp_path / "r.html"
    arguments = ["report", str(tmp_path), "-o", str(output), "--language", "en"]
    assert main(arguments) == 0
    page = output.read_text(encoding="utf-8")
    assert "Earlier runs in this file, not shown here: 1 " in page
    assert [run["name"] for run in data_of(page)["runs"]] == ["again"]
    assert main([*arguments, "--all"]) == 0
    assert len(data_of(output.read_text(encoding="utf-8"))["runs"]) == 2


@pytest.mark.parametrize("name", ["missing", "empty", "void"])
def test_unusable_input(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    journal = tmp_path / "void" / "ppocr_guard" / "journal.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_text("")
    assert main(["report", str(tmp_path / name)]) == 2
    error = capsys.readouterr().err
    assert str(tmp_path / name) in error
    assert error.count("\n") == 1


def test_unwritable_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_journal(tmp_path, training("healthy", epochs=2))
    (tmp_path / "file").write_text("")
    assert main(["report", str(tmp_path), "-o", str(tmp_path / "file" / "r.html")]) == 2
    assert "Choose another file with -o" in capsys.readouterr().err


def test_the_cause_is_told_and_each_cause_has_one_advice() -> None:
    cause = {"cause": "shrink_ratio_wrong", "because": "The seed 1024 is taken for the epoch."}
    events = list(training("healthy"))[:40]
    events += [
        Alert("shrink_ratio_unexpected", "critical", "m", "Delete total_epoch.", **cause),
        Alert("hmean_collapse", "critical", "m", "Remove total_epoch.", **cause),
        Alert("loss_diverged", "warning", "m", "Lower the rate."),
    ]
    [run] = summarise(events)
    advised = [step for step in next_steps(run, EN) if step in {a.advice for a in events[40:]}]
    assert advised == ["Delete total_epoch.", "Lower the rate."]
    assert "Cause: The seed 1024 is taken for the epoch." in page_of(events)
