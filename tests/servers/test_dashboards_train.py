"""The dashboards and rules on a real guarded PaddleOCR training with the bug of PP-OCRv4."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from real_servers import Stack, StartTraining, wait_for

from ppocr_guard.dashboards.queries import DASHBOARDS, expand, load_dashboard

pytestmark = [pytest.mark.servers, pytest.mark.train]
REPORT = "https://files.example.org/bug.html"
VALUES = {
    "job": "ppocr_guard",
    "instance": ".+",
    "run": "bug",
    "__rate_interval": "30s",
    "__range": "10m",
}


@pytest.fixture(scope="module")
def start_training(tmp_path_factory: pytest.TempPathFactory) -> StartTraining:
    pytest.importorskip("paddle", reason="needs `pip install ppocr-guard[demo,test]`")
    from ppocr_guard.demo import configs, dataset, sources, train

    folder = tmp_path_factory.mktemp("real")
    data = dataset.make_dataset(folder / "data", train_images=64, val_images=6, size=160)
    tree = sources.compose("2.9.0", "2.8.1")  # passes the seed; takes it for the epoch

    def start(port: int, run: str, scenario: str, seconds: float) -> subprocess.Popen[str]:
        options = configs.RunOptions(
            epoch_num=3,
            eval_batch_step=(0, 4),
            total_epoch=500,
            backbone_scale=0.5,
            neck_channels=16,
            guard=f"Guard:\n  run_name: {run}\n  hooks:\n"
            f"    Prometheus: {{port: {port}, report_url: {REPORT}}}\n"
            "    AutoStop: false\n    VisualDL: false\n    Notify: false\n",
        )
        config = configs.write(folder / f"{run}.yml", data, folder / run, options)
        command = [sys.executable, "-m", "ppocr_guard", "run", "--", *train.command(tree, config)]
        log = (folder / f"{run}.log").open("w")
        environment = {**train.environment(), "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            command,
            cwd=tree,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def test_a_real_training_fills_every_panel_and_its_alerts_arrive(
    stack: Stack, tmp_path: Path
) -> None:
    trainer = stack.start_trainer("bug", "collapse")
    evaluated = 'ppocr_guard_eval_duration_seconds{run="bug"}'
    wait_for("the first evaluation", lambda: stack.query(evaluated), timeout=180)
    for code in ("ShrinkRatioUnexpected", "UnclipMismatch"):
        name = f"PpocrGuard{code}"
        alert = wait_for(name, lambda name=name: stack.receiver.alerts(name, "bug"))[0]
        assert "Effective shrink ratio 0.810." in alert["annotations"]["description"]
    wait_for(
        "images counted", lambda: stack.query('rate(ppocr_guard_images_total{run="bug"}[10s]) > 0')
    )
    empty = []
    for name in DASHBOARDS:
        for panel in load_dashboard(name)["panels"]:  # without the folded ones, of recognition
            if panel["type"] == "row":
                continue
            exprs = [expand(target["expr"], VALUES) for target in panel["targets"]]
            series = [one for expr in exprs for one in stack.query_range(expr, 120)]
            if not any(value != "NaN" for one in series for _, value in one["values"]):
                empty.append(f"{name}: {panel['title']}")
    assert empty == []

    assert trainer.process.wait(timeout=240) == 0
    state = 'last_over_time(ppocr_guard_finished{run="bug"}[5m])'
    (finished,) = stack.query(state)
    assert finished["value"][1] == "1", "the last scrape saw the end of the run"
    assert stack.receiver.alerts("PpocrGuardRunVanished", "bug") == []
