"""Why a run went wrong: reads the decision table and names causes with a confidence.

The table (:mod:`ppocr_guard.detect.table`) holds all that decides. Confidences rank causes; they
are judgements, no measured probabilities, and do not add up to 1. How often they rank rightly, and
what the advice does to a run that follows it, is measured in benchmarks/diagnosis.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ppocr_guard.detect import process, reading  # noqa: F401 (the propositions of both)
from ppocr_guard.detect.entry import Entry
from ppocr_guard.detect.evidence import Evidence
from ppocr_guard.detect.propositions import answer, text_of
from ppocr_guard.detect.reading_table import READING_TABLE
from ppocr_guard.detect.remedies import REMEDIES, change_in_words
from ppocr_guard.detect.table import TABLE
from ppocr_guard.wording import CHOICE, LIST, SERIES, join, mark, say

NEAR = 0.15  # causes whose confidence is this near to the first are named beside it
CERTAIN = 0.9  # what a perfect prediction is taken to be (paddleocr/examination/scoring.py)


@dataclass(frozen=True)
class Cause:
    """``code`` is stable; ``sentence`` says what and on which numbers; ``confidence`` is 0..1.

    ``settings``: what the advice says to set, by dotted path in the config (None: to be taken
    out); ``condition``: the condition that an examination shows by itself, or empty; ``rivals``:
    causes that are not separated from this one.
    """

    code: str
    sentence: str
    confidence: float
    advice: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    condition: str = ""
    rivals: tuple[str, ...] = ()


def diagnose(evidence: Evidence) -> list[Cause]:
    """Causes that the evidence speaks for, likeliest first; empty when there is none."""
    found = [
        (confidence, entry)
        for entry in (READING_TABLE if answer("reads_text", evidence) else TABLE)
        if (confidence := _confidence(entry, evidence)) is not None
    ]
    found.sort(key=lambda item: -item[0])
    kept: list[tuple[float, Entry]] = []
    for confidence, entry in found:  # a weaker cause explains no stronger one
        if not any(entry.code in other.explains for _, other in kept):
            kept.append((confidence, entry))
    if not kept:
        return []
    rivals = [entry for c, entry in kept[1:] if c >= kept[0][0] - NEAR]
    numbers = _numbers(evidence)
    causes = [_cause(entry, c, evidence, numbers, ()) for c, entry in kept]
    causes[0] = _cause(kept[0][1], kept[0][0], evidence, numbers, rivals)
    return causes


def _confidence(entry: Entry, evidence: Evidence) -> Optional[float]:
    """Of the best alternative that holds; None: the entry does not apply."""
    if any(answer(name, evidence) for name in entry.against):
        return None
    held = [
        confidence
        for confidence, names in entry.when
        if all(answer(name, evidence) for name in names)
    ]
    return max(held, default=None)


def _cause(
    entry: Entry,
    confidence: float,
    e: Evidence,
    numbers: Mapping[str, Any],
    rivals: Iterable[Entry],
) -> Cause:
    remedy = REMEDIES[entry.remedy](e)
    others = list(rivals)
    sentence = _phrase(entry, numbers)
    if others:
        sentence = join(sentence, _apart(entry, others, e))
    return Cause(
        entry.code,
        sentence,
        confidence,
        remedy.advice,
        remedy.settings,
        entry.condition,
        tuple(other.code for other in others),
    )


def _phrase(entry: Entry, numbers: Mapping[str, Any]) -> str:
    for template in entry.phrases:
        fields = _fields(template)
        if all(numbers.get(name) is not None for name in fields):
            return say(template, **{name: numbers[name] for name in fields})
    return say(entry.phrases[-1], **dict.fromkeys(_fields(entry.phrases[-1]), "?"))


def _fields(template: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(template) if name]


def _apart(entry: Entry, rivals: list[Entry], e: Evidence) -> str:
    """What would tell causes apart that the evidence does not separate."""
    return say(
        "It may as well be {others}; look at {looks}.",
        others=join(*(rival.code for rival in rivals), by=CHOICE),
        looks=join(*(say(one.look) for one in (entry, *rivals)), by=SERIES),
    )


def _numbers(e: Evidence) -> dict[str, Any]:
    """Fields of the table's phrases; None where a number is not known."""
    cells = {
        **e.first_cells,
        **{k: v for k, v in e.cells.items() if not k.startswith("first.")},
    }
    numbers: dict[str, Any] = {
        f"{row}_{column}": f"{value:.2f}"
        for name, value in cells.items()
        for row, _, column in [name.partition(".")]
    }
    for name in ("labels_per_box", "boxes_on_labels", "lift", "best_lift"):
        for column, key in (("train", "train_eval"), ("val", "val")):
            numbers[f"{name}_{column}"] = _two(e.first_facts.get(f"{name}.{key}"))
    for column, key in (("train", "train_eval"), ("val", "val")):
        lift, best = e.lift(key), e.first_facts.get(f"best_lift.{key}")
        change = e.notes.get(f"best_change.{key}")
        worth = change is not None and lift is not None and best is not None and best > 1.4 * lift
        numbers[f"change_{column}"] = change_in_words(change) if worth and change else None
    recovered = e.recovered or (None, None)
    jump = min(e.jumps.items(), key=lambda item: item[1]) if e.jumps else (None, None)
    invalid = e.first_facts.get("invalid.train_eval")
    smaller = e.facts.get("weights_smaller")
    still = [
        key.partition(".")[2]
        for key, value in e.facts.items()
        if key.startswith("weights_changed.") and value < 0.01
    ]
    cut = [part for part, share in process.gradient_shares(e).items() if not share]
    setting = e.setting("labels_best.val", "labels_best.train", "labels_best.train_eval")
    reference = e.loss_at_best if e.loss_at_best is not None else e.loss_first
    numbers.update(
        shrink_ratio=_four(e.shrink_ratio),
        shrink_expected=f"{e.shrink_expected:g}" if e.shrink_expected is not None else None,
        shrink_cause=say(" ({why})", why=e.shrink_cause) if e.shrink_cause else "",
        ratio_of_bug_line=_four(e.ratio_of_bug_line),
        unclip_ratio=_short(
            e.unclip_ratio if e.unclip_ratio is not None else e.config_unclip_ratio
        ),
        round_trip_iou=_two(e.round_trip_iou),
        config_unclip_ratio=_short(e.config_unclip_ratio) if e.config_mismatch else None,
        config_shrink_ratio=_short(e.config_shrink_ratio),
        recovered_ratio=_short(recovered[0]),
        recovered_hmean=_two(recovered[1]),
        precision=_two(e.precision),
        recall=_two(e.recall),
        value=_two(e.value) if e.evaluations else None,
        best=_two(e.best) if e.evaluations else None,
        first=_two(e.first),
        dice_first=_two(e.dice_first) if e.knows_training_labels else None,
        dice_at_first=_two(e.dice_at_first) if e.labels_contradict else None,
        learning_rate=_short(e.learning_rate),
        loss=_short(e.loss),
        loss_first=_short(e.loss_first),
        loss_at_best=_short(e.loss_at_best),
        loss_reference=_short(reference) if e.loss and reference and e.loss > reference else None,
        data_errors=str(e.data_errors),
        data_message=say(" The last error: {error}", error=e.data_message)
        if e.data_message
        else "",
        jump_step=str(jump[1]) if jump[1] is not None else None,
        jump_figure=jump[0],
        invalid_train_share=f"{invalid:.0%}" if invalid is not None else None,
        weights_smaller=f"{smaller:.0%}" if smaller is not None else None,
        still_parts=", ".join(still) if still else None,
        parts_without_gradient=", ".join(cut) if cut else None,
        apart=e.invariant_notes.get("ranks_apart"),
        difference=_percent(e.invariants.get("ranks_apart")),
        zero_terms=", ".join(e.zero_terms) if e.zero_terms else None,
        largest_term=_short(e.largest_term),
        variation_val=_short(e.facts.get("variation.val")),
        keep_keys=e.findings.get("keep_keys_order"),
        **{f"found_{code}": sentence for code, sentence in e.findings.items()},
        certain=f"{CERTAIN:g}",
        setting=_in_words(setting),
        best_unclip=_short(e.setting("best.val").get("unclip_ratio")),
        fitting_iou=_two(e.fitting_iou),
        fitting_unclip=_two(e.fitting_unclip_ratio),
        best_setting=_in_words(e.setting("best.val", "best.train_eval", "best.train")),
        size_or_colour=_size_or_colour(e),
    )
    if answer("reads_text", e):
        numbers.update(_numbers_of_texts(e))
    return numbers


_TEXT_CHANGES = {
    "case": mark("upper and lower case"),
    "width": mark("full-width and half-width characters"),
    "accents": mark("accents"),
    "spaces": mark("spaces"),
    "reversed": mark("their direction"),
}


def _numbers_of_texts(e: Evidence) -> dict[str, Any]:
    """Of recognisers."""
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
    numbers: dict[str, Any] = {
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


def _two(value: Optional[float]) -> Optional[str]:
    return None if value is None else f"{value:.2f}"


def _four(value: Optional[float]) -> Optional[str]:
    return None if value is None else f"{value:.4f}"


def _percent(value: Optional[float]) -> Optional[str]:
    return None if value is None else f"{value:.2g}" if value < 0.001 else f"{value:.1%}"


def _short(value: Optional[float]) -> Optional[str]:
    return None if value is None else f"{value:.3g}"


def as_markdown() -> str:
    """The decision table for a reader: a section for each cause."""
    lines = [
        "# The decision table of the diagnosis",
        "",
        "Printed by `python -m ppocr_guard.detect`; `ppocr_guard/detect/table.py` is what decides.",
        "A cause is named when all facts of one line are known to be true and none that speaks "
        "against it is. The number is a judgement that ranks causes, no measured probability.",
        "",
    ]
    for title, entry in [
        *(("", entry) for entry in TABLE),
        *((" (recognition)", entry) for entry in READING_TABLE if entry not in TABLE),
    ]:
        lines += [f"## {entry.code}{title}", ""]
        for confidence, names in entry.when:
            lines.append(f"- {confidence:.2f}: {'; '.join(text_of(name) for name in names)}")
        lines.append("")
        if entry.against:
            against = "; ".join(text_of(name) for name in entry.against)
            lines += [f"Speaks against it: {against}.", ""]
        if entry.explains:
            lines += [f"Explains: {', '.join(entry.explains)}.", ""]
        if entry.condition:
            lines += [f"Shown by an examination alone as `{entry.condition}`.", ""]
        lines += [f"To see it: {entry.look}.", ""]
    return "\n".join(lines).rstrip() + "\n"
