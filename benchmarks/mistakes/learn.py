"""Makes ``ppocr_guard/paddleocr/components.json`` from clones of PaddleOCR.

``python -m benchmarks.mistakes.learn 2.6.0=DIR 2.8.1=DIR ...``, the oldest first.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ppocr_guard.paddleocr.vocabulary import TABLE, packed


def main(arguments: Sequence[str]) -> None:
    trees = dict(argument.split("=", 1) for argument in arguments)
    value = packed({release: Path(tree) for release, tree in trees.items()})
    lines = []
    for kind, entries in value["components"].items():
        rows = [f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items()]
        lines.append(f" {json.dumps(kind)}: {{\n" + ",\n".join(rows) + "\n }")
    text = (
        f'{{"releases": {json.dumps(value["releases"])},\n"kinds": {json.dumps(value["kinds"])},\n'
        '"components": {\n' + ",\n".join(lines) + "\n}}\n"
    )
    assert json.loads(text) == value
    TABLE.write_text(text, encoding="utf-8")
    print(f"{TABLE}: {sum(map(len, value['components'].values()))} components")


if __name__ == "__main__":
    main(sys.argv[1:])
