"""The sets. The base knows digits and lower-case letters; its dictionary has more."""

from __future__ import annotations

from typing import Any

from benchmarks.diagnosis.faults.fault import DROP, few, freeze, multiplied, nan_at, right
from benchmarks.diagnosis.reading.fault import (
    UPPER,
    ReadingFault,
    biased,
    moved,
    shuffled,
    texts,
    translated,
)
from ppocr_guard.demo.lines import CJK, DIGITS, LOWER, Writing

TRAIN_SHAPE = "Train.dataset.transforms.RecResizeImg.image_shape"
EVAL_SHAPE = "Eval.dataset.transforms.RecResizeImg.image_shape"
F = ReadingFault
SHUFFLED = right("labels_shuffled")
FORGETS = right("forgetting")
BLANK = right("only_blanks")
ONE = right("one_answer")
# Weights that the whole of a head was spoilt in are wrong weights as well.
CONSTANT: dict[str, Any] = {"schedule": "Const"}


def width(pixels: int, *, train: bool = True, val: bool = True) -> dict[str, Any]:
    shape = [3, 32, pixels]
    return {**({TRAIN_SHAPE: shape} if train else {}), **({EVAL_SHAPE: shape} if val else {})}


def black(image: Any) -> Any:
    return image * 0


def white(image: Any) -> Any:
    return image * 0 + 255


DEVELOP = (
    F("healthy", "healthy"),
    F("no_vowels", "dictionary without vowels", right("labels_unwritable"),
      dictionary=lambda d: "".join(c for c in d if c not in "aeiou"), silent=True),
    F("euro", "a fifth of the texts hold one of €²ß, which the dictionary lacks",
      right("labels_unwritable"), writing=Writing(marks="€²ß", marked=0.2), silent=True),
    F("max_length_5", "max_text_length 5", right("labels_refused"),
      options={"max_text_length": 5}, silent=True),
    F("dictionary_turned", "the dictionary's lines in another order",
      right("pretrained_wrong"), dictionary=lambda d: d[::-1]),
    F("narrow_weights", "weights of a wider model", right("pretrained_wrong"),
      options={"backbone_scale": 0.5, "hidden_size": 32}),
    F("shuffled", "training labels shuffled", SHUFFLED, train_lines=shuffled(1)),
    F("upper", "training labels in upper case", right("labels_rewritten"),
      train_lines=texts(str.upper)),
    F("chinese", "training labels in Chinese", right("labels_foreign"),
      train_lines=translated(CJK[:20], 2)),
    F("narrow_images", "images of 48 pixels: 6 time steps", right("ctc_impossible"),
      sets=width(48)),
    F("rate_0.1", "learning rate 0.1", right("learning_rate_too_high"),
      options={"learning_rate": 0.1, **CONSTANT}),
    F("rate_0", "learning rate 0, from scratch", right("learning_rate_zero"),
      options={"learning_rate": 0.0, "warmup_epoch": 0, **CONSTANT}, scratch=True),
    F("blank_40", "the head's bias of the blank raised by 40", BLANK, weights=biased(0, 40)),
    F("letter_40", "the head's bias of one letter raised by 40", ONE, weights=biased(12, 40)),
    F("eval_64", "evaluation at a width of 56, training at 160", right("transforms_differ"),
      sets=width(56, train=False)),
    F("eval_shuffled", "evaluation labels shuffled", right("evaluation_set"),
      val_lines=shuffled(2)),
    F("capitals", "trains on images of capitals, learning rate 0.003", FORGETS,
      writing=Writing(alphabet=UPPER), only_train=True,
      options={"learning_rate": 0.003, **CONSTANT}),
    F("twenty_lines", "trains on 20 lines, learning rate 0.01", right("overfitting"),
      train_lines=few(20), options={"learning_rate": 0.01, **CONSTANT}),
    F("spaces", "half of the texts hold a space, use_space_char is false",
      right("spaces_lost"), writing=Writing(marks=" ", marked=0.5), silent=True),
    F("nan", "a NaN in the pretrained weights", right("network_dead", "loss_not_finite"),
      weights=nan_at(2)),
    F("black", "training images all black", right("images_flat"), train_images=black),
    F("new_head", "a dictionary with eight more characters: the head begins untrained",
      dictionary=lambda d: d + "äöüßÄÖÜ€",
      options={"learning_rate": 0.002, "epoch_num": 4, "eval_batch_step": (0, 8)}),
    F("from_scratch", "from scratch", scratch=True,
      options={"learning_rate": 0.002, "epoch_num": 9, "eval_batch_step": (0, 20)}),
    F("scratch_late", "from scratch, over while it still gives blanks most of the time",
      scratch=True, options={"learning_rate": 0.002, "epoch_num": 5, "eval_batch_step": (0, 20)}),
    F("scratch_slow", "from scratch, batches of 16, rate 0.001", scratch=True,
      options={"learning_rate": 0.001, "batch_size": 16, "epoch_num": 6,
               "eval_batch_step": (0, 20)}),
    F("new_script", "both sets in Chinese, which the base has not seen",
      writing=Writing(alphabet=CJK[:20]),
      options={"learning_rate": 0.002, "epoch_num": 5, "eval_batch_step": (0, 8)}),
    F("few_unknown", "2 % of the texts hold a character that the dictionary lacks",
      writing=Writing(marks="€", marked=0.02)),
    F("slow", "learning rate 1e-5", options={"learning_rate": 1e-5}),
)  # fmt: skip

_FAULTS = (
    F("no_digits", "dictionary without the digits 0 to 4", right("labels_unwritable"),
      dictionary=lambda d: "".join(c for c in d if c not in "01234"), silent=True),
    F("marks_0.1", "a tenth of the texts hold one of é% (not in the dictionary)",
      right("labels_unwritable"), writing=Writing(marks="é%", marked=0.1), silent=True),
    F("max_length_6", "max_text_length 6", right("labels_refused"),
      options={"max_text_length": 6}, silent=True),
    F("chinese_dictionary", "labels in Chinese, dictionary in Latin only",
      right("labels_refused"), train_lines=lambda lines: [
          line if i % 4 else line._replace(text=CJK[:5]) for i, line in enumerate(lines)],
      dictionary=lambda d: "".join(c for c in d if c.isascii()), silent=True),
    F("dictionary_sorted", "the dictionary's letters before its digits",
      right("pretrained_wrong"), dictionary=lambda d: d[10:] + d[:10]),
    F("other_weights", "weights of another backbone", right("pretrained_wrong"),
      options={"backbone_scale": 1.5, "hidden_size": 48}),
    F("moved_3", "each image with the label of the third line after", SHUFFLED,
      train_lines=moved(3)),
    F("reversed", "training labels written backwards", right("labels_rewritten"),
      train_lines=texts(lambda text: text[::-1])),
    F("capitals_labels", "labels of another set, in capitals", right("labels_foreign"),
      train_lines=translated(UPPER, 5)),
    F("narrow_40", "images of 40 pixels: 5 time steps", right("ctc_impossible"),
      sets=width(40)),
    F("rate_0.3", "learning rate 0.3", right("learning_rate_too_high", "loss_not_finite"),
      options={"learning_rate": 0.3, **CONSTANT}),
    F("frozen", "everything but the backbone frozen, from scratch at rate 1e-9",
      right("weights_frozen"), prelude=freeze("head"), scratch=True),
    F("blank_25", "the head's bias of the blank raised by 25", BLANK, weights=biased(0, 25)),
    F("digit_30", "the head's bias of a digit raised by 30", ONE, weights=biased(3, 30)),
    F("eval_400", "evaluation at a height of 32 and a width of 48", right("transforms_differ"),
      sets=width(48, train=False)),
    F("eval_moved", "evaluation labels one line too late", right("evaluation_set"),
      val_lines=moved(1)),
    F("chinese_images", "trains on Chinese images, learning rate 0.003", FORGETS,
      writing=Writing(alphabet=CJK[:20]), only_train=True,
      options={"learning_rate": 0.003, **CONSTANT}),
    F("ten_lines", "trains on 10 lines, learning rate 0.008", right("overfitting"),
      train_lines=few(10), options={"learning_rate": 0.008, **CONSTANT}),
    F("spaces_0.3", "a third of the texts hold a space, use_space_char is false",
      right("spaces_lost"), writing=Writing(marks=" ", marked=0.33), silent=True),
    F("zero_weights", "pretrained weights all 0", right("network_dead", "pretrained_wrong",
                                                        "only_blanks"), weights=multiplied(0.0)),
    F("white", "training images all white", right("images_flat"), train_images=white),
)  # fmt: skip

VALIDATE = (
    F("healthy_r", "healthy"),
    *_FAULTS,
    F("smaller_head", "a dictionary without the characters that no text has",
      dictionary=lambda d: "".join(c for c in d if c in DIGITS + LOWER),
      options={"learning_rate": 0.002, "epoch_num": 4, "eval_batch_step": (0, 8)}),
    F("scratch_r", "from scratch, batches of 16", scratch=True,
      options={"learning_rate": 0.0015, "batch_size": 16, "epoch_num": 5,
               "eval_batch_step": (0, 20)}),
    F("few_spaces", "3 % of the texts hold a space", writing=Writing(marks=" ", marked=0.03)),
    F("sgd", "SGD with momentum, rate 0.0005", options={"learning_rate": 0.0005},
      sets={"Optimizer.name": "Momentum", "Optimizer.beta1": DROP, "Optimizer.beta2": DROP,
            "Optimizer.momentum": 0.9}),
)  # fmt: skip

REPORT = (
    F("healthy_2", "healthy"),
    *_FAULTS,
    F("scratch_fine", "from scratch, twice as many time steps, batches of 16", scratch=True,
      options={"learning_rate": 0.001, "batch_size": 16, "epoch_num": 7, "width_stride": 4,
               "eval_batch_step": (0, 20)}),
    F("learns_spaces", "half of the texts hold a space, use_space_char is true: a class more",
      writing=Writing(marks=" ", marked=0.5),
      options={"use_space_char": True, "learning_rate": 0.002, "epoch_num": 4,
               "eval_batch_step": (0, 8)}),
    F("frozen_backbone", "a head that goes on learning over a frozen backbone",
      prelude=freeze("backbone")),
    F("numbers", "both sets are short numbers", writing=Writing(alphabet=DIGITS, lengths=(2, 4))),
    F("small_batches", "batches of 4, rate 0.0001",
      options={"batch_size": 4, "learning_rate": 0.0001, "eval_batch_step": (0, 15)}),
    F("hundred_lines", "trains on 100 lines, rate 0.00003", train_lines=few(100),
      options={"learning_rate": 0.00003, "epoch_num": 10}),
)  # fmt: skip
