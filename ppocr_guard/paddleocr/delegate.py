"""Standing in for an object of PaddleOCR."""

from __future__ import annotations

from typing import Any


class Delegate:
    """In the place of another object: what a subclass does not have is the wrapped object's."""

    def __init__(self, wrapped: Any) -> None:
        self._wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        if name == "_wrapped":  # not set yet: unpickling, copying
            raise AttributeError(name)
        return getattr(self._wrapped, name)
