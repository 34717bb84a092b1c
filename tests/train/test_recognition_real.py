"""Labels as the recognition package sees them against PaddleOCR's own encoders and decoders."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any, NamedTuple, Optional

import pytest

from ppocr_guard.cli import main
from ppocr_guard.demo.sources import obtain
from ppocr_guard.recognition.ceiling import ceiling
from ppocr_guard.recognition.clone import compare, texts
from ppocr_guard.recognition.dictionary import parse
from ppocr_guard.recognition.labels import MULTI, Alphabet, Reader, steps_needed

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from rec_data import RecProject

pytestmark = pytest.mark.train

ENGLISH = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.,"
WRITTEN = ENGLISH + "€² 文ＡÄé\u0301"


class Setting(NamedTuple):
    encoder: str
    decoder: str
    longest: int = 25
    dictionary: Optional[str] = "\n".join(ENGLISH) + "\n"
    space: bool = False
    options: dict[str, Any] = {}
    post: dict[str, Any] = {}
    path: str = "dictionary.txt"
    steps: Optional[int] = None


SETTINGS = (
    Setting("CTCLabelEncode", "CTCLabelDecode", steps=14),
    Setting("CTCLabelEncode", "CTCLabelDecode", space=True, steps=30),
    Setting("CTCLabelEncode", "CTCLabelDecode", longest=8),
    Setting("CTCLabelEncode", "CTCLabelDecode", dictionary=None),
    Setting("CTCLabelEncode", "CTCLabelDecode", dictionary="\ufeffa\r\nb\r\n\r\nb\r\nc \r\n文"),
    Setting("CTCLabelEncode", "CTCLabelDecode", path="my_arabic.txt", dictionary="a\n文\nÄ\né\n"),
    Setting(MULTI, "CTCLabelDecode", options={"gtc_encode": "NRTRLabelEncode"}, steps=12),
    Setting(MULTI, "CTCLabelDecode", space=True, longest=10),
    Setting("AttnLabelEncode", "AttnLabelDecode"),
    Setting("SEEDLabelEncode", "SEEDLabelDecode", dictionary=None),
    Setting("SRNLabelEncode", "SRNLabelDecode", longest=12),
    Setting("SARLabelEncode", "SARLabelDecode", space=True, post={"rm_symbol": True}),
    Setting("SARLabelEncode", "SARLabelDecode", longest=9),
    Setting("SATRNLabelEncode", "SATRNLabelDecode", longest=12, options={"lower": True}),
    Setting("SATRNLabelEncode", "SATRNLabelDecode"),
    Setting("PRENLabelEncode", "PRENLabelDecode", longest=12),
    Setting("NRTRLabelEncode", "NRTRLabelDecode", space=True, longest=12),
    Setting("ParseQLabelEncode", "ParseQLabelDecode", longest=12),
    Setting("ViTSTRLabelEncode", "ViTSTRLabelDecode"),
    Setting("ABINetLabelEncode", "ABINetLabelDecode", dictionary=None, longest=11),
    Setting("SPINLabelEncode", "SPINLabelDecode"),
    Setting("SPINLabelEncode", "SPINLabelDecode", options={"lower": False}, longest=10),
    Setting("VLLabelEncode", "VLLabelDecode", longest=15),
    Setting("CPPDLabelEncode", "CPPDLabelDecode", longest=12),
    Setting("RFLLabelEncode", "RFLLabelDecode", longest=13),
)
NEWER = {"SATRNLabelEncode", "ParseQLabelEncode", "CPPDLabelEncode"}  # than 2.6
LOWERING = {"NRTRLabelDecode", "ViTSTRLabelDecode", "ABINetLabelDecode"}  # in 2.6


def _labels() -> list[str]:
    """Texts of all lengths up to 28, most of them plain, as real labels are."""
    draw = random.Random(12)
    found = ["", "€", "²²²", "aaaa", " ", "abc\r", "a b c", "11111111111111"]
    for _ in range(400):
        plain = draw.random() < 0.6
        found.append(
            "".join(draw.choices(ENGLISH if plain else WRITTEN, k=int(draw.triangular(1, 28, 9))))
        )
    return found


def _reader(setting: Setting, release: str) -> Reader:
    entries = None if setting.dictionary is None else parse(setting.dictionary.encode()).entries
    return Reader(
        Alphabet(entries, setting.space),
        setting.longest,
        encoder=setting.encoder,
        guide=setting.options.get("gtc_encode", "SARLabelEncode"),
        lower=setting.options.get("lower"),
        rm_symbol=bool(setting.post.get("rm_symbol")),
        lowers=release.startswith("2.6") and setting.decoder in LOWERING,
        reverse="arabic" in setting.path,
        steps=setting.steps,
    )


@pytest.mark.parametrize("release", ["2.6.1.3", "2.10.0", "3.7.0"])
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: f"{s.encoder}-{s.longest}-{s.space}")
def test_ceiling_is_that_of_the_real_classes(
    setting: Setting, release: str, tmp_path: Path
) -> None:
    if release.startswith("2.6") and setting.encoder in NEWER:
        pytest.skip("not in that release")
    labels, reader = _labels(), _reader(setting, release)
    path = None
    if setting.dictionary is not None:
        path = tmp_path / setting.path
        path.write_bytes(setting.dictionary.encode())
    common = {"character_dict_path": path and str(path), "use_space_char": setting.space}
    real = texts(
        obtain(release),
        labels,
        encoder=setting.encoder,
        options={"max_text_length": setting.longest, **common, **setting.options},
        decoder=setting.decoder,
        post={**common, **setting.post},
    )
    assert compare(real, reader, labels).same == len(labels)

    result = ceiling(labels, reader)
    # As written: what the real classes leave unchanged, and CTC can write.
    whole = [
        text == label.rstrip("\r")
        and (setting.steps is None or steps_needed(label) <= setting.steps)
        for text, label in zip(real, labels)
    ]
    assert result.acc == pytest.approx(sum(whole) / len(labels), abs=0.001)
    # Printed: SimpleDataSet takes the next sample for one that is dropped.
    right = 0
    for index in range(len(labels)):
        at = index
        while real[at % len(labels)] is None:
            at += 1
        text = real[at % len(labels)] or ""
        right += setting.steps is None or steps_needed(text) <= setting.steps
    assert result.printed == pytest.approx(right / len(labels), abs=0.001)
    assert sum(result.lost.values()) == round((1 - result.acc) * len(labels))


def test_the_clones_own_classes_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    project = RecProject(tmp_path, "rec_v4")
    project.labels("Eval", ["apple", "b€", "", "a" * 24, "x" * 30, "ok"])
    project.save()
    tree = str(obtain("2.10.0"))
    main(["check", "my.yml", "--ceiling", "--json", "--paddleocr", tree])
    found = json.loads(capsys.readouterr().out)["ceiling"]
    assert found["clone"] == {"labels": 6, "same": 6}
    assert found["acc"] == pytest.approx(2 / 6)
    assert found["lost"]["too_long"] == 2  # NRTR's marks take two places of 25
