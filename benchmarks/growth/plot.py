"""The plot beside the tables. Needs matplotlib (``pip install 'ppocr-guard[benchmarks]'``)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

PANELS = {"cpu": "CPU seconds", "memory": "MB of memory", "bytes": "MB on disk"}


def draw(found: Mapping[str, Mapping[int, Mapping[str, Any]]], path: Path) -> None:
    """One panel a resource, one line a subject, both axes logarithmic."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "ppocr_guard"
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(PANELS), figsize=(12, 4))
    for panel, (key, title) in zip(panels, PANELS.items()):
        for number, (name, needs) in enumerate(found.items()):
            sizes = [size for size, need in needs.items() if need[key] is not None]
            if sizes:
                values = [max(needs[size][key], 1e-2) for size in sizes]
                panel.plot(sizes, values, marker="o", color=f"C{number}", label=name)
        panel.set(xscale="log", yscale="log", title=title, xlabel="steps, evaluations, ...")
        if key == "cpu":
            panel.plot([10, 1e7], [1e-4, 1e2], "--", color="grey", label="linear")
            panel.legend(fontsize=8)
        panel.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
