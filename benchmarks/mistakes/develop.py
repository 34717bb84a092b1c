"""Mistakes that the rules were improved on."""

from __future__ import annotations

from benchmarks.mistakes.project import (
    Change,
    Mistake,
    both,
    boxes,
    evaluation,
    images,
    labels,
    move,
    swap,
)

NORMALIZE = """\
    - NormalizeImage:
        scale: 1./255.
        mean: [0.485, 0.456, 0.406]
        std: [0.229, 0.224, 0.225]
        order: hwc
"""
CROP = """\
    - EastRandomCropData:
        size: [320, 320]
        max_tries: 50
        keep_ratio: true
"""
BORDER = """\
    - MakeBorderMap:
        shrink_ratio: 0.4
        thresh_min: 0.3
        thresh_max: 0.7
"""
SHRINK = """\
    - MakeShrinkMap:
        shrink_ratio: 0.4
        min_text_size: 8
"""
IAA = """\
    - IaaAugment:
        augmenter_args:
        - {type: Fliplr, args: {p: 0.5}}
        - {type: Affine, args: {rotate: [-10, 10]}}
        - {type: Resize, args: {size: [0.5, 3]}}
"""
REC_SIZE = "    - RecResizeImg:\n        image_shape: [3, 32, 160]\n"


def drop(text: str) -> Change:
    return swap(text, "")


def twice(text: str) -> Change:
    return swap(text, text + text)


_RANGES = (
    ("thresh in percent", "det_mv3_db", "  thresh: 0.3", "  thresh: 30", r"PostProcess\.thresh"),
    ("box_thresh in percent", "det_v4_db", "box_thresh: 0.6", "box_thresh: 60", "box_thresh"),
    ("unclip_ratio 0", "det_mv3_db", "unclip_ratio: 1.5", "unclip_ratio: 0", "unclip_ratio"),
    ("unclip_ratio 0.4", "det_v4_db", "unclip_ratio: 1.5", "unclip_ratio: 0.4", "unclip_ratio"),
    ("no candidates", "det_mv3_db", "max_candidates: 1000", "max_candidates: 0", "max_candidates"),
    ("shrink ratio 0", "det_mv3_db", "shrink_ratio: 0.4\n        min", "shrink_ratio: 0\n        min", "shrink_ratio"),
    ("shrink ratio 4", "det_v4_db", "shrink_ratio: 0.4\n        min", "shrink_ratio: 4\n        min", "shrink_ratio"),
    ("shrink ratio 1", "det_cml", "shrink_ratio: 0.4\n        min", "shrink_ratio: 1\n        min", "shrink_ratio"),
    ("maps of two ratios", "det_mv3_db", "shrink_ratio: 0.4\n        min", "shrink_ratio: 0.6\n        min", "shrink_ratio"),
    ("score_mode misspelt", "det_mv3_db", "max_candidates: 1000", "max_candidates: 1000\n  score_mode: fsat", "score_mode"),
    ("EAST threshold in percent", "det_east", "score_thresh: 0.8", "score_thresh: 80", "score_thresh"),
    ("PSE box threshold 85", "det_pse", "box_thresh: 0.85", "box_thresh: 85", "box_thresh"),
    ("batch size 0", "rec_crnn", "batch_size_per_card: 16", "batch_size_per_card: 0", "batch_size_per_card"),
    ("batch size as text", "det_east", "batch_size_per_card: 8", "batch_size_per_card: '8'", "batch_size_per_card"),
    ("print_batch_step 0", "rec_v4", "print_batch_step: 2", "print_batch_step: 0", "print_batch_step"),
    ("save_epoch_step 0", "det_pse", "save_epoch_step: 20", "save_epoch_step: 0", "save_epoch_step"),
    ("epoch_num as text", "rec_nrtr", "epoch_num: 40", "epoch_num: '40'", "epoch_num"),
    ("epoch_num 0", "det_mv3_db", "epoch_num: 40", "epoch_num: 0", "epoch_num"),
    ("eval_batch_step a text", "rec_crnn", "eval_batch_step: [0, 4]", "eval_batch_step: '[0, 4]'", "eval_batch_step"),
    ("eval_batch_step every 0", "rec_v4", "eval_batch_step: [0, 4]", "eval_batch_step: [4, 0]", "eval_batch_step"),
    ("evaluation never reached", "det_v4_db", "eval_batch_step: [0, 3]", "eval_batch_step: [0, 2000]", "evaluation|eval_batch_step"),
    ("evaluation starts too late", "rec_nrtr", "eval_batch_step: [0, 4]", "eval_batch_step: [3000, 4]", "evaluation|eval_batch_step"),
    ("learning rate 0", "rec_crnn", "learning_rate: 0.0005", "learning_rate: 0", "learning_rate"),
    ("learning rate negative", "det_mv3_db", "learning_rate: 0.001", "learning_rate: -0.001", "learning_rate"),
    ("learning rate as text", "rec_v4", "learning_rate: 0.0005", "learning_rate: 5e-4", "learning_rate"),
    ("learning rate 100 times off", "det_pse", "learning_rate: 0.001", "learning_rate: 0.1", "learning_rate"),
    ("learning rate 10 times off", "det_mv3_db", "learning_rate: 0.001", "learning_rate: 0.01", "learning_rate"),
    ("learning rate for SGD with Adam", "rec_nrtr", "learning_rate: 0.0005", "learning_rate: 0.1", "learning_rate"),
    ("learning rate far too low", "rec_crnn", "learning_rate: 0.0005", "learning_rate: 0.0000005", "learning_rate"),
    ("stock rate with few images", "rec_v4", "learning_rate: 0.0005", "learning_rate: 0.002", "learning_rate"),
    ("warm-up longer than the run", "det_v4_db", "warmup_epoch: 2", "warmup_epoch: 50", "warmup"),
    ("beta1 above 1", "det_mv3_db", "beta1: 0.9", "beta1: 9", "beta1"),
    ("alpha 0", "det_mv3_db", "alpha: 5", "alpha: 0", "alpha"),
    ("ohem_ratio 0", "det_v4_db", "ohem_ratio: 3", "ohem_ratio: 0", "ohem_ratio"),
    ("max_text_length 0", "rec_crnn", "max_text_length: 25", "max_text_length: 0", "max_text_length"),
    ("drop_last as text", "det_mv3_db", "drop_last: false", 'drop_last: "False"', "drop_last"),
    ("use_gpu as text", "rec_nrtr", "use_gpu: false", "use_gpu: 'False'", "use_gpu"),
    ("image_shape without channels", "rec_crnn", "image_shape: [3, 32, 160]", "image_shape: [32, 160]", "image_shape"),
    ("crop size one number", "det_mv3_db", "size: [320, 320]", "size: 320", r"EastRandomCropData\.size|size"),
    ("img_mode misspelt", "det_pse", "img_mode: BGR", "img_mode: bgr", "img_mode"),
    ("order misspelt", "det_mv3_db", "order: hwc", "order: hcw", "order"),
    ("std with 0", "det_v4_db", "std: [0.229, 0.224, 0.225]", "std: [0.229, 0.224, 0]", "std"),
)  # fmt: skip
_NAMES = (
    ("Adam in lower case", "det_mv3_db", "name: Adam", "name: adam", "Optimizer"),
    ("schedule misspelt", "rec_crnn", "name: Cosine", "name: Cosin", r"lr\.name"),
    ("schedule of torch", "rec_v4", "name: Cosine", "name: CosineAnnealingLR", r"lr\.name"),
    ("loss misspelt", "det_mv3_db", "name: DBLoss", "name: DbLoss", "Loss"),
    ("head misspelt", "det_v4_db", "name: DBHead", "name: DBHaed", "Head"),
    ("backbone of detection only", "rec_crnn", "name: MobileNetV3\n", "name: PPLCNetV2_base\n    x: 1\n", "Backbone|small_stride"),
    ("backbone misspelt", "rec_v4", "name: PPLCNetV3", "name: PPLCNetv3", "Backbone"),
    ("neck misspelt", "det_mv3_db", "name: DBFPN", "name: DBFNP", "Neck"),
    ("metric misspelt", "rec_nrtr", "name: RecMetric", "name: RecMetrics", "Metric"),
    ("postprocess misspelt", "rec_crnn", "name: CTCLabelDecode", "name: CTCLabelDecoder", "PostProcess"),
    ("operator misspelt", "det_mv3_db", "MakeShrinkMap:", "MakeShrinkMaps:", "MakeShrinkMaps"),
    ("operator in lower case", "rec_crnn", "RecResizeImg:", "RecResizeimg:", "RecResizeimg"),
    ("label encoder misspelt", "rec_v4", "MultiLabelEncode:", "MultiLabelEncoder:", "MultiLabelEncoder"),
    ("data set misspelt", "det_east", "name: SimpleDataSet", "name: SimpleDataset", "dataset"),
    ("sampler misspelt", "rec_v4", "name: MultiScaleSampler", "name: MultiScaleSample", "sampler"),
    ("regularizer misspelt", "det_pse", "name: L2", "name: l2", "regularizer"),
    ("encoder_type misspelt", "rec_crnn", "encoder_type: rnn", "encoder_type: lstm", "encoder_type"),
    ("second head misspelt", "rec_v4", "NRTRHead:", "NTRHead:", "NTRHead|head_list"),
    ("key misspelt in Loss", "det_mv3_db", "alpha: 5", "alpa: 5", "alpa"),
    ("key misspelt in Global", "rec_nrtr", "save_epoch_step:", "save_epochs_step:", "save_epochs?_step"),
    ("key misspelt in PostProcess", "det_v4_db", "unclip_ratio:", "unclip_rate:", "unclip_rate"),
    ("key misspelt in lr", "det_mv3_db", "warmup_epoch:", "warm_up_epoch:", "warm_up_epoch"),
    ("key misspelt in an operator", "det_mv3_db", "min_text_size:", "min_test_size:", "min_test_size"),
    ("key misspelt in the backbone", "det_cml", "disable_se:", "disable_s:", "disable_s"),
    ("batch_size without _per_card", "rec_crnn", "batch_size_per_card: 16", "batch_size: 16", "batch_size"),
    ("label_file without _list", "det_mv3_db", "label_file_list:", "label_file:", "label_file"),
    ("learning rate named lr", "det_v4_db", "learning_rate:", "lr:", "learning_rate"),
    ("keep_keys misspelt", "rec_nrtr", "keep_keys:", "keep_key:", "keep_key"),
    ("gtc_encode of the other head", "rec_v4", "gtc_encode: NRTRLabelEncode", "gtc_encode: SARLabelEncode", "gtc_encode|MultiLabelEncode|SARLabelEncode"),
    ("no batch size", "det_pse", "    batch_size_per_card: 8\n", "", "batch_size_per_card"),
    ("no image_shape", "rec_crnn", REC_SIZE, "    - RecResizeImg:\n", "image_shape"),
    ("no main loss name", "det_mv3_db", "  name: DBLoss\n", "", "Loss"),
)  # fmt: skip
_PARTS = (
    ("main_indicator acc in det", "det_mv3_db", "main_indicator: hmean", "main_indicator: acc", "main_indicator"),
    ("main_indicator hmean in rec", "rec_crnn", "main_indicator: acc", "main_indicator: hmean", "main_indicator"),
    ("RecMetric in det", "det_v4_db", "name: DetMetric", "name: RecMetric", "RecMetric"),
    ("EAST's postprocess for DB", "det_mv3_db", "name: DBPostProcess", "name: EASTPostProcess", "EASTPostProcess"),
    ("DB's postprocess for EAST", "det_east", "name: EASTPostProcess", "name: DBPostProcess", "DBPostProcess"),
    ("PSE's loss for DB", "det_mv3_db", "name: DBLoss", "name: PSELoss", "PSELoss"),
    ("model_type rec in det", "det_pse", "model_type: det", "model_type: rec", "model_type|model type"),
    ("algorithm CRNN with MultiHead", "rec_v4", "algorithm: SVTR_LCNet", "algorithm: CRNN", "algorithm"),
    ("CTC loss with MultiHead", "rec_v4", "  name: MultiLoss", "  name: CTCLoss", "CTCLoss"),
    ("attention's decoder for CTC", "rec_crnn", "name: CTCLabelDecode", "name: AttnLabelDecode", "AttnLabelDecode"),
    ("CTC's encoder for NRTR", "rec_nrtr", "    - NRTRLabelEncode:", "    - CTCLabelEncode:", "CTCLabelEncode"),
    ("CTC's decoder for NRTR", "rec_nrtr", "name: NRTRLabelDecode", "name: CTCLabelDecode", "CTCLabelDecode"),
    ("plain DB postprocess in a distillation", "det_cml", "name: DistillationDBPostProcess", "name: DBPostProcess", "DBPostProcess"),
    ("SAR loss with an NRTR head", "rec_v4", "  - NRTRLoss:", "  - SARLoss:", "SARLoss"),
    ("student misnamed in a loss", "det_cml", "model_name_list: [Student]", "model_name_list: [student]", "student"),
    ("teacher misnamed in a loss", "det_cml", "- [Student, Teacher]", "- [Student, Techer]", "Techer"),
    ("metric of no model", "det_cml", "  key: Student\n", "  key: Student1\n", "Student1"),
    ("teacher not frozen", "det_cml", "freeze_params: true", "freeze_params: false", "frozen|freeze"),
    ("student frozen", "det_cml", "freeze_params: false", "freeze_params: true", "Student"),
    ("teacher's weights missing", "det_cml", "./weights/teacher", "./weights/teachers", "weights"),
    ("teacher without weights", "det_cml", "pretrained: ./weights/teacher", "pretrained:", "Teacher"),
    ("SimpleDataSet with the sampler", "rec_v4", "name: MultiScaleDataSet", "name: SimpleDataSet", "ampler|SimpleDataSet"),
    ("metric during training in det", "det_v4_db", "cal_metric_during_train: false", "cal_metric_during_train: true", "cal_metric"),
    ("checkpoints that are not there", "det_mv3_db", "checkpoints: null", "checkpoints: ./output/latest", "checkpoints"),
    ("weights that are not there", "rec_crnn", "pretrained_model: null", "pretrained_model: ./weights/crnn", "pretrained_model"),
)  # fmt: skip
_PIPELINE: tuple[tuple[str, str, Change, str], ...] = (
    ("no DecodeImage", "rec_crnn", drop("    - DecodeImage:\n        img_mode: BGR\n        channel_first: false\n"), "DecodeImage"),
    ("no DetLabelEncode", "det_mv3_db", drop("    - DetLabelEncode:\n"), "DetLabelEncode"),
    ("no MakeShrinkMap", "det_mv3_db", drop(SHRINK), "MakeShrinkMap|shrink_map"),
    ("no MakeBorderMap", "det_v4_db", drop(BORDER), "MakeBorderMap|threshold_map"),
    ("no EastRandomCropData", "det_mv3_db", drop(CROP), "EastRandomCropData|size"),
    ("no NormalizeImage", "det_pse", drop(NORMALIZE), "ormaliz"),
    ("no NormalizeImage in Eval", "det_mv3_db", evaluation(NORMALIZE, ""), "ormaliz"),
    ("no DetResizeForTest", "det_v4_db", evaluation("    - DetResizeForTest:\n        limit_side_len: 320\n        limit_type: min\n", ""), "DetResizeForTest|shape"),
    ("no ToCHWImage", "det_mv3_db", drop("    - ToCHWImage:\n"), "ToCHWImage"),
    ("no KeepKeys", "det_east", drop("    - KeepKeys:\n        keep_keys: [image, score_map, geo_map, training_mask]\n"), "KeepKeys"),
    ("no resizing in rec", "rec_crnn", drop(REC_SIZE), "esiz|channels|size"),
    ("no resizing in Eval of rec", "rec_crnn", evaluation(REC_SIZE, ""), "esiz|channels|size"),
    ("no label encoder in rec", "rec_nrtr", drop("    - NRTRLabelEncode:\n"), "LabelEncode|length"),
    ("NormalizeImage after ToCHWImage", "det_mv3_db", move("    - ToCHWImage:\n", "    - NormalizeImage:"), "NormalizeImage|ToCHWImage"),
    ("NormalizeImage before the augmentation", "det_mv3_db", move(NORMALIZE, "    - IaaAugment:"), "IaaAugment|NormalizeImage"),
    ("crop after the maps", "det_mv3_db", move(CROP, "    - NormalizeImage:"), "EastRandomCropData"),
    ("augmentation after the maps", "det_v4_db", move(IAA, "    - NormalizeImage:"), "IaaAugment"),
    ("labels after the crop", "det_mv3_db", move("    - DetLabelEncode:\n", "    - MakeBorderMap:"), "DetLabelEncode|polys"),
    ("RecAug after the resizing", "rec_crnn", move("    - RecAug:\n", "    - KeepKeys:"), "RecAug"),
    ("RecConAug after the encoder", "rec_v4", move("    - MultiLabelEncode:\n        gtc_encode: NRTRLabelEncode\n", "    - RecConAug:"), "RecConAug"),
    ("NormalizeImage twice", "det_v4_db", twice(NORMALIZE), "NormalizeImage"),
    ("ToCHWImage twice", "det_pse", twice("    - ToCHWImage:\n"), "ToCHWImage"),
    ("encoder twice", "rec_nrtr", twice("    - NRTRLabelEncode:\n"), "NRTRLabelEncode"),
    ("KeepKeys keeps a wrong name", "det_mv3_db", swap("threshold_mask", "thresh_mask"), "thresh_mask|KeepKeys"),
    ("KeepKeys in another order", "det_mv3_db", swap("[image, threshold_map, threshold_mask, shrink_map, shrink_mask]", "[image, shrink_map, shrink_mask, threshold_map, threshold_mask]"), "KeepKeys"),
    ("KeepKeys in another order in rec", "rec_crnn", swap("[image, label, length]", "[image, length, label]"), "KeepKeys"),
    ("KeepKeys without ignore_tags", "det_v4_db", evaluation("shape, polys, ignore_tags", "shape, polys"), "KeepKeys"),
    ("resizing with MultiScaleDataSet", "rec_v4", swap("    - RecAug:\n", "    - RecAug:\n    - RecResizeImg:\n        image_shape: [3, 48, 320]\n"), "RecResizeImg|data set"),
    ("CopyPaste before the labels", "det_v4_db", move("    - CopyPaste:\n", "    - DetLabelEncode:"), "CopyPaste"),
    ("normalization of Eval differs", "det_mv3_db", evaluation("mean: [0.485, 0.456, 0.406]", "mean: [0.5, 0.5, 0.5]"), "mean|ormaliz"),
    ("loader inside dataset", "rec_crnn", swap("  loader:\n    shuffle: true\n    drop_last: true\n    batch_size_per_card: 16\n    num_workers: 2\n", "    loader:\n      shuffle: true\n      drop_last: true\n      batch_size_per_card: 16\n      num_workers: 2\n"), "loader"),
    ("transforms beside dataset", "rec_nrtr", swap("    transforms:\n    - DecodeImage", "  transforms:\n    - DecodeImage"), "transforms"),
    ("options not indented", "rec_crnn", swap("    - RecResizeImg:\n        image_shape", "    - RecResizeImg:\n      image_shape"), "RecResizeImg"),
    ("a list without dashes", "rec_nrtr", swap("    label_file_list:\n    - ./lines/train.txt", "    label_file_list: ./lines/train.txt\n    ratio_list: [1.0]"), "label_file_list"),
    ("a key twice", "det_mv3_db", swap("  epoch_num: 40\n", "  epoch_num: 40\n  epoch_num: 4\n"), "epoch_num"),
    ("values of Piecewise", "rec_crnn", swap("name: Cosine\n    learning_rate: 0.0005", "name: Piecewise\n    decay_epochs: [10, 20]\n    values: [0.0005]"), "Piecewise|values"),
    ("Piecewise beyond the end", "rec_nrtr", swap("name: Cosine\n    learning_rate: 0.0005", "name: Piecewise\n    decay_epochs: [700]\n    values: [0.0005, 0.00005]"), "decay_epochs"),
    ("CopyPaste's position with another index", "det_v4_db", swap("    ratio_list: [1.0]", "    ratio_list: [1.0]\n    ext_op_transform_idx: 3"), "ext_op_transform_idx"),
    ("Eval.batch_size 4 in det", "det_mv3_db", evaluation("batch_size_per_card: 1", "batch_size_per_card: 4"), "batch"),
    ("one misspelt operator and a bad ratio", "det_mv3_db", swap("- IaaAugment", "- IaaAugmnt", "shrink_ratio: 0.4\n        min", "shrink_ratio: 40\n        min"), "shrink_ratio"),
)  # fmt: skip

_DATA: tuple[tuple[str, str, Change, str], ...] = (
    ("empty images", "det_mv3_db", images("pages/train/0000[0-3].png", b""), "do not open|empty"),
    ("images that are web pages", "rec_crnn", images("lines/train/0000[0-5].png", b"<html></html>"), "do not open"),
    ("images missing", "det_v4_db", lambda p: [f.unlink() for f in sorted((p.folder / "pages/train").glob("*"))[:9]] and None, "missing"),
    ("all images elsewhere", "rec_nrtr", swap("data_dir: ./lines", "data_dir: ./line"), "missing|data_dir"),
    ("label file missing", "rec_v4", swap("./lines/train.txt", "./lines/trian.txt"), "trian"),
    ("label file empty", "det_pse", labels("pages/train.txt", lambda _: []), "empty"),
    ("label file in UTF-16", "rec_crnn", labels("lines/train.txt", list, "utf-16"), "UTF-16"),
    ("label file with a BOM", "det_mv3_db", labels("pages/train.txt", list, "utf-8-sig"), "byte order mark"),
    ("backslashes in names", "rec_nrtr", labels("lines/train.txt", lambda old: [line.replace("/", "\\", 1) for line in old]), "backslash"),
    ("spaces for tabs", "rec_crnn", labels("lines/train.txt", lambda old: [line.replace("\t", " ") for line in old]), "tab"),
    ("commas for tabs", "det_east", labels("pages/train.txt", lambda old: [line.replace("\t", ",") for line in old]), "tab"),
    ("all texts ignored", "det_mv3_db", boxes(lambda box: box.update(transcription="###")), "ignore"),
    ("boxes without points", "det_v4_db", boxes(lambda box: box.pop("points")), "points"),
    ("corners not in order", "det_pse", boxes(lambda box: box.update(points=[box["points"][i] for i in (0, 2, 1, 3)])), "cross|corner"),
    ("labels of larger images", "det_mv3_db", boxes(lambda box: box.update(points=[[3 * x, 3 * y] for x, y in box["points"]])), "outside"),
    ("evaluation on training images", "rec_crnn", evaluation("./lines/val.txt", "./lines/train.txt"), "training set too"),
    ("the same images by another spelling", "det_mv3_db", both(evaluation("data_dir: ./pages", "data_dir: ./lines/../pages/."), evaluation("./pages/val.txt", "./pages/train.txt")), "training set too"),
    ("LMDB without data.mdb", "rec_nrtr", swap("name: SimpleDataSet", "name: LMDBDataSet"), "mdb|LMDB"),
    ("ratio_list of another length", "det_mv3_db", swap("ratio_list: [1.0]", "ratio_list: [0.5, 0.5]"), "ratio_list"),
    ("ratio above 1", "det_v4_db", swap("ratio_list: [1.0]", "ratio_list: [2.0]"), "ratio_list"),
    ("fewer images than a batch", "rec_crnn", labels("lines/train.txt", lambda old: old[:9]), "batch|step"),
    ("JSON labels in rec", "rec_crnn", both(swap("data_dir: ./lines", "data_dir: ./pages", "./lines/train.txt", "./pages/train.txt")), "label|JSON|detection"),
)  # fmt: skip

MISTAKES: tuple[Mistake, ...] = (
    *(
        Mistake(name, config, swap(old, new), names)
        for name, config, old, new, names in (*_RANGES, *_NAMES, *_PARTS)
    ),
    *(Mistake(*row) for row in (*_PIPELINE, *_DATA)),
)
