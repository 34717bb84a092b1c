"""Scrapes trainings while they run, and once more when they have ended."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from typing import Callable, Optional


class Scraper(threading.Thread):
    """Asks ``find`` for the address, and scrapes it until :meth:`stop`. A run that was scraped
    waits for one more scrape at its end, so the last page is that of the end."""

    def __init__(self, find: Callable[[], Optional[str]]) -> None:
        super().__init__(daemon=True)
        self.pages: list[str] = []
        self._find = find
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(0.2):
            address = self._find()
            if not address:
                continue
            try:
                with urllib.request.urlopen(address, timeout=2) as answer:
                    self.pages.append(answer.read().decode("utf-8"))
            except (urllib.error.URLError, OSError):
                continue  # not up yet, or gone

    def stop(self) -> list[str]:
        self._done.set()
        self.join(5)
        return self.pages
