"""Words of the notifications, English and Chinese. The names of alerts are the report's."""

from __future__ import annotations

from ppocr_guard.report.text import ADVICE_ZH as ADVICE_ZH

LABELS = {
    "en": {
        "run": "Run",
        "what": "What",
        "detail": "Detail",
        "numbers": "Numbers",
        "cause": "Likely cause",
        "advice": "What to do",
        "trend": "Trend",
        "place": "Where",
        "rule": "Rule",
        "repeats": "Repeated",
        "why": "Why",
        "duration": "Took",
    },
    "zh": {
        "run": "训练",
        "what": "情况",
        "detail": "详情",
        "numbers": "数据",
        "cause": "可能原因",
        "advice": "建议",
        "trend": "走势",
        "place": "位置",
        "rule": "规则",
        "repeats": "重复次数",
        "why": "原因",
        "duration": "用时",
    },
}
TEST = {"en": "[test]", "zh": "[测试]"}
TEST_ADVICE = {
    "en": "Nothing: this is a test of ppocr_guard.",
    "zh": "无需处理：这是 ppocr_guard 的测试消息。",
}
BEST = {"en": "best {value} at epoch {epoch}", "zh": "最好 {value}，第 {epoch} 轮"}
PLACE = {"en": "epoch {epoch}, step {step}", "zh": "第 {epoch} 轮，第 {step} 步"}
EVALUATION = {"en": ", evaluation {evaluation}", "zh": "，第 {evaluation} 次评估"}
ENDS = {
    "en": {
        "finished": "The training has finished",
        "stopped": "The guard stopped the training",
        "failed": "The training failed",
    },
    "zh": {
        "finished": "训练已完成",
        "stopped": "训练已被 ppocr_guard 停止",
        "failed": "训练失败",
    },
}
CAUSES = {
    "en": {
        "hmean_collapse": "most often a shrink ratio that the postprocess does not invert; see the "
        "effective shrink ratio",
        "loss_not_finite": "most often a learning rate that is too high, or AMP overflow",
        "loss_diverged": "most often a learning rate that is too high",
        "loss_degenerate": "no positive pixels: a shrink ratio of 1 or more, or all labels ignored",
        "data_pipeline_failing": "unreadable images or labels, or a transform that always fails",
    },
    "zh": {
        "shrink_ratio_unexpected": "total_epoch 与随机种子一起改变了收缩比例（2.7.1 至 2.8.1）",
        "shrink_ratio_mismatch": "MakeShrinkMap 与 MakeBorderMap 的设置不同，或有变换改动了标签图",
        "unclip_mismatch": "后处理的 unclip_ratio 是为另一个收缩比例设定的",
        "hmean_collapse": "多半是后处理无法还原当前的收缩比例，请看实际收缩比例",
        "hmean_not_learning": "标签、收缩比例或学习率有问题",
        "loss_not_finite": "多半是学习率过高，或混合精度溢出",
        "loss_diverged": "多半是学习率过高",
        "loss_degenerate": "没有正样本像素：收缩比例不小于 1，或标签全部被忽略",
        "overfitting": "训练数据太少，或训练太久",
        "data_pipeline_failing": "图片或标签无法读取，或某个变换总是失败",
    },
}
