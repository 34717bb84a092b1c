"""What each alert code means and what to do about it, in both languages: one declaration a code.

Everything that names a code (rules, report, chat, documents) reads it here.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A stable name of something that can be wrong with a run."""

    name: str
    title: str  # what it means, half a sentence
    advice: str  # what to do, without the numbers of a run
    title_zh: str
    advice_zh: str


def _untranslated(name: str, title: str, advice: str) -> Code:
    """A code whose Chinese is still to come: it reads English in both languages."""
    return Code(name, title, advice, title, advice)


_DECLARED = (
    Code(
        name="shrink_ratio_unexpected",
        title="the effective shrink ratio is not what the config means",
        advice=(
            "Delete total_epoch from MakeShrinkMap and MakeBorderMap, or set ShrinkRatio: "
            "{repair: true}."
        ),
        title_zh="实际收缩比例与配置的本意不符",
        advice_zh=(
            "从 MakeShrinkMap 和 MakeBorderMap 中删除 total_epoch（`ppocr-guard fix YAML`），"
            "或设置 ShrinkRatio: {repair: true}。"
        ),
    ),
    Code(
        name="shrink_ratio_mismatch",
        title="two sources or the two operators disagree on the shrink ratio",
        advice="Give MakeShrinkMap and MakeBorderMap the same shrink_ratio and total_epoch.",
        title_zh="两个来源或两个算子的收缩比例不一致",
        advice_zh="让 MakeShrinkMap 与 MakeBorderMap 的 shrink_ratio 和 total_epoch 一致。",
    ),
    Code(
        name="no_positives",
        title="the effective shrink ratio is 1 or more: no map holds any text",
        advice=(
            "Delete total_epoch from MakeShrinkMap and MakeBorderMap, or set ShrinkRatio: "
            "{repair: true}: with a ratio of 1 or more there is nothing to learn from."
        ),
        title_zh="实际收缩比例达到或超过 1：标签图中没有任何文字",
        advice_zh=(
            "从 MakeShrinkMap 和 MakeBorderMap 中删除 total_epoch，或设置 ShrinkRatio: {repair: "
            "true}；收缩比例达到 1 时没有可学的内容。"
        ),
    ),
    Code(
        name="unclip_mismatch",
        title="unclip_ratio does not invert the shrink ratio",
        advice=(
            "Repair the shrink ratio, or set PostProcess.unclip_ratio to the one that the "
            "guard names in its log."
        ),
        title_zh="unclip_ratio 与收缩比例不匹配",
        advice_zh="恢复收缩比例，或把 PostProcess.unclip_ratio 改为详情中给出的值。",
    ),
    Code(
        name="hmean_collapse",
        title="the validation metric fell far below its best and stays there",
        advice=(
            "Stop the run and go on from best_accuracy after the cause is removed; look at "
            "the effective shrink ratio first."
        ),
        title_zh="验证指标远低于最好成绩且没有回升",
        advice_zh="停止训练，排除原因后从 best_accuracy 继续；先检查实际收缩比例。",
    ),
    Code(
        name="hmean_not_learning",
        title="the validation metric never became worth anything",
        advice=(
            "Check labels, shrink ratio and learning rate; `ppocr-guard check` finds what the"
            " YAML shows."
        ),
        title_zh="验证指标始终没有起色",
        advice_zh="检查标签、收缩比例和学习率；`ppocr-guard check` 可检查 YAML。",
    ),
    Code(
        name="hmean_plateau",
        title="the validation metric no longer improves",
        advice="Nothing is broken: stop, or lower the learning rate.",
        title_zh="验证指标不再提高",
        advice_zh="可以到此为止，或降低学习率后从 best_accuracy 继续。",
    ),
    Code(
        name="hmean_unstable",
        title="the validation metric keeps falling and coming back",
        advice="Lower the learning rate or raise the batch size.",
        title_zh="验证指标反复下跌又回升",
        advice_zh="降低学习率，或加长预热。",
    ),
    Code(
        name="overfitting",
        title="the training loss falls while the validation metric falls",
        advice="Stop and take best_accuracy; more data or augmentation helps.",
        title_zh="训练损失在降，验证指标也在降",
        advice_zh="增加数据或数据增强，使用 best_accuracy。",
    ),
    _untranslated(
        "hmean_declined",
        "the validation metric is worse than it was, and stays so",
        "Keep best_accuracy, and look for what changed: learning rate, data, labels.",
    ),
    Code(
        name="below_baseline",
        title="the validation metric stays below what the weights scored before training",
        advice=(
            "Lower the learning rate to a tenth, and train on some of the data that the weights "
            "come from as well."
        ),
        title_zh="验证指标一直低于训练前的成绩",
        advice_zh="把学习率降到十分之一，并混入一部分预训练时的数据，避免遗忘。",
    ),
    Code(
        name="loss_not_finite",
        title="the loss is NaN or infinite",
        advice=(
            "Stop and go on from the last checkpoint with a lower learning rate, or without "
            "mixed precision."
        ),
        title_zh="损失为 NaN 或无穷大",
        advice_zh="降低学习率，检查混合精度设置，从最近的正常检查点继续。",
    ),
    Code(
        name="loss_diverged",
        title="the loss rose far above what it was",
        advice="Stop and go on from the last checkpoint with a lower learning rate.",
        title_zh="损失远高于之前的水平",
        advice_zh="降低学习率，从 best_accuracy 继续。",
    ),
    Code(
        name="loss_degenerate",
        title="the loss shows that there is nothing to learn from",
        advice="Check that the labels are not all ignored and that the shrink ratio is below 1.",
        title_zh="从损失看，没有可学的内容",
        advice_zh="检查收缩比例是否小于 1，标签是否都被忽略。",
    ),
    Code(
        name="data_pipeline_failing",
        title="PaddleOCR fails to load samples and retries others",
        advice=(
            "Read the errors in the training log: missing images, broken labels, or a numpy "
            "or albumentations that does not fit."
        ),
        title_zh="PaddleOCR 反复加载样本失败并改用其他样本",
        advice_zh="查看日志中的出错样本，修复数据或变换。",
    ),
    Code(
        name="evaluation_disabled",
        title="there is no evaluation, or none will be reached",
        advice=(
            "Set Global.eval_batch_step so that an evaluation is reached, or the guard cannot"
            " see a collapse."
        ),
        title_zh="没有评估，或永远轮不到评估",
        advice_zh="设置 Global.eval_batch_step 和 Eval 数据集。",
    ),
    _untranslated(
        "targets_wrong",
        "the labels themselves do not come through the postprocess, or not through the dictionary",
        "Set what the message names: a wrong shrink_ratio, unclip_ratio, threshold or dictionary.",
    ),
    _untranslated(
        "labels_wrong",
        "the training labels do not lie on the text, not on all of it, or say something else",
        "Draw a few training labels over their images, and correct what the message names.",
    ),
    _untranslated(
        "eval_mismatch",
        "evaluation sees other images or labels than training",
        "Compare Eval.dataset with Train.dataset: label file, resize, NormalizeImage.",
    ),
    _untranslated(
        "training_wrong",
        "nothing gets through the network, or nothing is learned",
        "Look at the learning rate, the weights and the Loss section; the message says which.",
    ),
    _untranslated(
        "data_changed",
        "a data set was exchanged or overwritten in mid-run",
        "Restore the data, and go on from best_accuracy.",
    ),
    _untranslated(
        "mediocre",
        "the model is better than its score, or better on training than on validation images",
        "Set what the message names, or keep the best checkpoint.",
    ),
    _untranslated(
        "learns_slowly",
        "acc is still 0, but more and more characters are read",
        "Let it train: a text counts only when all of its characters are right.",
    ),
    _untranslated(
        "memory_growing",
        "memory grows at every evaluation",
        "Look for tensors that are kept from step to step; save often, and restart in time.",
    ),
)
CODES = {code.name: code for code in _DECLARED}
ALERT_CODES = {code.name: code.title for code in _DECLARED}


def check_codes(codes: list[str]) -> list[str]:
    """Refuse what looks like a misspelt built-in code; a user's own codes pass.

    Raises:
        ValueError: names the code and the nearest built-in one.
    """
    for code in codes:
        near = difflib.get_close_matches(code, ALERT_CODES, n=1, cutoff=0.75)
        if code not in ALERT_CODES and near:
            raise ValueError(f"there is no alert {code!r}; did you mean {near[0]!r}?")
    return codes
