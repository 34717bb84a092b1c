"""What each alert code means and what to do about it, in both languages: one declaration a code.

Everything that names a code (rules, report, chat, documents) reads it here.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from ppocr_guard.wording import say


@dataclass(frozen=True)
class Code:
    """A stable name of something that can be wrong with a run."""

    name: str
    title: str  # what it means, half a sentence
    advice: str  # what to do, without the numbers of a run
    title_zh: str
    advice_zh: str


_DECLARED = (
    Code(
        name="shrink_ratio_unexpected",
        title="the effective shrink ratio is not what the config means",
        advice=(
            "Delete total_epoch from MakeShrinkMap and MakeBorderMap (`ppocr-guard fix YAML`), or "
            "set ShrinkRatio: {repair: true}."
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
            "true}；收缩比例达到或超过 1 时没有可学的内容。"
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
        advice_zh="修复收缩比例，或把 PostProcess.unclip_ratio 改为守卫在日志中给出的值。",
    ),
    Code(
        name="hmean_collapse",
        title="the validation metric fell far below its best and stays there",
        advice=(
            "Stop the run and go on from best_accuracy after the cause is removed; look at "
            "the effective shrink ratio first."
        ),
        title_zh="验证指标远低于最好成绩且没有回升",
        advice_zh="停止训练，排除原因后从 best_accuracy 继续；先看实际收缩比例。",
    ),
    Code(
        name="hmean_not_learning",
        title="the validation metric never became worth anything",
        advice=(
            "Check labels, shrink ratio and learning rate; `ppocr-guard check` finds what the"
            " YAML shows."
        ),
        title_zh="验证指标始终没有起色",
        advice_zh="检查标签、收缩比例和学习率；`ppocr-guard check` 能找出 YAML 中看得到的问题。",
    ),
    Code(
        name="hmean_plateau",
        title="the validation metric no longer improves",
        advice="Nothing is broken: stop, or lower the learning rate.",
        title_zh="验证指标不再提高",
        advice_zh="没有出错：可以停止，或降低学习率。",
    ),
    Code(
        name="hmean_unstable",
        title="the validation metric keeps falling and coming back",
        advice="Lower the learning rate or raise the batch size.",
        title_zh="验证指标反复下跌又回升",
        advice_zh="降低学习率，或增大批大小。",
    ),
    Code(
        name="overfitting",
        title="the training loss falls while the validation metric falls",
        advice="Stop and take best_accuracy; more data or augmentation helps.",
        title_zh="训练损失在降，验证指标也在降",
        advice_zh="停止训练，使用 best_accuracy；增加数据或数据增强会有帮助。",
    ),
    Code(
        name="hmean_declined",
        title="the validation metric is worse than it was, and stays so",
        advice="Keep best_accuracy, and look for what changed: learning rate, data, labels.",
        title_zh="验证指标不如从前，且没有回升",
        advice_zh="保留 best_accuracy，并查找发生了什么变化：学习率、数据、标签。",
    ),
    Code(
        name="below_baseline",
        title="the validation metric stays below what the weights scored before training",
        advice=(
            "Lower the learning rate to a tenth, and train on some of the data that the weights "
            "come from as well."
        ),
        title_zh="验证指标一直低于训练前的成绩",
        advice_zh="把学习率降到十分之一，并混入一部分这些权重原来的训练数据。",
    ),
    Code(
        name="loss_not_finite",
        title="the loss is NaN or infinite",
        advice=(
            "Stop and go on from the best checkpoint with a lower learning rate, or without "
            "mixed precision."
        ),
        title_zh="损失为 NaN 或无穷大",
        advice_zh="停止训练，从最好的检查点继续，并降低学习率或不用混合精度。",
    ),
    Code(
        name="loss_diverged",
        title="the loss rose far above what it was",
        advice="Stop and go on from the best checkpoint with a lower learning rate.",
        title_zh="损失远高于之前的水平",
        advice_zh="停止训练，降低学习率后从最好的检查点继续。",
    ),
    Code(
        name="loss_degenerate",
        title="the loss shows that there is nothing to learn from",
        advice="Check that the labels are not all ignored and that the shrink ratio is below 1.",
        title_zh="从损失看，没有可学的内容",
        advice_zh="检查标签是否都被忽略，收缩比例是否小于 1。",
    ),
    Code(
        name="data_pipeline_failing",
        title="PaddleOCR fails to load samples and retries others",
        advice=(
            "Read the errors in the training log: missing images, broken labels, or a numpy "
            "or albumentations that does not fit."
        ),
        title_zh="PaddleOCR 反复加载样本失败并改用其他样本",
        advice_zh="看训练日志中的错误：缺少图像、标签损坏，或 numpy、albumentations 版本不合适。",
    ),
    Code(
        name="evaluation_disabled",
        title="there is no evaluation, or none will be reached",
        advice=(
            "Set Global.eval_batch_step so that an evaluation is reached, or the guard cannot"
            " see a collapse."
        ),
        title_zh="没有评估，或永远轮不到评估",
        advice_zh="设置 Global.eval_batch_step，使评估能够进行；否则守卫看不到崩溃。",
    ),
    Code(
        name="targets_wrong",
        title=(
            "the labels themselves do not come through the postprocess, or not through the "
            "dictionary"
        ),
        advice=(
            "Set what the message names: a wrong shrink_ratio, unclip_ratio, threshold or "
            "dictionary."
        ),
        title_zh="标签本身过不了后处理，或过不了字典",
        advice_zh="按详情中指出的改：shrink_ratio、unclip_ratio、阈值或字典有误。",
    ),
    Code(
        name="labels_wrong",
        title="the training labels do not lie on the text, not on all of it, or say something else",
        advice="Draw a few training labels over their images, and correct what the message names.",
        title_zh="训练标签没有落在文字上、没有标全，或内容不符",
        advice_zh="把几条训练标签画在图像上，改正详情中指出的问题。",
    ),
    Code(
        name="eval_mismatch",
        title="evaluation sees other images or labels than training",
        advice="Compare Eval.dataset with Train.dataset: label file, resize, NormalizeImage.",
        title_zh="评估看到的图像或标签与训练不同",
        advice_zh="对照 Eval.dataset 与 Train.dataset：标签文件、缩放、NormalizeImage。",
    ),
    Code(
        name="training_wrong",
        title="nothing gets through the network, or nothing is learned",
        advice=(
            "Look at the learning rate, the weights and the Loss section; the message says which."
        ),
        title_zh="没有信息通过网络，或什么也没有学到",
        advice_zh="检查学习率、权重和 Loss 部分；详情会指出是哪一个。",
    ),
    Code(
        name="data_changed",
        title="a data set was exchanged or overwritten in mid-run",
        advice="Restore the data, and go on from best_accuracy.",
        title_zh="数据集在训练中途被替换或覆盖",
        advice_zh="恢复数据，从 best_accuracy 继续。",
    ),
    Code(
        name="mediocre",
        title="the model is better than its score, or better on training than on validation images",
        advice="Set what the message names, or keep the best checkpoint.",
        title_zh="模型比它的分数更好，或在训练图像上好于验证图像",
        advice_zh="按详情中指出的改，或保留最好的检查点。",
    ),
    Code(
        name="learns_slowly",
        title="acc is still 0, but more and more characters are read",
        advice="Let it train: a text counts only when all of its characters are right.",
        title_zh="acc 仍为 0，但读对的字符越来越多",
        advice_zh="继续训练：一条文本的全部字符都正确才算对。",
    ),
    Code(
        name="loader_slow",
        title="training waits for data most of the time",
        advice=(
            "Raise Train.loader.num_workers (and use_shared_memory), or make reading cheaper: "
            "smaller images, a local disk, fewer augmentations."
        ),
        title_zh="训练的大部分时间在等数据",
        advice_zh=(
            "增大 Train.loader.num_workers（并打开 use_shared_memory），或降低读取开销："
            "更小的图像、本地磁盘、更少的数据增强。"
        ),
    ),
    Code(
        name="evaluation_slow",
        title="evaluations take most of the time",
        advice="Evaluate less often (Global.eval_batch_step), or on fewer images.",
        title_zh="评估占用了大部分时间",
        advice_zh="降低评估频率（Global.eval_batch_step），或减少验证图像。",
    ),
    Code(
        name="memory_growing",
        title="memory grows at every evaluation",
        advice="Look for tensors that are kept from step to step; save often, and restart in time.",
        title_zh="内存每次评估都在增长",
        advice_zh="查找逐步保留下来的张量；多保存，并及时重启。",
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
            raise ValueError(
                say("there is no alert {code!r}; did you mean {near!r}?", code=code, near=near[0])
            )
    return codes
