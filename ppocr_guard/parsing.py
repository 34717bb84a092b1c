"""What the commands' parsers say, in the language of the reader: help, and argparse's own words."""

from __future__ import annotations

import argparse
import gettext
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn, Optional

from ppocr_guard.wording import DOMAIN, LOCALE, in_language, mark

# argparse looks these up by itself, see `argparse_in`; here for the catalogue to hold them.
OF_ARGPARSE = (
    mark("usage: "),
    mark("options"),
    mark("optional arguments"),  # the same in Python 3.9
    mark("positional arguments"),
    mark("show this help message and exit"),
    mark("%(prog)s: error: %(message)s\n"),
    mark("argument %(argument_name)s: %(message)s"),
    mark("the following arguments are required: %s"),
    mark("unrecognized arguments: %s"),
    mark("expected one argument"),
    mark("expected at least one argument"),
    mark("not allowed with argument %s"),
    mark("ignored explicit argument %r"),
    mark("ambiguous option: %(option)s could match %(matches)s"),
    mark("invalid choice: %(value)r (choose from %(choices)s)"),
    mark("invalid %(type)s value: %(value)r"),
)


class HelpFormatter(argparse.HelpFormatter):
    """Help made of sentences, said in ``language``; lines break as Chinese does, too."""

    def __init__(self, prog: str, language: str = "en", **options: Any) -> None:
        super().__init__(prog, **options)
        self._language = language

    def add_text(self, text: Optional[str]) -> None:
        super().add_text(text and in_language(text, self._language))

    def _get_help_string(self, action: argparse.Action) -> str:
        return in_language(action.help or "", self._language)

    def _split_lines(self, text: str, width: int) -> list[str]:
        if self._language == "en":
            return super()._split_lines(text, width)
        from ppocr_guard.prose import breaks  # and with it rich, which a command may not need

        text = " ".join(text.split())
        ends = [*breaks(text, width), len(text)]
        return [text[one:two].rstrip() for one, two in zip([0, *ends], ends)]

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if self._language == "en":
            return super()._fill_text(text, width, indent)
        return "\n".join(indent + line for line in self._split_lines(text, width - len(indent)))


def help_in(language: str) -> partial[HelpFormatter]:
    """A ``formatter_class`` for :class:`argparse.ArgumentParser`."""
    return partial(HelpFormatter, language=language)


class Parser(argparse.ArgumentParser):
    """Its subparsers are of this class, too."""

    def error(self, message: str) -> NoReturn:
        """Python 3.9 does not ask for a translation of what is wrong with one argument."""
        word, _, rest = message.partition(" ")
        name, colon, text = rest.partition(": ")
        if word == "argument" and colon:
            form = gettext.gettext("argument %(argument_name)s: %(message)s")
            message = form % {"argument_name": name, "message": text}
        super().error(message)


@contextmanager
def argparse_in(language: str) -> Iterator[None]:
    """Within, argparse's own words are in ``language``.

    It asks gettext for them, which takes the domain of the process and the languages of its
    environment: both are put back, for commands start others.
    """
    domain, languages = gettext.textdomain(), os.environ.get("LANGUAGE")
    gettext.bindtextdomain(DOMAIN, str(LOCALE))
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = language
    try:
        yield
    finally:
        gettext.textdomain(domain)
        if languages is None:
            del os.environ["LANGUAGE"]
        else:
            os.environ["LANGUAGE"] = languages


def asked_language(words: Sequence[str]) -> tuple[str, list[str]]:
    """The ``--language`` on a command line, empty without one, and the other words of it."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--language", nargs="?")
    until = list(words).index("--") if "--" in words else len(words)  # what follows is another's
    known, rest = parser.parse_known_args(list(words[:until]))
    return known.language or "", [*rest, *words[until:]]


def at_least_one(text: str) -> int:
    """The ``type`` of an option that takes a whole number from 1 on."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(gettext.gettext(mark("must be a whole number from 1 on")))
    return value
