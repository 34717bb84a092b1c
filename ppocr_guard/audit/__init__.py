"""Finds in a training YAML what will go wrong before training, and writes fixes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.edits import apply_edits
from ppocr_guard.audit.problem import Finding, Problem, worst_first
from ppocr_guard.audit.rule import RULES, Rule
from ppocr_guard.wording import say
from ppocr_guard.yaml_source import YamlError, YamlSource, parse_yaml, read_yaml

__all__ = ["Problem", "audit", "quick", "thorough"]
# What a value of a wrong kind leads to, in a rule that did not expect it.
_WRONG_KIND = (
    ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip


def audit(ctx: Context, *, data: bool = True) -> list[Problem]:
    """All problems of a configuration, the worst first.

    Args:
        ctx: the configuration.
        data: read label files and images too; without, only the YAML is judged.
    """
    return _run(ctx, [rule for rule in _rules() if data or rule.reads == "config"])


def quick(
    config: Mapping[str, Any], config_path: Optional[str] = None, lost: tuple[str, ...] = ()
) -> list[Problem]:
    """What can be told in a moment, right before a training that has this ``config``.

    Label files are counted but not parsed; the shrink ratio is left out, because a running
    training shows it as it is. ``lost``: overrides of each ``-o`` but the last.
    """
    ctx = Context(_source(config, config_path), bases=(Path(),), lost=lost, parse_labels=False)
    return _run(ctx, [rule for rule in _rules() if rule.live])


def thorough(config: Mapping[str, Any], config_path: Optional[str] = None) -> list[Problem]:
    """What :func:`quick` leaves out: rules that read all labels, or some images."""
    ctx = Context(_source(config, config_path), bases=(Path(),))
    return _run(ctx, [rule for rule in _rules() if not rule.live and rule.reads != "config"])


def _source(config: Mapping[str, Any], config_path: Optional[str]) -> YamlSource:
    """``config`` with the lines of its file, where that can be read."""
    source: Optional[YamlSource] = None
    if config_path is not None:
        try:
            source = read_yaml(config_path)
        except YamlError:
            source = None
    if source is None:
        source = parse_yaml("Global: {}\nTrain: {}\n", config_path or "config")
    source.config = dict(config)
    return source


def _rules() -> list[Rule]:
    from ppocr_guard.audit import rules  # noqa: F401  (registers them)

    return list(RULES.values())


def _run(ctx: Context, rules: list[Rule]) -> list[Problem]:
    found = []
    for rule in rules:
        for finding in _findings(rule, ctx):
            found.append(
                Problem.at(
                    ctx.source,
                    finding.path,
                    code=rule.code,
                    severity=finding.severity or rule.severity,
                    message=finding.message,
                    advice=finding.advice,
                    why=rule.why,
                    edits=finding.edits,
                    fixable=_fixable(ctx, finding),
                    new=finding.new,
                )
            )
    return worst_first(found)


def _findings(rule: Rule, ctx: Context) -> Iterator[Finding]:
    """What the rule finds; that it cannot judge a configuration is a finding, too."""
    try:
        yield from rule.check(ctx)
    except _WRONG_KIND as error:
        yield Finding(
            (),
            say(
                "This cannot be judged: a value that it depends on is of a wrong kind ({error}).",
                error=f"{type(error).__name__}: {str(error)[:200]}",
            ),
            say("Look for a text, a list or an infinity where a number belongs."),
            severity="warning",
        )
    except OSError as error:
        yield Finding(
            (),
            say(
                "This cannot be judged: {file}: {error}.",
                file=str(error.filename),
                error=error.strerror,
            ),
            say("Correct the path, or the rights of the file."),
            severity="warning",
        )


def _fixable(ctx: Context, finding: Finding) -> bool:
    """Whether the editor can do it: it leaves alone what a YAML's writing makes ambiguous."""
    source = ctx.source
    if not finding.edits or any(edit.path in source.overridden for edit in finding.edits):
        return False
    return apply_edits(source.text, finding.edits, source.path) is not None
