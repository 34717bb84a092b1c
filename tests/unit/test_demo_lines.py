"""Synthetic text lines: the same for the same seed, in exact shares, in PaddleOCR's format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from ppocr_guard.demo import lines, recognition

cv2 = pytest.importorskip("cv2")

WRITING = lines.Writing(marks="$%", marked=0.2, long=0.1, longest=0.05)


def test_shares_of_texts_are_exact() -> None:
    texts = lines.make_texts(np.random.default_rng(3), 200, WRITING)
    assert sum(any(c in "$%" for c in text) for text in texts) == 40
    assert sum(14 <= len(text) <= 18 for text in texts) == 20
    assert sum(22 <= len(text) <= 25 for text in texts) == 10
    assert sum(3 <= len(text) <= 8 for text in texts) == 170
    # no text is both: the shares add up
    assert not [t for t in texts if len(t) > 8 and set("$%") & set(t)]


def test_the_same_seed_gives_the_same_texts(tmp_path: Path) -> None:
    one, two = (lines.make_lines(tmp_path / name, 6, 3, WRITING, seed=5) for name in "ab")
    other = lines.make_lines(tmp_path / "c", 6, 3, WRITING, seed=6)
    assert one.train_labels.read_bytes() == two.train_labels.read_bytes()
    assert one.train_labels.read_bytes() != other.train_labels.read_bytes()
    train, val = lines.read_lines(one.train_labels), lines.read_lines(one.val_labels)
    assert (len(train), len(val)) == (6, 3)
    assert not {line.text for line in train} & {line.text for line in val}
    for line in train:
        image = cv2.imread(str(one.folder / line.image))
        assert image.shape[0] == lines.HEIGHT
        assert image.shape[1] > 8 * len(line.text)
    assert one.dictionary.read_text("utf-8").splitlines() == list(WRITING.characters)


def test_without_a_truetype_font_ascii_is_still_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_LATIN", [])
    monkeypatch.setattr(lines, "CJK_FONTS", ())
    image = lines.draw_line(np.random.default_rng(0), "ab$12")
    assert image.shape[0] == lines.HEIGHT
    assert image.std() > 20  # there is ink
    assert not lines.has_cjk()
    with pytest.raises(ValueError, match="fonts-wqy-microhei"):
        lines.draw_line(np.random.default_rng(0), "的")


def test_chinese_is_drawn_where_a_font_is() -> None:
    if not lines.has_cjk():
        pytest.skip("no CJK font here")
    one, other = (lines.draw_line(np.random.default_rng(0), text) for text in ("的的", "一了"))
    assert one.shape[0] == lines.HEIGHT
    assert one.shape != other.shape or (one != other).mean() > 0.05


@pytest.mark.parametrize("multi_head", [False, True])
def test_the_config_is_what_paddleocr_reads(tmp_path: Path, multi_head: bool) -> None:
    data = lines.make_lines(tmp_path, 2, 1)
    options = recognition.RecOptions(
        multi_head=multi_head, width=320, max_text_length=30, guard="Guard:\n"
    )
    config = yaml.safe_load(recognition.render(data, tmp_path / "out", options))
    assert config["Global"]["character_dict_path"] == str(data.dictionary)
    assert config["Global"]["max_text_length"] == 30
    assert config["Guard"] is None
    head = config["Architecture"]["Head"]
    for part in ("Train", "Eval"):
        transforms = config[part]["dataset"]["transforms"]
        assert transforms[2]["RecResizeImg"]["image_shape"] == [3, 32, 320]
        keys = transforms[-1]["KeepKeys"]["keep_keys"]
        if multi_head:
            assert keys == ["image", "label_ctc", "label_gtc", "length"]
            assert head["head_list"][1]["NRTRHead"]["max_text_length"] == 30
        else:
            assert keys == ["image", "label", "length"]
            assert head == {"name": "CTCHead"}
