"""Which tensors of a weights file a model takes: by name and shape, as PaddleOCR compares them.

``load_pretrained_params`` and ``load_model`` (ppocr/utils/save_load.py) leave out what does not
fit, with a line in the log each, and then say "load pretrain successful".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Optional

Shapes = Mapping[str, tuple[int, ...]]
PARTS = ("transform", "backbone", "neck", "head")
EXAMPLES = 3


def shapes(tensors: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Shape of everything in a state dictionary that has one."""
    return {
        str(name): tuple(int(side) for side in tensor.shape)
        for name, tensor in tensors.items()
        if hasattr(tensor, "shape")
    }


def part_of(name: str) -> str:
    """ "backbone" of "backbone.conv.weight", "Student.head" of "Student.head.binarize.weight"."""
    words = name.split(".")
    return words[0] if words[0] in PARTS or len(words) < 3 else ".".join(words[:2])


def compare(model: Shapes, file: Shapes) -> dict[str, Any]:
    """Counts of the model's tensors: ``fit``, ``other_shape``, ``absent`` of ``total``, the same
    by ``parts``; ``unused`` tensors of the file; ``prefix`` that the file has too much or too
    little, if that is what is the matter ("Student." or "-backbone.")."""
    parts: dict[str, Counter[str]] = {}
    examples: list[dict[str, Any]] = []
    for name, shape in model.items():
        counts = parts.setdefault(part_of(name), Counter(fit=0, other_shape=0, absent=0))
        if name not in file:
            counts["absent"] += 1
        elif tuple(file[name]) == tuple(shape):
            counts["fit"] += 1
        else:
            counts["other_shape"] += 1
            if len(examples) < EXAMPLES:
                examples.append({"name": name, "model": list(shape), "file": list(file[name])})
    total: Counter[str] = sum(parts.values(), Counter())
    return {
        "total": len(model),
        "fit": total["fit"],
        "other_shape": total["other_shape"],
        "absent": total["absent"],
        "unused": sum(name not in model for name in file),
        "parts": {part: dict(counts) for part, counts in parts.items()},
        "examples": examples,
        "prefix": _prefix(model, file) if not total["fit"] else None,
    }


def _prefix(model: Shapes, file: Shapes) -> Optional[str]:
    """ "Student." when the names fit without it; "-Student." when they fit with it."""
    heads = Counter(name.partition(".")[0] for name in file)
    for head, _ in heads.most_common(4):
        stripped = {n.partition(".")[2] for n in file if n.startswith(f"{head}.")}
        if len(stripped & set(model)) > len(model) / 2:
            return f"{head}."
    for head in dict.fromkeys(name.partition(".")[0] for name in model):
        if len({f"{head}.{name}" for name in file} & set(model)) > len(file) / 2:
            return f"-{head}."
    return None


class NotFetchedError(RuntimeError):
    """What a training would download, and a rehearsal does not."""

    def __init__(self, url: object) -> None:
        super().__init__(f"a rehearsal does not download {url}")
        self.url = str(url)


class Loading:
    """Wraps the loaders of ppocr.utils.save_load; tells a fact for each file that is loaded.

    Weights that would be downloaded are told, too, and those that the model was built with stay:
    all else can still be rehearsed.
    """

    def __init__(self, tell: Callable[..., None]) -> None:
        self._tell = tell
        self._caught: list[tuple[str, Shapes]] = []

    def install(self, save_load: Any, paddle: Any) -> None:
        """Before ``tools.train`` takes the names out of ``save_load``."""
        load = paddle.load

        def watched_load(path: Any, *args: Any, **kwargs: Any) -> Any:
            value = load(path, *args, **kwargs)
            if str(path).endswith(".pdparams") and isinstance(value, dict):
                self._caught.append((str(path), shapes(value)))
            return value

        paddle.load = watched_load
        for name, key in (
            ("load_pretrained_params", "pretrained_model"),
            ("load_model", "checkpoints"),
        ):
            original = getattr(save_load, name, None)
            if original is not None:
                setattr(save_load, name, self._watched(original, name, key))

    def _watched(self, original: Callable[..., Any], name: str, key: str) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            position = 1 if name == "load_model" else 0  # load_model(config, model, ...)
            model = kwargs["model"] if "model" in kwargs else args[position]
            self._caught.clear()
            try:
                result = original(*args, **kwargs)
            except NotFetchedError as error:
                if name != "load_pretrained_params":
                    raise
                self._tell("weights_not_fetched", url=error.url)
                return False  # they are not of 16 bits
            for path, file in self._caught:
                self._tell(
                    "weights", key=key, path=path, **compare(shapes(model.state_dict()), file)
                )
            self._caught.clear()
            return result

        return watched
