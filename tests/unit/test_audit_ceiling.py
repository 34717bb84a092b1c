"""``check --ceiling``: the geometry is tested by itself; here, that a configuration reaches it."""

from __future__ import annotations

import json
import random

import pytest
from audit_data import CONFIGS, Project, line, text

from ppocr_guard.cli import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """10 validation images with 12 texts each, about square, none touching."""
    monkeypatch.chdir(tmp_path)
    project, draw, lines = Project(tmp_path), random.Random(0), []
    for number in range(10):
        texts = []
        for place in range(12):
            x, y = 20 + 300 * (place % 2), 20 + 70 * (place // 2)
            width, height = draw.randint(26, 50), draw.randint(24, 30)
            texts.append(text([[x, y], [x + width, y], [x + width, y + height], [x, y + height]]))
        lines.append(line(project.image(f"e{number}.png"), *texts))
    project.write("eval.txt", lines)
    (tmp_path / "my.yml").write_bytes((CONFIGS / "db.yml").read_bytes())
    return tmp_path


def ceiling(capsys, *arguments):
    main(["check", "my.yml", "--ceiling", "--json", *arguments])
    return json.loads(capsys.readouterr().out)["ceiling"]


def test_it_is_high_when_healthy_and_low_under_the_bug(folder, capsys):
    healthy = ceiling(capsys, "--release", "2.10.0")
    assert (healthy["shrink_ratio"], healthy["unclip_ratio"]) == (0.4, 1.5)
    assert (healthy["images"], healthy["texts"]) == (10, 120)
    assert healthy["hmean"] > 0.95
    bug = ceiling(capsys, "--release", "2.8.1")
    assert bug["shrink_ratio"] == pytest.approx(0.8096)
    assert bug["hmean"] < 0.75
    assert bug["best_hmean"] > 0.95
    assert bug["best_unclip_ratio"] < 0.7
    assert sum(size["texts"] for size in bug["by_size"]) == 120
    lost = sum(size["texts"] - size["matched"] for size in bug["by_size"])
    assert lost == sum(sum(size["lost"].values()) for size in bug["by_size"]) > 0


def test_options_of_the_configuration_count(folder, capsys):
    small = (
        (folder / "my.yml")
        .read_text(encoding="utf-8")
        .replace("- DetResizeForTest:", "- DetResizeForTest: {limit_side_len: 64, limit_type: max}")
    )
    (folder / "my.yml").write_text(small, encoding="utf-8")
    assert ceiling(capsys, "--release", "2.10.0")["hmean"] < 0.1


def test_ignored_texts_do_not_count(folder, capsys):
    labels = (folder / "eval.txt").read_text(encoding="utf-8")
    (folder / "eval.txt").write_text(labels.replace('"word"', '"###"', 60), encoding="utf-8")
    assert ceiling(capsys, "--release", "2.10.0")["texts"] == 60


def test_the_text_says_it(folder, capsys):
    main(["check", "my.yml", "--ceiling", "--release", "2.8.1"])
    output = capsys.readouterr().out
    assert "A perfect model would reach hmean 0." in output
    assert "With unclip_ratio 0." in output
    assert "16 to 32" in output


def test_nothing_to_measure_is_one_line(folder, capsys):
    (folder / "eval.txt").write_text("")
    assert main(["check", "my.yml", "--ceiling", "--release", "2.8.1"]) == 2
    error = capsys.readouterr().err
    assert "no labelled validation image" in error
    assert error.strip().count("\n") == 0
