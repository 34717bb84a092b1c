"""Edits of a YAML's text that leave every other byte as it is.

An edit is made at the place that the parser reports, and the result is parsed again: if its
value is not exactly what the edits mean, the text is left alone.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any, Optional

import yaml
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from ppocr_guard.audit.problem import DELETE, Edit
from ppocr_guard.yaml_source import YamlError, YamlSource, parse_yaml


def apply_edits(text: str, edits: Sequence[Edit], name: str = "YAML") -> Optional[str]:
    """The text with all edits made; None where they cannot be made without harm.

    Raises:
        YamlError: ``text`` itself is no usable configuration.
    """
    source = parse_yaml(text, name)
    wanted = copy.deepcopy(source.config)
    changes: list[tuple[int, int, str]] = []
    for edit in edits:
        if source.key_node(edit.path) is None or not _change_value(wanted, edit):
            return None
        made = _deletion(source, edit) if edit.value is DELETE else _setting(source, edit)
        if made is None:
            return None
        changes += [change for change in made if change not in changes]
    new = text
    for start, end, replacement in sorted(changes, reverse=True):
        new = new[:start] + replacement + new[end:]
    try:
        result = parse_yaml(new, name).config
    except YamlError:
        return None
    return new if _plain(result) == _plain(wanted) else None


def _change_value(config: Any, edit: Edit) -> bool:
    *parents, last = edit.path
    target = config
    for part in parents:
        target = target[part]
    if edit.value is DELETE:
        # By an anchor, two operators may share one mapping: it is then gone already.
        target.pop(last, None)
    else:
        target[last] = edit.value
    return True


def _plain(value: Any) -> Any:
    """Without the difference of no options and an empty mapping, which PaddleOCR does not make."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()} or None
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _deletion(source: YamlSource, edit: Edit) -> Optional[list[tuple[int, int, str]]]:
    key, parent = source.key_node(edit.path), source.node(edit.path[:-1])
    if key is None or not isinstance(parent, MappingNode):
        return None
    start, end = key.start_mark.index, _value_span(source, edit.path)[1]
    text = source.text
    if parent.flow_style:
        after = re.compile(r"\s*,\s*").match(text, end)
        if after:
            return [(start, after.end(), "")]
        before = re.compile(r"\s*,\s*$").search(text[:start])
        return [(before.start() if before else start, end, "")]
    line_start = text.rfind("\n", 0, start) + 1
    if text[line_start:start].strip():
        return None  # something else stands on this line, such as the dash of a list
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end + 1
    rest = text[end:line_end].strip()
    if rest and not rest.startswith("#"):
        return None
    return [(line_start, line_end, "")]


def _setting(source: YamlSource, edit: Edit) -> Optional[list[tuple[int, int, str]]]:
    node = source.node(edit.path)
    items = edit.value if isinstance(edit.value, list) else None
    if items is not None and isinstance(node, SequenceNode) and len(items) == len(node.value):
        changes: list[tuple[int, int, str]] = []
        for item, part in zip(items, node.value):
            if not isinstance(part, ScalarNode):
                return None
            if part.value != str(item):
                changes.append((part.start_mark.index, part.end_mark.index, _rendered(item)))
        return changes
    start, end = _value_span(source, edit.path)
    if isinstance(node, CollectionNode) and not node.flow_style:
        return None
    replacement = _rendered(edit.value)
    if start == end:  # the key has no value yet
        replacement = " " + replacement
    return [(start, end, replacement)]


def _value_span(source: YamlSource, path: tuple[Any, ...]) -> tuple[int, int]:
    """Where the value is written; of an alias, the alias itself; without an anchor before it."""
    key, node = source.key_node(path), source.node(path)
    assert key is not None
    assert node is not None
    text, colon = source.text, key.end_mark.index
    alias = re.compile(r"\s*:\s*(\*[^\s,\]}]+)").match(text, colon)
    if alias:
        return alias.span(1)
    start, end = node.start_mark.index, _end(node)
    anchor = re.compile(r"&\S+\s+").match(text, start)
    return (anchor.end() if anchor else start), end


def _end(node: Node) -> int:
    """End of what is written; a block's own mark lies after the comments that follow it."""
    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return max(_end(part) for part in (last if isinstance(last, tuple) else (last,)))
    return int(node.end_mark.index)


def _rendered(value: Any) -> str:
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6)
    return text.strip().removesuffix("...").strip()
