"""What happens in a training run, as frozen dataclasses of plain Python values.

Seams (live) and log readers (offline) produce events; hooks consume them and answer with
reactions: what holds (:class:`Condition`), what is over (:class:`Over`), requests. The guard
makes of those events of its own: :class:`Alert`, :class:`Resolved`, :class:`Verdict`. Nothing here
holds a tensor, a file or a lock, so an event can be kept, sent to another thread, or written to
the journal (:mod:`ppocr_guard.records`).

Conventions: ``time`` is Unix seconds; durations are seconds; ``epoch``, ``global_step`` and
``evaluation`` count from 1 (0: before the first); metrics such as hmean are in 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional, Union

SEVERITIES = ("info", "warning", "critical")
CHANGES = ("begins", "worsens", "persists")  # what an alert tells of its condition
REASONS = ("finished", "stopped", "interrupted", "failed")  # of the end of a run
VERDICTS = (
    "healthy",
    "collapsed",
    "diverged",
    "not_learning",
    "plateaued",
    "overfitting",
    "unstable",
    "too_short",
)


@dataclass(frozen=True)
class RunStart:
    """A run begins (or, with ``resumed``, goes on from a checkpoint)."""

    time: float
    run: str  # name of the run: `Guard.run_name`, else the last part of save_model_dir
    model: str  # e.g. "DB/MobileNetV3"
    release: str  # PaddleOCR release the seams recognised, or "unknown"
    config: Mapping[str, Any]  # the PaddleOCR configuration as the loop sees it (a copy)
    save_model_dir: str
    epoch_num: int
    start_epoch: int = 1
    global_step: int = 0  # PaddleOCR restarts it from 0 on resume
    steps_per_epoch: Optional[int] = None
    eval_start_step: float = 0  # PaddleOCR uses 1e111 for "never"
    eval_every_steps: Optional[int] = None
    main_indicator: str = "hmean"
    best: Optional[float] = None  # best main indicator carried over by a resume
    resumed: bool = False
    rank: int = 0
    world_size: int = 1
    source: str = "live"  # "live", or the path of the log that is replayed
    # Of a resumed run: code that the guard stopped the earlier launch for, and what differs from
    # it in what training depends on ("Train....total_epoch: 500 -> (absent)").
    stopped_for: Optional[str] = None
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class EpochStart:
    """First batch of an epoch is about to be asked for."""

    time: float
    epoch: int
    global_step: int  # steps done so far
    steps: Optional[int] = None  # steps in this epoch


@dataclass(frozen=True)
class StepEnd:
    """One optimizer step is done. Losses are the raw (unsmoothed) host floats of that step."""

    time: float
    epoch: int
    global_step: int
    losses: Mapping[str, float]  # "loss" is the total
    learning_rate: Optional[float] = None
    images: Optional[int] = None  # images in the batch on this rank
    step_seconds: Optional[float] = None  # wall time of the whole step, data wait included
    data_seconds: Optional[float] = None  # of these, waiting for the batch
    data_errors: int = 0  # samples that PaddleOCR failed to load so far (it retries others)
    smoothed: bool = False  # True when read from a log: PaddleOCR prints medians


@dataclass(frozen=True)
class EvalEnd:
    """One evaluation on the validation set is done."""

    time: float
    epoch: int
    global_step: int
    evaluation: int  # counts from 1; goes on counting over a resume
    metrics: Mapping[str, float]  # all of PaddleOCR's metric dict that is a number
    main_indicator: str
    value: float  # metrics[main_indicator]; NaN stays NaN
    best: float  # best value so far, this one included
    best_epoch: Optional[int] = None
    duration_seconds: Optional[float] = None
    no_boxes: Optional[bool] = None  # True: not one box was predicted (precision is int 0)
    # Scores of the same predictions under other unclip ratios: {unclip_ratio: hmean}.
    rescored: Optional[Mapping[float, float]] = None


@dataclass(frozen=True)
class EvalSample:
    """A picture of the first validation image of an evaluation; comes some time after it.

    Only made when a hook has an ``on_eval_sample``; the journal leaves it out for its size.
    """

    time: float
    epoch: int
    global_step: int
    evaluation: int
    png: bytes  # the image with true (green) and predicted (red) texts, and the shrink map


@dataclass(frozen=True)
class ReadText:
    """One text line of an evaluation: what was written, what counted, what was read."""

    image: str  # below the data folder; empty: not known
    written: Optional[str]  # the label as it was written; None: not known
    label: str  # what PaddleOCR made of it: without what the dictionary does not have
    prediction: str
    distance: int  # edit distance of the prediction from ``written``, else from ``label``
    confidence: float = 0.0

    @property
    def altered(self) -> bool:
        """PaddleOCR is known to have changed what was written."""
        return self.written not in (None, self.label)


@dataclass(frozen=True)
class EvalTexts:
    """What a recogniser read in an evaluation, with the worst lines; comes some time after it.

    ``figures``, each a share in 0..1; those with a star rest on the label file and may be missing:

    - ``empty``: predictions without a character;
    - ``same``: the most frequent prediction that is not empty;
    - ``acc_written``*: lines of the label file that were read as they were written, spaces
      included; what PaddleOCR leaves out counts as wrong;
    - ``altered``*: evaluated lines whose label PaddleOCR changed;
    - ``skipped``*: lines of the label file that it never evaluates.
    """

    time: float
    epoch: int
    global_step: int
    evaluation: int
    texts: int  # predictions that were looked at
    worst: tuple[ReadText, ...] = ()  # at most ten, the worst first
    figures: Mapping[str, float] = field(default_factory=dict)
    # PNG: the images of ``worst``, a row of equal height for each. The journal leaves it out.
    sheet: bytes = b""


@dataclass(frozen=True)
class CheckpointSaved:
    time: float
    epoch: int
    global_step: int
    path: str  # prefix of the checkpoint files, e.g. "./output/latest"
    kind: str  # "latest", "best_accuracy" or "iter_epoch_N"
    is_best: bool = False


@dataclass(frozen=True)
class ShrinkRatio:
    """The effective shrink ratio of one operator in one epoch, by one source.

    ``source``: ``scheduled`` (what this release does with this config), ``live`` (read off the
    operator the loader uses) or ``measured`` (solved from the maps that the loss sees).
    """

    time: float
    epoch: int
    global_step: int
    operator: str  # "MakeShrinkMap" or "MakeBorderMap"
    source: str
    ratio: float
    expected_low: Optional[float] = None  # what the config means: [base, base + 0.2]
    expected_high: Optional[float] = None
    base: Optional[float] = None  # `shrink_ratio` as written in the config
    uncertainty: Optional[float] = None  # half width of the 95 % interval; measured only
    regions: Optional[int] = None  # text regions it rests on; measured only
    cause: Optional[str] = None  # why the ratio differs from the base, in words


@dataclass(frozen=True)
class RoundTrip:
    """A perfect prediction of the training maps put through the configured postprocess."""

    time: float
    epoch: int
    global_step: int
    unclip_ratio: float  # as configured
    median_iou: float  # of its boxes with the true polygons
    share_matched: float  # share of boxes with IoU above 0.5
    fitting_unclip_ratio: float  # the one that inverts the shrink best
    fitting_median_iou: float
    regions: int


@dataclass(frozen=True)
class Examination:
    """Labels and model scored on a small fixed sample, at an evaluation or before the first step.

    Columns: ``train`` (training images as the training transforms make them), ``train_eval``
    (the same images through the transforms of Eval), ``val`` (validation images). Keys are
    ``row.column``; what could not be had is left out. Rows of ``cells``, each the main indicator
    in 0..1:

    - ``labels``: the labels themselves as a perfect prediction (the round trip), and
      ``labels_best`` with the best of a few postprocess settings, where it is low;
    - ``model``: the model with the configured postprocess;
    - ``best``: the model with the best of a few postprocess settings;
    - ``first``: ``model`` as it was before the first step.
    """

    time: float
    epoch: int
    global_step: int
    evaluation: int  # 0: before the first step
    metric: str  # name of the main indicator
    cells: Mapping[str, float]
    # Other figures: of labels and images ("text_height.val"), of the maps ("inside.train"), of
    # boxes against labels ("area_ratio.train"), of the weights ("weights_changed").
    facts: Mapping[str, float] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)  # figures that are words
    settings: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # of the best rows
    images: Mapping[str, int] = field(default_factory=dict)  # looked at, by column
    seconds: float = 0.0  # that it held up the training
    background_seconds: float = 0.0  # beside the training
    skipped: str = ""  # why training images were not looked at this time


@dataclass(frozen=True)
class BatchFigures:
    """Figures of one training batch in some dozens; the journal leaves them out for their number.

    ``image_mean`` and ``image_std``: of what the network was given; ``image_edges``: logarithm of
    the mean difference from pixel to pixel; ``positives``: share of text in ``shrink_map``.
    """

    time: float
    epoch: int
    global_step: int
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Invariants:
    """What must hold of any training: after some of the first steps, and once an epoch.

    ``figures``: ``gradient.PART``, the share of the tensors of a part of the network that got a
    gradient other than 0 in one of the last three steps that were looked at (tensors that are
    frozen are left out); ``ranks_apart``, the largest relative difference of a part's weights from
    those of rank 0 (``notes``: where).
    """

    time: float
    epoch: int
    global_step: int
    figures: Mapping[str, float]
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Findings:
    """What the audit of the configuration and its label files found; sent once or twice."""

    time: float
    epoch: int
    global_step: int
    findings: Mapping[str, str]  # code -> sentence


@dataclass(frozen=True)
class Baseline:
    """What the model scored on the validation set before the first step."""

    time: float
    metric: str  # name of the main indicator
    value: float
    images: int  # that were evaluated
    of: int  # images of the validation set
    source: str = "measured"  # in this run; or "rehearsal": before it, on some of the images
    seconds: float = 0.0  # that it held up the training
    epoch: int = 0
    global_step: int = 0


@dataclass(frozen=True)
class DataErrors:
    """PaddleOCR failed to load samples and retried others; sent by the watchdog as well."""

    time: float
    epoch: int
    global_step: int
    errors: int  # so far
    waiting_seconds: float  # how long the loop has waited for the current batch
    last_message: str


@dataclass(frozen=True)
class Repaired:
    """The seam has pinned the shrink ratio of an operator; it holds from the next batch on."""

    time: float
    epoch: int
    global_step: int
    operator: str
    was: float
    ratio: float  # that it is pinned to
    reason: str = ""


@dataclass(frozen=True)
class Hang:
    """The loop stands still: one batch or step takes far longer than usual. Sent once for each."""

    time: float
    epoch: int
    global_step: int
    phase: str  # "batch": waits for the loader; "step": forward, backward, gradients of all ranks
    seconds: float  # so far
    usual_seconds: Optional[float]  # median of the last ones; None before the first
    where: str  # the line at which the training thread stands
    stacks: str = ""  # of all threads, the training thread's first


@dataclass(frozen=True)
class Environment:
    """Where a launch trains and with what; comes some seconds after its start, once."""

    time: float
    host: str
    command: str  # without secrets
    python: str
    system: str = ""
    cpu: str = ""
    cpus: int = 0
    memory_bytes: float = 0.0  # of the machine
    gpus: tuple[str, ...] = ()
    paddleocr: str = ""  # folder of the PaddleOCR that trains
    commit: str = ""  # where that is a clone
    local_changes: tuple[str, ...] = ()  # files that differ from the commit
    packages: Mapping[str, str] = field(default_factory=dict)  # name -> version
    epoch: int = 0
    global_step: int = 0


@dataclass(frozen=True)
class Resources:
    """What the training process and its workers take of the machine, every so often."""

    time: float
    epoch: int
    global_step: int
    memory_bytes: float  # resident; what workers share is counted for each
    cpu_percent: float  # 100: one core
    machine_memory_bytes: float = 0.0  # in use by all
    gpu_memory_bytes: Optional[float] = None
    gpu_percent: Optional[float] = None


@dataclass(frozen=True)
class RunEnd:
    time: float
    epoch: int
    global_step: int
    reason: str  # one of REASONS
    stop: Optional[StopRequest] = None
    error: Optional[str] = None


@dataclass(frozen=True)
class Moment:
    """A place in a run."""

    epoch: int = 0
    global_step: int = 0
    evaluation: Optional[int] = None
    time: float = 0.0

    @classmethod
    def of(cls, event: Any) -> Moment:
        """When an event came, as far as it says."""
        return cls(
            getattr(event, "epoch", 0),
            getattr(event, "global_step", 0),
            getattr(event, "evaluation", None),
            getattr(event, "time", 0.0),
        )


@dataclass(frozen=True)
class Condition:
    """Something that holds for a run, from when it was found until it is over.

    A hook returns it while it holds, each time with today's numbers; the guard keeps one for each
    ``code`` and ``subject``, and fills in ``since`` and ``hook``.
    """

    code: str  # a stable name (see README)
    severity: str
    message: str  # one sentence, with today's numbers
    advice: str = ""  # what to do about it
    subject: str = ""  # of several of one code: an operator, a loss, a rank
    evidence: Mapping[str, Any] = field(default_factory=dict)  # the numbers it rests on
    cause: Optional[str] = None  # code of the cause, where it is known
    because: str = ""  # the cause in words
    epoch: int = 0  # of today's numbers
    global_step: int = 0
    evaluation: Optional[int] = None
    time: float = 0.0
    since: Moment = Moment()
    hook: str = ""
    carried: bool = False  # found by an earlier launch; this one has not shown it yet

    def __post_init__(self) -> None:
        _check_severity(self.severity)


@dataclass(frozen=True)
class Alert:
    """A condition begins, worsens, or (after the stop that it caused) persists."""

    code: str
    severity: str
    message: str  # one sentence
    advice: str  # what to do about it
    evidence: Mapping[str, Any] = field(default_factory=dict)  # the numbers it rests on
    epoch: int = 0
    global_step: int = 0
    evaluation: Optional[int] = None
    time: float = 0.0
    hook: str = ""  # filled in by the guard
    subject: str = ""
    cause: Optional[str] = None
    because: str = ""
    change: str = "begins"  # one of CHANGES
    repeated: bool = False  # an earlier launch told it; only hooks that act hear it again

    def __post_init__(self) -> None:
        _check_severity(self.severity)
        if self.change not in CHANGES:
            raise ValueError(f"change must be one of {CHANGES}, not {self.change!r}")


@dataclass(frozen=True)
class Resolved:
    """A condition is over."""

    code: str
    subject: str
    severity: str  # that it had
    message: str  # why it is over
    since: Moment  # when it had begun
    epoch: int = 0
    global_step: int = 0
    evaluation: Optional[int] = None
    time: float = 0.0
    hook: str = ""
    repeated: bool = False  # an earlier launch told it; kept for the record


@dataclass(frozen=True)
class Verdict:
    """What the run looks like now: a function of what holds and of the evaluations so far.

    Sent at every evaluation, and whenever a condition begins, worsens or ends. The last one is
    all that a late reader needs.
    """

    time: float
    epoch: int
    global_step: int
    evaluation: int
    state: str  # one of VERDICTS
    message: str = ""
    conditions: tuple[Condition, ...] = ()  # all that hold, worst first

    def __post_init__(self) -> None:
        if self.state not in VERDICTS:
            raise ValueError(f"state must be one of {VERDICTS}, not {self.state!r}")


def _check_severity(severity: str) -> None:
    if severity not in SEVERITIES:
        raise ValueError(f"severity must be one of {SEVERITIES}, not {severity!r}")


@dataclass(frozen=True)
class Over:
    """Says that a condition is over. Nothing happens where it does not hold."""

    code: str
    subject: str = ""
    message: str = ""  # why


@dataclass(frozen=True)
class StopRequest:
    """Ask the loop to stop at the next step boundary."""

    code: str  # code of the alert behind it
    reason: str  # sentence: which rule, which numbers
    epoch: int
    global_step: int
    evaluation: Optional[int] = None
    alert: Optional[Alert] = None
    exit_code: int = 0  # of the training process


@dataclass(frozen=True)
class RepairRequest:
    """Ask the seam to pin the shrink ratio of operators before the next batch is built."""

    ratios: Mapping[str, float]  # operator -> ratio
    reason: str


Event = Union[
    RunStart,
    EpochStart,
    StepEnd,
    EvalEnd,
    EvalSample,
    EvalTexts,
    CheckpointSaved,
    ShrinkRatio,
    RoundTrip,
    Examination,
    Baseline,
    BatchFigures,
    Invariants,
    Findings,
    DataErrors,
    Repaired,
    Hang,
    Environment,
    Resources,
    Verdict,
    Alert,
    Resolved,
    RunEnd,
]
Reaction = Union[Condition, Over, Alert, StopRequest, RepairRequest]

_KINDS: dict[str, type] = {
    "run_start": RunStart,
    "epoch_start": EpochStart,
    "step": StepEnd,
    "eval": EvalEnd,
    "eval_sample": EvalSample,
    "eval_texts": EvalTexts,
    "checkpoint": CheckpointSaved,
    "shrink_ratio": ShrinkRatio,
    "round_trip": RoundTrip,
    "examination": Examination,
    "baseline": Baseline,
    "batch_figures": BatchFigures,
    "invariants": Invariants,
    "findings": Findings,
    "data_errors": DataErrors,
    "repaired": Repaired,
    "hang": Hang,
    "environment": Environment,
    "resources": Resources,
    "verdict": Verdict,
    "alert": Alert,
    "resolved": Resolved,
    "run_end": RunEnd,
}
_NAMES = {cls: name for name, cls in _KINDS.items()}
# A hook's method for an event is `on_` + this name.
KINDS: Mapping[str, type] = _KINDS


def kind(event: Event) -> str:
    """Name of an event: ``step`` for :class:`StepEnd`; a hook handles it in ``on_step``."""
    return _NAMES[type(event)]
