"""Unseen: written after ``heldout`` had become a source of rules, and judged once. What RESULTS.md
says of that is the estimate for the next mistake."""

from __future__ import annotations

from benchmarks.mistakes.project import Mistake, Project, boxes, evaluation, labels, swap


def _turned(project: Project) -> None:
    """Lines of text that stand on their side."""
    import cv2

    for path in (project.folder / "lines" / "train").glob("*.png"):
        cv2.imwrite(str(path), cv2.rotate(cv2.imread(str(path)), cv2.ROTATE_90_CLOCKWISE))


def _quoted(old: list[str]) -> list[str]:
    return ['{}\t"{}"'.format(*line.split("\t", 1)) for line in old]


_BACKBONE = "  Backbone:\n    name: MobileNetV3\n    scale: 0.5\n    model_name: large\n"
_HEAD = "  Head:\n    name: DBHead\n    k: 50\n"

MISTAKES: tuple[Mistake, ...] = (
    Mistake("flipped in 50 of 1 cases", "det_mv3_db", swap("args: {p: 0.5}", "args: {p: 50}"), "IaaAugment|Fliplr"),
    Mistake("sizes from large to small", "det_mv3_db", swap("size: [0.5, 3]", "size: [3, 0.5]"), "IaaAugment|Resize"),
    Mistake("validation images in the training folder", "det_mv3_db", evaluation("data_dir: ./pages", "data_dir: ./pages/train"), "missing|exist|data_dir"),
    Mistake("a loss weight in a list", "det_mv3_db", swap("  alpha: 5\n", "  alpha: [5]\n"), "alpha"),
    Mistake("save_model_dir is a file", "det_mv3_db", swap("save_model_dir: ./output/det_mv3_db", "save_model_dir: ./my.yml"), "save_model_dir"),
    Mistake("no save_model_dir", "det_mv3_db", swap("save_model_dir: ./output/det_mv3_db", "save_model_dir: null"), "save_model_dir"),
    Mistake("max_tries in words", "det_mv3_db", swap("max_tries: 50", "max_tries: fifty"), "max_tries"),
    Mistake("no backbone", "det_mv3_db", swap(_BACKBONE, ""), "Backbone"),
    Mistake("boxes of an image that was moved", "det_v4_db", boxes(lambda b: b.update(points=[[x - 200, y] for x, y in b["points"]])), "outside|edge|left"),
    Mistake("scale 0", "det_v4_db", swap("    scale: 0.75", "    scale: 0"), "scale|Backbone"),
    Mistake("the head beside the architecture", "det_v4_db", swap(_HEAD, _HEAD.replace("  Head", "Head").replace("    ", "  ")), "Head"),
    Mistake("EAST: background only", "det_east", swap("background_ratio: 0.125", "background_ratio: 1"), "background_ratio|EASTProcessTrain|text"),
    Mistake("PSE: one kernel", "det_pse", swap("kernel_num: 7", "kernel_num: 1"), "kernel_num|MakePseGt|out_channels|Head"),
    Mistake("PSE: a main_key that is not there", "det_pse", swap("main_key: gt_text", "main_key: gt_txt"), "main_key|gt_txt|RandomCropImgMask"),
    Mistake("PSE: the mask is not cropped", "det_pse", swap("crop_keys: [image, gt_text, gt_kernels, mask]", "crop_keys: [image, gt_text, gt_kernels]"), "crop_keys|RandomCropImgMask|mask|size"),
    Mistake("a pair of one", "det_cml", swap("      - [Student, Teacher]", "      - [Student]"), "model_name_pairs"),
    Mistake("detection scored as recognition", "det_cml", swap("base_metric_name: DetMetric", "base_metric_name: RecMetric"), "base_metric_name|Metric"),
    Mistake("three strides for four", "rec_crnn", swap("small_stride: [1, 2, 2, 2]", "small_stride: [1, 2, 2]"), "small_stride|Backbone"),
    Mistake("lines on their side", "rec_crnn", _turned, "side|rotat|turn|high|upright|narrow"),
    Mistake("labels in quotes", "rec_crnn", labels("lines/train.txt", _quoted), "character|dictionary"),
    Mistake("no channels in the middle", "rec_crnn", swap("    fc_decay: 0.00001", "    fc_decay: 0.00001\n    mid_channels: 0"), "mid_channels|Head"),
    Mistake("another delimiter", "rec_crnn", swap("    label_file_list:", "    delimiter: ','\n    label_file_list:"), "delimiter|tab|line"),
    Mistake("one scale, not in a list", "rec_v4", swap("scales: [[320, 32], [320, 48], [320, 64]]", "scales: [320, 48]"), "scales"),
    Mistake("ds_width without widths", "rec_v4", swap("    ds_width: false", "    ds_width: true"), "ds_width|ratio|width"),
    Mistake("a neck of no width", "rec_v4", swap("dims: 120", "dims: 0"), "dims|Neck|Head"),
    Mistake("smoothing off, in words", "rec_nrtr", swap("smoothing: true", "smoothing: 'off'"), "smoothing"),
    Mistake("an unknown resize_type", "rec_nrtr", swap("resize_type: PIL", "resize_type: pillow"), "resize_type|GrayRecResizeImg|size"),
    Mistake("evaluated upright", "rec_nrtr", evaluation("image_shape: [100, 32]", "image_shape: [32, 100]"), "image_shape|Eval"),
)  # fmt: skip
