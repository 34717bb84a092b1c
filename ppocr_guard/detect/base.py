"""What all detectors share: state that can be saved with a checkpoint and checked on load."""

from __future__ import annotations

import math
from typing import Any, ClassVar


class Detector:
    """Holds O(1) state, named in ``STATE``, beside its settings (plain attributes)."""

    STATE: ClassVar[tuple[str, ...]] = ()

    def state_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.STATE}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave.

        Raises:
            ValueError: a name is missing or unknown, or a value is no finite number (or None
                or bool) where one is expected. Nothing is changed then.
        """
        if not isinstance(state, dict) or set(state) != set(self.STATE):
            raise ValueError(f"{type(self).__name__}: expected {sorted(self.STATE)}, got {state!r}")
        for name, value in state.items():
            present = getattr(self, name)
            optional = value is None and not isinstance(present, (bool, int))
            number = isinstance(value, (int, float)) and math.isfinite(value)
            if not (optional or number) or isinstance(present, bool) != isinstance(value, bool):
                raise ValueError(f"{type(self).__name__}: {name} cannot be {value!r}")
        for name, value in state.items():
            setattr(self, name, value)


def alike(state: Any, fresh: Any) -> bool:
    """Whether saved data has the kinds of a ``fresh`` state, as far as that shows them: a number
    where one stands, a mapping for a mapping. What is missing, or None there, is not looked at."""
    if isinstance(fresh, dict):
        return isinstance(state, dict) and all(
            alike(state[name], value) for name, value in fresh.items() if name in state
        )
    if isinstance(fresh, bool):
        return isinstance(state, bool)
    if isinstance(fresh, (int, float)):
        return isinstance(state, (int, float)) and not isinstance(state, bool)
    return fresh is None or isinstance(state, type(fresh))
