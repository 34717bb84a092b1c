"""``ppocr-guard notify --test``: send one notification now, and say what became of it."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from typing import Any, Optional

from pydantic import SecretStr

from ppocr_guard.config import GuardConfigError, load_guard
from ppocr_guard.events import Alert, CheckpointSaved, EvalEnd, RunStart
from ppocr_guard.hooks.notify import Notify, Target, open_senders
from ppocr_guard.hooks.notify.known import Known
from ppocr_guard.hooks.notify.message import Message, alert_message
from ppocr_guard.hooks.notify.senders import SERVICES, Sender
from ppocr_guard.hooks.notify.senders.base import SendError
from ppocr_guard.language import pick_language
from ppocr_guard.saying import InLanguage
from ppocr_guard.wording import LANGUAGES, in_language, said_by, say
from ppocr_guard.yaml_source import YamlError, read_yaml

VARIABLE = "GUARD_WEBHOOK"  # holds the URL where no YAML is named
EXIT_SENT, EXIT_FAILED, EXIT_UNUSABLE = 0, 1, 2


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "yaml", nargs="?", help=say("training YAML; default: the URL in the variable GUARD_WEBHOOK")
    )
    parser.add_argument(
        "--test", action="store_true", required=True, help=say("send a test message")
    )
    parser.add_argument(
        "--url", help=say("send it there; '${{NAME}}' is read from the environment")
    )
    parser.add_argument("--secret", help=say("signing secret of --url, best as '${{NAME}}'"))
    parser.add_argument(
        "--service", choices=SERVICES, help=say("what --url is, if its host is its own")
    )
    parser.add_argument(
        "--language",
        choices=("auto", *LANGUAGES),
        help=say("of the message (default: that of the Notify hook)"),
    )


def run(args: argparse.Namespace) -> int:
    """Exit code: 0 every receiver took it, 1 one did not, 2 there is none to try."""
    try:
        options = _options(args)
    except (YamlError, GuardConfigError) as error:
        language = pick_language(args.language or "auto")
        problems = error.problems if isinstance(error, GuardConfigError) else [said_by(error)]
        print("\n".join(in_language(one, language) for one in problems), file=sys.stderr)
        return EXIT_UNUSABLE
    language = pick_language(args.language or (options.language if options else "auto"))
    if args.yaml is None and args.url is None and not os.environ.get(VARIABLE):
        line = say(
            "There is nobody to send to: name a YAML whose Guard section has a Notify hook, give "
            "--url URL, or set the variable {name}.",
            name=VARIABLE,
        )
        print(in_language(line, language), file=sys.stderr)
        return EXIT_UNUSABLE
    if options is None:
        line = say("{file}: its Guard section has no Notify hook.", file=args.yaml)
        print(in_language(line, language), file=sys.stderr)
        return EXIT_UNUSABLE
    senders = open_senders(options.urls, _stderr_log(language))
    message = _sample(language, options)
    failed = [sender for sender in senders if not _sent(sender, message, language)]
    if len(senders) < len(options.urls) or not senders:
        return EXIT_UNUSABLE
    return EXIT_FAILED if failed else EXIT_SENT


def _options(args: argparse.Namespace) -> Optional[Any]:
    """Options of the Notify hook; None: the YAML does without it."""
    if args.url is not None:
        secret = SecretStr(args.secret) if args.secret else None
        return Notify.Options(
            urls=[Target(url=SecretStr(args.url), secret=secret, service=args.service)]
        )
    if args.yaml is None:
        return Notify.Options()
    source = read_yaml(args.yaml)
    loaded = load_guard(
        source.config.get("Guard"), file=source.path, line_of=source.guard_line, imports=False
    )
    return next((options for cls, options in loaded.hooks if issubclass(cls, Notify)), None)


def _sent(sender: Sender, message: Message, language: str) -> bool:
    started = time.perf_counter()
    try:
        sender.send(message)
    except SendError as error:
        line = say("{sender}: not sent: {error}", sender=str(sender), error=said_by(error))
        print(in_language(line, language), file=sys.stderr)
        return False
    seconds = time.perf_counter() - started
    line = say("{sender}: sent in {seconds:.2f} s", sender=str(sender), seconds=seconds)
    print(in_language(line, language))
    return True


def _sample(language: str, options: Notify.Options) -> Message:
    """What the collapse of issue 13669 looks like, made as live ones are; marked as a test."""
    now = time.time()
    start = RunStart(now, "notify-test", "DB/MobileNetV3", "2.8.1", {}, "output/x", epoch_num=500)
    known = Known(options.report_url, options.dashboard_url)
    known.run_starts(start)
    for number, value in enumerate((0.79, 0.6, 0.26, 0.22, 0.2), 1):
        known.evaluated(EvalEnd(now, number, number * 100, number, {}, "hmean", value, 0.79, 1))
        if number == 1:
            known.saved(CheckpointSaved(now, 1, 100, "output/x/best_accuracy", "best", True))
    alert = Alert(
        code="hmean_collapse",
        severity="critical",
        message=say(
            "hmean fell from {first:.2f} to {last:.2f} and stays there.", first=0.79, last=0.2
        ),
        advice="",
        evidence={"best": 0.79, "value": 0.2, "effective_shrink_ratio": 0.8096},
        epoch=5,
        global_step=500,
        evaluation=5,
        time=now,
    )
    return alert_message(alert, known.so_far(), language, test=True)


def _stderr_log(language: str) -> logging.Logger:
    log = logging.getLogger("ppocr_guard.notify_command")
    log.propagate = False
    log.setLevel(logging.INFO)
    log.handlers = [logging.StreamHandler(sys.stderr)]
    log.filters = [InLanguage(language)]
    return log
