"""Makes ``components.json`` or ``bounds.json`` of ``ppocr_guard/paddleocr`` from clones.

``python -m benchmarks.mistakes.learn [--bounds] 2.6.0=DIR 2.8.1=DIR ...``, the oldest first.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ppocr_guard.paddleocr import bounds
from ppocr_guard.paddleocr.vocabulary import TABLE, packed


def main(arguments: Sequence[str]) -> None:
    of_bounds = "--bounds" in arguments
    pairs = (argument.split("=", 1) for argument in arguments if argument != "--bounds")
    trees = {release: Path(tree) for release, tree in pairs}
    table = bounds.TABLE if of_bounds else TABLE
    value = bounds.packed_bounds(trees) if of_bounds else packed(trees)
    what = "bounds" if of_bounds else "components"
    heads = [f"{json.dumps(k)}: {json.dumps(v)},\n" for k, v in value.items() if k != what]
    lines = []
    for kind, entries in value[what].items():
        rows = [f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items()]
        lines.append(f" {json.dumps(kind)}: {{\n" + ",\n".join(rows) + "\n }")
    text = f'{{{"".join(heads)}"{what}": {{\n' + ",\n".join(lines) + "\n}}\n"
    assert json.loads(text) == value
    table.write_text(text, encoding="utf-8")
    print(f"{table}: {sum(map(len, value[what].values()))} classes")


if __name__ == "__main__":
    main(sys.argv[1:])
