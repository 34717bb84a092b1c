"""Images and labels as the network gets them."""

from __future__ import annotations

from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.detect.limits import CHANGED, COLOUR, SCALED
from ppocr_guard.detect.propositions.asking import (
    Answer,
    any_of,
    at_least,
    below,
    proposition,
    ratio,
)


@proposition("samples fail to load")
def samples_fail(e: Evidence) -> Answer:
    return "data_pipeline_failing" in e.alerts


@proposition("training batches look otherwise from some step on")
def batches_jumped(e: Evidence) -> Answer:
    return bool(e.jumps)


@proposition("validation images or labels are no longer those of the start")
def val_changed(e: Evidence) -> Answer:
    same = below(e.facts.get("same.val"), 0.5)
    now, first = e.facts.get("mean.val"), e.first_val.get("mean.val")
    spread, before = e.facts.get("std.val"), e.first_val.get("std.val")
    if None in (now, first, spread, before):
        return same
    assert now is not None
    assert first is not None
    return any_of(same, abs(now - first) > 0.05, not 0.95 < (spread or 0) / (before or 1) < 1.05)


@proposition("training images were overwritten since the run began")
def train_files_changed(e: Evidence) -> Answer:
    return at_least(e.facts.get("files_changed.train_eval"), CHANGED)


@proposition("validation images were overwritten since the run began")
def val_files_changed(e: Evidence) -> Answer:
    return at_least(e.facts.get("files_changed.val"), CHANGED)


@proposition("training and validation images differ in brightness, through the same transforms")
def sets_look_different(e: Evidence) -> Answer:
    train, val = e.first_facts.get("mean.train_eval"), e.first_facts.get("mean.val")
    return None if train is None or val is None else abs(train - val) > COLOUR


@proposition("text has another size for the network in training than in evaluation")
def text_size_differs(e: Evidence) -> Answer:
    change = ratio(
        e.first_facts.get("text_height.train_eval"), e.first_facts.get("text_height.train")
    )
    return None if change is None else not 1 / SCALED < change < SCALED


@proposition("colours reach the network otherwise in training than in evaluation")
def colours_differ(e: Evidence) -> Answer:
    if "normalization_differs" in e.findings or "image_mode_differs" in e.findings:
        return True
    train, as_eval = e.first_facts.get("mean.train"), e.first_facts.get("mean.train_eval")
    spread = ratio(e.first_facts.get("std.train_eval"), e.first_facts.get("std.train"))
    if train is None or as_eval is None or spread is None:
        return None
    return abs(train - as_eval) > COLOUR or not 0.5 < spread < 2


@proposition("the check of the config found KeepKeys in another order than the loss reads")
def keep_keys_order(e: Evidence) -> Answer:
    return "keep_keys_order" in e.findings or None
