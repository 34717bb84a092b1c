"""Packages of PaddleOCR that compile themselves when they are imported, out of a copy.

``ppocr.postprocess.pse_postprocess.pse`` runs its ``setup.py`` in its own folder. A rehearsal
writes nothing there: such a package is copied, and compiled and loaded from the copy.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Optional


def install(tree: str, copies: str) -> None:
    """From now on packages of ``tree`` with a ``setup.py`` are loaded from below ``copies``."""
    sys.meta_path.insert(0, _Finder(os.path.realpath(tree), copies))


class _Finder(MetaPathFinder):
    def __init__(self, tree: str, copies: str) -> None:
        self._tree, self._copies = tree, copies

    def find_spec(
        self, name: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if path is None:  # no package inside another
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path, target)
        if found is None or not found.submodule_search_locations or not found.origin:
            return None
        folder = os.path.dirname(os.path.realpath(found.origin))
        if not folder.startswith(self._tree + os.sep):
            return None
        if not os.path.isfile(os.path.join(folder, "setup.py")):
            return None
        inside = folder[len(self._tree) + 1 :]
        if not os.path.isdir(inside):
            return None  # it would look for itself there, and ends as it does in a training
        copy = os.path.join(self._copies, inside)
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        file = os.path.join(copy, os.path.basename(found.origin))
        return importlib.util.spec_from_file_location(
            name,
            file,
            loader=_Loader(name, file, self._copies),
            submodule_search_locations=[copy],
        )


class _Loader(importlib.machinery.SourceFileLoader):
    """Runs the package with the copies' folder in place of the one in which PaddleOCR runs."""

    def __init__(self, name: str, file: str, folder: str) -> None:
        super().__init__(name, file)
        self._folder = folder

    def exec_module(self, module: ModuleType) -> None:
        with _inside(self._folder):
            super().exec_module(module)


@contextmanager
def _inside(folder: str) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
