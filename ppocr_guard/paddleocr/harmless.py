"""Our own mistakes must not reach the training loop."""

from __future__ import annotations

import functools
import logging
from typing import Any, Callable, TypeVar

_log = logging.getLogger("ppocr_guard")
_seen: set[str] = set()
F = TypeVar("F", bound=Callable[..., Any])


class GuardSignal(Exception):  # noqa: N818 - a signal, no error
    """Raised on purpose through the training loop; never swallowed by :func:`harmless`."""


def harmless(function: F) -> F:
    """Return None and log once, with the function's name, instead of raising."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except GuardSignal:
            raise
        except Exception as error:
            name = function.__qualname__
            if name not in _seen:
                _seen.add(name)
                _log.warning(
                    "the guard's own %s failed (%s: %s); training goes on without it. Please "
                    "report this with the lines that ppocr_guard logged at the start.",
                    name,
                    type(error).__name__,
                    error,
                    exc_info=_log.isEnabledFor(logging.DEBUG),
                )
            return None

    return wrapper  # type: ignore[return-value]
