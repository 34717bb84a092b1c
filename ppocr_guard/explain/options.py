"""``python -m ppocr_guard.explain.options [FOLDER]``: the options, from the models that read them.

Writes options.md and guard.schema.json, by default into docs/.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ppocr_guard.config import GuardConfig, guard_schema
from ppocr_guard.hook import Hook
from ppocr_guard.registry import BUILT_IN, find_hook

HEAD = "<!-- Made by `python -m ppocr_guard.explain.options`; change the options themselves. -->"
INTRO = """\
# Options

What the `Guard:` section of a PaddleOCR YAML takes. The same as a JSON Schema, for editors:
[guard.schema.json](guard.schema.json), or `ppocr-guard schema`. Under `ppocr-guard run`,
`-o Guard.hooks.HmeanTrend.floor=0.2` on the command line of `tools/train.py` sets an option,
whether or not the YAML has the section.
"""
BOUNDS = {
    "minimum": ">= {}",
    "exclusiveMinimum": "> {}",
    "maximum": "<= {}",
    "exclusiveMaximum": "< {}",
    "pattern": "matches `{}`",
}


def page() -> str:
    """The whole of docs/options.md."""
    lines = [HEAD, INTRO, "## Guard", ""]
    lines += _table(GuardConfig.model_json_schema())
    for name in BUILT_IN:
        lines += ["", *_hook(find_hook(name))]
    return "\n".join(lines) + "\n"


def _hook(cls: type[Hook]) -> Iterator[str]:
    yield f"## {cls.__name__}"
    yield ""
    yield from _prose(inspect.getdoc(cls) or "").splitlines()
    yield ""
    schema = cls.Options.model_json_schema()
    if not schema.get("properties"):
        yield "It has no options."
        return
    yield from _table(schema)
    for name, inner in schema.get("$defs", {}).items():
        fields = next((p for p in inner.get("anyOf", [inner]) if "properties" in p), None)
        if fields is not None:
            yield from ("", f"A {name} is a string (its URL), or a mapping:", "")
            yield from _table(fields)


def _prose(text: str) -> str:
    """reStructuredText of a docstring, as far as ours use it, as Markdown."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text)
    return text.replace("``", "`")


def _table(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "| option | takes | default | |"
    yield "| --- | --- | --- | --- |"
    for name, field in schema["properties"].items():
        default = f"`{json.dumps(field['default'])}`" if "default" in field else "must be given"
        cells = (f"`{name}`", _takes(field), default, _prose(field.get("description", "")))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _takes(field: Mapping[str, Any]) -> str:
    """What values a field takes: `number, > 0`."""
    if "anyOf" in field:
        return " or ".join(_takes(choice) for choice in field["anyOf"])
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    kind = str(field.get("type", "list or mapping"))
    if kind == "array":
        return f"list of {_takes(field['items'])}"
    return ", ".join(
        [kind, *(form.format(field[key]) for key, form in BOUNDS.items() if key in field)]
    )


def schema() -> str:
    """The whole of docs/guard.schema.json: what ``ppocr-guard schema`` prints."""
    return json.dumps(guard_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    (folder / "options.md").write_text(page(), "utf-8")
    (folder / "guard.schema.json").write_text(schema(), "utf-8")
