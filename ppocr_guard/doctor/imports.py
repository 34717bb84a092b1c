"""Whether the PaddleOCR in a folder imports under this Python, asked in a child process. Where it
does not, the package that it fails in is named: it is seldom PaddleOCR's own code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ppocr_guard.doctor.child import ask
from ppocr_guard.wording import say

SECONDS = 300
# What tools/train.py imports; ppocr.data brings every augmentation, used or not.
_ASK = """
import importlib, json, sys, sysconfig
sys.path.insert(0, sys.argv[1])
installed = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
answer = {}
try:
    for name in ("data", "modeling.architectures", "losses", "optimizer", "postprocess", "metrics"):
        importlib.import_module("ppocr." + name)
    importlib.import_module("tools.train")  # and with it tools.program
except BaseException as error:
    answer = {"error": type(error).__name__ + ": " + " ".join(str(error).split())[:300]}
    answer["missing"] = getattr(error, "name", None) if isinstance(error, ImportError) else None
    packages, here = [], error.__traceback__
    while here is not None:
        file = here.tb_frame.f_code.co_filename
        inside = next((p for p in installed if file.startswith(p)), None)
        name = file[len(inside) + 1:].replace("\\\\", "/").split("/")[0] if inside else ""
        packages.append(name.split(".")[0])
        here = here.tb_next
    # The one that PaddleOCR's own line imported; what that imported in turn is its matter.
    answer["package"] = next(filter(None, packages), "")
    # Where it fails: numpy itself is what is asked for what it has not.
    answer["inside"] = next((p for p in reversed(packages) if p and p != "numpy"), "")
print("\\n" + json.dumps(answer))
"""
# Module -> distribution, where the names differ.
DISTRIBUTIONS = {
    "cv2": "opencv-python",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
    "docx": "python-docx",
    "bs4": "beautifulsoup4",
    "Levenshtein": "python-Levenshtein",
    "sklearn": "scikit-learn",
}


def ask_imports(tree: Path) -> dict[str, Any]:
    """Empty when all that a training imports does; else ``error``, the ``package`` that
    PaddleOCR imported when it failed, the one that it failed ``inside``, and ``missing``, a module
    that is not there."""
    answer = ask(
        _ASK,
        str(tree.absolute()),
        seconds=SECONDS,
        late=say("it takes more than {seconds} s", seconds=SECONDS),
        cwd=tree,
        environment={"NO_ALBUMENTATIONS_UPDATE": "1"},
    )
    return answer if isinstance(answer, dict) else {}


def distribution(module: str) -> str:
    """What pip calls the package of a module."""
    top = module.split(".")[0]
    return DISTRIBUTIONS.get(top, top)
