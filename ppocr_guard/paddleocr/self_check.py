"""Says what of an unknown PaddleOCR the guard will not see, in place of silence."""

from __future__ import annotations

import logging
from pathlib import Path

from ppocr_guard.paddleocr.harmless import harmless
from ppocr_guard.paddleocr.releases import Behaviour
from ppocr_guard.paddleocr.seams import uncalled_seams
from ppocr_guard.wording import Sentence, say

BATCHES = 20  # that arrive before the first step is counted; all known releases count each
_log = logging.getLogger("ppocr_guard")


@harmless
def say_what_is_new(program: Path, behaviour: Behaviour) -> None:
    """``program``: the file ``tools/program.py``, which has every name that is wrapped."""
    if not behaviour.examined:
        _say(
            say(
                "This PaddleOCR ({release}) is none of the releases that the guard was tried with, "
                "2.6 to 3.7. It has all the names that the guard stands on, and its shrink ratio "
                "is read off its source. Tell us of it.",
                release=behaviour.title,
            )
        )
    for name in uncalled_seams(program.read_text("utf-8")):
        _say(
            say(
                "Nothing in {file} calls {name}, as releases 2.6 to 3.7 do: what it did, the guard "
                "will not see. Training goes on.",
                file=str(program),
                name=name,
            )
        )


def _say(sentence: Sentence) -> None:
    _log.warning("%s", sentence)


class Uncounted:
    """Batches that arrive while no step is counted: a loop that hands its numbers on elsewhere."""

    def __init__(self) -> None:
        self._batches = 0
        self._counted = False

    def batch(self) -> None:
        self._batches += 1
        if self._batches == BATCHES and not self._counted:
            _say(
                say(
                    "{count} batches were trained, and TrainingStats.update got the numbers of no "
                    "step: the guard sees neither steps nor losses of this PaddleOCR. Training "
                    "goes on.",
                    count=BATCHES,
                )
            )

    def step(self) -> None:
        self._counted = True
