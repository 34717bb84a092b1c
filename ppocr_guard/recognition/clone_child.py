"""Runs a PaddleOCR's own label encoder and decoder on labels; the child of ``clone``.

``python clone_child.py TREE < request.json > answer.json``. Only the two files with these
classes are loaded; what else they import (paddle, the logger) is replaced where the label does
not need it, so that no environment of PaddleOCR is asked for but numpy and shapely.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import sys
import types
from pathlib import Path
from typing import Any

LABELS = Path("ppocr", "data", "imaug", "label_ops.py")
DECODERS = Path("ppocr", "postprocess", "rec_postprocess.py")
# What the decoder's __call__ cuts off the front of the labels (the mark of the beginning).
_BEGINS = {"NRTRLabelDecode": 1, "ViTSTRLabelDecode": 1}


def answer(tree: Path, request: dict[str, Any]) -> list[Any]:
    """Of each label its text in the metric, or None where the encoder drops it."""
    import numpy as np

    _stand_in()
    encoder = getattr(_load("labels", tree / LABELS), request["encoder"])(**request["options"])
    decoder = getattr(_load("decoders", tree / DECODERS), request["decoder"])(**request["post"])
    begin = _BEGINS.get(request["decoder"], 0)
    texts: list[Any] = []
    for label in request["labels"]:
        data = encoder({"label": label, "image": None})
        if data is None:
            texts.append(None)
            continue
        indices = np.asarray(data["label_ctc" if "label_ctc" in data else "label"])
        texts.append(decoder.decode(indices[None, begin:])[0][0])
    return texts


def _stand_in() -> None:
    """Modules that the two files import at their top and that no label needs."""
    for name in ("ppocr", "ppocr.utils", "ppocr.data", "ppocr.data.imaug", "ppocr.data.imaug.vqa"):
        sys.modules[name] = types.ModuleType(name)
    quiet = logging.getLogger("ppocr")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    _module("ppocr.utils.logging", get_logger=lambda *_, **__: quiet)
    _module("ppocr.data.imaug.vqa.augment", order_by_tbyx=None)
    functional = _module("paddle.nn.functional")
    layers = _module("paddle.nn", functional=functional)
    _module("paddle", Tensor=type("Tensor", (), {}), nn=layers)


def _module(name: str, **values: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(values)
    sys.modules[name] = module
    return module


def _load(name: str, file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    json.dump(answer(Path(sys.argv[1]), json.load(sys.stdin)), sys.stdout)
