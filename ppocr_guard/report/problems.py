"""What `ppocr-guard check` finds in the configuration that a run was started with."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Optional

from ppocr_guard.audit import Problem, audit
from ppocr_guard.audit.context import Context
from ppocr_guard.events import RunStart
from ppocr_guard.paddleocr.releases import Behaviour, ReleaseError, behaviour_of
from ppocr_guard.report.facts import dig
from ppocr_guard.yaml_source import YamlError, parse_yaml

_NUMBER = re.compile(r"\d+\.\d+(\.\d+)*")


def config_problems(start: Optional[RunStart]) -> Optional[list[Problem]]:
    """Problems, the worst first; None when the configuration is not known.

    The configuration alone is judged: the run may have been on another machine, so that
    its files say nothing here. Line numbers mean nothing, as there is no YAML.
    """
    if start is None or not start.config:
        return None
    try:
        source = parse_yaml(json.dumps(_as_written(start.config)), "config.yml")  # JSON is YAML
    except YamlError:
        return None
    context = Context(source, _behaviour(start.release), cards=max(1, start.world_size))
    return audit(context, data=False)


def _behaviour(release: str) -> Optional[Behaviour]:
    number = _NUMBER.search(release)  # "2.7.1, 2.7.4 to 2.8.1": releases that behave alike
    if number is None:
        return None
    try:
        return behaviour_of(number.group())
    except ReleaseError:
        return None


def _as_written(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with its transforms as lists: a log shows them as one mapping."""
    written: dict[str, Any] = json.loads(json.dumps(config, default=str))
    for mode in ("Train", "Eval"):
        dataset = dig(written, mode, "dataset")
        transforms = dig(dataset, "transforms")
        if isinstance(transforms, dict):
            dataset["transforms"] = [{name: options} for name, options in transforms.items()]
    return written
