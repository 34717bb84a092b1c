"""Runs the user's own ``program.train`` over a few batches, and looks on.

What a release does in a step, at an evaluation and at the end of an epoch is done by its own
code; only the loaders are short, and nothing is saved.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Mapping
from typing import Any, Callable, Optional

from ppocr_guard.paddleocr.evaluating import eval_arguments, loop_locals
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.operators import map_indices
from ppocr_guard.paddleocr.rehearsal import loaders
from ppocr_guard.paddleocr.rehearsal.channel import Channel
from ppocr_guard.paddleocr.rehearsal.crashes import describe
from ppocr_guard.paddleocr.rehearsal.memory import peak_bytes
from ppocr_guard.paddleocr.rehearsal.weights import part_of

STATISTICS = ("_mean", "_variance")  # of a batch norm: kept among the parameters, never trained
ENOUGH = 3  # texts that a postprocess must find one of
STEPS = 3  # the first one starts slowly and is not timed


class Rehearsal:
    """Of one ``program.train`` call. ``images``: of the evaluation; ``seconds``: for each of the
    two, evaluating and stepping."""

    def __init__(self, program: Any, channel: Channel, images: int, seconds: float) -> None:
        self.program, self.channel = program, channel
        self.images, self.seconds = images, seconds
        self._deadline = 0.0
        self._evaluations = 0
        self._arguments: dict[str, Any] = {}
        self._evaluate: Callable[..., Any] = program.eval
        self._step: dict[str, Any] = {}
        self._reached: set[str] = set()  # weights that got a gradient
        self._batch: Any = None
        self._losses: Mapping[str, float] = {}
        self._outputs: Any = None
        self._largest: Optional[tuple[Any, int, int]] = None
        self._few: Optional[loaders.FewImages] = None
        self.tree = ""
        self.skip_steps = self.skip_evaluation = False

    def train(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """What stands in for ``program.train``."""
        signature = inspect.signature(original)

        def train(*args: Any, **kwargs: Any) -> None:
            bound = signature.bind(*args, **kwargs)
            self._arguments = dict(bound.arguments)
            self._metrics = {Loop(self._arguments, 0, 1).main_indicator: 0.0}
            self._tell_plan()
            self._shorten(bound.arguments)
            self._look_on(bound.arguments)
            if self.skip_steps:
                return
            original(*bound.args, **bound.kwargs)

        return train

    def _tell_plan(self) -> None:
        """What the whole training would be, before it is shortened."""
        loop = Loop(self._arguments, 0, 1)
        try:
            start, every = loop.evaluation_schedule()
        except (TypeError, ZeroDivisionError):
            start, every = 0.0, None
        train, valid = self._arguments["train_dataloader"], self._arguments.get("valid_dataloader")
        self.channel.fact(
            "plan",
            epoch_num=loop.settings.get("epoch_num"),
            first_epoch=loop.first_epoch,
            steps_per_epoch=len(train),
            eval_start=start,
            eval_every=every,
            validation_batches=len(valid) if valid is not None else 0,
            validation_images=len(valid.dataset) if valid is not None else 0,
            num_workers=getattr(train, "num_workers", None),
            main_indicator=loop.main_indicator,
            model_type=self._arguments["config"]["Architecture"].get("model_type"),
        )
        trainable: dict[str, list[int]] = {}
        for name, parameter in self._arguments["model"].named_parameters():
            if name.endswith(STATISTICS):
                continue
            counts = trainable.setdefault(part_of(name), [0, 0])
            counts[0] += 1
            counts[1] += bool(parameter.stop_gradient)
        self.channel.fact("parameters", parts=trainable)  # {part: [tensors, frozen]}

    def _shorten(self, arguments: dict[str, Any]) -> None:
        settings = arguments["config"]["Global"]
        first = Loop(arguments, 0, 1).first_epoch
        if isinstance(settings.get("epoch_num"), int):
            settings["epoch_num"] = min(settings["epoch_num"], first)
        if isinstance(settings.get("eval_batch_step"), (list, tuple)):
            settings["eval_batch_step"] = [0, 1]
            settings.pop("eval_batch_epoch", None)
        arguments["train_dataloader"] = self.short(arguments["train_dataloader"])
        valid = arguments.get("valid_dataloader")
        if valid is not None and len(valid):
            indices, self._largest = loaders.validation_indices(valid, self.images)
            batch = getattr(valid.batch_sampler, "batch_size", 1) or 1
            self._few = loaders.FewImages(valid, indices, int(batch), self._late)
            arguments["valid_dataloader"] = self._few
        self.program.eval = self.eval
        for name in ("save_model", "export"):
            if hasattr(self.program, name):
                setattr(self.program, name, self._not_saved)

    def short(self, loader: Any) -> Any:
        return loaders.FirstBatches(
            loader,
            STEPS,
            self.seconds,
            self._before_the_first,
            self._arrived,
            self._stepped,
            self._late,
        )

    def _late(self) -> bool:
        return time.monotonic() > self._deadline

    def _not_saved(self, *_args: Any, **_kwargs: Any) -> None:
        self.channel.stage("saving")

    def _look_on(self, arguments: Mapping[str, Any]) -> None:
        stats_class = self.program.TrainingStats

        def training_stats(*args: Any, **kwargs: Any) -> Any:
            stats = stats_class(*args, **kwargs)
            update = stats.update

            def watched_update(values: Mapping[str, Any]) -> Any:
                if "lr" in values:
                    self._losses = {key: float(value) for key, value in values.items()}
                return update(values)

            stats.update = watched_update
            return stats

        self.program.TrainingStats = training_stats
        optimizer, model, loss = (arguments[k] for k in ("optimizer", "model", "loss_class"))
        clear = optimizer.clear_grad

        def clear_grad(*args: Any, **kwargs: Any) -> Any:
            self._tell_gradients(model)
            return clear(*args, **kwargs)

        optimizer.clear_grad = clear_grad

        def keep(_layer: Any, inputs: Any) -> None:
            self._outputs = inputs[0] if inputs else None

        if hasattr(loss, "register_forward_pre_hook"):
            loss.register_forward_pre_hook(keep)

    def _before_the_first(self) -> None:
        """The loop asks for its first batch: evaluate as it would, with untouched weights."""
        if not (self._evaluations or self.skip_evaluation or self._few is None):
            values = loop_locals()
            arguments = eval_arguments(self._evaluate, values) if values is not None else None
            if arguments is not None:
                self.eval(**arguments)
        self._deadline = time.monotonic() + self.seconds

    def eval(self, *args: Any, **kwargs: Any) -> Any:
        """Stands in for ``program.eval``: the first call is the number before training, the
        second takes the largest image, the rest give what the second gave."""
        self._evaluations += 1
        if self.skip_evaluation or self._few is None or self._evaluations > 2:
            return self._metrics
        if self._evaluations == 2:
            return self._second_evaluation(args, kwargs)
        try:
            return self._first_evaluation(args, kwargs)
        except Exception as error:  # a step may show what it comes from
            self.skip_evaluation = True
            self.channel.fact("crash", stage="evaluation", **describe(error, self.tree))
            self._arguments["model"].train()
            return self._metrics

    _metrics: Any = {}

    def _first_evaluation(self, args: Any, kwargs: Any) -> Any:
        few = self._few
        assert few is not None
        self._deadline = time.monotonic() + self.seconds
        self.channel.stage("evaluation", images=self.images)
        started = time.perf_counter()
        self._metrics = self._evaluate(*args, **kwargs)
        metrics = self._metrics if isinstance(self._metrics, Mapping) else {}
        self.channel.fact(
            "baseline",
            metrics={key: value for key, value in metrics.items() if key != "fps"},
            no_boxes=type(metrics.get("precision")) is int if "precision" in metrics else None,
            images=few.images,
            seconds=time.perf_counter() - started,
            memory=peak_bytes(),
        )
        return self._metrics

    def _second_evaluation(self, args: Any, kwargs: Any) -> Any:
        few = self._few
        assert few is not None
        index, width, height = self._largest or (None, 0, 0)
        few._batches = [[index]] if index is not None else few._batches[:1]
        self._deadline = time.monotonic() + self.seconds
        self.channel.stage("largest", width=width, height=height)
        started = time.perf_counter()
        self._metrics = self._evaluate(*args, **kwargs)
        seconds = time.perf_counter() - started
        self.channel.fact(
            "largest", width=width, height=height, seconds=seconds, memory=peak_bytes()
        )
        self._deadline = time.monotonic() + self.seconds
        return self._metrics

    def _arrived(self, batch: Any, images: int, of: int, seconds: float) -> None:
        self._batch, self._outputs, self._losses = batch, None, {}
        self._step = {"images": images, "of": of, "wait": seconds}
        self.channel.stage("step")
        self._try_perfect(batch)
        self._step_started = time.perf_counter()

    def _stepped(self, number: int) -> float:
        """The loop is back: seconds of the step, without the evaluation after it."""
        self.channel.fact(
            "step",
            number=number,
            losses=self._losses,
            seconds=self._compute,
            memory=self._step_memory,
            **self._step,
        )
        return self._compute

    def _tell_gradients(self, model: Any) -> None:
        """Before they are cleared: which weights got one in any step so far."""
        self._compute = time.perf_counter() - self._step_started
        self._step_memory = peak_bytes()
        self._tell_ctc()
        parts: dict[str, list[int]] = {}
        for name, parameter in model.named_parameters():
            if parameter.stop_gradient:
                continue
            counts = parts.setdefault(part_of(name), [0, 0])
            counts[0] += 1
            if name not in self._reached:
                gradient = parameter.grad
                if gradient is not None and bool((gradient != 0).any()):
                    self._reached.add(name)
            counts[1] += name in self._reached
        self.channel.fact("gradients", parts=parts)  # {part: [tensors, with a gradient]}

    _compute: float = 0.0
    _step_started: float = 0.0
    _step_memory: Optional[int] = None

    def _tell_ctc(self) -> None:
        """Time steps of a CTC head against the labels of the batch."""
        output = self._outputs
        if isinstance(output, Mapping):
            output = output.get("ctc")
        if isinstance(output, (list, tuple)):  # as CTCLoss takes them
            output = output[-1]
        keys = _keys(self._arguments["config"])
        label = next((k for k in ("label_ctc", "label") if k in keys), None)
        loss = str(self._arguments["config"]["Loss"])
        if not hasattr(output, "shape") or label is None or "length" not in keys:
            return
        if ("CTC" not in loss and "MultiLoss" not in loss) or len(output.shape) != 3:
            return
        labels = self._batch[keys.index(label)].numpy()
        lengths = self._batch[keys.index("length")].numpy().reshape(-1)
        needed = []
        for row, length in zip(labels, lengths):
            text = list(row[: int(length)])
            needed.append(int(length) + sum(a == b for a, b in zip(text, text[1:])))
        self.channel.fact(
            "ctc",
            time_steps=int(output.shape[1]),
            width=int(self._batch[0].shape[-1]),
            needed=max(needed, default=0),
            too_long=sum(n > int(output.shape[1]) for n in needed),
            of=len(needed),
        )

    def _try_perfect(self, batch: Any) -> None:
        """Boxes that the postprocess makes of the training maps themselves, taken as predictions:
        none at all means that it will never make one."""
        indices = map_indices(self._arguments["config"])
        post_process = self._arguments["post_process_class"]
        if self._perfect_tried or indices is None or "DB" not in type(post_process).__name__:
            return
        self._perfect_tried = True
        try:
            import cv2
            import numpy as np

            maps = batch[indices["shrink_map"]].numpy()
            regions = sum(cv2.connectedComponents(m.astype("uint8"))[0] - 1 for m in maps)
            height, width = maps.shape[1:]
            shape = np.array([[height, width, 1.0, 1.0]] * len(maps))
            predicted: Any = {"maps": maps[:, None].astype("float32")}
            if not hasattr(post_process, "model_name"):  # Distillation's takes a dict of models
                result = post_process(predicted, shape)
                boxes = sum(len(one["points"]) for one in result)
                self._perfect_tried = regions >= ENOUGH  # else the next batch may tell more
                self.channel.fact("perfect", regions=int(regions), boxes=int(boxes))
        except Exception as error:
            self.channel.fact("perfect_failed", error=f"{type(error).__name__}: {error}")

    _perfect_tried = False


def _keys(config: Mapping[str, Any]) -> list[str]:
    for entry in config["Train"]["dataset"].get("transforms") or []:
        if isinstance(entry, Mapping) and "KeepKeys" in entry:
            return list((entry["KeepKeys"] or {}).get("keep_keys") or [])
    return []
