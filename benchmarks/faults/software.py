"""Faults of hooks, packages, and of PaddleOCR itself."""

from __future__ import annotations

from pathlib import Path

from benchmarks.faults.fault import HOOK, HOOKS, KILLED, STOPPED, Fault
from benchmarks.faults.hooks import transform

STUBS = Path(__file__).parent / "stubs"


def _with(hook: str) -> str:
    return f"{HOOKS}, {{{HOOK}{hook}}}"


def _broken(package: str) -> dict[str, str]:
    """An environment in which importing the package raises."""
    return {"PYTHONPATH": str(STUBS / package)}


def _renamed(tree: Path) -> Path:
    """A PaddleOCR whose loop has another name, as a future release may have."""
    for name in ("program.py", "train.py"):
        path = tree / "tools" / name
        text = path.read_text("utf-8").replace("def train(", "def run_training(")
        path.write_text(text.replace("program.train(", "program.run_training("), "utf-8")
    return tree


def _metric_raises(tree: Path) -> Path:
    with (tree / "ppocr" / "metrics" / "det_metric.py").open("a", encoding="utf-8") as file:
        file.write("\n\nDetMetric.get_metric = lambda self: 1 / 0\n")
    return tree


SOFTWARE = [
    Fault("hook-raises", "a hook of the user raises at each step",
          "hook .*Broken: on_step failed .*Training goes on", hooks=_with("Broken: null")),
    Fault("hook-exits", "a hook of the user calls sys.exit at each step",
          "hook .*Exits: on_step failed", hooks=_with("Exits: null")),
    Fault("hook-cannot-be-made", "a hook raises when it is made", "FailsOn is off",
          hooks=_with("FailsOn: {rank: 0}")),
    Fault("hook-state", "the state of a hook is no JSON", "NoJsonState: its state cannot be saved",
          hooks=_with("NoJsonState: null")),
    Fault("hook-rubbish", "a hook returns a number", "Rubbish: on_step failed",
          hooks=_with("Rubbish: null")),
    Fault("hook-answers-itself", "a hook answers each alert with an alert",
          "AnswersItself is switched off", hooks=_with("AnswersItself: null")),
    Fault("hook-floods", "a hook reports a thousand conditions a step",
          hooks=_with("Floods: null")),
    Fault("hook-never-closes", "closing a hook takes ten minutes",
          "hook NeverCloses: closing takes longer",
          hooks=_with("NeverCloses: null")),
    Fault("hook-draws", "a hook takes of the random numbers that PaddleOCR trains with",
          hooks=_with("Draws: null")),
    Fault("clock", "the clock is set back a day", hooks=_with("SetsClockBack: null")),
    Fault("visualdl-missing", "visualdl is not installed", "VisualDL: .*visualdl",
          hooks=f"{HOOKS}, {{VisualDL: null}}", environment=_broken("visualdl")),
    Fault("apprise-missing", "the package that sends messages is not installed",
          r"Notify: .* is off: .*apprise",
          hooks=f"{HOOKS}, {{Notify: {{urls: ['tgram://123456789:abcdefg_hijklmnop/12315544/']}}}}",
          environment=_broken("apprise")),
    Fault("prometheus-missing", "prometheus_client is broken",
          "hook Prometheus is off: it cannot be imported",
          hooks=f"{HOOKS}, {{Prometheus: {{port: 0}}}}", environment=_broken("prometheus_client")),
    Fault("loop-renamed", "PaddleOCR's loop has a name that the guard does not know",
          "not guarded|cannot guard|unguarded", lost="the journal", tree=_renamed),
    Fault("metric-raises", "the user's metric divides by zero", r"ZeroDivisionError",
          training=KILLED, tree=_metric_raises),
    Fault("loss-nan", "a bad batch makes the loss NaN", r"stopped this run \(loss_not_finite\)",
          training=STOPPED, hooks=f"{HOOKS}, {{AutoStop: {{exit_code: 3}}}}",
          options={"transform": transform("Poison", "{poison_after: 9}"), "epoch_num": 20}),
    Fault("no-asserts", "Python runs with -O: no asserts", environment={"PYTHONOPTIMIZE": "1"}),
]  # fmt: skip
