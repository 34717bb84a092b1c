"""What the report says of a run is what holds now, with the numbers of now."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from played_runs import CAUSE, FOLDER, Player, collapsed, interrupted, killed_and_resumed
from played_runs import mended as mended_run
from played_runs import repaired as repaired_run
from report_runs import training, write_journal

from ppocr_guard.cli import main
from ppocr_guard.events import EvalEnd, Event, RunStart, Verdict
from ppocr_guard.logs.history import grouped, history
from ppocr_guard.logs.run import Run, summarise
from ppocr_guard.paddleocr.best import Kept
from ppocr_guard.report import text
from ppocr_guard.report.advice import next_steps
from ppocr_guard.report.drawing import Shape, core, overlap, restored
from ppocr_guard.report.load import judged
from ppocr_guard.report.outcome import best_file, why
from ppocr_guard.report.page import Entry, render
from ppocr_guard.sample_files import SampleFiles

EN = text.Words("en")


class Page(HTMLParser):
    """The visible words of a page, all and by the class of the element that they stand in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.by_class: dict[str, str] = {}
        self._open: list[tuple[str, str]] = []
        self.feed(page.replace("<wbr>", ""))  # where a path may break

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "img", "link", "input"):
            self._open.append((tag, dict(attrs).get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if any(tag in ("script", "style") for tag, _ in self._open):
            return
        for name in {name for _, classes in self._open for name in classes.split()}:
            self.by_class[name] = " ".join((self.by_class.get(name, "") + " " + data).split())


def page_of(player: Player, language: str = "en") -> dict[str, str]:
    page = render([Entry(run_of(player))], text.Words(language), now=player.now)
    return Page(page).by_class


def run_of(player: Player) -> Run:
    [run] = summarise(player.events)
    return run


def test_a_collapse_tells_each_cause_and_its_remedy_once() -> None:
    page = page_of(collapsed())
    assert "Collapsed" in page["hero"]
    assert "0.7900" in page["tiles"]
    assert "0.2300" in page["why"]  # two evaluations suffice: the ratio is known to be wrong
    assert "0.2300" in page["tiles"]
    assert page["next"].count("total_epoch") == 1
    assert page["holds"].count(CAUSE) == 1
    assert "Cause: as told under" in page["holds"]
    assert f"Do not export the last weights: the best checkpoint is at {FOLDER}" in page["next"]
    assert "over" not in page


def test_mended_and_resumed_the_past_is_past() -> None:
    player = mended_run()
    page = page_of(player)
    assert "Healthy" in page["hero"]
    assert "Resumed at epoch 5, after a stop by the guard (hmean_collapse)." in page["hero"]
    assert "MakeShrinkMap.total_epoch: 500 -> (absent)" in page["hero"]
    assert page["holds"] == "What holds now Nothing."
    assert "from epoch 4, evaluation 4 to the resume" in page["over"]
    assert "hmean_collapse" in page["over"]
    assert "the run is judged anew" in page["over"]
    assert "Do not export" not in page["next"]
    assert "0.8600" in page["why"]
    assert page["tiles"].count("0.8600") == 2  # the last is the best
    assert "tone-good" in render([Entry(run_of(player))], EN, now=0)


def test_a_repaired_run_says_from_what_to_what_since_when() -> None:
    page = page_of(repaired_run())
    assert (
        "MakeShrinkMap + MakeBorderMap shrank by 0.8096, and by 0.4 since epoch 1, step 0"
        in (page["hero"])
    )
    assert "Healthy" in page["hero"]
    assert page["holds"] == "What holds now Nothing."
    assert "over" not in page
    assert "off" not in page  # the tile of the ratio


def test_interrupted_is_not_failed() -> None:
    page = page_of(interrupted())
    assert page["badge"] == "interrupted"
    assert "failed" not in page["hero"]
    assert "Interrupted by hand (Ctrl-C) at epoch 5, step 50." in page["hero"]
    assert f"Global.checkpoints={FOLDER}/latest (saved in epoch 5)" in page["next"]


def test_killed_and_resumed_is_one_run_and_says_so() -> None:
    run = run_of(killed_and_resumed())
    assert [attempt.end is None for attempt in run.attempts] == [True, False]
    assert len(run.evaluations) == 5
    assert "Resumed at epoch 3, after it was killed." in page_of(killed_and_resumed())["hero"]


def test_the_last_weights_may_be_the_best_of_an_unstable_run() -> None:
    player = Player().launch((0.5, 0.8, 0.3, 0.75, 0.78, 0.79, 0.8, 0.82, 0.83))
    run = run_of(player)
    assert run.verdict is not None
    assert run.verdict.state == "unstable"
    steps = " ".join(next_steps(run, EN))
    assert "Do not export" not in steps
    assert "The last weights are the best so far" in steps


@pytest.mark.parametrize(
    "values",
    [
        (0.5, 0.7, *[0.8 + 0.0001 * n for n in range(22)]),  # stands still
        (0.5, 0.7, 0.9, 0.88),
        (0.5, 0.9, 0.1),
        (float("nan"), 0.2, 0.5, 0.6),
    ],
)
def test_the_headline_has_the_numbers_of_the_tiles(values: tuple[float, ...]) -> None:
    """At each evaluation, as a report that is written there would show it."""
    events = Player().launch(values).events
    for place, event in enumerate(events):
        if not isinstance(event, Verdict) or not event.evaluation:
            continue
        [run] = summarise(events[: place + 1])
        words = Page(render([Entry(run)], EN, now=0)).by_class
        said = set(re.findall(r"\d\.\d{4}", words["why"]))
        last = text.number(run.evaluations[-1].event.value)
        assert last in words["tiles"]
        known = set(re.findall(r"\d\.\d{4}", words["tiles"]))
        for condition in run.conditions:  # thresholds may be told beside the two
            if condition.evaluation == event.evaluation:
                known |= {text.number(v) for v in condition.evidence.values() if _is_number(v)}
        assert said <= known, (words["why"], words["tiles"])


def _is_number(value: object) -> bool:
    return isinstance(value, float)


def test_a_sentence_of_an_earlier_evaluation_is_not_the_headline() -> None:
    """A plateau is not told again at each evaluation: its numbers are those of its begin."""
    player = Player().launch((0.5, 0.7, *[0.8 + 0.0001 * n for n in range(22)]))
    run = run_of(player)
    assert run.verdict is not None
    assert run.verdict.state == "plateaued"
    assert run.conditions[0].evaluation is not None
    stale = replace(run.conditions[0], evaluation=run.conditions[0].evaluation - 3)
    stale = replace(stale, message="hmean stands still: 0.8017.")
    run.verdicts[-1] = replace(
        run.verdicts[-1],
        event=replace(run.verdict, conditions=(stale,), message=stale.message),
    )
    assert why(run, EN) == "hmean no longer improves. hmean 0.8021, best 0.8021 at epoch 24."
    page = Page(render([Entry(run)], EN, now=0)).by_class
    assert "numbers of evaluation 21" in page["holds"]


def test_a_condition_that_came_twice_is_told_as_over_and_as_open() -> None:
    player = Player()
    player.launch((0.5, 0.6), ratio=0.8096).launch((0.6, 0.62), ratio=0.4)
    player.launch((0.6, 0.6), ratio=0.8096)
    groups = grouped(history(run_of(player)))
    assert [(g.code, g.open, len(g.members)) for g in groups] == [
        ("shrink_ratio_unexpected", True, 2),
        ("shrink_ratio_unexpected", False, 2),
    ]
    assert groups[0].first.step == 40  # counted over the resumes
    ended = groups[1].first.ended
    assert ended is not None
    assert (groups[1].first.condition.since.epoch, ended.epoch) == (1, 3)


def test_the_best_is_the_file_whose_metric_is_stated() -> None:
    """PaddleOCR from 2.9 on replaces its best by a worse one after a resume."""
    player = Player().launch((0.5, 0.8, 0.7))
    run = run_of(player)
    found = best_file(run)
    assert found is not None
    assert (found.path, found.value) == (f"{FOLDER}/best_accuracy", 0.8)
    assert run.best_checkpoint is not None
    run.best_checkpoint = replace(run.best_checkpoint, epoch=3, global_step=30)
    kept = best_file(run, Kept("out/ppocr_guard/best/best_accuracy", 0.8, 2))
    assert kept is not None
    assert (kept.path, kept.value) == ("out/ppocr_guard/best/best_accuracy", 0.8)


def test_a_best_from_before_this_journal_counts() -> None:
    events = Player().launch((0.5, 0.6, 0.7, 0.72)).events
    [run] = summarise(
        replace(e, resumed=True, start_epoch=9)
        if isinstance(e, RunStart)
        else replace(e, best=0.9, best_epoch=4)
        if isinstance(e, EvalEnd)
        else e
        for e in events
    )
    page = Page(render([Entry(run)], EN, now=0)).by_class
    assert "Best hmean 0.9000 epoch 4" in page["tiles"]
    assert "what was before is not in this journal" in page["hero"]


def resumed_elsewhere(tmp_path: Path, checkpoints: str) -> None:
    """A collapse in ./first, resumed from it into ./second."""
    player = collapsed()
    began = len(player.events)
    first = tmp_path / "first"
    write_journal(first, iter(player.events))
    start = next(e for e in player.events if isinstance(e, RunStart))
    config = {**start.config, "Global": {"checkpoints": checkpoints}}
    player.launch((0.2, 0.21), ratio=0.8096, start=replace(start, config=config))
    write_journal(tmp_path / "second", iter(player.events[began:]))


@pytest.mark.parametrize("relative", [False, True])
def test_a_resume_into_another_folder_is_one_run(
    tmp_path: Path, relative: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = "./first/latest" if relative else str(tmp_path / "first" / "latest.pdparams")
    resumed_elsewhere(tmp_path, place)
    output = tmp_path / "r.html"
    assert main(["report", "second", "-o", str(output), "--language", "en"]) == 0
    page = Page(output.read_text(encoding="utf-8")).by_class
    assert "Collapsed" in page["hero"]
    assert "Resumed at epoch 5, after a stop by the guard (hmean_collapse)." in page["hero"]
    assert "0.7900 epoch 1" in page["tiles"]
    assert page["note"].count("Read from ") == 2


def test_a_resume_whose_first_part_is_gone_still_tells_what_holds(tmp_path: Path) -> None:
    resumed_elsewhere(tmp_path, "/nowhere/latest")
    output = tmp_path / "r.html"
    second = str(tmp_path / "second")
    assert main(["report", second, "-o", str(output), "--language", "en"]) == 0
    page = Page(output.read_text(encoding="utf-8")).by_class
    assert "Collapsed" in page["hero"]
    assert "hmean_collapse" in page["holds"]
    assert "what was before is not in this journal" in page["hero"]


def test_what_a_ratio_does_to_a_box_is_drawn() -> None:
    box = Shape(200, 44)
    narrow, wide = core(box, 0.4), core(box, 0.8096)
    assert narrow is not None
    assert wide is not None
    # area * (1 - r^2) / perimeter = 8800 * 0.84 / 488 on each side
    assert (narrow.width, narrow.height) == pytest.approx((169.705, 13.705), abs=1e-3)
    assert overlap(box, restored(narrow, 1.5)) > 0.65
    assert overlap(box, restored(wide, 1.5)) < 0.55  # the metric asks for 0.5
    assert core(box, 1.0) is None
    page = page_of(collapsed())["shrink"]
    assert "As configured: ratio 0.4." in page
    assert "In this run: ratio 0.8096." in page
    assert "In this run" not in page_of(repaired_run())["shrink"]


PNG = b"\x89PNG\r\n\x1a\n" + b"picture %d"


def test_the_sample_of_the_best_and_of_the_last_stand_side_by_side(tmp_path: Path) -> None:
    player = collapsed()
    write_journal(tmp_path, iter(player.events))
    files = SampleFiles(tmp_path / "ppocr_guard" / "samples")
    for evaluation in (1, 2, 3, 4):
        files.keep("last", evaluation, PNG % evaluation)
    files.keep("best", 1, PNG % 1)
    assert len(list((tmp_path / "ppocr_guard" / "samples").iterdir())) == 2
    output = tmp_path / "r.html"
    assert main(["report", str(tmp_path), "-o", str(output), "--language", "en"]) == 0
    html = output.read_text(encoding="utf-8")
    assert "img-src data:;" in html
    assert html.index("data:image/png") < html.index("chart-metric")
    page = Page(html).by_class["evidence"]
    assert "Best: hmean 0.7900, evaluation 1, epoch 1" in page
    assert "Last: hmean 0.2300, evaluation 4, epoch 4" in page


def test_a_sample_that_is_none_or_of_another_run_is_left_out(tmp_path: Path) -> None:
    write_journal(tmp_path, iter(interrupted().events))
    files = SampleFiles(tmp_path / "ppocr_guard" / "samples")
    files.keep("best", 4, b"<svg onload=alert(1)>")
    files.keep("last", 77, PNG % 77)
    output = tmp_path / "r.html"
    assert main(["report", str(tmp_path), "-o", str(output)]) == 0
    assert "<img" not in output.read_text(encoding="utf-8")
    files.clear()
    files.keep("best", 5, PNG % 5)
    files.keep("last", 5, PNG % 5)
    assert main(["report", str(tmp_path), "-o", str(output), "--language", "en"]) == 0
    html = output.read_text(encoding="utf-8")
    assert html.count("<img") == 1
    assert "Best and last: hmean 0.7400" in html


def test_one_page_names_one_fitting_unclip_ratio_and_one_remedy(tmp_path: Path) -> None:
    write_journal(tmp_path, training("collapse", stop_at=6))
    output = tmp_path / "r.html"
    assert main(["report", str(tmp_path), "-o", str(output), "--language", "en"]) == 0
    words = Page(output.read_text(encoding="utf-8")).by_class["page"]
    fits = "unclip_ratio 0.43 fits these targets best"
    assert words.count(fits) == 1
    assert "Scored again with about that unclip_ratio" in words  # 0.5 was tried
    assert "0.42 (square)" not in words


def test_a_problem_of_the_config_that_the_run_has_shown_is_not_advised_upon_again(
    tmp_path: Path,
) -> None:
    player = collapsed()
    write_journal(tmp_path, iter(player.events))
    output = tmp_path / "r.html"
    assert main(["report", str(tmp_path), "-o", str(output), "--language", "en"]) == 0
    words = Page(output.read_text(encoding="utf-8")).by_class["page"]
    assert "MakeShrinkMap will shrink by 0.8096" in words
    assert "What to do about it is told at the top of the page." in words
    assert words.count("Delete total_epoch") + words.count("Remove total_epoch") == 1


def test_the_chinese_advice_says_the_same() -> None:
    """No translation of a sentence: then the general advice of its cause, or the sentence."""
    zh = text.Words("zh")
    run = run_of(collapsed())
    [remedy, weights] = next_steps(run, zh)
    assert "删除 total_epoch" in remedy
    assert "best_accuracy" in weights
    assert zh.advice("hmean_collapse", "Mend the labels.", "labels_wrong") == "Mend the labels."


def test_a_recogniser_has_no_shrink_ratio() -> None:
    config = {"Architecture": {"model_type": "rec", "algorithm": "CRNN"}}
    [run] = summarise([RunStart(0.0, "rec", "CRNN", "2.10.0", config, "out", 4)])
    html = render([Entry(run)], EN, now=0)
    assert "Shrink ratio" not in html
    assert "chart-ratio" not in html.split("</style>")[1].split("<script")[0]
    assert "Shrink ratio" in render([Entry(run_of(collapsed()))], EN, now=0)


def test_of_a_log_too_it_is_told_why_something_is_over() -> None:
    events: list[Event] = [RunStart(0.0, "r", "DB", "unknown", {}, "out", 40, source="train.log")]
    for number, value in enumerate([0.5, 0.7, 0.8, 0.8] + [0.1] * 8 + [0.8] * 8, 1):
        best = max(0.5, value) if number < 3 else 0.8
        metrics = {"hmean": value}
        events.append(EvalEnd(number, number, 20 * number, number, metrics, "hmean", value, best))
    [run] = judged(events)
    [over] = [held for held in history(run) if held.ended is not None]
    assert (over.condition.code, over.ended and over.ended.epoch) == ("hmean_collapse", 13)
    assert "0.8000" in over.why
