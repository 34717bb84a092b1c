"""The base class of all hooks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Optional, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from ppocr_guard.conditions import Conditions
from ppocr_guard.events import (
    Alert,
    Baseline,
    BatchFigures,
    CheckpointSaved,
    DataErrors,
    Environment,
    EpochStart,
    EvalEnd,
    EvalSample,
    EvalTexts,
    Examination,
    Findings,
    Hang,
    Invariants,
    Reaction,
    Repaired,
    Resolved,
    Resources,
    RoundTrip,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    Verdict,
)
from ppocr_guard.wording import say

Reactions = Optional[Iterable[Reaction]]


@dataclass
class GuardHealth:
    """How the guard itself is doing; shared with all hooks (``Hook.health``)."""

    overhead_seconds: float = 0.0  # spent on the training thread so far
    hook_errors: dict[str, int] = field(default_factory=dict)  # by hook name


class HookOptions(BaseModel):
    """Options of a hook as written in the ``Guard:`` section. Unknown keys are errors, and so are
    numbers that are none: ``true``, ``.nan``, ``.inf``, ``1e400``."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _number_is_no_switch(cls, value: Any, info: ValidationInfo) -> Any:
        """pydantic takes true for 1."""
        field = cls.model_fields.get(info.field_name or "")
        if isinstance(value, bool) and field is not None and not _takes_bool(field.annotation):
            raise ValueError(say("must not be true or false"))
        return value


def _takes_bool(annotation: Any) -> bool:
    return annotation in (bool, Any, object) or any(map(_takes_bool, get_args(annotation)))


class Hook:
    """Reacts to the events of a run.

    Each ``on_...`` method may return reactions: what holds (:class:`~ppocr_guard.Condition`, each
    time with today's numbers), what is over (:class:`~ppocr_guard.Over`), a stop or repair request.
    The guard announces a condition once, as an alert; an ``Alert`` that a hook returns is taken as
    a condition. What an event leads to must not lead to such an event again: a hook that answers
    its own answer is switched off.

    A hook never touches PaddleOCR, never blocks the training thread (I/O goes through
    :class:`ppocr_guard.background.Background`), and may raise: the guard logs it once, counts
    it, and switches the hook off after repeated failures.

    Events come from one thread, in order. By default only rank 0 runs a hook; set
    ``every_rank`` where each rank's own numbers matter.

    A subclass declares its options as a nested ``Options`` and reads ``self.options``::

        class Dump(Hook):
            class Options(HookOptions):
                path: str = "dump.txt"

            def on_eval(self, event):
                print(event.value, file=open(self.options.path, "a"))
    """

    Options: ClassVar[type[HookOptions]] = HookOptions
    every_rank: ClassVar[bool] = False
    hears_repeats: ClassVar[bool] = False  # alerts that an earlier launch of the run told already

    def __init__(self, options: Optional[HookOptions] = None, **values: Any) -> None:
        """``options``, or the options' values as keywords.

        Raises:
            pydantic.ValidationError: an option is unknown or has a wrong value.
        """
        self.options: Any = options if options is not None else self.Options(**values)
        self.health = GuardHealth()  # the guard puts its own here, and there:
        self.conditions = Conditions()  # what holds now, by all hooks; to look at only

    @property
    def name(self) -> str:
        return type(self).__name__

    def on_run_start(self, event: RunStart) -> Reactions: ...

    def on_epoch_start(self, event: EpochStart) -> Reactions: ...

    def on_step(self, event: StepEnd) -> Reactions: ...

    def on_eval(self, event: EvalEnd) -> Reactions: ...

    def on_eval_sample(self, event: EvalSample) -> Reactions: ...

    def on_eval_texts(self, event: EvalTexts) -> Reactions: ...

    def on_checkpoint(self, event: CheckpointSaved) -> Reactions: ...

    def on_shrink_ratio(self, event: ShrinkRatio) -> Reactions: ...

    def on_round_trip(self, event: RoundTrip) -> Reactions: ...

    def on_examination(self, event: Examination) -> Reactions: ...

    def on_baseline(self, event: Baseline) -> Reactions: ...

    def on_batch_figures(self, event: BatchFigures) -> Reactions: ...

    def on_invariants(self, event: Invariants) -> Reactions: ...

    def on_findings(self, event: Findings) -> Reactions: ...

    def on_data_errors(self, event: DataErrors) -> Reactions: ...

    def on_repaired(self, event: Repaired) -> Reactions: ...

    def on_hang(self, event: Hang) -> Reactions: ...

    def on_environment(self, event: Environment) -> Reactions: ...

    def on_resources(self, event: Resources) -> Reactions: ...

    def on_verdict(self, event: Verdict) -> Reactions: ...

    def on_alert(self, event: Alert) -> Reactions: ...

    def on_resolved(self, event: Resolved) -> Reactions: ...

    def on_run_end(self, event: RunEnd) -> Reactions: ...

    def state_dict(self) -> dict[str, Any]:
        """What must survive a resume, as JSON-ready data. Saved with every checkpoint."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave. Must raise on data it cannot use."""

    def close(self, deadline: float) -> None:
        """Flush and release. ``deadline`` is in :func:`time.monotonic` seconds."""
