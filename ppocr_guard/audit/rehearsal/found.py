"""What a rehearsal found, in the shape of the other problems of a configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.problem import RANK, Problem, worst_first
from ppocr_guard.audit.rehearsal.codes import reason
from ppocr_guard.yaml_source import YamlPath, written

# What the rules can have said already about the same mistake, wherever it stands in the YAML.
COVERED: Mapping[str, frozenset[str]] = {
    "loss_degenerate": frozenset({"all_ignored", "no_text", "shrink_ratio_unexpected"}),
    "targets_empty": frozenset({"all_ignored", "no_text", "shrink_ratio_unexpected"}),
    "images_unscaled": frozenset({"value_unusable", "operator_missing"}),
    "postprocess_blind": frozenset({"unclip_mismatch"}),
    "part_without_gradient": frozenset({"all_ignored"}),
}


@dataclass(frozen=True)
class Found:
    code: str
    severity: str
    path: YamlPath
    message: str
    advice: str
    data: str = ""  # "Train" or "Eval": what a mistake in that section would explain

    def problem(self, ctx: Context) -> Problem:
        return Problem.at(
            ctx.source,
            self.path,
            code=self.code,
            severity=self.severity,
            message=self.message,
            advice=self.advice,
            why=reason(self.code),
        )


def merged(ctx: Context, static: list[Problem], found: Iterable[Found]) -> list[Problem]:
    """Both, the worst first; what a rule told already is not told again."""
    new = [one.problem(ctx) for one in found if not any(_told(one, other) for other in static)]
    return worst_first([*static, *new])


def _told(one: Found, other: Problem) -> bool:
    """Whether ``other``, of a rule, is about the mistake behind ``one``, of the rehearsal."""
    if RANK[other.severity] > RANK[one.severity]:
        return False
    if other.code in COVERED.get(one.code, ()):
        return True
    related = _related(written(one.path), other.path)
    if one.code == other.code and related:
        return True
    explained = bool(one.data) and other.path.startswith(f"{one.data}.")
    return other.severity == "critical" and (related or explained)


def _related(one: str, other: str) -> bool:
    """Whether one path is the other, or leads to it; the root and a whole section say nothing."""
    short, long = sorted((one, other), key=len)
    inside = long == short or long.startswith((f"{short}.", f"{short}["))
    return bool(short) and inside


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Of a fact's mapping, what is a number; "nan" and "inf" become floats."""
    found = {}
    for key, value in values.items():
        try:
            found[key] = float(value)
        except (TypeError, ValueError):
            continue
    return found
