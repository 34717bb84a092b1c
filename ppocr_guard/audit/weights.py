"""Names and shapes in a ``.pdparams`` file, without paddle and without running what it holds.

``paddle.save`` pickles a dictionary of numpy arrays. A pickle can run any code, so only what
such a dictionary needs may be looked up.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from ppocr_guard.wording import mark, said_by, say

NO_WEIGHTS = mark("{path} holds no model weights: {why}")
_ALLOWED = {
    ("collections", "OrderedDict"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "scalar"),
    ("_codecs", "encode"),
}


class WeightsError(ValueError):
    """The file holds no model weights; the message is one line."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ALLOWED:
            return super().find_class(module, name)
        name = f"{module}.{name}"
        raise WeightsError(say("it needs {name}, which weights do not", name=name))


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Shape of each weight by its name. Reads the whole file (numpy is imported).

    Raises:
        WeightsError: the file cannot be read or is no dictionary of arrays.
    """
    try:
        with path.open("rb") as file:
            value = _Unpickler(file, encoding="latin1").load()
    except OSError as error:
        raise WeightsError(
            say("{path} cannot be read: {error}", path=str(path), error=error.strerror)
        ) from None
    except Exception as error:  # a broken pickle may raise anything
        raise WeightsError(say(NO_WEIGHTS, path=str(path), why=said_by(error))) from None
    if not isinstance(value, dict):
        raise WeightsError(
            say(
                "{path} holds no model weights, but a {kind}",
                path=str(path),
                kind=type(value).__name__,
            )
        )
    shapes = {}
    for name, item in value.items():
        array = item[1] if isinstance(item, tuple) and len(item) == 2 else item
        if hasattr(array, "shape"):
            shapes[str(name)] = tuple(array.shape)
    if not shapes:
        raise WeightsError(say(NO_WEIGHTS, path=str(path), why=say("no array is in it")))
    return shapes
