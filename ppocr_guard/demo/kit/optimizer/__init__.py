"""``build_optimizer``, as PaddleOCR's ``tools/train.py`` imports it."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any, Optional

from paddle import nn, optimizer, regularizer

__all__ = ["build_optimizer"]


def build_optimizer(
    config: Mapping[str, Any], epochs: int, step_each_epoch: int, model: nn.Layer
) -> tuple[Any, ...]:
    """The optimizer and learning rate that the ``Optimizer`` section asks for.

    Returns:
        (optimizer, scheduler); from PaddleOCR 3.7.0 on a third value, the schedule of the
        weight decay: None, as the kit has none.

    Raises:
        ValueError: an optimizer or learning rate that the kit does not have.
    """
    options = dict(config)
    name = options.pop("name")
    if name not in ("Adam", "AdamW", "Momentum"):
        raise ValueError(f"the training kit has no optimizer {name}; use Adam")
    rate = _learning_rate(options.pop("lr"), epochs, step_each_epoch)
    clip: Optional[Any] = None
    if "clip_norm_global" in options:
        clip = nn.ClipGradByGlobalNorm(options.pop("clip_norm_global"))
    built = getattr(optimizer, name)(
        learning_rate=rate,
        parameters=model.parameters(),
        weight_decay=_regularizer(options.pop("regularizer", None)),
        grad_clip=clip,
        **options,
    )
    return (built, rate, None) if _loop_takes_three() else (built, rate)


def _loop_takes_three() -> bool:
    # The same change brought ppocr/utils/ema.py and the third value.
    return importlib.util.find_spec("ppocr.utils.ema") is not None


def _learning_rate(config: Mapping[str, Any], epochs: int, step_each_epoch: int) -> Any:
    """Cosine decay to 0 over the run, or a constant; ``warmup_epoch`` epochs of linear rise."""
    name = config.get("name", "Const")
    peak = float(config["learning_rate"])
    rate: Any = peak
    if name == "Cosine":
        rate = optimizer.lr.CosineAnnealingDecay(peak, T_max=epochs * step_each_epoch)
    elif name != "Const":
        raise ValueError(f"the training kit has no learning rate {name}; use Cosine or Const")
    warmup_steps = round(config.get("warmup_epoch", 0) * step_each_epoch)
    if warmup_steps:
        rate = optimizer.lr.LinearWarmup(rate, warmup_steps, start_lr=0.0, end_lr=peak)
    return rate


def _regularizer(config: Optional[Mapping[str, Any]]) -> Any:
    if not config:
        return None
    name, factor = config["name"], float(config.get("factor", 0.0))
    if name not in ("L1", "L2"):
        raise ValueError(f"the training kit has no regularizer {name}; use L1 or L2")
    decay = regularizer.L2Decay if name == "L2" else regularizer.L1Decay
    return decay(factor)
