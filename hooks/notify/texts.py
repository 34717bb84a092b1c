"""Words of the notifications, English and Chinese. The names of alerts are the report's."""

from __future__ import annotations

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
        "page": "More",
        "repeats": "Repeated",
        "why": "Why",
        "duration": "Took",
        "verdict": "Verdict",
        "since": "Since",
        "open": "Still open",
        "best": "Best checkpoint",
        "host": "Host",
        "dashboard": "Dashboard",
        "report": "Report",
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
        "page": "说明",
        "repeats": "重复次数",
        "why": "原因",
        "duration": "用时",
        "verdict": "结论",
        "since": "始于",
        "open": "尚未解除",
        "best": "最好的检查点",
        "host": "主机",
        "dashboard": "看板",
        "report": "报告",
    },
}
TEST = {"en": "[test]", "zh": "[测试]"}
TEST_ADVICE = {
    "en": "Nothing: this is a test of ppocr_guard.",
    "zh": "无需处理：这是 ppocr_guard 的测试消息。",
}
SAVED = {
    "en": "{path} ({metric} {value} at epoch {epoch})",
    "zh": "{path}（{metric} {value}，第 {epoch} 轮）",
}
PLACE = {"en": "epoch {epoch}, step {step}", "zh": "第 {epoch} 轮，第 {step} 步"}
EVALUATION = {"en": ", evaluation {evaluation}", "zh": "，第 {evaluation} 次评估"}
ENDS = {
    "en": {
        "finished": "The training has finished",
        "stopped": "The guard stopped the training",
        "interrupted": "The training was interrupted (Ctrl-C)",
        "failed": "The training failed",
    },
    "zh": {
        "finished": "训练已完成",
        "stopped": "训练已被 ppocr_guard 停止",
        "interrupted": "训练被手动中断（Ctrl-C）",
        "failed": "训练失败",
    },
}
PICTURE = {
    "en": "first validation image; green: as labelled, red: as predicted",
    "zh": "第一张验证图片；绿色为标注，红色为预测",
}
OVER = {"en": "over: {name}", "zh": "已解除：{name}"}
NO_FILE = {
    "en": "{metric} {value} at epoch {epoch}; its file is not known",
    "zh": "{metric} {value}（第 {epoch} 轮），文件位置未知",
}
# Names of the numbers that alerts rest on.
NUMBERS_ZH = {
    "value": "当前",
    "best": "最好",
    "best_epoch": "最好轮次",
    "drop": "跌幅",
    "threshold": "阈值",
    "evaluations": "评估次数",
    "count": "连续次数",
    "patience": "容忍次数",
    "since": "自第几次评估",
    "lowest": "最低",
    "without_progress": "无进展次数",
    "loss": "损失",
    "loss_at_best": "最好时的损失",
    "operator": "算子",
    "source": "来源",
    "ratio": "比例",
    "ratios": "比例",
    "expected_low": "应不低于",
    "expected_high": "应不高于",
    "median_iou": "IoU 中位数",
    "share_matched": "匹配占比",
    "fitting_unclip_ratio": "合适的 unclip_ratio",
    "regions": "文字区域数",
    "errors": "出错次数",
    "eval_every_steps": "评估间隔步数",
    "share": "占比",
    "wait_seconds": "等待秒数",
    "step_seconds": "每步秒数",
    "steps": "步数",
    "num_workers": "num_workers",
    "batch_size": "批大小",
    "cores": "CPU 核数",
    "evaluating_seconds": "评估秒数",
    "training_seconds": "训练秒数",
    "unclip_ratio": "unclip_ratio",
    "fitting_median_iou": "合适时的 IoU 中位数",
    "grown": "增长",
    "now": "当前",
    "near": "最接近",
    "near_first": "最初接近",
    "baseline": "训练前",
    "images": "图像数",
    "of": "总数",
    "effective_shrink_ratio": "实际收缩比例",
}
# What an alert of this code most often comes from, where the alert itself names no cause.
USUAL_CAUSES = {
    "en": {
        "shrink_ratio_unexpected": "total_epoch, with which the random seed changes the shrink "
        "ratio (2.7.1 to 2.8.1)",
        "shrink_ratio_mismatch": "MakeShrinkMap and MakeBorderMap are set differently, or a "
        "transform changes the maps",
        "unclip_mismatch": "the unclip_ratio of the postprocess is made for another shrink ratio",
        "loss_degenerate": "no pixel of text: a shrink ratio of 1 or more, or labels that are all "
        "ignored",
        "overfitting": "too little training data, or too long a training",
        "loss_not_finite": "most often a learning rate that is too high, or AMP overflow",
        "loss_diverged": "most often a learning rate that is too high",
        "data_pipeline_failing": "unreadable images or labels, or a transform that always fails",
    },
    "zh": {
        "shrink_ratio_unexpected": "total_epoch 与随机种子一起改变了收缩比例（2.7.1 至 2.8.1）",
        "shrink_ratio_mismatch": "MakeShrinkMap 与 MakeBorderMap 的设置不同，或有变换改动了标签图",
        "unclip_mismatch": "后处理的 unclip_ratio 是为另一个收缩比例设定的",
        "loss_not_finite": "多半是学习率过高，或混合精度溢出",
        "loss_diverged": "多半是学习率过高",
        "loss_degenerate": "没有正样本像素：收缩比例不小于 1，或标签全部被忽略",
        "overfitting": "训练数据太少，或训练太久",
        "data_pipeline_failing": "图片或标签无法读取，或某个变换总是失败",
    },
}
