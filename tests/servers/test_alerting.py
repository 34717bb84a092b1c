"""An alert on its way: training, Prometheus, Alertmanager, webhook receiver; all real."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from real_servers import Stack, program, wait_for

pytestmark = pytest.mark.servers
FOLDER = Path(__file__).parents[2] / "dashboards"


def test_a_collapse_rings_the_phone(stack: Stack) -> None:
    trainer = stack.start_trainer("falls", "collapse", 1.5)
    name = "PpocrGuardHmeanCollapse"
    alert = wait_for("the alert", lambda: stack.receiver.alerts(name, "falls"))[0]
    assert alert["receiver"] == "phone"
    assert alert["labels"]["code"] == "hmean_collapse"
    assert alert["labels"]["severity"] == "critical"
    assert alert["labels"]["model"] == "DB/MobileNetV3"
    assert alert["annotations"]["description"].startswith("hmean 0.2")
    assert "best 0.790" in alert["annotations"]["description"]
    place = f"var-job=ppocr_guard&var-instance=127.0.0.1%3A{trainer.port}&var-run=falls"
    assert alert["annotations"]["dashboard"].endswith(f"/d/ppocr-guard-run?{place}")
    # The cause is named too, though its counter was 1 at the very first scrape.
    cause = "PpocrGuardShrinkRatioUnexpected"
    wait_for("its cause", lambda: stack.receiver.alerts(cause, "falls"))

    assert trainer.finish() == 0
    time.sleep(5)  # five evaluations of the rules later, the trainer is gone but not the news
    assert stack.receiver.alerts(name, "falls", "resolved") == []


def test_a_killed_run_has_vanished_and_a_finished_one_has_not(stack: Stack) -> None:
    killed = stack.start_trainer("killed", "healthy")
    finished = stack.start_trainer("finished", "healthy")
    for run in ("killed", "finished"):
        seen = f'ppocr_guard_step{{run="{run}"}} > 0'
        wait_for(f"{run} is scraped", lambda seen=seen: stack.query(seen))
    started = time.monotonic()
    assert finished.finish() == 0
    assert time.monotonic() - started < 15, "it waits for one scrape, not for linger_seconds"
    killed.kill()
    name = "PpocrGuardRunVanished"
    alert = wait_for("the alert", lambda: stack.receiver.alerts(name, "killed"))[0]
    assert alert["receiver"] == "phone"
    assert f"127.0.0.1:{killed.port}" in alert["annotations"]["description"]
    assert stack.query('ppocr_guard_step{run="finished"}') == []
    assert stack.receiver.alerts(name, "finished") == []
    assert stack.query('ALERTS{alertname="PpocrGuardRunVanished", run="finished"}') == []


@pytest.mark.parametrize(
    ("severity", "receiver"), [("critical", "phone"), ("warning", "chat"), ("info", "digest")]
)
def test_each_severity_has_its_route(severity: str, receiver: str) -> None:
    done = subprocess.run(
        [
            program("amtool"),
            "config",
            "routes",
            "test",
            "--config.file=alertmanager.yml",
            f"severity={severity}",
            "run=a",
        ],
        cwd=FOLDER,
        text=True,
        capture_output=True,
    )
    assert (done.returncode, done.stdout.strip()) == (0, receiver), done.stderr


def test_amtool_accepts_what_we_ship() -> None:
    done = subprocess.run(
        [program("amtool"), "check-config", "alertmanager.yml"],
        cwd=FOLDER,
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
