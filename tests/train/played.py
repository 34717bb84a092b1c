"""One demo for all tests that look at what it left."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Optional

import pytest
from scraped import Scraper

from ppocr_guard.demo import train

SERVING = re.compile(r"Prometheus: serving (http://127\.0\.0\.1:\d+/metrics)")


RUNS = ("base", "bug", "fixed")


def address_in(log: Path) -> Optional[str]:
    """Where a training serves its metrics, as its output says."""
    text = log.read_text("utf-8", "replace") if log.exists() else ""
    found = SERVING.search(text)
    return found[1] if found else None


@dataclass
class Played:
    code: int
    output: str
    folder: Path
    pages: dict[str, list[str]]  # of /metrics, by run

    def records(self, run: str, *kinds: str) -> list[dict]:
        path = self.folder / run / "ppocr_guard" / "journal.jsonl"
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [record for record in records if record["event"] in kinds]


def play(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("demo") / "play"
    scrapers = {run: Scraper(partial(address_in, folder / f"{run}.log")) for run in RUNS}
    for scraper in scrapers.values():
        scraper.start()
    done = subprocess.run(
        [sys.executable, "-m", "ppocr_guard", "demo", "--dir", str(folder)],
        env=train.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=1500,
        check=False,
    )
    pages = {run: scraper.stop() for run, scraper in scrapers.items()}
    return Played(done.returncode, done.stdout.decode("utf-8"), folder, pages)
