"""Wraps the names that PaddleOCR's ``tools/program.py`` looks up when it is called.

Nothing of PaddleOCR is edited: ``train``, ``eval``, ``save_model``, ``build_dataloader``,
``TrainingStats``, ``preprocess`` and ``merge_config`` of the module are replaced by functions that
call the originals, and look on. They hand on the arguments that they got, but for objects that
stand in for the loader, the metric and the postprocess, and for ``-o Guard...``, which is the
guard's own.
"""

from __future__ import annotations

import functools
import inspect
import logging
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, NoReturn, Optional

from ppocr_guard.command_line import fault_of, read_options
from ppocr_guard.config import GuardConfigError, LoadedGuard, load_guard
from ppocr_guard.guard import Guard
from ppocr_guard.language import pick_language
from ppocr_guard.overrides import GUARD, OverrideError, is_guards, set_option, with_text_keys
from ppocr_guard.paddleocr import baseline, status
from ppocr_guard.paddleocr.agreement import StopAgreement
from ppocr_guard.paddleocr.examination import Examiner
from ppocr_guard.paddleocr.garbage import no_collection
from ppocr_guard.paddleocr.harmless import harmless
from ppocr_guard.paddleocr.invariants import InvariantWatch
from ppocr_guard.paddleocr.loader import GuardedLoader
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.ranks import Board, open_board
from ppocr_guard.paddleocr.ratios import RatioReader
from ppocr_guard.paddleocr.releases import recognise
from ppocr_guard.paddleocr.rescoring import record_predictions
from ppocr_guard.paddleocr.seams import NEEDED, NEEDED_ARGUMENTS
from ppocr_guard.paddleocr.self_check import say_what_is_new
from ppocr_guard.paddleocr.session import Session
from ppocr_guard.paddleocr.stopping import StopTraining, leave
from ppocr_guard.paddleocr.texts import record_texts
from ppocr_guard.saying import LEVELS, InLanguage
from ppocr_guard.wording import mark
from ppocr_guard.yaml_source import YamlError, guard_lines, guard_section

CORRECT_SECTION = mark("Training has not started: correct the Guard: section, or remove it.")
CORRECT_COMMAND = mark("Training has not started: correct the command line.")
OLDEST_PADDLE = (2, 4)
_MARK = "_ppocr_guard_session"
_log = logging.getLogger("ppocr_guard")


def attach(program: Optional[ModuleType] = None) -> bool:
    """Guard every training that PaddleOCR's ``tools.program`` runs from now on.

    Args:
        program: the module; default: ``tools.program`` as it is loaded.

    Returns:
        False, with a log line, when this PaddleOCR does not have what the seams need; training
        then goes on unguarded. Calling it again changes nothing.
    """
    program = program or sys.modules.get("tools.program")
    if program is None:
        raise RuntimeError(
            "tools.program is not loaded: call ppocr_guard.attach after importing it"
        )
    if hasattr(program, _MARK):
        return True
    missing = [name for name in NEEDED if not hasattr(program, name)]
    if missing:
        _log.warning(
            "%s has no %s: this PaddleOCR is unknown to ppocr_guard, and its training is not "
            "guarded. Releases 2.6 to 3.7 are known.",
            getattr(program, "__file__", program.__name__),
            ", ".join(missing),
        )
        return False
    seams = _Seams(program)
    for name in (*NEEDED, "preprocess", "merge_config"):
        original = getattr(program, name, None)
        if original is not None:
            setattr(program, name, functools.wraps(original)(getattr(seams, name)(original)))
    setattr(program, _MARK, seams)
    return True


class _Seams:
    """The wrappers of one ``tools.program`` module; each method makes one, named after it."""

    def __init__(self, program: ModuleType) -> None:
        self.program = program
        self.session: Optional[Session] = None
        self.trainings = 0  # of this process so far; the same on all ranks
        self.evaluate: Callable[..., Any] = program.eval  # PaddleOCR's own
        self.findings: dict[str, str] = {}  # of the audit before the training

    def preprocess(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def preprocess(*args: Any, **kwargs: Any) -> Any:
            if not (args[:1] == (True,) or kwargs.get("is_train")):
                return original(*args, **kwargs)
            faults = map(fault_of, read_options(sys.argv[1:]).overrides)
            wrong = [fault for fault in faults if fault]
            if wrong:  # before PaddleOCR's traceback, which names no option
                _refuse(wrong, CORRECT_COMMAND)
            # A wrong key ends the process now, before data and model are built: as the file has
            # it (PaddleOCR fails on some of them), and then with what -o made of it.
            _load(_section_of_file())
            result = original(*args, **kwargs)
            config, _device, logger = result[:3]
            _log_through(logger)
            _load(config.get("Guard"))
            if logger.isEnabledFor(logging.WARNING):  # once, not on every rank
                self.findings = before_training(config) or {}
            return result

        return preprocess

    def merge_config(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """PaddleOCR can set by ``-o`` only what the file names, and cannot print the key ``on``
        beside others: the guard's own section is put in order here, before it is printed."""

        def merge_config(config: Any, opts: Any, *args: Any, **kwargs: Any) -> Any:
            if not isinstance(config, dict) or not isinstance(opts, dict):
                return original(config, opts, *args, **kwargs)
            own = {name: value for name, value in opts.items() if is_guards(str(name))}
            others = {name: value for name, value in opts.items() if name not in own}
            merged = original(config, others, *args, **kwargs)
            for name, value in own.items():
                try:
                    set_option(merged, name, value)
                except OverrideError as error:
                    _refuse([f"-o {name}: {error}"])
            if GUARD in merged:
                merged[GUARD] = with_text_keys(merged[GUARD])
            return merged

        return merge_config

    def train(self, original: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(original)

        def train(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            self.trainings += 1
            self.session = self._open(bound.arguments)
            if self.session is None:
                return original(*args, **kwargs)
            loader = bound.arguments["train_dataloader"]
            bound.arguments["train_dataloader"] = GuardedLoader(loader, self.session)
            return self._run(self.session, original, bound)

        return train

    def _run(
        self, session: Session, original: Callable[..., Any], bound: inspect.BoundArguments
    ) -> Any:
        exit_code = 0
        try:
            result = original(*bound.args, **bound.kwargs)
        except StopTraining as stop:
            exit_code, result = stop.exit_code, None
            session.stopped(self.program.save_model)
            session.end("stopped")
            if stop.end_process:
                leave(exit_code)
        except KeyboardInterrupt:
            session.end("interrupted")
            raise
        except BaseException as error:
            session.end("failed", f"{type(error).__name__}: {error}")
            raise
        else:
            session.end("finished")
        finally:
            self.session = None
        if exit_code:
            raise SystemExit(exit_code)
        return result

    @no_collection()
    def _open(self, arguments: Mapping[str, Any]) -> Optional[Session]:
        absent = [name for name in NEEDED_ARGUMENTS if name not in arguments]
        if absent:
            _log.warning("program.train has no %s: training is not guarded", ", ".join(absent))
            return None
        _log_through(arguments["logger"])
        loaded = _load(arguments["config"].get("Guard"))
        if not loaded.config.enabled:
            _log.info("Guard.enabled is false: training is not guarded")
            return None
        return self._session(arguments, loaded)

    @harmless
    def _session(self, arguments: Mapping[str, Any], loaded: LoadedGuard) -> Session:
        import paddle
        import paddle.distributed as dist

        _say_if_old(paddle.__version__)
        loop = Loop(dict(arguments), dist.get_rank(), dist.get_world_size())
        if loop.rank != 0:
            _log.setLevel(logging.ERROR)
        behaviour = recognise(_tree(self.program))
        _speak(loaded.config.language)
        say_what_is_new(Path(str(self.program.__file__)), behaviour)
        guard = Guard(loaded.build(), _log, rank=loop.rank)
        ratios = RatioReader(loop, behaviour, guard.post)
        board = self._board(loop)
        agreement = StopAgreement(loop, board)
        invariants = InvariantWatch(loop, guard.post, board)
        found = {**baseline.rehearsed_findings(loop.save_model_dir), **self.findings}
        asks = loaded.config.examination
        examiner = Examiner(loop, self.evaluate, guard.post, found, asks=asks)
        before = functools.partial(baseline.read, loop, self.evaluate, guard.hooks)
        keep = loaded.config.keep_best
        session = Session(
            loop, guard, ratios, examiner, before, agreement, invariants, keep_best=keep
        )
        session.start(behaviour.release, loaded.config.run_name)
        agreement.join()  # last: from here on the other ranks count on this one
        return session

    @harmless
    def _board(self, loop: Loop) -> Optional[Board]:
        if loop.world_size == 1:
            return None
        return open_board(
            loop.arguments["model"], loop.rank, loop.world_size, training=self.trainings
        )

    def build_dataloader(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def build_dataloader(config: Any, mode: Any, *args: Any, **kwargs: Any) -> Any:
            loader = original(config, mode, *args, **kwargs)
            if self.session is not None and mode == "Train":
                return GuardedLoader(loader, self.session)
            return loader

        return build_dataloader

    def eval(self, original: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(original)

        def eval(*args: Any, **kwargs: Any) -> Any:
            session = self.session
            if session is None:
                return original(*args, **kwargs)
            bound = signature.bind(*args, **kwargs)
            predictions = record_predictions(bound.arguments)
            texts = record_texts(bound.arguments)
            started = time.perf_counter()
            metrics = original(*bound.args, **bound.kwargs)
            seconds = time.perf_counter() - started
            session.evaluated(metrics, seconds, predictions, bound.arguments, texts)
            return metrics

        return eval

    def save_model(self, original: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(original)

        def save_model(*args: Any, **kwargs: Any) -> Any:
            session = self.session
            if session is None:
                return original(*args, **kwargs)
            values = _named(signature, args, kwargs)
            session.saving(values)
            result = original(*args, **kwargs)
            session.saved(values)
            return result

        return save_model

    def TrainingStats(self, original: Callable[..., Any]) -> Callable[..., Any]:  # noqa: N802
        def training_stats(*args: Any, **kwargs: Any) -> Any:
            stats = original(*args, **kwargs)
            update = stats.update

            def guarded_update(values: Any) -> Any:
                result = update(values)
                if self.session is not None:
                    self.session.step_ended(values)
                return result

            stats.update = guarded_update
            return stats

        return training_stats


def _named(
    signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Arguments by name, those of ``**kwargs`` among them."""
    named: dict[str, Any] = {}
    for name, value in signature.bind(*args, **kwargs).arguments.items():
        if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            named.update(value)
        else:
            named[name] = value
    return named


def _section_of_file() -> Any:
    """``Guard:`` of the YAML on the command line, with ``-o``; None where that is not usable."""
    try:
        return guard_section(sys.argv)
    except YamlError:
        return None  # PaddleOCR has its own say about it


@no_collection()
def _load(section: Any) -> LoadedGuard:
    """The checked ``Guard:`` section. A wrong one ends the process before training: days without
    the guard that the user asked for would cost more than a second start."""
    try:
        file, line_of = guard_lines(sys.argv)
        return load_guard(section, file=file, line_of=line_of)
    except GuardConfigError as error:
        asked = section.get("language") if isinstance(section, Mapping) else None
        _speak(str(asked))
        _refuse(error.problems)


def _refuse(problems: list[str], remedy: str = CORRECT_SECTION) -> NoReturn:
    status.refused()
    for problem in problems:
        _log.error("%s", problem)
    _log.error(remedy)
    logging.shutdown()
    raise SystemExit(2) from None


@harmless
@no_collection()
def before_training(config: Mapping[str, Any]) -> dict[str, str]:
    """Log what will go wrong, as far as it can be told in a moment. Sentences by code."""
    from ppocr_guard.audit import quick

    options = read_options(sys.argv[1:])
    problems = quick(config, options.config, options.lost)
    for problem in problems:
        _log.log(LEVELS[problem.severity], "%s", problem.sentence())
    return {problem.code: problem.message for problem in problems}


def _say_if_old(version: str) -> None:
    """Warn of a paddle that the guard was never tried with; a develop build is "0.0.0"."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers and (0, 0) < tuple(int(part) for part in numbers.groups()) < OLDEST_PADDLE:
        _log.warning(
            "paddle %s is older than %d.%d, the oldest that the guard supports; what it says may "
            "be incomplete. Training goes on.",
            version,
            *OLDEST_PADDLE,
        )


def _tree(program: ModuleType) -> Path:
    return Path(str(program.__file__)).resolve().parent.parent


def _speak(language: str) -> None:
    for earlier in [one for one in _log.filters if isinstance(one, InLanguage)]:
        _log.removeFilter(earlier)
    _log.addFilter(InLanguage(pick_language(language)))


def _log_through(logger: logging.Logger) -> None:
    """Let the guard's lines go where PaddleOCR's go: its handlers write them."""
    _log.handlers.clear()
    _log.parent = logger
    _log.propagate = True
    if _log.level == logging.NOTSET:
        _log.setLevel(logging.INFO)
