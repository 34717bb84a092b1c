"""What a cell's findings come to: one word, and who is to blame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

GUARDED, THEIRS, NONE, OURS = "guarded", "PaddleOCR fails", "no wheel", "FAILS"
NOT_TRAINED = "not trained yet"


@dataclass(frozen=True)
class Verdict:
    state: str  # one of the four above
    text: str


def judge(found: dict[str, Any]) -> Verdict:
    """``found``: what ``inside.py`` printed, or ``impossible``, or ``crash``."""
    if "impossible" in found:
        return Verdict(NONE, found["impossible"])
    crashes = [f"{key}: {text}" for key, text in found.items() if key.startswith("crash")]
    if crashes:
        return Verdict(OURS, "; ".join(crashes))
    troubles = [*_tests(found), *_commands(found)]
    said = [a for a in found["doctor"] if a["state"] != "ok" and a["name"] in BLAMED]
    if "plain" not in found and "data" not in found:
        return Verdict(OURS, "; ".join(troubles)) if troubles else Verdict(NOT_TRAINED, "")
    if found.get("plain", {}).get("code") != 0:
        if not said:
            troubles.append("PaddleOCR does not train here, and doctor does not say so")
        if troubles:
            return Verdict(OURS, "; ".join(troubles))
        return Verdict(THEIRS, "; ".join(f"{a['name']}: {a['text']}" for a in said))
    troubles += _training(found)
    troubles += [f"doctor says FAIL: {a['text']}" for a in said if a["state"] == "problem"]
    if troubles:
        return Verdict(OURS, "; ".join(troubles))
    return Verdict(GUARDED, "")


# Answers of doctor that name what PaddleOCR or paddle fails with.
BLAMED = ("Python", "paddle", "numpy", "imgaug", "albumentations", "imports")
# What check finds in the kit's configuration, and in the one with issue 13669 besides.
FOUND, BUG = ["small_set_not_augmented"], "total_epoch_mismatch"


def _tests(found: dict[str, Any]) -> list[str]:
    unit = found.get("unit")
    return [f"unit tests: {unit['last']}"] if unit and unit["code"] != 0 else []


def _commands(found: dict[str, Any]) -> list[str]:
    troubles = []
    if not found["version"].startswith("ppocr-guard"):
        troubles.append("--version does not answer")
    if not isinstance(found["doctor"], list):
        return [*troubles, "doctor does not answer"]
    seams = next((a for a in found["doctor"] if a["name"] == "seams"), {"state": "missing"})
    if seams["state"] != "ok":
        troubles.append("the seams do not hold")
    if "data" in found:
        return [*troubles, found["data"]]
    check = found["check"]
    for name, expected in (("plain", FOUND), ("bug", [*FOUND, BUG])):
        if check[name].get("findings") != expected:
            troubles.append(f"check of {name}: {check[name]}")
    return troubles


def _training(found: dict[str, Any]) -> list[str]:
    plain, guarded = found["plain"], found["guarded"]
    if guarded["code"] != 0:
        return [f"the guarded training ended with {guarded['code']}"]
    troubles = []
    if guarded.get("weights") != plain.get("weights"):
        troubles.append("other bits than without the guard")
    if guarded.get("missing", ["journal"]):
        troubles.append(f"not in the journal: {', '.join(guarded.get('missing', ['journal']))}")
    if guarded.get("end") != "finished":
        troubles.append(f"the run ended {guarded.get('end')!r}")
    return troubles + [line for line in guarded["guard"] if "the guard's own" in line]
