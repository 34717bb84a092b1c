"""Faults and controls of new kinds, written after the rules and before any of them was run."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.diagnosis.faults.fault import few, multiplied, right
from benchmarks.diagnosis.reading.fault import UPPER, ReadingFault, moved, shuffled, texts
from benchmarks.diagnosis.reading.faults import CONSTANT, width
from ppocr_guard.demo.lines import CJK, DIGITS, LOWER, Line, Writing

F = ReadingFault
LOOK_ALIKE = str.maketrans("0o1l5s", "o0l1s5")


def half_shuffled(lines: list[Line]) -> list[Line]:
    """Every second text with the image of another."""
    odd = iter(shuffled(3)(lines[1::2]))
    return [line if i % 2 == 0 else next(odd) for i, line in enumerate(lines)]


def mirrored(image: Any) -> Any:
    return np.ascontiguousarray(image[:, ::-1])


def turned(image: Any) -> Any:
    return np.ascontiguousarray(image[::-1, ::-1])


FRESH = (
    F("healthy_3", "healthy"),
    F("look_alikes", "0 and o, 1 and l, 5 and s exchanged in the training labels",
      right("labels_rewritten"), train_lines=texts(lambda t: t.translate(LOOK_ALIKE))),
    F("last_letter", "training labels without their last letter", right("labels_rewritten"),
      train_lines=texts(lambda t: t[:-1] or t)),
    F("doubled", "training labels with each letter twice",
      right("labels_rewritten", "ctc_impossible"),
      train_lines=texts(lambda t: "".join(c * 2 for c in t))),
    F("half_shuffled", "half of the training labels shuffled", right("labels_shuffled"),
      train_lines=half_shuffled),
    F("one_text", "the same text for all training images",
      right("labels_shuffled", "labels_foreign"), train_lines=texts(lambda _: "sample7")),
    F("mirrored", "training images mirrored", right("labels_shuffled", "labels_foreign",
      "labels_rewritten", "transforms_differ"), train_images=mirrored),
    F("val_turned", "validation images upside down",
      right("evaluation_set", "transforms_differ"), val_images=turned),
    F("val_capitals", "validation labels in capitals", right("evaluation_set"),
      val_lines=texts(str.upper)),
    F("val_moved_9", "validation labels nine lines too late", right("evaluation_set"),
      val_lines=moved(9)),
    F("no_e_a", "dictionary without e and a", right("labels_unwritable"),
      dictionary=lambda d: "".join(c for c in d if c not in "ea"), silent=True),
    F("max_length_4", "max_text_length 4", right("labels_refused"),
      options={"max_text_length": 4}, silent=True),
    F("few_steps", "images of 56 pixels: 7 time steps for up to 8 letters",
      right("ctc_impossible"), sets=width(56), silent=True),
    F("rate_0.06", "learning rate 0.06", right("learning_rate_too_high", "loss_not_finite"),
      options={"learning_rate": 0.06, **CONSTANT}),
    F("decay", "weight decay of 3", right("weight_decay_too_strong"),
      sets={"Optimizer.regularizer": {"name": "L2", "factor": 3.0}}),
    F("weights_tripled", "all pretrained weights three times as large",
      right("pretrained_wrong", "learning_rate_too_high"), weights=multiplied(3.0)),
    F("capitals_hot", "trains on capitals, learning rate 0.005", right("forgetting"),
      writing=Writing(alphabet=UPPER), only_train=True,
      options={"learning_rate": 0.005, **CONSTANT}),
    F("six_lines", "trains on 6 lines, learning rate 0.006", right("overfitting"),
      train_lines=few(6), options={"learning_rate": 0.006, **CONSTANT}),
    F("batches_64", "batches of 64, rate 0.001",
      options={"batch_size": 64, "learning_rate": 0.001, "epoch_num": 3}),
    F("long_texts", "both sets are texts of 9 to 12 letters",
      writing=Writing(lengths=(9, 12)), options={"epoch_num": 4, "eval_batch_step": (0, 8)}),
    F("wide", "images of 224 pixels in both sets", sets=width(224)),
    F("both_capitals", "both sets in capitals, which the base has not seen",
      writing=Writing(alphabet=UPPER),
      options={"learning_rate": 0.002, "epoch_num": 5, "eval_batch_step": (0, 8)}),
    F("often", "an evaluation after every step", options={"eval_batch_step": (0, 1)}),
    F("noisy", "1 label in 25 wrong", train_lines=lambda lines: [
        line if i % 25 else line._replace(text=line.text[::-1]) for i, line in enumerate(lines)]),
    F("no_warmup", "a constant rate of 0.0003 without warm-up",
      options={"learning_rate": 0.0003, "warmup_epoch": 0, **CONSTANT}),
    F("letters", "both sets of letters only", writing=Writing(alphabet=LOWER)),
    F("own_dictionary", "from scratch with a dictionary of its own, of digits and letters",
      dictionary=lambda d: "".join(c for c in d if c in DIGITS + LOWER), scratch=True,
      options={"learning_rate": 0.002, "epoch_num": 9, "eval_batch_step": (0, 20)}),
)  # fmt: skip

# Controls alone, written after FRESH had been looked at; run once.
CONTROLS = (
    F("healthy_4", "healthy"),
    F("capitals_and_digits", "both sets in capitals and digits; the base knows the digits",
      writing=Writing(alphabet=UPPER + DIGITS),
      options={"learning_rate": 0.002, "epoch_num": 4, "eval_batch_step": (0, 8)}),
    F("both_cases", "both sets in capitals and small letters",
      writing=Writing(alphabet=UPPER + LOWER),
      options={"learning_rate": 0.002, "epoch_num": 5, "eval_batch_step": (0, 8)}),
    F("chinese_alone", "both sets in Chinese of eight characters",
      writing=Writing(alphabet=CJK[:8], lengths=(2, 5)),
      options={"learning_rate": 0.002, "epoch_num": 5, "eval_batch_step": (0, 8)}),
    F("batches_8", "batches of 8 at a constant rate of 0.0002",
      options={"batch_size": 8, "learning_rate": 0.0002, "eval_batch_step": (0, 10), **CONSTANT}),
    F("width_128", "images of 128 pixels in both sets", sets=width(128)),
    F("two_letters", "both sets are texts of 2 or 3 letters", writing=Writing(lengths=(2, 3))),
)  # fmt: skip
