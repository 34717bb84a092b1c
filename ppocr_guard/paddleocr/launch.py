"""``ppocr-guard run -- CMD...``: any command, with every PaddleOCR training in it guarded."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from ppocr_guard.language import tell
from ppocr_guard.paddleocr import status
from ppocr_guard.paddleocr.ending import Ending
from ppocr_guard.parsing import at_least_one
from ppocr_guard.wording import say

RUN = "ppocr-guard run"
STOPPED = 3  # exit code of `run` when the guard stopped a training
SITE = Path(__file__).parent / "site"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.usage = (
        "ppocr-guard run [--rehearse [--images N] [--timeout S]] [--grace S] -- CMD [ARG ...]"
    )
    parser.description = say(
        "Runs CMD with every PaddleOCR training in it guarded: `python tools/train.py -c my.yml`, "
        "`python -m paddle.distributed.launch ...` or a script that starts them. Exit code: "
        "3 when the guard stopped a run, 2 when a rehearsal found what stops it, else CMD's own."
    )
    parser.add_argument(
        "--rehearse",
        action="store_true",
        help=say("run the first minute before, and do not start what will fail"),
    )
    parser.add_argument(
        "--images", type=at_least_one, default=32, metavar="N", help=say("of a rehearsal (32)")
    )
    parser.add_argument(
        "--timeout",
        type=at_least_one,
        default=120,
        metavar="S",
        help=say("of a rehearsal, seconds (120)"),
    )
    parser.add_argument(
        "--grace",
        type=at_least_one,
        default=60,
        metavar="S",
        help=say("seconds from SIGTERM on after which CMD and all that it started are ended (60)"),
    )
    parser.add_argument("cmd", nargs=argparse.REMAINDER, metavar="-- CMD", help=say("the command"))


def run(args: argparse.Namespace) -> int:
    words = args.cmd[1:] if args.cmd[:1] == ["--"] else args.cmd
    if not words:
        tell(RUN, say("no command. Write it after --, for example:"))
        print("  ppocr-guard run -- python tools/train.py -c my.yml", file=sys.stderr)
        return 2
    if shutil.which(words[0]) is None:
        tell(RUN, say("there is no command {command!r}", command=words[0]))
        return 127
    rehearsed: Mapping[str, str] = {}
    if args.rehearse:
        from ppocr_guard.audit.rehearsal.before import rehearse_command  # `run` alone stays light

        outcome = rehearse_command(words, images=args.images, timeout=args.timeout)
        if outcome.exit_code is not None:
            return outcome.exit_code
        rehearsed = outcome.environment
    # Processes that outlive the command find the folder gone, which does not disturb them.
    folder = _status_folder()
    try:
        code = _call(words, {**guarded_environment(folder), **rehearsed}, args.grace)
        reports = status.read(Path(folder)) if folder else None
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    return _exit_code(code, reports)


def _status_folder() -> str:
    """A new folder for the reports of guarded processes; empty, with a line, where none can be."""
    try:
        return tempfile.mkdtemp(prefix="ppocr_guard-")
    except OSError as error:
        line = say(
            "no folder for temporary files ({error}): the training is guarded, but the exit code "
            "will be the command's own",
            error=error.strerror or str(error),
        )
        tell(RUN, line)
        return ""


def guarded_environment(status_folder: str) -> dict[str, str]:
    """This environment, with the guard switched on for all Python processes below."""
    environment = dict(os.environ)
    paths = [str(SITE), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    environment[status.ACTIVE] = "1"
    environment[status.FOLDER] = status_folder  # empty: nobody to report to
    return environment


def _call(words: Sequence[str], environment: dict[str, str], grace: float) -> int:
    """Run the command; Ctrl-C and SIGTERM reach it, and it decides what they mean. One that does
    not end within ``grace`` seconds of SIGTERM is ended."""
    try:
        process = subprocess.Popen(words, env=environment)
    except OSError as error:  # not executable, no interpreter of that name, too many arguments
        tell(RUN, say("cannot start {command!r}: {error}", command=words[0], error=error.strerror))
        return 126

    ending = Ending(process, grace, RUN)

    def forward(number: int, _frame: Any) -> None:
        process.send_signal(number)
        ending.begin()

    previous = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),  # the terminal sends it to all
        signal.SIGTERM: signal.signal(signal.SIGTERM, forward),
    }
    try:
        code = process.wait()
    finally:
        ending.over()
        for number, handler in previous.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _exit_code(code: int, reports: Optional[list[dict[str, Any]]]) -> int:
    """``reports`` None: there was nowhere to leave one."""
    if reports is None:
        return code
    stops = [report for report in reports if report["state"] == "stopped"]
    if stops:
        last = stops[-1]
        tell(
            "ppocr-guard",
            say("stopped ({code}): {reason}", code=last["code"], reason=last["reason"]),
        )
        return STOPPED
    if not reports and code == 0:
        line = say(
            "no PaddleOCR training was seen in this command. One that it left in the background "
            "is guarded too; its log says so."
        )
        tell("ppocr-guard", line)
    return code
