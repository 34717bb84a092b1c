"""Afresh: a fourth set, written before the rules about structure and kinds were, and run twice:
once before them and once after. What RESULTS.md says of the second run is the estimate for the next
mistake; nothing was mended along this set."""

from __future__ import annotations

from typing import Any

from benchmarks.mistakes.project import (
    Mistake,
    Project,
    both,
    boxes,
    evaluation,
    labels,
    pages,
    swap,
)

_LOADER = "  loader:\n    shuffle: true\n    drop_last: false\n    batch_size_per_card: 8\n"
_LR = "  lr:\n    name: Cosine\n    learning_rate: 0.0005\n    warmup_epoch: 2\n"
_FACTOR = "  regularizer:\n    name: L2\n    factor: 5.0e-05\n"
_METRIC = "Metric:\n  name: DetMetric\n  main_indicator: hmean\n"
_NECK = "  Neck:\n    name: DBFPN\n    out_channels: 96\n"
_DICT = "  character_dict_path: ./lines/dict.txt\n"
_CROP = (
    "    - EastRandomCropData:\n        size: [320, 320]\n        max_tries: 50\n"
    "        keep_ratio: true\n"
)
_RESIZE = "    - RecResizeImg:\n        image_shape: [3, 32, 160]\n"
_NORMAL = (
    "    - NormalizeImage:\n        scale: 1./255.\n        mean: [0.485, 0.456, 0.406]\n"
    "        std: [0.229, 0.224, 0.225]\n        order: hwc\n    - ToCHWImage:\n"
)


def _deeper(block: str, by: str = "  ") -> str:
    return "".join(by + line for line in block.splitlines(True))


def _flatter(block: str) -> str:
    return "".join(line[2:] for line in block.splitlines(True))


def _transforms_of_train(project: Project) -> None:
    """The transforms beside the data set, not in it."""
    text = project.text
    start = text.index("    transforms:\n", text.index("\nTrain:\n"))
    end = text.index("  loader:\n", start)
    project.text = text[:start] + _flatter(text[start:end]) + text[end:]


def _without_dashes(project: Project) -> None:
    """The transforms of training as a mapping."""
    text = project.text
    start = text.index("    - DecodeImage", text.index("\nTrain:\n"))
    end = text.index("  loader:\n", start)
    block = text[start:end].replace("    - ", "      ")
    project.text = text[:start] + block + text[end:]


def _models_in_a_list(project: Project) -> None:
    text = project.text
    start, end = text.index("    Teacher:\n"), text.index("\nLoss:\n")
    block = _deeper(text[start:end])
    block = block.replace("      Teacher:", "    - Teacher:").replace(
        "      Student:", "    - Student:"
    )
    project.text = text[:start] + block + text[end:]


def _dictionary_with_commas(project: Project) -> None:
    """One character a line, each with a comma behind it, as a list of a program is pasted."""
    path = project.folder / "lines" / "dict.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("".join(f"{line},\n" for line in lines), encoding="utf-8")


def _points_in_a_row(box: dict[str, Any]) -> None:
    box["points"] = [value for point in box["points"] for value in point]


def _one_for_all(old: list[str]) -> list[str]:
    """A JSON object where a list of them is due."""
    return ["{}\t{}".format(*_first(line)) for line in old]


def _first(line: str) -> tuple[str, str]:
    name, _, label = line.partition("\t")
    return name, label[1 : label.index("}") + 1]


def _without_suffix(old: list[str]) -> list[str]:
    return [line.replace(".png\t", "\t", 1) for line in old]


MISTAKES: tuple[Mistake, ...] = (
    # Where things stand.
    Mistake("the batch size beside the loader", "det_mv3_db", swap(_LOADER, "  batch_size_per_card: 8\n" + _LOADER.replace("    batch_size_per_card: 8\n", "")), "batch_size_per_card"),
    Mistake("lr beside the optimizer", "rec_crnn", swap(_LR + _FACTOR, _FACTOR + _flatter(_LR)), r"\blr\b"),
    Mistake("the regularizer in lr", "rec_crnn", swap(_FACTOR, _deeper(_FACTOR)), "regularizer"),
    Mistake("transforms beside the data set", "det_v4_db", _transforms_of_train, r"Train\S* .*transforms|transforms.*Train"),
    Mistake("the neck in the backbone", "det_mv3_db", swap(_NECK, _deeper(_NECK)), "Neck"),
    Mistake("the metric in the postprocess", "det_pse", swap("\n" + _METRIC, _deeper(_METRIC)), "Metric"),
    Mistake("the dictionary beside Global", "rec_nrtr", both(swap(_DICT, ""), swap("\nArchitecture:\n", _flatter(_DICT) + "\nArchitecture:\n")), "character_dict_path"),
    Mistake("warm-up beside lr", "det_v4_db", swap("    warmup_epoch: 2\n", "  warmup_epoch: 2\n"), "warmup_epoch"),
    # Lists and mappings.
    Mistake("transforms without dashes", "rec_crnn", _without_dashes, "transforms"),
    Mistake("an operator lost its dash", "det_v4_db", swap("    - DetLabelEncode:\n    - CopyPaste:\n", "    - DetLabelEncode:\n      CopyPaste:\n"), r"transforms\[1\]|DetLabelEncode|CopyPaste"),
    Mistake("arguments as far left as their operator", "det_mv3_db", swap(_CROP, _CROP.replace("        ", "      ")), r"EastRandomCropData|transforms\[3\]"),
    Mistake("operators without a colon", "det_pse", swap("    - ToCHWImage:\n", "    - ToCHWImage\n"), "ToCHWImage|transforms"),
    Mistake("heads as a mapping", "rec_v4", swap("    - CTCHead:\n", "      CTCHead:\n", "    - NRTRHead:\n", "      NRTRHead:\n"), "head_list"),
    Mistake("models as a list", "det_cml", _models_in_a_list, "Models"),
    Mistake("label files in a list of a list", "rec_nrtr", swap("    - ./lines/train.txt\n", "    - [./lines/train.txt]\n"), "label_file_list"),
    Mistake("data_dir as a list", "det_mv3_db", swap("data_dir: ./pages\n", "data_dir: [./pages]\n"), "data_dir"),
    Mistake("a model's name without its list", "det_cml", swap("model_name_list: [Student]", "model_name_list: Student"), "model_name_list"),
    # Kinds and lengths.
    Mistake("a decimal comma", "det_east", swap("learning_rate: 0.001", "learning_rate: 0,001"), "learning_rate"),
    Mistake("a comment without its blank", "rec_v4", swap("epoch_num: 40", "epoch_num: 40#100"), "epoch_num"),
    Mistake("a shape without brackets", "rec_crnn", swap("image_shape: [3, 32, 160]", "image_shape: 3, 32, 160"), "image_shape"),
    Mistake("one number for the crop", "det_v4_db", swap("size: [320, 320]", "size: 320"), r"\bsize\b"),
    Mistake("a shape of two", "rec_crnn", swap("image_shape: [3, 32, 160]", "image_shape: [32, 160]", count=0), "image_shape"),
    Mistake("scales with channels", "rec_v4", swap("scales: [[320, 32], [320, 48], [320, 64]]", "scales: [[3, 48, 320]]"), "scales"),
    Mistake("a deviation for two channels", "det_mv3_db", swap("std: [0.229, 0.224, 0.225]", "std: [0.229, 0.224]"), r"\bstd\b"),
    Mistake("one divided_factor", "rec_v4", swap("divided_factor: [8, 16]", "divided_factor: 8"), "divided_factor"),
    Mistake("channels of a neck in a list", "det_mv3_db", swap("out_channels: 96", "out_channels: [96]"), "out_channels"),
    Mistake("evaluation steps without brackets", "rec_nrtr", swap("eval_batch_step: [0, 4]", "eval_batch_step: 0, 4"), "eval_batch_step"),
    Mistake("two ratios for one file", "det_pse", swap("ratio_list: [1.0]", "ratio_list: [0.5, 0.5]"), "ratio_list"),
    # Paths.
    Mistake("a folder for a dictionary", "rec_crnn", swap(_DICT, "  character_dict_path: ./lines\n"), "character_dict_path|dictionary"),
    Mistake("a folder for a label file", "det_east", swap("    - ./pages/train.txt\n", "    - ./pages/train\n"), r"label_file_list|pages/train\b"),
    Mistake("an empty save_model_dir", "rec_nrtr", swap("save_model_dir: ./output/rec_nrtr", "save_model_dir: ''"), "save_model_dir"),
    Mistake("a folder below a file", "det_cml", swap("save_model_dir: ./output/det_cml", "save_model_dir: ./pages/train.txt/det_cml"), "save_model_dir"),
    # Parts that do not go together.
    Mistake("labels of SAR for NRTR", "rec_v4", swap("gtc_encode: NRTRLabelEncode", "gtc_encode: SARLabelEncode", count=0), "gtc_encode|SARLabelEncode"),
    Mistake("normalised in the order of CHW", "det_v4_db", swap("order: hwc", "order: chw"), r"\border\b|NormalizeImage"),
    Mistake("polys before shape", "det_pse", evaluation("[image, shape, polys, ignore_tags]", "[image, polys, shape, ignore_tags]"), "keep_keys|KeepKeys"),
    Mistake("normalised as for detection", "rec_crnn", swap(_RESIZE, _NORMAL + _RESIZE), "NormalizeImage|ToCHWImage|RecResizeImg"),
    Mistake("LMDB where label files stand", "rec_crnn", swap("name: SimpleDataSet", "name: LMDBDataSet"), "LMDB|mdb|data_dir"),
    Mistake("weights for the backbone from elsewhere", "det_mv3_db", swap("    model_name: large\n", "    model_name: large\n    pretrained: ./weights/teacher\n"), r"Backbone\S*pretrained|pretrained\b.*Backbone"),
    Mistake("a frozen model that is none", "rec_crnn", swap("  algorithm: CRNN\n", "  algorithm: CRNN\n  freeze_params: true\n"), "freeze_params"),
    Mistake("the metric of a model in lower case", "det_cml", swap("  key: Student\n", "  key: student\n"), r"Metric\S*key|student"),
    Mistake("images decoded with channels first", "det_east", swap("channel_first: false", "channel_first: true"), "channel_first"),
    # Labels.
    Mistake("coordinates in one row", "det_v4_db", boxes(_points_in_a_row), "points"),
    Mistake("a text for each image, in no list", "det_mv3_db", labels("pages/train.txt", _one_for_all), "list|JSON"),
    Mistake("names without their suffix", "rec_v4", labels("lines/train.txt", _without_suffix), "missing|exist"),
    Mistake("commas in the dictionary", "rec_nrtr", _dictionary_with_commas, "dict|comma|character"),
    Mistake("no texts at all", "det_pse", pages(list.clear), "no text|empty|no box|label"),
)  # fmt: skip
