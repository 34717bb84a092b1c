"""A YAML that cannot be read is told by the mistake that people made in it, on its own line."""

from __future__ import annotations

from pathlib import Path

import pytest
from chinese import is_chinese

from ppocr_guard.wording import in_language, said_by
from ppocr_guard.yaml_source import YamlError, read_yaml

HEAD = "Global:\n  use_gpu: true\n"
TAIL = "  save_model_dir: ./out\nTrain:\n  loader: {}\n"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("\tepoch_num: 75\n", "indented with a tab"),
        ("  epoch_num：75\n", "a full-width colon"),
        ("  epoch_num:75\n", "no blank stands behind the colon"),
        ("  epoch_num: [75\n", ""),  # what the parser says, where it says it
        ("  epoch_num: *no\n", "undefined alias"),
    ],
)
def test_what_is_told(tmp_path: Path, row: str, told: str) -> None:
    file = tmp_path / "my.yml"
    file.write_text(HEAD + row + TAIL, encoding="utf-8")
    with pytest.raises(YamlError) as error:
        read_yaml(file)
    message = said_by(error.value)
    assert told in message
    if told:
        assert message.startswith(f"{file}:3: ")
    if told and "alias" not in told:
        assert is_chinese(message), in_language(message, "zh")


def test_what_yaml_allows_is_read(tmp_path: Path) -> None:
    file = tmp_path / "my.yml"
    rows = '  url: https://a.b/c\n  note: "键：值"\n  when: 12:30\n'
    file.write_text(HEAD + rows + TAIL, encoding="utf-8")
    assert read_yaml(file).config["Global"]["note"] == "键：值"
