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
