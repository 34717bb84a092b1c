"""What a recogniser read in an evaluation: tapped where the metric gets it, told afterwards.

PaddleOCR measures against labels that it has changed. Here each prediction is set beside the label
as it was written, on a background thread; the network is not asked again.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional

from ppocr_guard.background import Background
from ppocr_guard.events import EvalTexts, Event, ReadText
from ppocr_guard.paddleocr.delegate import Delegate
from ppocr_guard.paddleocr.harmless import harmless
from ppocr_guard.paddleocr.label_lines import (
    LabelLine,
    encoder,
    evaluated,
    in_lmdb,
    label_lines,
)
from ppocr_guard.paddleocr.line_images import image_file, sheet

WORST = 10
LONGEST = 200  # characters of a text that are kept
MOST = 20000  # texts of one evaluation
_Evaluated = tuple[Optional[LabelLine], str]  # as :func:`evaluated` has it
METRICS = ("RecMetric", "DistillationMetric")


class Pair(NamedTuple):
    prediction: str
    confidence: float
    label: str


class Texts:
    """Predictions and labels of one evaluation, in its order."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset
        self.pairs: list[Pair] = []

    @harmless
    def keep(self, result: Any, key: Optional[str] = None) -> None:
        """``result``: of the postprocess, (predictions, labels), each a list of (text,
        confidence); of a distillation one such pair by name."""
        if isinstance(result, Mapping):
            result = result[key] if key in result else next(iter(result.values()))
        predictions, labels = result[0], result[1]
        for (text, confidence, *_), (label, *_) in zip(predictions, labels):
            if len(self.pairs) < MOST:
                self.pairs.append(Pair(str(text), float(confidence), str(label)))


class _Metric(Delegate):
    """In the place of RecMetric."""

    def __init__(self, wrapped: Any, texts: Texts) -> None:
        super().__init__(wrapped)
        self._texts = texts

    def __call__(self, result: Any, *args: Any, **kwargs: Any) -> Any:
        self._texts.keep(result, getattr(self._wrapped, "key", None))
        return self._wrapped(result, *args, **kwargs)


def record_texts(arguments: dict[str, Any]) -> Optional[Texts]:
    """Let the ``program.eval`` that is about to get ``arguments`` keep what it reads.

    Only for recognisers; None, and nothing changed, otherwise.
    """
    metric = arguments.get("eval_class")
    decoder = type(arguments.get("post_process_class")).__name__
    if type(metric).__name__ not in METRICS or "LabelDecode" not in decoder:
        return None
    texts = Texts(getattr(arguments.get("valid_dataloader"), "dataset", None))
    arguments["eval_class"] = _Metric(metric, texts)
    return texts


class TextReader:
    """Turns what was read into :class:`EvalTexts` events."""

    def __init__(self, post: Callable[[Event], None]) -> None:
        """``post`` takes events from any thread (:meth:`ppocr_guard.guard.Guard.post`)."""
        self._post = post
        self._lines: Optional[list[_Evaluated]] = None
        self._all = 0
        self._queue: Background[tuple[Texts, int, int, int]] = Background(
            self._tell, name="texts of an evaluation", capacity=2
        )

    @harmless
    def read(self, texts: Texts, epoch: int, global_step: int, evaluation: int) -> None:
        if texts.pairs:
            self._queue.put((texts, epoch, global_step, evaluation))

    def close(self) -> None:
        """Wait a little for what is being read."""
        self._queue.close(5.0)

    def _tell(self, items: list[tuple[Texts, int, int, int]]) -> None:
        for texts, epoch, global_step, evaluation in items:
            lines = self._labels(texts.dataset)
            worst, figures = compare(texts.pairs, lines, self._all)
            page = b""
            with contextlib.suppress(Exception):  # a picture is not worth the table beside it
                page = sheet([image_file(texts.dataset, text.image) for text in worst])
            count = len(texts.pairs)
            self._post(
                EvalTexts(time.time(), epoch, global_step, evaluation, count, worst, figures, page)
            )

    def _labels(self, dataset: Any) -> list[_Evaluated]:
        """Read once: an evaluation's data set does not change."""
        if self._lines is None:
            self._lines = []
            encode = encoder(getattr(dataset, "ops", None) or ())
            if encode is not None:
                with contextlib.suppress(UnicodeError, IndexError):
                    lines = label_lines(dataset, most=MOST)
                    self._all = len(lines)
                    self._lines = list(evaluated(lines, encode, at_random=in_lmdb(dataset)))
        return self._lines


def compare(
    pairs: Sequence[Pair], lines: Sequence[_Evaluated], of: int = 0
) -> tuple[tuple[ReadText, ...], dict[str, float]]:
    """(the worst texts, figures as :class:`EvalTexts` has them).

    ``lines``: the label file in the order of the evaluation, ``of`` lines in all. They count only
    where each label is the one that was evaluated: a loader may have another order.
    """
    from rapidfuzz.distance import Levenshtein

    known = len(pairs) <= len(lines) and all(
        line is None or pair.label == label for pair, (line, label) in zip(pairs, lines)
    )
    read = []
    for index, (prediction, confidence, label) in enumerate(pairs):
        line = lines[index][0] if known else None
        truth = line.text if line else label
        distance = Levenshtein.distance(prediction, truth)
        share = distance / max(len(prediction), len(truth), 1)
        read.append((share, index, ReadText(line.image if line else "", line.text if line else None,
                                            label, prediction, distance, confidence)))  # fmt: skip
    worst: list[ReadText] = []
    images: set[str] = set()
    for share, index, text in sorted(read, key=lambda item: (-item[0], item[1])):
        where = text.image or str(index)
        if share > 0 and where not in images and len(worst) < WORST:
            images.add(where)  # a line that stands for its refused neighbours comes but once
            worst.append(_short(text))
    return tuple(worst), _figures(pairs, lines, of if known else 0)


def _figures(pairs: Sequence[Pair], lines: Sequence[_Evaluated], of: int) -> dict[str, float]:
    n = len(pairs)
    counts = Counter(pair.prediction for pair in pairs if pair.prediction)
    figures = {
        "empty": sum(not pair.prediction for pair in pairs) / n,
        "same": max(counts.values(), default=0) / n,
    }
    if of and n == len(lines):
        found = [(pair, line, label) for pair, (line, label) in zip(pairs, lines) if line]
        right = {line for pair, line, _ in found if pair.prediction == line.text}
        seen = {line for _, line, _ in found}
        figures["acc_written"] = min(1.0, len(right) / of)
        figures["altered"] = sum(line.text != label for _, line, label in found) / n
        figures["skipped"] = max(0.0, 1 - len(seen) / of)
    return figures


def _short(text: ReadText) -> ReadText:
    written = None if text.written is None else text.written[:LONGEST]
    return ReadText(
        text.image, written, text.label[:LONGEST], text.prediction[:LONGEST], text.distance,
        round(text.confidence, 4),
    )  # fmt: skip
