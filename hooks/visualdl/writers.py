"""VisualDL's writers of one run: one for the run, and one for each line that shares a chart."""

from __future__ import annotations

import contextlib
import io
import logging
from pathlib import Path
from typing import Any

from ppocr_guard.hooks.visualdl.file import repair_tail

FILE_NAME = "vdlrecords.guard.log"
_log = logging.getLogger("ppocr_guard")


class Writers:
    """VisualDL draws a tag of several runs in one chart, and knows a run by its folder. So that
    all ratios of an operator stand in one chart, each source of them has a folder of its own
    (``add_scalars`` does that as well, but names the lines by paths that are cut off).

    ``main`` is a ``visualdl.LogWriter``. Used by one thread at a time.
    """

    def __init__(self, visualdl: Any, folder: Path, name: str) -> None:
        """Raises OSError: the folder cannot be written."""
        self._visualdl = visualdl
        self._folder = folder
        self._name = name
        self.is_new = not (folder / FILE_NAME).exists()
        self.main = self._open(folder, name)
        self._lines: dict[str, Any] = {}

    def line(self, name: str) -> Any:
        """The writer of a line. Raises OSError: its folder cannot be written."""
        if name not in self._lines:
            folder = self._folder / name.replace(" ", "_")
            self._lines[name] = self._open(folder, f"{self._name}: {name}")
        return self._lines[name]

    def flush(self) -> None:
        for writer in (self.main, *self._lines.values()):
            writer.flush()

    def close(self) -> None:
        for writer in (self.main, *self._lines.values()):
            writer.close()

    def _open(self, folder: Path, name: str) -> Any:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE_NAME
        cut = repair_tail(path)
        if cut:
            _log.info("VisualDL: cut off %d bytes that an earlier launch left unfinished.", cut)
        path.touch()  # VisualDL would only print that it cannot write
        said = io.StringIO()
        with contextlib.redirect_stdout(said):  # it prints "... is exists"
            # Up to 2.5.3 VisualDL takes max_queue for the seconds and flush_secs for the queue.
            # Equal numbers mean the same in either order.
            return self._visualdl.LogWriter(
                logdir=str(folder),
                file_name=FILE_NAME,
                display_name=name,
                max_queue=64,
                flush_secs=64,
            )
