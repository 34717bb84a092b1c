"""How a training that is stopped is left, and what it says last."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Optional

from ppocr_guard.events import Condition, StopRequest
from ppocr_guard.paddleocr.harmless import GuardSignal
from ppocr_guard.wording import LIST, join, say

LINGER_SECONDS = 300.0  # the most that a hook may stay after its run


class StopTraining(GuardSignal):
    """Ends ``program.train`` from inside the loader; caught around it."""

    def __init__(self, exit_code: int = 0, *, end_process: bool = False) -> None:
        """``end_process``: other ranks go on, so this process must end, and they with it."""
        super().__init__("ppocr_guard stops the run")
        self.exit_code = exit_code
        self.end_process = end_process


def leave(exit_code: int) -> None:
    """End this process now, its loader workers with it.

    Not by ``SystemExit``: at its end Python would wait for threads, and paddle for other ranks.
    """
    workers = multiprocessing.active_children()
    for worker in workers:
        worker.kill()
    for worker in workers:
        worker.join(1.0)
    for thread in threading.enumerate():
        if thread.name.startswith("ppocr_guard-") and not thread.daemon:
            thread.join(LINGER_SECONDS)  # a server that waits for its last scrape
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(exit_code)


def known_cause(conditions: Iterable[Condition]) -> Optional[str]:
    """Why samples fail, where the guard has said it before they did: a shrink ratio that the
    transforms cannot work with ends in an IndexError that tells nobody."""
    found = (item.message for item in conditions if item.code.startswith("shrink_ratio_"))
    return next(found, None)


def closing_lines(
    stop: StopRequest,
    *,
    latest: Optional[str],
    best: Optional[str],
    lost: Optional[str] = None,
    rank: int = 0,
    cause: Optional[str] = None,
    saved_step: Optional[int] = None,
) -> list[str]:
    """What a stopped run says last: rule, numbers, cause, what to do, where things are.

    Args:
        stop: what stopped it; latest, best: checkpoints.
        lost: checkpoint of weights that are not finite, which did not replace ``latest``.
        rank: that asked for the stop.
        cause: known from elsewhere; else that of ``stop.alert``.
        saved_step: of ``latest`` (0: nothing was saved), where the loop could not be left in order.
    """
    alert = stop.alert
    cause = cause or (alert.because if alert else None)
    lines: list[str] = [
        say("The guard stopped this run ({code}) at {at}.", code=stop.code, at=_moment(stop, rank)),
        say("  why:    {why}", why=stop.reason),
    ]
    if cause:
        lines.append(say("  cause:  {cause}", cause=cause))
    if alert and alert.advice:
        lines.append(say("  do:     {advice}", advice=alert.advice))
    lines.append(say("  best:   {best}", best=best or say("no checkpoint was better than 0")))
    return [*lines, *_left_behind(latest, saved_step, lost)]


def _moment(stop: StopRequest, rank: int) -> str:
    return join(
        say("epoch {epoch}, global step {step}", epoch=stop.epoch, step=stop.global_step),
        say("evaluation {evaluation}", evaluation=stop.evaluation)
        if stop.evaluation is not None
        else "",
        say("as rank {rank} asked for", rank=rank) if rank else "",
        by=LIST,
    )


def _left_behind(
    latest: Optional[str], saved_step: Optional[int], lost: Optional[str]
) -> Iterator[str]:
    """Checkpoints of the moment of the stop."""
    if latest:
        yield say("  latest: {latest} (resume with -o Global.checkpoints={latest})", latest=latest)
    if saved_step is not None:
        saved = say("last saved at global step {step}", step=saved_step)
        yield say(
            "  note:   the loop could not be left: its process was ended; {saved}",
            saved=saved if saved_step else say("not saved yet"),
        )
    if lost:
        yield say(
            "  lost:   the weights of this moment, which are not finite, are in {path}",
            path=lost,
        )
