"""No augmenters: see the package's docstring."""

from __future__ import annotations

from typing import NoReturn


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(
        f"imgaug.augmenters.{name}: this PaddleOCR release augments with imgaug, which the "
        "training kit leaves out; remove IaaAugment from the transforms or take 2.9.1 or newer"
    )
