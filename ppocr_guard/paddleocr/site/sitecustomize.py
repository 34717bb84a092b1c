"""Run by every Python that ``ppocr-guard run`` starts, before its program.

Hands over to the ``sitecustomize`` that this one hides, if there is one.
"""

import importlib.machinery
import importlib.util
import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))


def _hidden_sitecustomize() -> None:
    path = [entry for entry in sys.path if os.path.abspath(entry or ".") != _here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if os.environ.get("PPOCR_GUARD") == "1":
    try:
        from ppocr_guard.paddleocr.importer import install

        install()
    except Exception as error:
        print(
            f"ppocr_guard: not available in {sys.executable} ({error}); install it there: "
            "this process is not guarded",
            file=sys.stderr,
        )
_hidden_sitecustomize()
