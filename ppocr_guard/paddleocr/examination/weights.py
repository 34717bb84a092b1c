"""What the optimizer did to the weights since the first look: nothing, a part, too much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

KEPT = 64  # numbers of each parameter that are compared
STATISTICS = ("_mean", "_variance")
_FLAT = 4096  # elements of a parameter that are read at most


class Weights:
    """Compares a few numbers of each parameter with those of the first look."""

    def __init__(self) -> None:
        self._first: Optional[dict[str, Any]] = None
        self._last: dict[str, Any] = {}

    def look(self, model: Any) -> dict[str, float]:
        """Figures, shares in 0..1.

        ``weights_changed`` (and ``weights_changed.PART`` for each child of the model): share of
        the parameters that moved since the last look; ``weights_moved``: length of the way from
        the first look, relative to the weights; ``weights_norm``: their length, relative to the
        first look; ``weights_smaller``: share that is nearer to 0 than then, a half in a training
        that learns, all under a regularizer that rules; ``weights_finite``: share of finite
        numbers, running statistics among them; ``weights_frozen``: share of the parameters that
        are not trained.
        """
        import numpy as np

        inner = getattr(model, "_layers", model)
        every = dict(inner.named_parameters())
        # In paddle, running statistics are parameters that no optimizer may touch.
        trained = {name: p for name, p in every.items() if not name.endswith(STATISTICS)}
        read = {name: few(value) for name, value in trained.items()}
        now = {name: values for name, values in read.items() if values.size}
        others = [few(value) for name, value in every.items() if name not in trained]
        others += [few(value) for _, value in inner.named_buffers()]
        finite = [np.isfinite(values) for values in (*now.values(), *others) if values.size]
        figures = {"weights_finite": float(np.mean([f.mean() for f in finite])) if finite else 1.0}
        if self._first is not None and now.keys() == self._first.keys():
            figures.update(_changes(now, self._last))
            figures.update(_distance(now, self._first))
        else:
            self._first = now
        self._last = now
        frozen = sum(value.stop_gradient for value in trained.values())
        figures["weights_frozen"] = frozen / max(1, len(trained))
        return figures


def few(tensor: Any) -> Any:
    """``KEPT`` numbers, spread over the first ``_FLAT`` of a tensor, as float64; none where it
    has no memory."""
    import numpy as np

    try:
        flat = tensor.detach().flatten()[:_FLAT]
        values = np.asarray(flat.astype("float32").numpy(), np.float64)
    except RuntimeError:  # recurrent layers hold a parameter without memory of its own
        return np.zeros(0)
    return values[:: max(1, len(values) // KEPT)][:KEPT]


def _changes(now: Mapping[str, Any], last: Mapping[str, Any]) -> dict[str, float]:
    parts: dict[str, list[bool]] = {}
    for name, values in now.items():
        moved = not (values == last[name]).all()
        parts.setdefault(name.split(".")[0], []).append(moved)
    every = [moved for part in parts.values() for moved in part]
    figures = {"weights_changed": sum(every) / max(1, len(every))}
    for part, flags in parts.items():
        figures[f"weights_changed.{part}"] = sum(flags) / len(flags)
    return figures


def _distance(now: Mapping[str, Any], first: Mapping[str, Any]) -> dict[str, float]:
    """Over weights of two and more numbers that are not all alike: scales and biases start at
    1 and 0, and say nothing of a length."""
    import numpy as np

    names = [name for name, values in first.items() if values.size > 1 and values.std() > 0]
    if not names:
        return {}
    start = np.concatenate([first[name] for name in names])
    end = np.concatenate([now[name] for name in names])
    length = float(np.linalg.norm(start))
    if not np.isfinite(end).all() or length == 0:
        return {}
    return {
        "weights_moved": float(np.linalg.norm(end - start)) / length,
        "weights_norm": float(np.linalg.norm(end)) / length,
        "weights_smaller": float(np.mean(np.abs(end) < np.abs(start))),
    }
