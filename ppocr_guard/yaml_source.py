"""Reads a training YAML just as PaddleOCR does, and remembers on which line everything stands.

PyYAML, because PaddleOCR reads with it: it takes ``1e-4`` for a string, ``on`` for true, and the
last of two equal keys, and what is checked must be what is trained. Loading is safe: nothing in
the file is executed.
"""

from __future__ import annotations

import functools
import gc
import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Optional, Union

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ppocr_guard.command_line import fault_of, read_options
from ppocr_guard.overrides import OverrideError, is_guards, key_text, set_option
from ppocr_guard.printable import printable
from ppocr_guard.wording import changed, join, mark, said_by, say
from ppocr_guard.yaml_mistakes import mistake

MAX_TEXT = 1 << 22  # characters of a configuration
# Above this libyaml parses, ten times as fast; below it the parser that PaddleOCR uses.
LONG_TEXT = 1 << 17
NEITHER = mark("{one} and no {two}")
NO_VALUE = mark("-o {text}: the value is no YAML: {error}")
MAX_VALUES = 300_000  # of a configuration, aliases counted wherever they stand
MAX_MESSAGE = 500
COMMAND_LINE = 0  # stands for a line where -o has set a value
YamlPath = tuple[Any, ...]  # such as ("Train", "dataset", "transforms", 5, "MakeBorderMap")


class YamlError(ValueError):
    """The file is no usable PaddleOCR configuration; the message is one line with its place."""

    def __init__(self, text: str) -> None:
        line = changed(printable(text), lambda quoted: " ".join(quoted.split()))
        super().__init__(line if len(line) <= MAX_MESSAGE else line[:MAX_MESSAGE])


class _Loader(yaml.SafeLoader):
    """Reads as PaddleOCR does; says of every value that cannot be read what it is, and where."""

    def construct_object(self, node: Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            kind = str(node.tag).rpartition(":")[2]
            text = f"{node.value[:40]!r} is" if isinstance(node, ScalarNode) else "this is"
            reason = f" ({error})" if isinstance(error, ValueError) else ""
            raise ConstructorError(
                None, None, f"{text} no {kind}{reason}", node.start_mark
            ) from None


_LongLoader: type[Any] = getattr(yaml, "CSafeLoader", _Loader)  # the same language by libyaml


@dataclass
class YamlSource:
    """A training YAML: its text, its value, and the place of every key in it."""

    path: str
    text: str
    config: dict[str, Any]  # as PaddleOCR would have it after the -o overrides
    root: MappingNode
    overridden: dict[YamlPath, Any] = field(default_factory=dict)

    def line(self, path: YamlPath) -> Optional[int]:
        """Line (from 1) of the key or list item at ``path``; None: it is not in the file."""
        node = self.key_node(path)
        return node.start_mark.line + 1 if node is not None else None

    def guard_line(self, path: YamlPath) -> Optional[int]:
        """As :meth:`line`; ``COMMAND_LINE`` for what ``-o`` has set, as no line holds it."""
        if any(path[:end] in self.overridden for end in range(1, len(path) + 1)):
            return COMMAND_LINE
        return self.line(path)

    def nearest_line(self, path: YamlPath) -> int:
        """Line of ``path``, or of the nearest of its parents that is in the file."""
        for end in range(len(path), 0, -1):
            line = self.line(path[:end])
            if line is not None:
                return line
        return 1

    def node(self, path: YamlPath) -> Optional[Node]:
        """The value's node; of an alias, the node of its anchor."""
        pair = self._pair(path)
        return pair[1] if pair else (self.root if not path else None)

    def key_node(self, path: YamlPath) -> Optional[Node]:
        pair = self._pair(path)
        return pair[0] if pair else None

    def _pair(self, path: YamlPath) -> Optional[tuple[Node, Node]]:
        """(key, value) nodes; of a list item both are the item."""
        pair: Optional[tuple[Node, Node]] = None
        node: Node = self.root
        for part in path:
            pair = _child(node, part)
            if pair is None:
                return None
            node = pair[1]
        return pair


def read_yaml(path: Union[str, Path], overrides: Sequence[str] = ()) -> YamlSource:
    """Read the file and apply ``-o`` overrides ("Global.epoch_num=100") as PaddleOCR does.

    Raises:
        YamlError: unreadable, no UTF-8, no YAML, a tag that would run code, no PaddleOCR
            configuration, or an override that PaddleOCR would refuse.
    """
    text = _text(path)
    return parse_yaml(text, str(path), overrides)


def parse_yaml(text: str, name: str, overrides: Sequence[str] = ()) -> YamlSource:
    """As :func:`read_yaml`, from text."""
    if len(text) > MAX_TEXT:
        raise YamlError(
            say(
                "{file}: no PaddleOCR configuration: more than {most} characters",
                file=name,
                most=MAX_TEXT,
            )
        )
    root, value = _load_or_refuse(text, name)
    if not isinstance(value, dict) or not isinstance(root, MappingNode):
        raise YamlError(
            say("{file}: no PaddleOCR configuration: the file holds no mapping", file=name)
        )
    missing = [key for key in ("Global", "Train") if not isinstance(value.get(key), dict)]
    if missing:
        raise YamlError(
            say(
                "{file}: no PaddleOCR training configuration: it has no {sections} section",
                file=name,
                sections=join(*missing, by=NEITHER),
            )
        )
    source = YamlSource(path=name, text=text, config=value, root=root)
    for override in overrides:
        _override(source, override)
    _refuse_endless(source)
    return source


def _load_or_refuse(text: str, name: str) -> tuple[Optional[Node], Any]:
    """As :func:`_load`; what fails is told with the file and its line."""
    try:
        return _load(text)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        line = f":{at.line + 1}" if at else ""
        problem = (error.problem or error.context or "").replace("\n", " ") or say("no YAML")
        unsafe = re.search(r"could not determine a constructor for the tag (.+)", problem)
        if unsafe:
            problem = say("{tag} is not plain YAML, and is not loaded", tag=unsafe.group(1))
        found = mistake(text, at.line + 1) if at and not unsafe else None
        if found is not None:
            line, problem = f":{found.line}", found.reason
        raise YamlError(say("{file}: {error}", file=f"{name}{line}", error=problem)) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise YamlError(
            say("{file}: no YAML: {error}", file=name, error=" ".join(str(error).split()))
        ) from None


def _refuse_endless(source: YamlSource) -> None:
    settings = source.config["Global"]
    epochs = settings.get("epoch_num") if isinstance(settings, dict) else None
    if isinstance(epochs, float) and not math.isfinite(epochs):
        number = source.guard_line(("Global", "epoch_num"))
        place = f"{source.path}:{number}" if number else source.path
        raise YamlError(
            say(
                "{place}: Global.epoch_num: {epochs} is no number of epochs",
                place=place,
                epochs=epochs,
            )
        )


def _load(text: str) -> tuple[Optional[Node], Any]:
    """(root, value) of a text; of an empty one both are None.

    Raises:
        yaml.YAMLError, RecursionError, ValueError: it is no YAML, or not one to be loaded.
    """
    long = len(text) > LONG_TEXT
    collecting = gc.isenabled()
    if long:  # of a million nodes none is garbage, and looking for it takes most of the time
        gc.disable()
    try:
        root = _nodes(text, _LongLoader) if long else _kept_nodes(text, _Loader)
        if root is None:
            return None, None
        loader = _Loader("")
        try:
            return root, loader.construct_document(root)
        finally:
            loader.dispose()
    finally:
        if collecting:
            gc.enable()


def _nodes(text: str, parser: type[Any]) -> Optional[Node]:
    loader = parser(text)
    try:
        root: Optional[Node] = loader.get_single_node()
    finally:
        loader.dispose()
    if root is not None:
        _refuse_bombs(root, {})
    return root


# Parsing is most of the work, and the start of a training needs the same file several times.
_kept_nodes = functools.lru_cache(maxsize=8)(_nodes)


def _refuse_bombs(node: Node, sizes: dict[int, int]) -> int:
    """How many values the node stands for, each alias counted with all that it names.

    Raises:
        ConstructorError: too many (a few lines of aliases can name 10^9).
    """
    known = sizes.get(id(node))
    if known is not None:
        return known
    sizes[id(node)] = 1  # met again within itself: it is not followed
    size = 1
    for item in node.value if isinstance(node, (SequenceNode, MappingNode)) else ():
        for child in item if isinstance(item, tuple) else (item,):
            size += _refuse_bombs(child, sizes)
    if size > MAX_VALUES:
        text = f"more than {MAX_VALUES} values, counted with those that aliases name"
        raise ConstructorError(None, None, text, node.start_mark)
    sizes[id(node)] = size
    return size


def written(path: YamlPath) -> str:
    """A path as a person writes it: ``Train.dataset.transforms[5].MakeBorderMap``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def guard_section(argv: Sequence[str]) -> Any:
    """The ``Guard:`` section of the YAML named in PaddleOCR's command line, ``-o`` applied.

    Raises:
        YamlError: as :func:`read_yaml`.
    """
    options = read_options(argv[1:])
    if not options.config:
        return None
    return read_yaml(options.config, options.overrides).config.get("Guard")


def guard_lines(argv: Sequence[str]) -> tuple[str, Callable[[YamlPath], Optional[int]]]:
    """(file name, line of a path in it) for the YAML named in PaddleOCR's command line.

    Where there is none, or it cannot be read, no path has a line.
    """
    options = read_options(argv[1:])
    path = options.config
    if path is None:
        return "Guard", lambda _: None

    def line(of: YamlPath) -> Optional[int]:
        try:  # only now: most configurations have nothing to be told of
            return read_yaml(str(path), options.overrides).guard_line(of)
        except YamlError:
            return None

    return path, line


def _text(path: Union[str, Path]) -> str:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise YamlError(
            say(
                "{file}: cannot be read: {error}",
                file=str(path),
                error=os.strerror(error.errno or 0),
            )
        ) from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise YamlError(
            say("{place}: not UTF-8, so PaddleOCR cannot read it", place=f"{path}:{line}")
        ) from None


def _child(node: Node, part: Any) -> Optional[tuple[Node, Node]]:
    if isinstance(node, SequenceNode) and isinstance(part, int):
        return (node.value[part],) * 2 if 0 <= part < len(node.value) else None
    if isinstance(node, MappingNode):
        for key, value in reversed(node.value):  # of equal keys the last counts
            if isinstance(key, ScalarNode) and _is_key(key, part):
                return key, value
    return None


def _is_key(node: ScalarNode, part: Any) -> bool:
    """Whether the key reads as ``part``: ``on``, ``true`` and ``yes`` are one key."""
    if node.value == str(part):
        return True
    if node.style is not None or node.tag == "tag:yaml.org,2002:str":
        return False
    try:
        key = yaml.safe_load(node.value)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError):
        return False
    return key_text(key) == key_text(part)


def _override(source: YamlSource, text: str) -> None:
    """As ``ArgsParser._parse_opt`` and ``merge_config`` in PaddleOCR's tools/program.py."""
    fault = fault_of(text)
    if fault:
        raise YamlError(fault)
    name, _, value_text = text.strip().partition("=")
    try:
        _, value = _load(value_text)
    except yaml.MarkedYAMLError as error:
        raise YamlError(say(NO_VALUE, text=text, error=error.problem)) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise YamlError(say(NO_VALUE, text=text, error=str(error))) from None
    keys = name.split(".")
    if is_guards(name):
        try:
            set_option(source.config, name, value)
        except OverrideError as error:
            raise YamlError(say("-o {text}: {error}", text=name, error=said_by(error))) from None
        source.overridden[tuple(keys)] = value
        return
    if len(keys) == 1:
        old = source.config.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            old.update(value)
            source.overridden.update({(name, key): item for key, item in value.items()})
        else:
            source.config[name] = value
            source.overridden[(name,)] = value
        return
    target: Any = source.config
    for key in keys[:-1]:
        if not isinstance(target, dict) or key not in target:
            raise YamlError(
                say(
                    "-o {text}: {file} has no {key!r} to set it in",
                    text=text,
                    file=source.path,
                    key=key,
                )
            )
        target = target[key]
    if not isinstance(target, dict):
        raise YamlError(
            say("-o {text}: {section} is no mapping", text=text, section=".".join(keys[:-1]))
        )
    target[keys[-1]] = value
    source.overridden[tuple(keys)] = value
