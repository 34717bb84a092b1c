"""``ppocr-guard watch`` in a real pseudo-terminal."""

from __future__ import annotations

import codecs
import os
import re
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from report_runs import training, write_journal

from ppocr_guard.report.keys import Keys, names_of

pytest.importorskip("termios")
import fcntl
import pty
import termios

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]")


class Terminal:
    """What a process writes into a terminal of so many rows and columns, as plain text."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process = process
        self.raw = ""
        self._master = master
        # A character may be cut in two by the end of what one read gives.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def until(self, text: str, seconds: float = 30.0) -> str:
        """Everything written since the last call, up to a frame with ``text``."""
        deadline, seen = time.monotonic() + seconds, ""
        while text not in _CONTROL.sub("", seen):
            left = deadline - time.monotonic()
            assert left > 0, f"{text!r} did not come; the last was {seen[-3000:]!r}"
            piece = self._read(min(left, 0.2))
            seen += piece
            if not piece and self.process.poll() is not None and text not in seen:
                raise AssertionError(f"it ended without {text!r}: {seen[-3000:]!r}")
        return _CONTROL.sub("", seen)

    def ends(self, seconds: float = 60.0) -> int:
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            self._read(0.1)
        self._read(0.1)
        return self.process.wait(30.0)  # a busy machine

    def _read(self, seconds: float) -> str:
        ready, _, _ = select.select([self._master], [], [], seconds)
        try:
            piece = self._decoder.decode(os.read(self._master, 65536)) if ready else ""
        except OSError:  # the other end is closed
            piece = ""
        self.raw += piece
        return piece


@contextmanager
def terminal(*arguments: str, rows: int = 24, columns: int = 80) -> Iterator[Terminal]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
    environment.update(TERM="xterm-256color", PYTHONUTF8="1", LC_ALL="C.UTF-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "ppocr_guard", "watch", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment,
        # A session of its own with this terminal: the keyboard is that of a foreground job.
        preexec_fn=lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)),
    )
    try:
        yield Terminal(process, master)
    finally:
        process.kill()
        process.wait()
        os.close(slave)
        os.close(master)


def two_runs(folder: Path) -> None:
    write_journal(folder / "first", training("collapse", stop_at=6))
    write_journal(folder / "second", training("healthy", until=12, ended=False))


def test_keys_choose_a_run_change_the_language_and_leave(tmp_path: Path) -> None:
    two_runs(tmp_path)
    with terminal(str(tmp_path), "--language", "en", "--interval", "0.2", rows=30) as screen:
        shown = screen.until("of 2")
        current = "db_mv3_collapse" if "run 1 of 2" in shown else "db_mv3_healthy"
        assert current in shown
        screen.press("\x1b[C")
        shown = screen.until("run 1 of 2" if "run 2 of 2" in shown else "run 2 of 2")
        assert ("db_mv3_healthy" if current == "db_mv3_collapse" else "db_mv3_collapse") in shown
        screen.press("l")
        assert "退出" in screen.until("共 2 次")
        screen.press("q")
        assert screen.ends() == 0
        # The terminal is given back: the other screen is left, the cursor is there again.
        assert screen.raw.rindex("\x1b[?1049l") > screen.raw.rindex("\x1b[?1049h")
        assert screen.raw.rindex("\x1b[?25h") > screen.raw.rindex("\x1b[?25l")


def test_ctrl_c_leaves_the_last_frame_and_the_terminal_as_it_was(tmp_path: Path) -> None:
    write_journal(tmp_path, training("healthy", until=12, ended=False))
    with terminal(str(tmp_path), "--language", "en") as screen:
        before = termios.tcgetattr(screen._master)[3]
        screen.until("q quit")
        assert not termios.tcgetattr(screen._master)[3] & termios.ICANON
        screen.press("\x03")
        assert screen.ends() == 0
        assert termios.tcgetattr(screen._master)[3] & termios.ICANON == before & termios.ICANON
        last = screen.raw[screen.raw.rindex("\x1b[?1049l") :]
        assert "db_mv3_healthy" in last
        assert "Traceback" not in screen.raw


def test_a_run_that_ends_while_it_is_watched_is_left(tmp_path: Path) -> None:
    write_journal(tmp_path, training("healthy", until=3, ended=False))
    with terminal(str(tmp_path), "--language", "en", "--interval", "0.1") as screen:
        screen.until("running")
        write_journal(tmp_path, training("healthy", until=3))
        assert screen.ends() == 0
        assert "finished" in screen.raw


@pytest.mark.parametrize(("rows", "columns"), [(12, 40), (24, 80), (50, 160)])
def test_a_frame_fits_the_screen(rows: int, columns: int, tmp_path: Path) -> None:
    """Nothing runs over the right edge or the bottom, and a smaller window is taken in."""
    write_journal(tmp_path, training("collapse", until=6, ended=False))
    size = {"rows": rows, "columns": columns}
    with terminal(str(tmp_path), "--language", "en", "--interval", "0.1", **size) as screen:
        screen.until("╯")
        screen.until("╯")
        frame = screen.raw.split("\x1b[H")[-2]
        lines = _CONTROL.sub("", frame).replace("\r", "").split("\n")
        assert len(lines) <= rows
        assert max(map(len, lines)) <= columns
        fcntl.ioctl(
            screen._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns - 5, 0, 0)
        )
        screen.process.send_signal(signal.SIGWINCH)
        _until_no_wider(screen, columns - 5)


def _until_no_wider(screen: Terminal, columns: int) -> None:
    """Up to a whole frame, without a line over ``columns`` wide, that came after this call."""
    deadline, start = time.monotonic() + 30.0, len(screen.raw)
    while True:
        screen.until("╯")
        frame = screen.raw[start:].split("\x1b[H")[-2:][0]
        width = max(map(len, _CONTROL.sub("", frame).replace("\r", "").split("\n")))
        if "╭" in frame and "╯" in frame and width <= columns:
            return
        assert time.monotonic() < deadline, f"{width} columns wide"


def test_without_a_keyboard_only_time_passes() -> None:
    started = time.monotonic()
    assert Keys().wait(0.05) == []
    assert time.monotonic() - started >= 0.05


def test_names_of_keys() -> None:
    assert names_of("q\x1b[Cl\x1bOD") == (["q", "right", "l", "left"], "")
    assert names_of("\x1b[5~\x1b[A") == (["up"], "")
    assert names_of("\x1b") == ([], "\x1b")  # the rest is still to come
    assert names_of("a\x1b[1;5") == (["a"], "\x1b[1;5")
    assert names_of("\x1bx") == ([], "")
