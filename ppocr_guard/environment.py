"""``${NAME}`` in options stands for an environment variable."""

from __future__ import annotations

import os
import re

from ppocr_guard.wording import say

_VARIABLE = re.compile(r"\$\{(\w+)\}")


class UnsetVariableError(LookupError):
    """``name`` is not set, or empty."""

    def __init__(self, name: str) -> None:
        super().__init__(say("the environment variable {name} is not set", name=name))
        self.name = name


def from_environment(text: str) -> str:
    """``text`` with each ``${NAME}`` replaced.

    Raises:
        UnsetVariableError: one of them is not set, or empty.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        found = os.environ.get(name, "").strip()
        if not found:
            raise UnsetVariableError(name)
        return found

    return _VARIABLE.sub(value, text)
