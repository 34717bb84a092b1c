"""Fields of the decision table's phrases, as they are written; None where one is not known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.detect.limits import CERTAIN
from ppocr_guard.detect.propositions.asking import answer
from ppocr_guard.detect.remedies import change_in_words
from ppocr_guard.wording import LIST, join, mark, say

Fields = dict[str, Any]


def figures(e: Evidence) -> Fields:
    """By name; a recogniser's own are taken before those of the same name."""
    return {
        **_of_scores(e),
        **_of_labels(e),
        **_of_targets(e),
        **_of_curve(e),
        **_of_optimisation(e),
        **_of_weights(e),
        **_of_data(e),
        **(_of_texts(e) if answer("reads_text", e) else {}),
    }


def _of_scores(e: Evidence) -> Fields:
    """Of the labels and the model, by the examinations."""
    now = {name: score for name, score in e.cells.items() if not name.startswith("first.")}
    return {
        f"{row}_{column}": f"{score:.2f}"
        for name, score in {**e.first_cells, **now}.items()
        for row, _, column in [name.partition(".")]
    }


def _of_labels(e: Evidence) -> Fields:
    """Where the labels lie, by set."""
    found: Fields = {}
    for column, key in (("train", "train_eval"), ("val", "val")):
        for name in ("labels_per_box", "boxes_on_labels", "lift", "best_lift"):
            found[f"{name}_{column}"] = _two(e.first_facts.get(f"{name}.{key}"))
        change = e.labels_change(key)
        found[f"change_{column}"] = change_in_words(change) if change else None
        found[f"mixed_{column}"] = _if(
            f"{column}_labels_mixed", e, e.first_facts.get(f"strangers.{key}")
        )
    missing = e.first_facts.get("boxes_on_labels.val")
    found["unlabelled_val"] = _if("val_labels_missing", e, missing)
    invalid = e.first_facts.get("invalid.train_eval")
    found["invalid_train_share"] = f"{invalid:.0%}" if invalid is not None else None
    return found


def _of_targets(e: Evidence) -> Fields:
    """Of the training maps and the postprocess."""
    unclip_ratio = e.unclip_ratio if e.unclip_ratio is not None else e.config_unclip_ratio
    recovered = e.recovered or (None, None)
    setting = e.setting("labels_best.val", "labels_best.train", "labels_best.train_eval")
    return {
        "shrink_ratio": _four(e.shrink_ratio),
        "shrink_expected": f"{e.shrink_expected:g}" if e.shrink_expected is not None else None,
        "shrink_cause": say(" ({why})", why=e.shrink_cause) if e.shrink_cause else "",
        "ratio_of_bug_line": _four(e.ratio_of_bug_line),
        "unclip_ratio": _short(unclip_ratio),
        "round_trip_iou": _two(e.round_trip_iou),
        "config_unclip_ratio": _short(e.config_unclip_ratio) if e.config_mismatch else None,
        "config_shrink_ratio": _short(e.config_shrink_ratio),
        "recovered_ratio": _short(recovered[0]),
        "recovered_hmean": _two(recovered[1]),
        "certain": f"{CERTAIN:g}",
        "setting": _in_words(setting),
        "best_setting": _in_words(e.setting("best.val", "best.train_eval", "best.train")),
        "best_unclip": _short(e.setting("best.val").get("unclip_ratio")),
        "fitting_iou": _two(e.fitting_iou),
        "fitting_unclip": _two(e.fitting_unclip_ratio),
    }


def _of_curve(e: Evidence) -> Fields:
    return {
        "precision": _two(e.precision),
        "recall": _two(e.recall),
        "value": _two(e.value) if e.evaluations else None,
        "best": _two(e.best) if e.evaluations else None,
        "first": _two(e.first),
    }


def _of_optimisation(e: Evidence) -> Fields:
    """Of the loss and the learning rate."""
    reference = e.loss_at_best if e.loss_at_best is not None else e.loss_first
    risen = e.loss and reference and e.loss > reference
    return {
        "dice_first": _two(e.dice_first) if e.knows_training_labels else None,
        "dice_at_first": _two(e.dice_at_first) if e.labels_contradict else None,
        "learning_rate": _short(e.learning_rate),
        "loss": _short(e.loss),
        "loss_first": _short(e.loss_first),
        "loss_at_best": _short(e.loss_at_best),
        "loss_reference": _short(reference) if risen else None,
        "zero_terms": ", ".join(e.zero_terms) or None,
        "largest_term": _short(e.largest_term),
    }


def _of_weights(e: Evidence) -> Fields:
    still = [
        key.partition(".")[2]
        for key, value in e.facts.items()
        if key.startswith("weights_changed.") and value < 0.01
    ]
    cut = [part for part, share in e.gradient_shares.items() if not share]
    smaller = e.facts.get("weights_smaller")
    still_all = answer("weights_hardly_move", e)
    return {
        "weights_smaller": f"{smaller:.0%}" if smaller is not None else None,
        "still_parts": ", ".join(still) or None,
        "parts_without_gradient": ", ".join(cut) or None,
        "apart": e.invariant_notes.get("ranks_apart"),
        "difference": _percent(e.invariants.get("ranks_apart")),
        "weights_moved": _short(e.facts.get("weights_moved")) if still_all else None,
        "steps": f"{e.steps}",
        "variation_val": _short(e.facts.get("variation.val")),
    }


def _of_data(e: Evidence) -> Fields:
    """Of the samples and images, and what was found before the training."""
    message = e.data_message
    jump = min(e.jumps.items(), key=lambda item: item[1]) if e.jumps else None
    return {
        "data_errors": str(e.data_errors),
        "data_message": say(" The last error: {error}", error=message) if message else "",
        "jump_step": str(jump[1]) if jump else None,
        "jump_figure": jump[0] if jump else None,
        **_overwritten(e),
        **_looks(e),
        "size_or_colour": _size_or_colour(e),
        "keep_keys": e.findings.get("keep_keys_order"),
        **{f"found_{code}": sentence for code, sentence in e.findings.items()},
    }


def _overwritten(e: Evidence) -> Fields:
    """Image files that are others than at the start."""
    found: Fields = {}
    for column, key in (("train", "train_eval"), ("val", "val")):
        share = e.facts.get(f"files_changed.{key}")
        found[f"changed_share_{column}"] = _if(f"{column}_files_changed", e, share)
        found[f"changed_file_{column}"] = e.notes.get(f"file_changed.{key}")
    return found


def _looks(e: Evidence) -> Fields:
    """Means of the images of the two sets, where they differ."""
    if not answer("sets_look_different", e):
        return {}
    return {
        f"look_{column}": _two(e.first_facts.get(f"mean.{key}"))
        for column, key in (("train", "train_eval"), ("val", "val"))
    }


_TEXT_CHANGES = {
    "case": mark("upper and lower case"),
    "width": mark("full-width and half-width characters"),
    "accents": mark("accents"),
    "spaces": mark("spaces"),
    "reversed": mark("their direction"),
    "start": mark("their first character"),
    "end": mark("their last character"),
    "exchanged": mark("characters that others stand for, the same in all"),
}


def _of_texts(e: Evidence) -> Fields:
    """Of a recogniser."""
    facts = {**e.first_facts, **e.facts}
    shares = {
        "altered_train": "altered.train",
        "altered_val": "altered.val",
        "refused_train": "refused.train",
        "refused_val": "refused.val",
        "unspaced_train": "unspaced.train",
        "elsewhere_train": "elsewhere.train_eval",
        "rescued_train": "rescued.train_eval",
        "foreign_train": "foreign_kinds.train",
        "alike_val": "alike.val",
    }
    numbers: Fields = {
        name: f"{facts[fact]:.0%}" if fact in facts else None for name, fact in shares.items()
    }
    if not facts.get("foreign_kinds.train"):
        numbers["foreign_train"] = None
    if facts.get("elsewhere.train_eval", 0.0) < 0.1:
        numbers["elsewhere_train"] = None
    impossible = facts.get("ctc_impossible.batches", facts.get("ctc_impossible.train"))
    changed = e.notes.get("rescued.train_eval")
    numbers.update(
        lost_train=e.notes.get("lost.train") or e.notes.get("lost.val"),
        ctc_impossible=f"{impossible:.0%}" if impossible is not None else None,
        steps_train=_short(facts.get("steps.train")),
        longest_train=_short(facts.get("longest.train")),
        max_text_length=_short(e.max_text_length),
        change_train=say(_TEXT_CHANGES[changed]) if changed in _TEXT_CHANGES else None,
        head_untrained=e.findings.get("head_untrained"),
    )
    return numbers


def _size_or_colour(e: Evidence) -> str:
    """What differs, where that is known."""
    known: list[str] = []
    if answer("text_size_differs", e):
        train, as_eval = (e.first_facts[f"text_height.{c}"] for c in ("train", "train_eval"))
        known.append(
            say("text is {train:.0f} and {as_eval:.0f} pixels high", train=train, as_eval=as_eval)
        )
    if answer("colours_differ", e):
        train, as_eval = (e.first_facts.get(f"mean.{c}", 0.0) for c in ("train", "train_eval"))
        known.append(
            say(
                "the mean of the normalised images is {train:.2f} and {as_eval:.2f}",
                train=train,
                as_eval=as_eval,
            )
        )
    return say(": {what}", what=join(*known, by=LIST)) if known else ""


def _in_words(setting: Mapping[str, float]) -> Optional[str]:
    return ", ".join(f"{name} {value:g}" for name, value in setting.items()) or None


def _if(proposition: str, e: Evidence, share: Optional[float]) -> Optional[str]:
    """A share in words, where the proposition holds."""
    return f"{share:.0%}" if share is not None and answer(proposition, e) else None


def _two(value: Optional[float]) -> Optional[str]:
    return None if value is None else f"{value:.2f}"


def _four(value: Optional[float]) -> Optional[str]:
    return None if value is None else f"{value:.4f}"


def _percent(value: Optional[float]) -> Optional[str]:
    return None if value is None else f"{value:.2g}" if value < 0.001 else f"{value:.1%}"


def _short(value: Optional[float]) -> Optional[str]:
    return None if value is None else f"{value:.3g}"
