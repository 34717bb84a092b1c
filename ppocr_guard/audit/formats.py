"""The problems for programs: JSON, SARIF 2.1.0, and annotations of GitHub Actions."""

from __future__ import annotations

import json
from typing import Any, Optional

from ppocr_guard import __version__
from ppocr_guard.audit.problem import Problem
from ppocr_guard.audit.rehearsal.codes import reason
from ppocr_guard.audit.report import Report
from ppocr_guard.audit.rule import RULES
from ppocr_guard.explain import page_url
from ppocr_guard.wording import in_language, join

_SARIF_LEVELS = {"critical": "error", "warning": "warning", "info": "note"}
_GITHUB_LEVELS = {"critical": "error", "warning": "warning", "info": "notice"}


def to_json(report: Report, language: str = "en") -> str:
    """One object; its keys are a contract (see README)."""
    value: dict[str, Any] = {
        "config": report.config,
        "release": report.release,
        "release_known": report.release is not None and report.known,
        "shrink_ratio": {
            curve.operator: [
                {"epoch": epoch, "ratio": ratio}
                for epoch, ratio in enumerate(curve.ratios, start=1)
            ]
            for curve in report.curves
        },
        "problems": [_problem(problem, language) for problem in report.problems],
    }
    if report.ceiling is not None:
        value["ceiling"] = report.ceiling
        if report.ceiling.get("train") is not None:
            value["train"] = report.ceiling["train"]
    if report.rehearsal is not None:
        value["rehearsal"] = report.rehearsal.numbers
    return json.dumps(value, ensure_ascii=False)


def _problem(problem: Problem, language: str) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": problem.severity,
        "path": problem.path,
        "line": problem.line,
        "message": in_language(problem.message, language),
        "advice": in_language(problem.advice, language),
        "why": in_language(problem.why, language),
        "fixable": problem.fixable,
    }


def to_sarif(report: Report, language: str = "en") -> str:
    """A SARIF 2.1.0 log, such as code scanning of GitHub and GitLab takes."""
    codes = sorted({problem.code for problem in report.problems})
    rules = [
        {
            "id": code,
            "shortDescription": {"text": code.replace("_", " ")},
            "fullDescription": {"text": in_language(reason(code), language)},
            "helpUri": page_url(code),
            "defaultConfiguration": {"level": _SARIF_LEVELS[_severity(code)]},
        }
        for code in codes
    ]
    driver = {"name": "ppocr-guard", "version": __version__, "rules": rules}
    results = [
        {
            "ruleId": problem.code,
            "ruleIndex": codes.index(problem.code),
            "level": _SARIF_LEVELS[problem.severity],
            "message": {"text": _said(problem, language)},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": problem.file.replace("\\", "/")},
                        "region": {"startLine": problem.line},
                    },
                    "logicalLocations": [{"fullyQualifiedName": problem.path}],
                }
            ],
        }
        for problem in report.problems
    ]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, ensure_ascii=False, indent=2)


def _severity(code: str) -> str:
    return RULES[code].severity if code in RULES else "critical"


def to_github(report: Report, language: str = "en") -> str:
    """A workflow command a line, which GitHub Actions shows beside the file."""
    return "\n".join(
        f"::{_GITHUB_LEVELS[p.severity]} file={_escaped(p.file, ':,')},line={p.line},"
        f"title={_escaped(p.code, ':,')}::{_escaped(_said(p, language))}"
        for p in report.problems
    )


def _said(problem: Problem, language: str) -> str:
    return in_language(join(problem.message, problem.advice), language)


def _escaped(text: str, more: Optional[str] = None) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    for character in more or "":
        text = text.replace(character, f"%{ord(character):02X}")
    return text
