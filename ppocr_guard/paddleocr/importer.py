"""Attaches the guard when ``tools.program`` is imported, whoever imports it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, Optional


class _AttachOnImport(MetaPathFinder):
    """Finds ``tools.program`` as Python would, and attaches once it has been executed."""

    def find_spec(
        self, name: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        if name != "tools.program":
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            try:
                execute(module)
            except ModuleNotFoundError as error:
                _explain(error)
                raise
            _attach(module)

        loader: Any = spec.loader
        loader.exec_module = exec_module
        return spec


def install() -> None:
    """Watch the imports of this process. Costs one string comparison an import."""
    if not any(isinstance(finder, _AttachOnImport) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AttachOnImport())


def _attach(module: ModuleType) -> None:
    try:
        from ppocr_guard.paddleocr.garbage import no_collection

        with no_collection():
            from ppocr_guard.paddleocr.attach import attach

            attach(module)
    except Exception as error:
        print(f"ppocr_guard: cannot attach ({error}); training is not guarded", file=sys.stderr)


def _explain(error: ModuleNotFoundError) -> None:
    if (error.name or "").split(".")[0] == "paddle":
        print(
            f"ppocr_guard: paddle is not installed in {sys.executable}. Install it there: "
            "pip install paddlepaddle (CPU) or paddlepaddle-gpu.",
            file=sys.stderr,
        )
