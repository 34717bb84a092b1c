"""Runs in the user's Python: their ``tools/train.py`` with short loaders, nothing saved.

Started by :mod:`ppocr_guard.audit.rehearsal.process`, with the request as one JSON line on stdin
and facts on what was stdout; what PaddleOCR prints goes to stderr.
"""

from __future__ import annotations

import copy
import json
import os
import runpy
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from ppocr_guard.paddleocr.operators import map_indices
from ppocr_guard.paddleocr.rehearsal import compiled, keys, loaders, sampling
from ppocr_guard.paddleocr.rehearsal.channel import Channel
from ppocr_guard.paddleocr.rehearsal.crashes import describe
from ppocr_guard.paddleocr.rehearsal.memory import available_bytes
from ppocr_guard.paddleocr.rehearsal.steps import Rehearsal
from ppocr_guard.paddleocr.rehearsal.weights import Loading, NotFetchedError

GUARDED = "_ppocr_guard_session"  # the mark of paddleocr/attach.py: no guard in a rehearsal


class _Over(BaseException):
    """Nothing more can be rehearsed."""


def main() -> None:
    facts = os.fdopen(os.dup(1), "w", encoding="ascii", newline="\n")
    os.dup2(2, 1)
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_parent, args=[request["temporary"]], daemon=True).start()
    channel = Channel(facts)
    try:
        Child(request, channel).run()
    except _Over:
        pass
    except SystemExit as error:
        channel.fact("crash", stage=channel.now, type="SystemExit", message=str(error), frames=[])
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        crash = describe(error, request["tree"])
        crash["message"] = crash["message"].replace(request["copies"], request["tree"])
        channel.fact("crash", stage=channel.now, **crash)
    channel.fact("end")
    facts.flush()
    os._exit(0)  # loader workers and paddle's threads need no farewell


def end_with_parent(temporary: str) -> None:
    """Waits for the other end of stdin to close, as it does when the process that started the
    rehearsal was killed; removes its temporary folder, and ends all that was started here."""
    while os.read(0, 1):  # not sys.stdin: worker processes close it when they begin
        pass
    shutil.rmtree(temporary, ignore_errors=True)
    if hasattr(os, "killpg"):
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


class Child:
    def __init__(self, request: dict[str, Any], channel: Channel) -> None:
        self.request, self.channel = request, channel
        self.tree: str = request["tree"]
        self.seconds: float = request["seconds"]  # of one part: sampling, evaluating, stepping
        self.written: dict[str, Any] = {}  # the configuration before PaddleOCR changes it
        self.sampled: set[str] = set()
        self.rehearsal: Any = None

    def run(self) -> None:
        script = os.path.join(self.tree, "tools", "train.py")
        sys.path.insert(0, self.tree)
        compiled.install(self.tree, self.request["copies"])
        sys.argv = [script, "-c", self.request["config"]]
        if self.request["overrides"]:
            sys.argv += ["-o", *self.request["overrides"]]
        self.channel.stage("import")
        import paddle

        self.channel.fact(
            "environment", python=sys.version.split()[0], paddle=str(paddle.__version__)
        )
        self._wrap_builders(paddle)
        import tools.program as program  # after the builders: it takes names from them

        setattr(program, GUARDED, None)
        self._wrap_program(program)
        self.channel.stage("configuration")
        runpy.run_path(script, run_name="__main__")

    def _wrap_program(self, program: Any) -> None:
        load, merge = program.load_config, program.merge_config

        def load_config(*args: Any, **kwargs: Any) -> Any:
            return self._nothing_of_the_users(load(*args, **kwargs))

        def merge_config(*args: Any, **kwargs: Any) -> Any:
            config = self._nothing_of_the_users(merge(*args, **kwargs))
            self.written = copy.deepcopy(dict(config))
            settings = self._section("Global")
            if settings.get("use_gpu") and not sys.modules["paddle"].is_compiled_with_cuda():
                self.channel.fact("no_gpu")  # PaddleOCR would end here
                config["Global"]["use_gpu"] = False
            return config

        program.load_config, program.merge_config = load_config, merge_config
        self.rehearsal = Rehearsal(program, self.channel, self.request["images"], self.seconds)
        program.train = self.rehearsal.train(program.train)
        self.rehearsal.tree = self.tree

    def _nothing_of_the_users(self, config: Any) -> Any:
        """Outputs go to a temporary folder, and no service is told."""
        if isinstance(config, dict) and isinstance(config.get("Global"), dict):
            settings = config["Global"]
            settings["save_model_dir"] = self.request["folder"]
            settings["use_visualdl"] = settings["use_wandb"] = False
            settings["distributed"] = False
            config.pop("wandb", None)
        return config

    def _wrap_builders(self, paddle: Any) -> None:
        self.channel.stage("import", what="ppocr")
        import ppocr.data
        import ppocr.losses
        import ppocr.metrics
        import ppocr.modeling.architectures
        import ppocr.optimizer
        import ppocr.postprocess
        import ppocr.utils.save_load

        _no_network()
        self._wrap(ppocr.data, "build_dataloader", self._loader_built, stage="data")
        self._wrap(ppocr.postprocess, "build_post_process", self._post_process_built)
        self._wrap(ppocr.modeling.architectures, "build_model", self._model_built)
        self._wrap(ppocr.losses, "build_loss", self._loss_built)
        self._wrap(ppocr.optimizer, "build_optimizer", self._optimizer_built)
        self._wrap(ppocr.metrics, "build_metric", self._metric_built)
        Loading(self.channel.fact).install(ppocr.utils.save_load, paddle)
        self._wrap(ppocr.utils.save_load, "load_model", lambda *_: None)

    def _wrap(self, module: Any, name: str, built: Callable[..., Any], stage: str = "") -> None:
        original = getattr(module, name)

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            mode = next((a for a in args if isinstance(a, str)), "")
            self.channel.stage(stage or name, mode=mode)
            result = original(*args, **kwargs)
            replaced = built(result, mode)
            return result if replaced is None else replaced

        setattr(module, name, wrapper)

    def _loader_built(self, loader: Any, mode: str) -> Any:
        if mode in self.sampled:  # built anew at the start of an epoch
            return self.rehearsal.short(loader) if mode == "Train" else None
        self.sampled.add(mode)
        count = self.request["images"]
        if len(loader) == 0:
            self.channel.fact("empty", mode=mode)
            return None
        if mode == "Train":
            indices = loaders.train_indices(loader, count)
        else:
            indices, _ = loaders.validation_indices(loader, count)
        self._ignored(keys.of_operators((mode, "dataset", "transforms"), *self._operators(loader)))
        found = sampling.take(loader.dataset, indices, mode, self.channel, self.seconds)
        if not found.samples:
            if mode == "Train":
                self.rehearsal.skip_steps = True
            else:
                self.rehearsal.skip_evaluation = True
        else:
            self._tell_batch(loader, found.samples, mode)
            if mode == "Train":
                self._tell_targets(found.samples)
        return None

    def _operators(self, loader: Any) -> tuple[list[Any], list[Any]]:
        mode = "Train" if "Train" in self.sampled and "Eval" not in self.sampled else "Eval"
        entries = ((self.written.get(mode) or {}).get("dataset") or {}).get("transforms")
        operators = getattr(loader.dataset, "ops", None)
        entries = entries if isinstance(entries, list) else []
        return entries, operators if isinstance(operators, list) else []

    def _tell_batch(self, loader: Any, samples: list[Any], mode: str) -> None:
        """Whether these samples make a batch, and of what."""
        size = int(getattr(loader.batch_sampler, "batch_size", 1) or 1)
        batch = samples[: max(size, 2)] if size > 1 else samples[:1]
        items = []
        for item in zip(*batch) if isinstance(batch[0], (list, tuple)) else ():
            shapes = dict.fromkeys(str(tuple(getattr(one, "shape", ()))) for one in item)
            items.append(
                {"shapes": list(shapes)[:4], "type": str(getattr(item[0], "dtype", type(item[0])))}
            )
        collate = getattr(loader, "collate_fn", None)
        error = ""
        if size > 1 and len(batch) > 1:
            try:
                self._collate(collate)(batch)
            except Exception as problem:
                error = f"{type(problem).__name__}: {str(problem)[:300]}"
        self.channel.fact("batch", mode=mode, size=size, items=items, error=error)
        self._tell_values(samples, mode)
        if error and mode == "Train":
            self.rehearsal.skip_steps = True
        elif error:
            self.rehearsal.skip_evaluation = True

    def _tell_values(self, samples: list[Any], mode: str) -> None:
        """What numbers the first item, the image, is made of."""
        images = [one[0] for one in samples if isinstance(one, (list, tuple)) and len(one)]
        images = [one for one in images if getattr(one, "ndim", 0) == 3 and one.size]
        if images:
            self.channel.fact(
                "values",
                mode=mode,
                largest=max(float(abs(one).max()) for one in images),
                side=max(max(one.shape[1:]) for one in images),
            )

    def _tell_targets(self, samples: list[Any]) -> None:
        """How many samples have a text for DB to learn from."""
        indices = map_indices(self.written)
        if indices is None or not isinstance(samples[0], (list, tuple)):
            return
        maps = [sample[indices["shrink_map"]] for sample in samples]
        self.channel.fact(
            "targets",
            samples=len(maps),
            with_text=sum(bool((one > 0).any()) for one in maps if hasattr(one, "any")),
        )

    def _collate(self, collate: Any) -> Callable[[Any], Any]:
        if collate is not None:
            return collate  # type: ignore[no-any-return]
        from paddle.io.dataloader.collate import default_collate_fn

        return default_collate_fn  # type: ignore[no-any-return]

    def _ignored(self, facts: Any) -> None:
        for path, lost, known, who in facts:
            self.channel.fact("ignored", path=list(path), keys=lost, known=known, who=who)

    def _section(self, name: str) -> Any:
        section = self.written.get(name)
        return section if isinstance(section, dict) else {}

    def _post_process_built(self, made: Any, _mode: str) -> None:
        self._ignored(keys.of_class(("PostProcess",), self._section("PostProcess"), type(made)))

    def _model_built(self, made: Any, _mode: str) -> None:
        self._ignored(keys.of_model(("Architecture",), self._section("Architecture"), made))

    def _loss_built(self, made: Any, _mode: str) -> None:
        self._ignored(keys.of_loss(("Loss",), self._section("Loss"), made))

    def _optimizer_built(self, _made: Any, _mode: str) -> None:
        self._ignored(keys.of_optimizer(("Optimizer",), self._section("Optimizer")))

    def _metric_built(self, made: Any, _mode: str) -> None:
        self._ignored(keys.of_class(("Metric",), self._section("Metric"), type(made)))
        self.channel.fact("memory", available=available_bytes())


def _no_network() -> None:
    """Files that are not there are not fetched."""

    def refused(url: Any, *_args: Any, **_kwargs: Any) -> None:
        raise NotFetchedError(url)

    for name in ("ppocr.utils.network", "paddle.utils.download"):
        module = sys.modules.get(name)
        for function in ("_download", "download_with_progressbar", "_get_download"):
            if module is not None and hasattr(module, function):
                setattr(module, function, refused)


if __name__ == "__main__":
    main()
