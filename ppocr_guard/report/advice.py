"""What to do next, from the alerts and the verdict of a run."""

from __future__ import annotations

from ppocr_guard.logs.run import Run
from ppocr_guard.report.text import Words, clean

_LOST = ("collapsed", "diverged", "overfitting", "unstable")
_CONFIG_CODES = ("shrink_ratio_unexpected", "shrink_ratio_mismatch", "unclip_mismatch")


def next_steps(run: Run, words: Words) -> list[str]:
    """Sentences, the most pressing first; each only once, never empty."""
    steps = []
    causes: set[str] = set()  # that have their advice: one remedy each
    for group in run.alert_groups():
        alert = group.latest.event
        if not alert.advice or group.severity == "info" or alert.cause in causes:
            continue
        if alert.cause:
            causes.add(alert.cause)
        steps.append(clean(words.advice(alert.code, alert.advice)))
    state = run.verdict.state if run.verdict else "unknown"
    best = _best_path(run)
    if best and state in _LOST:
        steps.append(words("use_best", best=best))
    elif best and state in ("healthy", "plateaued"):
        steps.append(words(f"{state}.do", best=best))
    if any(placed.event.code in _CONFIG_CODES for placed in run.alerts):
        steps.append(words("check_config"))
    if run.state == "running" and run.severity != "critical":
        steps.append(words("running.do"))
    return list(dict.fromkeys(steps))


def _best_path(run: Run) -> str:
    if run.best_checkpoint:
        return clean(run.best_checkpoint.path)
    if run.start and run.start.save_model_dir and run.best:
        return clean(f"{run.start.save_model_dir.rstrip('/')}/best_accuracy")
    return ""
