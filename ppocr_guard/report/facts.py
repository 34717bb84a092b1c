"""What a PaddleOCR configuration says about a run, as short label and value pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ppocr_guard.logs.run import Run
from ppocr_guard.report.text import Words, moment, number


def run_facts(run: Run, words: Words) -> list[tuple[str, str]]:
    """Label and value, in reading order; what is unknown is left out.

    Only chosen keys of the configuration are shown: a ``Guard:`` section may hold secrets.
    """
    facts: list[tuple[str, object]] = []
    if run.start:
        config = run.start.config
        facts += [
            ("model", run.start.model),
            ("release", words.release(run.start.release)),
            ("save_model_dir", run.start.save_model_dir),
            ("epoch_num", run.start.epoch_num or None),
            ("eval_every", _every(run.start.eval_every_steps, words)),
            ("batch_size", dig(config, "Train", "loader", "batch_size_per_card")),
            ("learning_rate", dig(config, "Optimizer", "lr", "learning_rate")),
            ("shrink_configured", transform_option(config, "MakeShrinkMap", "shrink_ratio")),
            ("total_epoch", transform_option(config, "MakeShrinkMap", "total_epoch")),
            ("unclip_ratio", dig(config, "PostProcess", "unclip_ratio")),
            ("seed", dig(config, "Global", "seed")),
            ("pretrained", _started_from(config)),
            ("world_size", run.start.world_size if run.start.world_size > 1 else None),
        ]
    facts += [
        ("best_checkpoint", run.best_checkpoint and run.best_checkpoint.path),
        ("latest_checkpoint", run.latest_checkpoint and run.latest_checkpoint.path),
        ("started", moment(run.first_time) if run.first_time else None),
        ("ended", moment(run.time) if run.time else None),
    ]
    return [(words(key), str(value)) for key, value in facts if value not in (None, "", {}, [])]


def dig(config: object, *keys: str) -> Any:
    """The value under nested keys; None where the path ends early."""
    for key in keys:
        if not isinstance(config, Mapping):
            return None
        config = config.get(key)
    return config


def transform_option(config: Mapping[str, Any], operator: str, option: str) -> Any:
    """An option of a transform in ``Train.dataset.transforms``; None without it."""
    transforms = dig(config, "Train", "dataset", "transforms")
    if isinstance(transforms, Mapping):  # so it stands in a log
        transforms = [transforms]
    for transform in transforms if isinstance(transforms, list) else []:
        value = dig(transform, operator, option)
        if value is not None:
            return value
    return None


def _every(steps: object, words: Words) -> object:
    return words("steps", steps=number(float(steps), 0)) if isinstance(steps, int) else None


def _started_from(config: Mapping[str, Any]) -> Any:
    return dig(config, "Global", "checkpoints") or dig(config, "Global", "pretrained_model")
