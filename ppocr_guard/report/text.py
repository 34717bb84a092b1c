"""Words of the report and the live view, English and Chinese, and how numbers are written."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from typing import Optional

from ppocr_guard.codes import CODES
from ppocr_guard.wording import in_language, say

_EN = {
    "title": "Training report",
    "generated": "Written {when} by ppocr-guard {version}",
    "theme": "Light or dark",
    "healthy": "Healthy",
    "collapsed": "Collapsed",
    "diverged": "Diverged",
    "not_learning": "Not learning",
    "plateaued": "Plateaued",
    "overfitting": "Overfitting",
    "unstable": "Unstable",
    "too_short": "Too early to say",
    "unknown": "No verdict",
    "healthy_but": "Holding, with a fault",
    "healthy.why": "{metric} is holding; nothing points to trouble.",
    "healthy_but.why": "{metric} is holding, but not all is well: {title}.",
    "collapsed.why": "{metric} fell far below its best and stayed there.",
    "diverged.why": "The loss ran away or became NaN.",
    "not_learning.why": "{metric} never became worth anything.",
    "plateaued.why": "{metric} no longer improves.",
    "overfitting.why": "The training loss falls while {metric} falls.",
    "unstable.why": "{metric} keeps falling and coming back.",
    "too_short.why": "There are too few evaluations to judge the run.",
    "unknown.why": "Nothing judged this run: the HmeanTrend hook was off, or the file broke off.",
    "running": "running",
    "running.note": "No end is recorded: the run is going on, or it was killed.",
    "finished": "finished",
    "stopped": "stopped by the guard",
    "failed": "failed",
    "interrupted": "interrupted",
    "interrupted.note": "Interrupted by hand (Ctrl-C) at epoch {epoch}, step {step}.",
    "resumed_elsewhere": "Resumed at epoch {epoch}; what was before is not in this journal.",
    "resumed_at": "Resumed at epoch {epoch}, after {reason}.",
    "resumed_often": "Resumed {count} times; the latest:",
    "after.stopped": "a stop by the guard",
    "after.finished": "its end",
    "after.interrupted": "it was interrupted",
    "after.failed": "it had failed",
    "after.killed": "it was killed",
    "changed": "Changed for it: {changes}.",
    "repaired.note": "Repaired by the guard: {operators} shrank by {was}, and by {ratio} since "
    "epoch {epoch}, step {step}.",
    "numbers_now": "{metric} {value}, best {best} at epoch {epoch}.",
    "stopped.note": "Stopped at epoch {epoch}, step {step} by rule {code}: {reason}",
    "stopped.short": "Stopped at epoch {epoch}, step {step} by rule {code}.",
    "log": "from a log",
    "would_stop": "With AutoStop the guard would have stopped it at epoch {epoch}, step {step} "
    "({code}).",
    "failed.note": "The training process failed: {error}",
    "since": "since epoch {epoch}, evaluation {evaluation}",
    "best": "Best {metric}",
    "last": "Last {metric}",
    "at_epoch": "epoch {epoch}",
    "no_evaluations": "no evaluation yet",
    "of_best": "{share} of the best",
    "ratio": "Shrink ratio",
    "expected": "expected {low} to {high}",
    "expected_one": "expected {low}",
    "no_ratio": "not recorded",
    "steps": "{steps} steps",
    "epochs": "{epoch} of {total}",
    "duration": "Duration",
    "eta": "{time} left",
    "throughput": "Throughput",
    "images_s": "{value} img/s",
    "data_wait": "{share} waiting for data",
    "next": "What to do next",
    "sample": "What the model sees: one validation image",
    "sample.best": "Best: {metric} {value}, evaluation {evaluation}, epoch {epoch}",
    "sample.last": "Last: {metric} {value}, evaluation {evaluation}, epoch {epoch}",
    "sample.best_and_last": "Best and last: {metric} {value}, evaluation {evaluation}, "
    "epoch {epoch}",
    "sample.key": "Green: true texts (grey: ignored). Red: predicted boxes. Beside or below: the "
    "predicted shrink map, the brighter the surer.",
    "worst": "The lines that were read worst",
    "worst.of": "{count} texts in evaluation {evaluation}, epoch {epoch}.",
    "worst.acc_written": "Read as they were written: {value}.",
    "worst.printed": "PaddleOCR, against the labels as it changed them: {metric} {value}.",
    "worst.none": "All were read.",
    "as_written": "Read as written",
    "as_written.of": "of {count} texts, epoch {epoch}",
    "worst.image": "Image",
    "worst.written": "Label as written",
    "worst.label": "Label as PaddleOCR sees it",
    "worst.sees": "PaddleOCR sees",
    "worst.read": "Prediction",
    "worst.distance": "Edit distance",
    "worst.empty": "(empty)",
    "worst.unknown": "(not known)",
    "charts": "Curves",
    "metric.chart": "Validation",
    "ratio.chart": "Effective shrink ratio by epoch (no unit)",
    "drawn.unit": "The labels are text boxes drawn in by area × (1 − ratio²) / perimeter: the "
    "smaller the ratio, the thinner the core; at 1 nothing is drawn in.",
    "drawn.meant": "As configured",
    "drawn.found": "In this run",
    "drawn.box": "text box",
    "drawn.core": "core that the network learns",
    "drawn.back": "box that unclip_ratio {unclip} makes of it",
    "drawn.panel": "{title}: ratio {ratio}. The core has {core} of the height; the box comes back "
    "with an IoU of {iou}.",
    "drawn.nothing": "{title}: ratio {ratio}. No core is left: there is nothing to learn.",
    "loss.chart": "Training loss",
    "lr.chart": "Learning rate",
    "pace.chart": "Throughput",
    "pace.runs": "Throughput (images/s)",
    "step": "step",
    "epoch": "epoch",
    "evaluation": "evaluation",
    "band": "expected",
    "rescored": "best unclip ratio",
    "images_second": "images/s",
    "wait_percent": "data wait %",
    "zoom": "Drag to zoom in, double-click to zoom out, click a name to hide its curve.",
    "no_data": "Nothing recorded.",
    "smoothed": "from the log: medians over log_smooth_window",
    "holds": "What holds now",
    "over": "What is over",
    "none": "Nothing.",
    "at_evaluation": "evaluation {evaluation}",
    "at_start": "the start",
    "at_resume": "the resume",
    "since_moment": "since {moment}",
    "from_to": "from {begin} to {end}",
    "numbers_of": "numbers of evaluation {evaluation}",
    "cause": "Cause",
    "cause_as": "Cause: as told under {number}.",
    "evidence": "Numbers",
    "problems": "Problems in the configuration",
    "no_problems": "None found in the configuration alone. `ppocr-guard check YAML` looks at the "
    "labels and images, too.",
    "facts": "Run",
    "compare": "Side by side",
    "run": "Run",
    "verdict": "Verdict",
    "stop": "Stop",
    "alert_codes": "Holds now",
    "differences": "In what the runs differ",
    "setting": "Setting",
    "tasks_differ": "They train for several tasks ({tasks}): of their configurations, only what "
    "all have is compared.",
    "same_config": "Their configurations are the same in all that training depends on.",
    "same_environment": "No difference is known.",
    "environment": "Environment",
    "details": "Details of each run",
    "host": "Host",
    "system": "System",
    "cpu": "CPU",
    "gpu": "GPU",
    "no_gpu": "none",
    "machine_memory": "Memory of the machine",
    "peak_memory": "Memory of the run, at most",
    "peak_gpu_memory": "GPU memory, at most",
    "python": "Python",
    "paddleocr": "PaddleOCR's folder",
    "commit": "PaddleOCR's commit",
    "changes": "Local changes",
    "no_changes": "none",
    "command": "Command",
    "packages": "Packages",
    "memory.chart": "Memory and load",
    "memory.runs": "Memory (GiB)",
    "memory_gib": "memory, GiB",
    "gpu_memory_gib": "GPU memory, GiB",
    "cpu_share": "CPU %",
    "gpu_share": "GPU %",
    "axis": "Axis",
    "axis.step": "steps",
    "axis.relative": "share of the plan",
    "axis.time": "hours",
    "smoothing": "Smoothing",
    "smoothing.none": "none",
    "log_scale": "Log scale",
    "hours": "h",
    "round_trip": "A perfect prediction, put through this postprocess",
    "round_trip.text": "With unclip_ratio {unclip} its boxes meet the true ones with a median IoU "
    "of {iou} ({share} above 0.5). unclip_ratio {fit} fits these targets best ({fit_iou}).",
    "round_trip.fine": "With unclip_ratio {unclip} its boxes meet the true ones with a median IoU "
    "of {iou} ({share} above 0.5).",
    "rescore.text": "Scored again with unclip_ratio {unclip}, the predictions of evaluation "
    "{evaluation} reach {metric} {value} instead of {stock}.",
    "rescore.near": "Scored again with about that unclip_ratio, the predictions of evaluation "
    "{evaluation} reach {metric} {value} instead of {stock}.",
    "advised": "What to do about it is told at the top of the page.",
    "launches": "{count} launches; a dotted line marks a resume",
    "earlier": "Earlier runs in this file, not shown here: {count} (--all shows them).",
    "bad_lines": "Lines of the journal that could not be read and were left out: {count}.",
    "source": "Read from {path}",
    "source_operator": "{operator}, {source}",
    "model": "Model",
    "release": "PaddleOCR",
    "save_model_dir": "Folder",
    "epoch_num": "Epochs planned",
    "batch_size": "Batch size (a card)",
    "learning_rate": "Learning rate",
    "pretrained": "Started from",
    "shrink_configured": "shrink_ratio",
    "unclip_ratio": "unclip_ratio",
    "seed": "Global.seed",
    "total_epoch": "total_epoch",
    "eval_every": "Evaluated every",
    "world_size": "Ranks",
    "started": "Started",
    "ended": "Last record",
    "best_checkpoint": "Best checkpoint",
    "latest_checkpoint": "Latest checkpoint",
    "fixable": "`ppocr-guard fix` writes this into the YAML.",
    "healthy.do": "Nothing is wrong. The best checkpoint is at {best}.",
    "plateaued.do": "Stop here and use the best checkpoint at {best}, or lower the learning rate "
    "and go on from it.",
    "use_best": "Do not export the last weights: the best checkpoint is at {best}.",
    "last_is_best": "The last weights are the best so far, and they are at {best}.",
    "best_is_at": "The best checkpoint is at {best}.",
    "resume.do": "To go on: `Global.checkpoints={latest}` (saved in epoch {epoch}).",
    "running.do": "Let it go on; `ppocr-guard watch` shows it live.",
    "waiting": "Waiting for {path}. The Journal hook writes it when the training starts.",
    "silent": "no record for {time}",
    "leave": "quit",
    "choose": "run {number} of {count}",
    "is_over": "is over",
    "loss": "loss",
}

_ZH = {
    "title": "训练报告",
    "generated": "由 ppocr-guard {version} 生成于 {when}",
    "theme": "明暗切换",
    "healthy": "正常",
    "collapsed": "崩溃",
    "diverged": "发散",
    "not_learning": "没有学到东西",
    "plateaued": "停滞",
    "overfitting": "过拟合",
    "unstable": "不稳定",
    "too_short": "为时尚早",
    "unknown": "暂无结论",
    "healthy_but": "指标正常，另有问题",
    "healthy.why": "{metric} 保持稳定，未见异常。",
    "healthy_but.why": "{metric} 保持稳定，但另有问题：{title}。",
    "collapsed.why": "{metric} 远低于最好成绩，且没有回升。",
    "diverged.why": "损失失控或变成 NaN。",
    "not_learning.why": "{metric} 始终没有起色。",
    "plateaued.why": "{metric} 不再提高。",
    "overfitting.why": "训练损失在降，{metric} 也在降。",
    "unstable.why": "{metric} 反复下跌又回升。",
    "too_short.why": "评估次数太少，还无法判断。",
    "unknown.why": "没有对这次训练的判断：HmeanTrend 未启用，或文件不完整。",
    "running": "进行中",
    "running.note": "没有结束记录：训练仍在进行，或进程被强行终止。",
    "finished": "已完成",
    "stopped": "已被守卫停止",
    "failed": "失败",
    "interrupted": "已中断",
    "interrupted.note": "在第 {epoch} 轮、第 {step} 步被手动中断（Ctrl-C）。",
    "resumed_elsewhere": "从第 {epoch} 轮恢复；此前的部分不在这份日志中。",
    "resumed_at": "从第 {epoch} 轮恢复，此前{reason}。",
    "resumed_often": "共恢复 {count} 次；最近几次：",
    "after.stopped": "被守卫停止",
    "after.finished": "已结束",
    "after.interrupted": "被手动中断",
    "after.failed": "出错退出",
    "after.killed": "进程被强行终止",
    "changed": "恢复时改动：{changes}。",
    "repaired.note": "守卫已修复：{operators} 的收缩比例原为 {was}，自第 {epoch} 轮、第 {step} 步起"
    "为 {ratio}。",
    "numbers_now": "{metric} 为 {value}，最好 {best}（第 {epoch} 轮）。",
    "stopped.note": "在第 {epoch} 轮、第 {step} 步按规则 {code} 停止：{reason}",
    "stopped.short": "在第 {epoch} 轮、第 {step} 步按规则 {code} 停止。",
    "log": "来自日志",
    "would_stop": "若启用 AutoStop，守卫会在第 {epoch} 轮、第 {step} 步停止训练（{code}）。",
    "failed.note": "训练进程出错：{error}",
    "since": "自第 {epoch} 轮、第 {evaluation} 次评估起",
    "best": "最好 {metric}",
    "last": "最近 {metric}",
    "at_epoch": "第 {epoch} 轮",
    "no_evaluations": "尚无评估",
    "of_best": "为最好成绩的 {share}",
    "ratio": "收缩比例",
    "expected": "应为 {low} 至 {high}",
    "expected_one": "应为 {low}",
    "no_ratio": "未记录",
    "steps": "{steps} 步",
    "epochs": "{epoch} / {total}",
    "duration": "用时",
    "eta": "还需 {time}",
    "throughput": "吞吐",
    "images_s": "{value} 张/秒",
    "data_wait": "{share} 的时间在等数据",
    "next": "接下来怎么做",
    "sample": "模型所见：一张验证图",
    "sample.best": "最好：{metric} {value}，第 {evaluation} 次评估，第 {epoch} 轮",
    "sample.last": "最近：{metric} {value}，第 {evaluation} 次评估，第 {epoch} 轮",
    "sample.best_and_last": "最好也是最近：{metric} {value}，第 {evaluation} 次评估，第 {epoch} 轮",
    "sample.key": "绿色：真实文本（灰色：忽略）。红色：预测的框。"
    "旁边或下方：预测的收缩图，越亮越确定。",
    "worst": "读得最差的文本行",
    "worst.of": "第 {evaluation} 次评估（第 {epoch} 轮），共 {count} 行文本。",
    "worst.acc_written": "与原始标签一致的比例：{value}。",
    "worst.printed": "PaddleOCR 按它改动后的标签计算：{metric} {value}。",
    "worst.none": "全部读对。",
    "as_written": "与原始标签一致",
    "as_written.of": "共 {count} 行文本，第 {epoch} 轮",
    "worst.image": "图像",
    "worst.written": "原始标签",
    "worst.label": "PaddleOCR 所见标签",
    "worst.sees": "PaddleOCR 所见",
    "worst.read": "预测",
    "worst.distance": "编辑距离",
    "worst.empty": "（空）",
    "worst.unknown": "（未知）",
    "charts": "曲线",
    "metric.chart": "验证集指标",
    "ratio.chart": "各轮的实际收缩比例（无单位）",
    "drawn.unit": "标签由文本框向内收缩 面积 × (1 − 比例²) / 周长 得到：比例越小，核心越细；"
    "比例为 1 时不收缩。",
    "drawn.meant": "按配置",
    "drawn.found": "本次训练",
    "drawn.box": "文本框",
    "drawn.core": "网络学习的核心",
    "drawn.back": "由 unclip_ratio {unclip} 还原的框",
    "drawn.panel": "{title}：比例 {ratio}。核心高度为原来的 {core}；还原后的 IoU 为 {iou}。",
    "drawn.nothing": "{title}：比例 {ratio}。没有核心，无从学习。",
    "loss.chart": "训练损失",
    "lr.chart": "学习率",
    "pace.chart": "吞吐",
    "pace.runs": "吞吐（张/秒）",
    "step": "步",
    "epoch": "轮",
    "evaluation": "评估",
    "band": "应有范围",
    "rescored": "最合适的 unclip 下",
    "images_second": "张/秒",
    "wait_percent": "等数据 %",
    "zoom": "拖动可放大，双击还原，点图例可隐藏曲线。",
    "no_data": "没有记录。",
    "smoothed": "取自日志：log_smooth_window 内的中位数",
    "holds": "目前存在的问题",
    "over": "已经结束的问题",
    "none": "无。",
    "at_evaluation": "第 {evaluation} 次评估",
    "at_start": "开始时",
    "at_resume": "恢复时",
    "since_moment": "自{moment}起",
    "from_to": "{begin}至{end}",
    "numbers_of": "数据取自第 {evaluation} 次评估",
    "cause": "原因",
    "cause_as": "原因：见第 {number} 条。",
    "evidence": "数据",
    "problems": "配置中的问题",
    "no_problems": "仅就配置而言未发现问题。`ppocr-guard check YAML` 还会检查标注和图像。",
    "facts": "训练信息",
    "compare": "对比",
    "run": "训练",
    "verdict": "结论",
    "stop": "停止",
    "alert_codes": "目前的问题",
    "differences": "各次训练的差别",
    "setting": "设置",
    "tasks_differ": "它们训练的任务不同（{tasks}）：只比较各次训练的配置中共有的设置。",
    "same_config": "凡影响训练的配置都相同。",
    "same_environment": "未见差别。",
    "environment": "环境",
    "details": "各次训练的详情",
    "host": "主机",
    "system": "系统",
    "cpu": "CPU",
    "gpu": "GPU",
    "no_gpu": "无",
    "machine_memory": "机器内存",
    "peak_memory": "训练占用内存（峰值）",
    "peak_gpu_memory": "显存（峰值）",
    "python": "Python",
    "paddleocr": "PaddleOCR 目录",
    "commit": "PaddleOCR 提交",
    "changes": "本地改动",
    "no_changes": "无",
    "command": "命令",
    "packages": "软件包",
    "memory.chart": "内存与负载",
    "memory.runs": "内存（GiB）",
    "memory_gib": "内存 GiB",
    "gpu_memory_gib": "显存 GiB",
    "cpu_share": "CPU %",
    "gpu_share": "GPU %",
    "axis": "横轴",
    "axis.step": "步",
    "axis.relative": "占计划的比例",
    "axis.time": "小时",
    "smoothing": "平滑",
    "smoothing.none": "无",
    "log_scale": "对数纵轴",
    "hours": "小时",
    "round_trip": "把完美的预测送进这套后处理",
    "round_trip.text": "unclip_ratio 为 {unclip} 时，所得文本框与真值的 IoU 中位数为 {iou}"
    "（{share} 高于 0.5）。最适合这些标签图的 unclip_ratio 是 {fit}（{fit_iou}）。",
    "round_trip.fine": "unclip_ratio 为 {unclip} 时，所得文本框与真值的 IoU 中位数为 {iou}"
    "（{share} 高于 0.5）。",
    "rescore.text": "第 {evaluation} 次评估的同一批预测，改用 unclip_ratio {unclip} 重新评分，"
    "{metric} 为 {value}，而不是 {stock}。",
    "rescore.near": "第 {evaluation} 次评估的同一批预测，改用约为此值的 unclip_ratio 重新评分，"
    "{metric} 为 {value}，而不是 {stock}。",
    "advised": "处理办法见页首。",
    "launches": "共启动 {count} 次；点线处为恢复训练",
    "earlier": "此文件中还有 {count} 次更早的训练未显示（用 --all 显示）。",
    "bad_lines": "日志中有 {count} 行无法读取，已略去。",
    "source": "读自 {path}",
    "source_operator": "{operator}，{source}",
    "model": "模型",
    "release": "PaddleOCR",
    "save_model_dir": "目录",
    "epoch_num": "计划轮数",
    "batch_size": "批大小（每卡）",
    "learning_rate": "学习率",
    "pretrained": "起始权重",
    "shrink_configured": "shrink_ratio",
    "unclip_ratio": "unclip_ratio",
    "seed": "Global.seed",
    "total_epoch": "total_epoch",
    "eval_every": "评估间隔",
    "world_size": "进程数",
    "started": "开始",
    "ended": "最后记录",
    "best_checkpoint": "最好的检查点",
    "latest_checkpoint": "最近的检查点",
    "fixable": "`ppocr-guard fix` 可把修改写回 YAML。",
    "healthy.do": "一切正常。最好的检查点在 {best}。",
    "plateaued.do": "可以到此为止，使用 {best} 处最好的检查点；或降低学习率从它继续训练。",
    "use_best": "不要导出最后的权重：最好的检查点在 {best}。",
    "last_is_best": "最后的权重就是目前最好的，位于 {best}。",
    "best_is_at": "最好的检查点在 {best}。",
    "resume.do": "要继续训练：`Global.checkpoints={latest}`（保存于第 {epoch} 轮）。",
    "running.do": "让它继续；用 `ppocr-guard watch` 实时查看。",
    "waiting": "正在等待 {path}，训练开始后由 Journal 写入。",
    "silent": "已有 {time} 没有新记录",
    "leave": "退出",
    "choose": "第 {number} 次训练，共 {count} 次",
    "is_over": "已解除",
    "loss": "损失",
}

ADVICE_ZH = {code.name: code.advice_zh for code in CODES.values()}
_SHRINK = "shrink_ratio_wrong"  # a cause; its remedy is that of shrink_ratio_unexpected
_SOURCES_ZH = {"scheduled": "按配置推算", "live": "实际读取", "measured": "实测"}

_TEXTS: Mapping[str, Mapping[str, str]] = {"en": _EN, "zh": _ZH}

# Control characters but tab and line feed, and marks that reverse the direction of text.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Words:
    """Looks up and fills in the words of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = _TEXTS[language]

    def __call__(self, key: str, **values: object) -> str:
        return self._texts[key].format(**values) if values else self._texts[key]

    def alert_phrase(self, code: str) -> str:
        """What an alert code means, to go on a sentence; empty for a code of the user's own."""
        declared = CODES.get(code)
        if declared is None:
            return ""
        return declared.title_zh if self.language == "zh" else declared.title

    def alert_title(self, code: str) -> str:
        """The same as a title."""
        title = self.alert_phrase(code)
        name = "_" in title.split(" ", 1)[0]  # unclip_ratio stays as it is written
        return title if name else title[:1].upper() + title[1:]

    def say(self, text: str) -> str:
        """A sentence of a journal in this language, where it knows how it was made."""
        return in_language(text, self.language)

    def advice(self, code: str, given: str, cause: Optional[str] = None) -> str:
        """What to do about an alert, in this language.

        The general advice of a code stands in for a sentence without a translation, unless the
        sentence knows a cause: then the general one might say something else.
        """
        said = self.say(given)
        if said != given or self.language == "en" or not given:
            return said
        if cause == _SHRINK:
            code = "shrink_ratio_unexpected"
        return given if cause not in (None, _SHRINK) else ADVICE_ZH.get(code, given)

    def release(self, name: str) -> str:
        """``2.7.4 to 2.8.1``, by what the catalogue has for it."""
        return name if "{" in name or "}" in name else self.say(say(name))

    def source(self, source: str) -> str:
        """Where a shrink ratio comes from."""
        return _SOURCES_ZH.get(source, source) if self.language == "zh" else source


def clean(value: object) -> str:
    """Text that came from a log or a config, without control characters: for a terminal or a chat.
    What goes into a page is cleaned by ``html_text.esc``."""
    return _UNSAFE.sub("", str(value))


def number(value: Optional[float], digits: int = 4) -> str:
    """``0.7927``; a dash for None; very small and very large numbers in powers of ten."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return str(value).replace("nan", "NaN")
    if value and (abs(value) < 1e-3 or abs(value) >= 1e6):
        return f"{value:.3g}"
    if float(value).is_integer() and abs(value) >= 10:
        return f"{value:.0f}"
    return f"{value:.{digits}f}"


def ratio(value: Optional[float]) -> str:
    """A ratio without needless zeros: ``0.4``, ``0.8096``."""
    return "–" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def duration(seconds: float) -> str:
    """``45s``, ``12m 05s``, ``3h 07m``, ``2d 04h``."""
    whole = int(max(0, seconds))
    minutes, seconds_left = divmod(whole, 60)
    hours, minutes_left = divmod(minutes, 60)
    days, hours_left = divmod(hours, 24)
    if days:
        return f"{days}d {hours_left:02d}h"
    if hours:
        return f"{hours}h {minutes_left:02d}m"
    return f"{minutes}m {seconds_left:02d}s" if minutes else f"{whole}s"


def moment(unix_seconds: float) -> str:
    """Local time, to the second; a dash for 0 and for what is no time."""
    try:
        return (
            time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(unix_seconds))
            if unix_seconds
            else "–"
        )
    except (OverflowError, ValueError, OSError):
        return "–"
