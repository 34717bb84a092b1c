"""A picture of a dashboard without Grafana: its panels drawn with uPlot from a Prometheus.

    python -m ppocr_guard.dashboards.preview http://127.0.0.1:9090 run.json --run NAME -o run.html

uPlot is the library behind Grafana's own time series. Titles, places, queries, units, colours,
thresholds and transformations are read from the dashboard's JSON; the result is one HTML file
that needs no network. For people who change a dashboard, and for the README.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.parse
import urllib.request
from importlib.resources import files
from pathlib import Path
from typing import Any

from ppocr_guard.dashboards.queries import DASHBOARDS, expand, load_dashboard
from ppocr_guard.dashboards.translate import in_language
from ppocr_guard.wording import LANGUAGES

POINTS = 240  # of a curve


class Prometheus:
    """Asks a Prometheus over the last ``seconds``."""

    def __init__(self, url: str, seconds: float, run: str) -> None:
        self.url = url.rstrip("/")
        self.end = time.time()
        self.step = max(1.0, round(seconds / POINTS))
        self.start = self.end - seconds
        self.values = {
            "job": ".+",
            "instance": ".+",
            "run": run,
            "datasource": "prometheus",
            "__range": f"{int(seconds)}s",
            "__rate_interval": f"{int(max(4 * self.step, 20))}s",
        }

    def ask(self, expr: str, *, instant: bool) -> list[dict[str, Any]]:
        """Series of a query with variables.

        Raises:
            OSError: it does not answer, or refuses.
            ValueError: what answers is no Prometheus.
        """
        query: dict[str, Any] = {"query": expand(expr, self.values)}
        if instant:
            path, query["time"] = "query", self.end
        else:
            path = "query_range"
            query.update(start=self.start, end=self.end, step=self.step)
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            result = json.load(answer)
        try:
            series: list[dict[str, Any]] = result["data"]["result"]
        except (LookupError, TypeError):
            raise ValueError("something else answers") from None
        return series


def unfolded(dashboard: dict[str, Any]) -> dict[str, Any]:
    """With its folded rows open, and what stands below them moved down, as Grafana does."""
    panels: list[dict[str, Any]] = []
    moved = 0
    for panel in dashboard["panels"]:
        panel["gridPos"]["y"] += moved
        panels.append(panel)
        if not panel.get("collapsed"):
            continue
        inside, row = panel["panels"], panel["gridPos"]["y"]
        panel.update(collapsed=False, panels=[])
        first = min(one["gridPos"]["y"] for one in inside)
        for one in inside:
            one["gridPos"]["y"] += row + 1 - first
        moved += max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in inside) - row - 1
        panels += inside
    return {**dashboard, "panels": panels}


def answers(dashboard: dict[str, Any], prometheus: Prometheus) -> dict[str, Any]:
    """The dashboard, its panels' targets completed with ``series``, and when it was asked."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            target["series"] = prometheus.ask(target["expr"], instant=target["instant"])
    for annotation in dashboard["annotations"].get("list", []):
        annotation["series"] = prometheus.ask(annotation["expr"], instant=False)
    return {
        "dashboard": dashboard,
        "start": prometheus.start,
        "end": prometheus.end,
        "step": prometheus.step,
    }


def page(data: dict[str, Any]) -> str:
    """One HTML file with everything in it."""
    template = files("ppocr_guard.dashboards").joinpath("preview.html").read_text(encoding="utf-8")
    assets = files("ppocr_guard.report").joinpath("assets")
    for name in ("uPlot.min.css", "uPlot.iife.min.js"):
        template = template.replace(
            f"/* {name} */", assets.joinpath(name).read_text(encoding="utf-8")
        )
    payload = json.dumps(data).replace("</", "<\\/")
    return template.replace('"DATA"', payload)


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("url", help="of Prometheus")
    parser.add_argument("dashboard", choices=DASHBOARDS)
    parser.add_argument("--run", default=".+", help="name of the run (default: all)")
    parser.add_argument("--minutes", type=float, default=60, help="time range up to now")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the dashboard")
    parser.add_argument("--unfold", action="store_true", help="with folded rows open")
    parser.add_argument("-o", "--output", type=Path, required=True, help="HTML file to write")
    args = parser.parse_args()
    if not args.url.startswith(("http://", "https://")):
        parser.error(f"{args.url}: give the URL of Prometheus, such as http://127.0.0.1:9090")
    try:
        asked = Prometheus(args.url, args.minutes * 60, args.run)
        dashboard = in_language(load_dashboard(args.dashboard), args.language)
        html = page(answers(unfolded(dashboard) if args.unfold else dashboard, asked))
    except (OSError, ValueError) as error:
        print(f"preview: no Prometheus answers at {args.url}: {error}", file=sys.stderr)
        return 2
    try:
        args.output.write_text(html, encoding="utf-8")
    except OSError as error:
        print(f"preview: cannot write {args.output}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"wrote {args.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
