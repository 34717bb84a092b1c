"""The ``Guard:`` section of a PaddleOCR YAML.

Written as a list, ``hooks`` names exactly the hooks to run::

    Guard:
      hooks:
        - ShrinkRatio: {repair: true}
        - HmeanTrend:
        - AutoStop: {on: [hmean_collapse]}

Written as a mapping, it adjusts the defaults, and PaddleOCR's ``-o Guard.hooks.X.y=z`` works::

    Guard:
      hooks:
        ShrinkRatio: {repair: true}
        VisualDL: false
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, Literal, NamedTuple, Optional

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ppocr_guard.hook import Hook, HookOptions
from ppocr_guard.overrides import key_text
from ppocr_guard.redact import redacted_text, shown
from ppocr_guard.registry import BUILT_IN, UnavailableError, check_name, find_hook
from ppocr_guard.wording import mark, said_by, say
from ppocr_guard.yaml_source import COMMAND_LINE

# Where docs/guard.schema.json stands.
SCHEMA_URL = "https://raw.githubusercontent.com/ppocr-guard/ppocr-guard/main/docs/guard.schema.json"
Path = tuple[Any, ...]
_log = logging.getLogger("ppocr_guard")
LineOf = Callable[[Path], Optional[int]]


class GuardProblem(NamedTuple):
    """What is wrong with one place of the section."""

    where: str  # file, and line if it is known
    path: str  # "Guard.hooks.0.AutoStop.on"
    reason: str

    def sentence(self) -> str:
        return say("{where}: {path}: {reason}", **self._asdict())


class GuardConfigError(ValueError):
    """The ``Guard:`` section cannot be used. ``problems`` has a sentence for each reason."""

    def __init__(self, found: list[GuardProblem]) -> None:
        self.found = found
        self.problems = [problem.sentence() for problem in found]
        super().__init__("\n".join(self.problems))


class GuardConfig(BaseModel):
    """Settings of the guard as a whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="false: train as if there were no guard")
    run_name: Optional[str] = Field(
        default=None, description="name of the run; default: the last part of save_model_dir"
    )
    keep_best: bool = Field(
        default=True,
        description="keep a copy of the best checkpoint where PaddleOCR does not overwrite it",
    )
    examination: bool = Field(
        default=True,
        description="ask the model for a few images before the first step and at each evaluation; "
        "causes rest on it",
    )
    language: Literal["auto", "en", "zh"] = Field(
        default="auto", description="of the training log; auto: as LC_ALL, LC_MESSAGES or LANG say"
    )
    hooks: Any = Field(
        default=None, description="list: exactly these hooks; mapping: changes to the defaults"
    )


@dataclass(frozen=True)
class LoadedGuard:
    """A checked ``Guard:`` section: settings, and hook classes with their options, in order."""

    config: GuardConfig
    hooks: list[tuple[type[Hook], HookOptions]]
    unavailable: Mapping[str, str] = field(default_factory=dict)  # hook -> why

    def build(self) -> list[Hook]:
        """New hooks, in order; one that cannot be made is left out, with a line."""
        made = []
        for name, reason in self.unavailable.items():
            _log.error("hook %s is off: it cannot be imported (%s).", name, reason)
        for cls, options in self.hooks:
            try:
                made.append(cls(options))
            except Exception as error:  # a user's hook: the others, and the stop, go on without
                _log.error(
                    "hook %s is off: it cannot be made (%s: %s).",
                    cls.__name__,
                    type(error).__name__,
                    error,
                )
        return made


def load_guard(
    section: Any = None,
    *,
    file: str = "Guard",
    line_of: Optional[LineOf] = None,
    imports: bool = True,
) -> LoadedGuard:
    """Check a ``Guard:`` section (None or empty: all defaults).

    Args:
        section: the section's value as plain data.
        file: name of the YAML, for messages.
        line_of: line (from 1) of a path such as ``("Guard", "hooks", 0, "AutoStop", "on")``,
            or None where it is not known.
        imports: False: hooks of others are not imported, so their options are not checked, and
            they are not among what is returned.

    Raises:
        GuardConfigError: with every problem found, each naming file, line and key.
    """
    problems = _Problems(file, line_of)
    if section is None:
        section = {}
    if not isinstance(section, Mapping):
        problems.add(("Guard",), say("must be a mapping, not {value}", value=shown(section)))
        raise GuardConfigError(problems.found)
    config = problems.validate(GuardConfig, dict(section), ("Guard",))
    hooks: list[tuple[type[Hook], HookOptions]] = []
    unavailable: dict[str, str] = {}
    for path, name, values in _entries(section.get("hooks"), problems):
        try:
            if not imports and name not in BUILT_IN:
                check_name(name)
                continue
            cls = find_hook(name)
        except LookupError as error:
            problems.add(path, said_by(error))
            continue
        except UnavailableError as error:
            unavailable[name] = str(error)
            continue
        options = problems.validate(cls.Options, values, path)
        if options is not None:
            hooks.append((cls, options))
    if problems.found or config is None:
        raise GuardConfigError(problems.found)
    return LoadedGuard(config=config, hooks=hooks, unavailable=unavailable)


def _entries(hooks: Any, problems: _Problems) -> list[tuple[Path, str, dict[str, Any]]]:
    """(path, name, options) of each hook that is to run."""
    root: Path = ("Guard", "hooks")
    entries: list[tuple[Path, str, Any]] = []
    if hooks is None:
        entries = [((*root, name), name, None) for name in BUILT_IN]
    elif isinstance(hooks, Mapping):
        names = [*BUILT_IN, *(name for name in hooks if name not in BUILT_IN)]
        entries = [((*root, name), str(name), hooks.get(name)) for name in names]
    elif isinstance(hooks, list):
        mixed = any(isinstance(item, Mapping) for item in hooks)
        for index, item in enumerate(hooks):
            if isinstance(item, str) and mixed:
                # ppocr/utils/utility.py print_dict, all releases: 'str' has no attribute 'items'
                problems.add(
                    (*root, index),
                    say(
                        "write `- {hook}:` with a colon; PaddleOCR fails on a list that mixes "
                        "names and `Name: {{...}}`",
                        hook=item,
                    ),
                )
            elif isinstance(item, str):
                entries.append(((*root, index), item, None))
            elif isinstance(item, Mapping) and len(item) == 1:
                name, values = next(iter(item.items()))
                entries.append(((*root, index, name), str(name), values))
            else:
                problems.add(
                    (*root, index),
                    say("must be a hook's name or `Name: {{...}}`, not {value}", value=shown(item)),
                )
    else:
        problems.add(
            root, say("must be a list or a mapping of hooks, not {value}", value=shown(hooks))
        )
    return _checked(entries, problems)


def _checked(
    entries: list[tuple[Path, str, Any]], problems: _Problems
) -> list[tuple[Path, str, dict[str, Any]]]:
    seen: set[str] = set()
    result: list[tuple[Path, str, dict[str, Any]]] = []
    for path, name, values in entries:
        if values is False:
            continue
        if name in seen:
            problems.add(path, say("hook {hook!r} stands twice", hook=name[:100]))
        elif values in (None, True):
            result.append((path, name, {}))
        elif isinstance(values, Mapping):
            result.append((path, name, dict(values)))
        else:
            hint = say("; write {{urls: [...]}}") if name == "Notify" else ""
            problems.add(
                path,
                say(
                    "its options must be a mapping, not {value}{hint}",
                    value=shown(values),
                    hint=hint,
                ),
            )
        seen.add(name)
    return result


class _Problems:
    def __init__(self, file: str, line_of: Optional[LineOf]) -> None:
        self.found: list[GuardProblem] = []
        self._file = file
        self._line_of = line_of

    def add(self, path: Path, text: str) -> None:
        line = None
        for end in range(len(path), 0, -1):  # the key itself, else what it stands in
            line = self._line_of(path[:end]) if self._line_of else None
            if line is not None:
                break
        where = f"{self._file}:{line}" if line else self._file
        if line == COMMAND_LINE:
            where = say("{file} with -o", file=self._file)
        place = ".".join(map(str, path))
        whole = f"{place}: {text}"
        said = redacted_text(whole)
        if said != whole:  # a secret may reach over what a sentence is made of
            place, _, text = said.partition(": ")
        self.found.append(GuardProblem(where, place, text))

    def validate(self, model: type[Any], values: dict[Any, Any], path: Path) -> Any:
        try:
            return model(**{key_text(key): value for key, value in values.items()})
        except ValidationError as error:
            for item in error.errors():
                place = (*path, *item["loc"])
                self.add(place, _sentence(item, model))
            return None


def _sentence(item: Any, model: type[BaseModel]) -> str:
    if item["type"] == "extra_forbidden":
        names = list(model.model_fields)
        near = difflib.get_close_matches(str(item["loc"][-1]), names, n=1, cutoff=0.5)
        if near:
            return say("there is no such option; did you mean {near!r}?", near=near[0])
        known = ", ".join(names) or say("none")
        return say("there is no such option; known are {names}", names=known)
    return say("{problem} (it is {value})", problem=_kind(item), value=shown(item["input"]))


# What pydantic says of the values that people get wrong, by its kind of error.
_KINDS = {
    "greater_than": mark("input should be greater than {gt}"),
    "greater_than_equal": mark("input should be greater than or equal to {ge}"),
    "less_than": mark("input should be less than {lt}"),
    "less_than_equal": mark("input should be less than or equal to {le}"),
    "int_type": mark("input should be a valid integer"),
    "int_parsing": mark("input should be a valid integer, unable to parse string as an integer"),
    "int_from_float": mark("input should be a valid integer, got a number with a fractional part"),
    "float_type": mark("input should be a valid number"),
    "float_parsing": mark("input should be a valid number, unable to parse string as a number"),
    "finite_number": mark("input should be a finite number"),
    "bool_type": mark("input should be a valid boolean"),
    "bool_parsing": mark("input should be a valid boolean, unable to interpret input"),
    "string_type": mark("input should be a valid string"),
    "list_type": mark("input should be a valid list"),
    "dict_type": mark("input should be a valid dictionary"),
    "literal_error": mark("input should be {expected}"),
    "missing": mark("field required"),
}


def _kind(item: Any) -> str:
    """What is wrong, as pydantic has it; a sentence where it is one that has a translation."""
    context = item.get("ctx", {})
    error = context.get("error")
    text = str(item["msg"]).removeprefix("Value error, ")
    text = said_by(error) if isinstance(error, ValueError) else f"{text[:1].lower()}{text[1:]}"
    template = _KINDS.get(item["type"])
    if template is None:
        return text
    said = say(template, **context)
    return said if said == text else text  # of another pydantic


def guard_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a PaddleOCR YAML's ``Guard:`` section, for editors."""
    definitions: dict[str, Any] = {}
    single: list[dict[str, Any]] = []
    properties: dict[str, Any] = {}
    for name in BUILT_IN:
        cls = find_hook(name)
        schema = cls.Options.model_json_schema(ref_template="#/$defs/{model}")
        definitions.update(schema.pop("$defs", {}))
        schema["title"] = name
        if cls.__doc__:
            schema["description"] = cls.__doc__.strip().splitlines()[0]
        definitions[name] = schema
        value = {"anyOf": [{"$ref": f"#/$defs/{name}"}, {"type": "null"}]}
        single.append(
            {
                "type": "object",
                "properties": {name: value},
                "required": [name],
                "additionalProperties": False,
            }
        )
        properties[name] = {"anyOf": [*value["anyOf"], {"type": "boolean"}]}
    own = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "not": {"anyOf": [{"required": [name]} for name in BUILT_IN]},
    }
    guard = GuardConfig.model_json_schema()
    guard["properties"]["hooks"] = {
        "description": GuardConfig.model_fields["hooks"].description,
        "anyOf": [
            {"type": "null"},
            {
                "type": "array",
                "items": {"anyOf": [{"type": "string"}, *single, own]},
            },
            {"type": "object", "properties": properties},
        ],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_URL,
        "title": "PaddleOCR training configuration with a Guard: section",
        "type": "object",
        "properties": {"Guard": {"anyOf": [guard, {"type": "null"}]}},
        "$defs": definitions,
    }
