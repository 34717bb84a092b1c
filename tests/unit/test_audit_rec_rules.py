"""Each rule of text recognition with a project that trips it, and one that is close but fine."""

from __future__ import annotations

import errno
import pickle
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np
import pytest
from audit_data import at, both
from chinese import is_chinese
from rec_data import LETTERS, WORDS, RecProject

from ppocr_guard.audit import audit
from ppocr_guard.audit.problem import Problem
from ppocr_guard.audit.recognition import image_shape, width
from ppocr_guard.wording import in_language

Change = Callable[[RecProject], Any]


def dictionary(text: str, encoding: str = "utf-8") -> Change:
    return lambda project: project.write("lines/dict.txt", text, encoding)


def train(*texts: str, mode: str = "Train") -> Change:
    """So many of the healthy texts replaced by these, from the end."""

    def change(project: RecProject) -> None:
        healthy = [f"{word}{number}" for number in range(40) for word in WORDS]
        project.labels(mode, [*healthy[: 400 - len(texts)], *texts])

    return change


def shape(mode: str, *size: int) -> Change:
    def change(project: RecProject) -> None:
        project.options("RecResizeImg", mode)["image_shape"] = list(size)

    return change


def weights(classes: int, name: str = "head.fc.weight") -> Change:
    def change(project: RecProject) -> None:
        arrays = {"backbone.conv1": np.zeros((2, 2)), name: np.zeros((4, classes))}
        (project.folder / "best.pdparams").write_bytes(pickle.dumps(arrays))
        project.config["Global"]["pretrained_model"] = "./best"

    return change


def renamed(path: str) -> Change:
    def change(project: RecProject) -> None:
        file = project.folder / path
        file.parent.mkdir(exist_ok=True)
        (project.folder / "lines" / "dict.txt").rename(file)
        project.config["Global"]["character_dict_path"] = f"./{path}"

    return change


def repeated(times: int) -> Change:
    def change(project: RecProject) -> None:
        file = project.folder / "lines" / "train.txt"
        file.write_text(file.read_text() + "train0.png\tapple0\n" * times)

    return change


def head(key: str, value: object) -> Change:
    """An option of the second head of a MultiHead."""

    def change(project: RecProject) -> None:
        entry = project.config["Architecture"]["Head"]["head_list"][1]
        next(iter(entry.values()))[key] = value

    return change


def without_loss(number: int) -> Change:
    return lambda project: project.config["Loss"]["loss_config_list"].pop(number)


def copied(project: RecProject) -> None:
    lines = project.folder / "lines"
    (lines / "eval3.png").write_bytes((lines / "train7.png").read_bytes())


def nothing(_project: RecProject) -> None:
    pass


def wide(share: float, mode: str = "Train") -> Change:
    """A share of the images 12 times as wide as high, the others 4 times."""

    def change(project: RecProject) -> None:
        texts = [f"{word}{number}" for number in range(40) for word in WORDS]
        many = round(share * 100)
        project.labels(mode, texts, [(384, 32)] * many + [(128, 32)] * (100 - many))

    return change


JSON = '[{"transcription": "a", "points": [[0, 0], [9, 0], [9, 9], [0, 9]]}]'
LINES = "".join(f"{c}\n" for c in LETTERS)
SCALES = at("Train", "sampler", "scales")
V4 = "rec_v4"

CASES: list[tuple[str, Change, Change, str]] = [
    ("dictionary_missing", at("Global", "character_dict_path")("./no.txt"), nothing, "rec_crnn"),
    (
        "dictionary_missing",
        at("Global", "character_dict_path")("./lines"),
        at("Global", "character_dict_path")("ppocr/utils/en_dict.txt"),  # no clone at hand
        "rec_crnn",
    ),
    ("dictionary_encoding", dictionary("文\n", "gbk"), dictionary("文\n"), "rec_crnn"),
    ("dictionary_lines", dictionary(f"\ufeff{LINES}"), nothing, "rec_crnn"),
    ("dictionary_lines", dictionary(f"{LINES}\nä\n"), dictionary(f"{LINES}ä"), "rec_crnn"),
    ("dictionary_lines", dictionary(f"{LINES}a\n"), dictionary(f"{LINES}A\n"), "rec_crnn"),
    ("dictionary_lines", dictionary(f"{LINES}ä \n"), dictionary(f"{LINES} \n"), "rec_crnn"),
    ("dictionary_lines", dictionary(LETTERS), dictionary(LINES.replace("\n", "\r\n")), "rec_crnn"),
    ("dictionary_lines", dictionary(""), nothing, "rec_crnn"),
    ("dictionary_reverses", renamed("arabic_numbers/d.txt"), renamed("roman/d.txt"), "rec_crnn"),
    ("labels_are_detection", train(JSON, JSON), train('[{"a": 1}]', "[", "[]x"), "rec_crnn"),
    ("labels_are_detection", train("###"), train("##", "*", "#", "####", "### 1"), "rec_crnn"),
    ("characters_outside", train("5€"), train("5e"), "rec_crnn"),
    ("characters_outside", dictionary(LINES.replace("x\n", "")), nothing, "rec_crnn"),
    ("labels_too_long", train("a" * 26), train("ab" * 12), "rec_crnn"),
    ("labels_too_long", train("ab" * 12), train("ab" * 11), V4),  # NRTR's marks take two
    ("ctc_impossible", train("a" * 21), train("ab" * 12), "rec_crnn"),
    ("ctc_impossible", shape("Train", 3, 32, 16), shape("Train", 3, 32, 64), "rec_crnn"),
    ("spaces_lost", train("a b"), both(train("a b"), dictionary(f"{LINES} \n")), "rec_crnn"),
    ("labels_empty", train(""), nothing, "rec_crnn"),
    ("samples_repeated", repeated(30), repeated(3), "rec_crnn"),
    (
        "classes_unbalanced",
        dictionary(f"{LINES}ä\n"),
        train(*[LETTERS[:20], LETTERS[20:]] * 2),
        "rec_crnn",
    ),
    ("max_text_length_differs", at("Global", "max_text_length")(40), nothing, V4),
    ("value_unusable", head("nrtr_dim", 385), head("nrtr_dim", 396), V4),  # 12 heads of 33
    ("value_unusable", at("Train", "sampler", "divided_factor")([0, 16]), nothing, V4),
    ("value_unusable", shape("Train", 48, 320, 3), nothing, "rec_crnn"),
    (
        "value_unusable",
        lambda p: p.options("RecConAug").update(image_shape=[3, 48, 320]),
        nothing,
        V4,
    ),
    ("parts_mismatch", without_loss(0), nothing, V4),
    ("parts_mismatch", without_loss(1), nothing, V4),
    ("image_channels_differ", at("Architecture", "in_channels")(3), nothing, "rec_nrtr"),
    (
        "image_channels_differ",
        shape("Train", 1, 32, 160),
        both(
            shape("Train", 1, 32, 160),
            shape("Eval", 1, 32, 160),
            at("Architecture", "in_channels")(1),
        ),
        "rec_crnn",
    ),
    ("image_height_unusable", shape("Train", 3, 64, 160), shape("Train", 3, 48, 160), "rec_crnn"),
    ("image_shape_differs", shape("Eval", 3, 48, 320), nothing, "rec_crnn"),
    ("image_shape_differs", shape("Eval", 3, 48, 640), shape("Eval", 3, 32, 320), V4),
    ("sampler_scales_swapped", SCALES([[32, 320]]), SCALES([[320, 32]]), V4),
    ("sampler_batch_size", at("Train", "sampler", "first_bs")(8), nothing, V4),
    ("texts_squeezed", wide(0.2), wide(0.04), "rec_crnn"),
    ("head_retrained", weights(38), weights(37), "rec_crnn"),
    ("head_retrained", weights(6625), weights(37), "rec_crnn"),
    ("head_retrained", weights(97, "head.ctc_head.fc.weight"), weights(9, "head.other"), V4),
    ("evaluation_images_copied", copied, nothing, "rec_crnn"),
    (
        "evaluation_texts_known",
        lambda p: p.labels("Eval", [f"{w}{n}" for n in range(6) for w in WORDS]),
        lambda p: p.labels("Eval", [f"{w}{n}" for n in range(3) for w in WORDS]),
        "rec_crnn",
    ),
    ("weights_mismatch", weights(1, "head.binarize.conv1.weight"), weights(37), "rec_crnn"),
]
IDS = [f"{code}-{number}" for number, (code, *_) in enumerate(CASES)]


def found(folder: Path, change: Change, code: str, config: str) -> list[Problem]:
    project = RecProject(folder, config)
    change(project)
    return project.problems(code)


@pytest.mark.parametrize(("code", "trips", "fine", "config"), CASES, ids=IDS)
def test_rule_trips(tmp_path: Path, code: str, trips: Change, fine: Change, config: str) -> None:
    problems = found(tmp_path, trips, code, config)
    assert problems, f"{code} did not trip"
    for problem in problems:
        assert problem.severity in ("critical", "warning", "info")
        assert problem.line >= 1
        assert problem.message.endswith(".")
        assert problem.advice.endswith((".", "?"))
        for said in (problem.message, problem.advice, problem.why):
            assert is_chinese(said), in_language(said, "zh")


@pytest.mark.parametrize(("code", "trips", "fine", "config"), CASES, ids=IDS)
def test_rule_leaves_what_is_close_but_fine(
    tmp_path: Path, code: str, trips: Change, fine: Change, config: str
) -> None:
    assert found(tmp_path, fine, code, config) == []


@pytest.mark.parametrize("config", ["rec_crnn", "rec_nrtr", V4])
def test_the_healthy_project_has_no_problem(tmp_path: Path, config: str) -> None:
    assert [p for p in RecProject(tmp_path, config).problems() if p.severity != "info"] == []


def one(folder: Path, code: str, change: Change, mode: Optional[str] = None) -> Problem:
    problems = found(folder, change, code, "rec_crnn")
    return next(p for p in problems if mode is None or mode in p.message)


def test_share_decides_how_bad_it_is(tmp_path: Path) -> None:
    problem = one(tmp_path, "characters_outside", train("5€", "€", "²"))
    assert problem.severity == "warning"
    assert "3 of 400 labels of Train (0.8%)" in problem.message
    assert "€ 2, ² 1" in problem.message
    assert "no other character are dropped (2)" in problem.message


@pytest.mark.parametrize(
    ("characters", "then"),
    [(LINES, "drops them, for the dictionary has no #"), (f"{LINES}#\n", "images as ###")],
    ids=["without #", "with #"],
)
def test_detections_mark_for_ignore_is_no_text(tmp_path: Path, characters: str, then: str) -> None:
    project = RecProject(tmp_path)
    both(dictionary(characters), train("###", "###", "a"))(project)
    (problem,) = project.problems("labels_are_detection")
    assert "2 of 400 labels of Train are ###" in problem.message
    assert f"{then}. First: {tmp_path / 'lines' / 'train.txt'}:398." in problem.message
    assert problem.severity == "warning"
    assert problem.advice == "Remove these lines, or write what the images show."
    assert "检测中表示忽略" in in_language(problem.message, "zh")
    assert not project.problems("characters_outside")  # # is not to be added to the dictionary


def test_twins_combining_marks_and_what_cannot_be_seen_are_named(tmp_path: Path) -> None:
    change = both(dictionary(f"{LINES}é\n"), train("ａpple", "е", "\u200bx", "e\u0301"))
    problem = one(tmp_path, "characters_outside", change)
    assert "ａ (U+FF41 FULLWIDTH LATIN SMALL LETTER A) for a" in problem.advice
    assert "е (U+0435 CYRILLIC SMALL LETTER IE) for e" in problem.advice
    assert "(U+200B ZERO WIDTH SPACE)" in problem.message
    assert "in the form NFC" in problem.advice
    assert not problem.fixable


def test_the_length_that_would_do_counts_the_marks(tmp_path: Path) -> None:
    project = RecProject(tmp_path, V4)
    project.labels("Train", ["ab" * 20])
    problem = project.problems("labels_too_long")[0]
    assert "23 characters that max_text_length 25 leaves" in problem.message
    assert "Set max_text_length to 42" in problem.advice


def test_the_width_that_would_do_is_told(tmp_path: Path) -> None:
    problem = one(tmp_path, "texts_squeezed", wide(0.2))
    assert "80 of 400 images of Train looked at (20.0%)" in problem.message
    assert "A width of 384 would do" in problem.advice


def test_of_several_scales_one_is_the_widest_for_its_height_and_one_the_narrowest(
    tmp_path: Path,
) -> None:
    project = RecProject(tmp_path, V4)
    SCALES([[320, 32], [640, 48]])(project)
    ctx = project.context()
    assert image_shape(ctx, "Train") == (3, 48, 640)
    assert width(ctx, "Train") == 320  # which has the fewest time steps


def test_a_class_more_or_less_is_a_warning_another_language_a_hint(tmp_path: Path) -> None:
    assert one(tmp_path, "head_retrained", weights(38)).severity == "warning"
    (tmp_path / "other").mkdir()
    assert one(tmp_path / "other", "head_retrained", weights(6625)).severity == "info"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (("Global", "character_dict_path"), "dictionary_missing"),
        (("Global", "pretrained_model"), "weights_missing"),
        (("Train", "dataset", "label_file_list"), "label_file_missing"),
        (("Train", "dataset", "data_dir"), "images_missing"),
    ],
)
def test_a_name_that_no_file_can_have_is_a_finding(
    tmp_path: Path, path: tuple[str, ...], code: str
) -> None:
    project = RecProject(tmp_path)
    at(*path)("x" * 300)(project)
    codes = {problem.code for problem in project.problems()}
    assert code in codes


def test_a_folder_that_may_not_be_looked_into_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied", "secret/train.txt")

    monkeypatch.setattr("ppocr_guard.audit.context.Context.label_paths", refused)
    told = {problem.message for problem in RecProject(tmp_path).problems()}
    assert "This cannot be judged: secret/train.txt: Permission denied." in told


def test_a_dictionary_that_goes_with_the_labels_is_named(tmp_path: Path) -> None:
    project = RecProject(tmp_path)
    texts = [f"{word}{number}" for number in range(40) for word in ("机器", "学习", "文本")]
    project.labels("Train", texts)
    project.labels("Eval", texts[:6])
    folder = tmp_path / "clone" / "ppocr" / "utils"
    (folder / "dict").mkdir(parents=True)
    for name, characters in (
        ("ppocr_keys_v1.txt", "机器学习文本0123456789"),
        ("dict/more_dict.txt", "机器学习文本0123456789ab"),
        ("dict/short_dict.txt", "机器学习0123456789"),
        ("dict/en_dict.txt", LETTERS),
    ):
        (folder / name).write_text("".join(f"{c}\n" for c in characters), encoding="utf-8")
    ctx = project.context()
    ctx.tree = tmp_path / "clone"
    found = [p for p in audit(ctx) if p.code == "characters_outside"]
    first, second = "./ppocr/utils/ppocr_keys_v1.txt", "./ppocr/utils/dict/more_dict.txt"
    assert [p.fixable for p in found] == [False, False]
    assert f"100.0% or more are in {first} or {second}:" in found[0].advice
    ctx = project.context()  # with no clone at hand nothing is known of others
    assert all(p.fixable for p in audit(ctx) if p.code == "characters_outside")


def test_one_length_is_named_for_both_sets(tmp_path: Path) -> None:
    project = RecProject(tmp_path)
    project.labels("Train", ["ab" * 15, *WORDS])
    project.labels("Eval", ["ab" * 20, *WORDS])
    found = project.problems("labels_too_long")
    assert ["30" in p.message or "40" in p.message for p in found] == [True, True]
    assert {p.advice[:29] for p in found} == {"Set max_text_length to 40 in "}


def test_the_sampler_does_not_go_with_lmdb(tmp_path: Path) -> None:
    project = RecProject(tmp_path, V4)
    project.config["Train"]["dataset"].update(name="LMDBDataSet", data_dir="./lines")
    (found,) = project.problems("sampler_mismatch")
    assert found.advice == "Remove the sampler, and put RecResizeImg before KeepKeys."
