"""One demo for all tests that look at what it left."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from ppocr_guard.demo import train

SERVING = re.compile(r"Prometheus: serving (http://127\.0\.0\.1:\d+/metrics)")


class Scraper(threading.Thread):
    """Scrapes a training while it runs, as soon as its log says where."""

    def __init__(self, log: Path) -> None:
        super().__init__(daemon=True)
        self.log = log
        self.pages: list[str] = []
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.3):
            text = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
            found = SERVING.search(text)
            if not found:
                continue
            try:
                with urllib.request.urlopen(found[1], timeout=2) as answer:
                    self.pages.append(answer.read().decode("utf-8"))
            except (urllib.error.URLError, OSError):
                continue  # not up yet, or gone


@dataclass
class Played:
    code: int
    output: str
    folder: Path
    pages: list[str]

    def records(self, run: str, *kinds: str) -> list[dict]:
        path = self.folder / run / "ppocr_guard" / "journal.jsonl"
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [record for record in records if record["event"] in kinds]


def play(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("demo") / "play"
    scraper = Scraper(folder / "bug.log")
    scraper.start()
    done = subprocess.run(
        [sys.executable, "-m", "ppocr_guard", "demo", "--dir", str(folder)],
        env=train.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=1500,
        check=False,
    )
    time.sleep(0.5)
    scraper.done.set()
    return Played(done.returncode, done.stdout.decode("utf-8"), folder, scraper.pages)
