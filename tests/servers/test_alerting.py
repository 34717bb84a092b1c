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


def test_a_condition_begins_and_resolves_over_a_restart_of_prometheus(stack: Stack) -> None:
    stack.start_trainer("recovers", "recovers", 3.0)
    name = "PpocrGuardHmeanCollapse"
    began = wait_for("the alert", lambda: stack.receiver.alerts(name, "recovers"))[0]
    stack.end("prometheus")
    stack.start("prometheus", stack.prometheus)
    held = 'run_code:ppocr_guard_condition:held{run="recovers", code="hmean_collapse"}'
    [series] = wait_for("what holds", lambda: stack.query(held))
    assert series["metric"]["severity"] == "critical"
    assert stack.receiver.alerts(name, "recovers", "resolved") == [], "it went on all the time"
    ended = wait_for("its end", lambda: stack.receiver.alerts(name, "recovers", "resolved"))[0]
    assert ended["fingerprint"] == began["fingerprint"]
    assert stack.query(held) == []
    assert stack.query('ppocr_guard_condition{run="recovers"}') == []
    [level] = stack.query('run:ppocr_guard_verdict:level{run="recovers"}')
    assert level["value"][1] == "0"


def test_a_run_that_was_killed_and_resumed_on_another_port_still_falls(stack: Stack) -> None:
    first = stack.start_trainer("moves", "collapse", 1.0)
    name, gone = "PpocrGuardHmeanCollapse", "PpocrGuardRunVanished"
    wait_for("the alert", lambda: stack.receiver.alerts(name, "moves"))
    first.kill()
    wait_for("it vanished", lambda: stack.receiver.alerts(gone, "moves"))
    second = stack.start_trainer("moves", "collapse", 1.0)
    wait_for("it is back", lambda: stack.receiver.alerts(gone, "moves", "resolved"))
    place = {
        port: f'{{run="moves", instance="127.0.0.1:{port}"}}' for port in (first.port, second.port)
    }
    [state] = stack.query(f"run:ppocr_guard_state:level{place[first.port]}")
    assert state["value"][1] == "3"
    [state] = stack.query(f"run:ppocr_guard_state:level{place[second.port]}")
    assert state["value"][1] == "0"
    held = "run_code:ppocr_guard_condition:held"
    assert stack.query(held + place[first.port]) == []
    assert {one["metric"]["code"] for one in stack.query(held + place[second.port])} == {
        "hmean_collapse",
        "shrink_ratio_unexpected",
    }

    def told_of_its_new_address() -> bool:
        told = {one["labels"]["instance"] for one in stack.receiver.alerts(name, "moves")}
        return f"127.0.0.1:{second.port}" in told

    wait_for("the alert under its new address", told_of_its_new_address)


def test_two_runs_of_one_name_are_told_apart(stack: Stack) -> None:
    falls = stack.start_trainer("twin", "collapse", 1.0)
    sound = stack.start_trainer("twin", "healthy", 1.0)
    name, gone = "PpocrGuardHmeanCollapse", "PpocrGuardRunVanished"
    wait_for("the alert", lambda: stack.receiver.alerts(name, "twin"))
    # It is "learning" until it has been evaluated often enough to be called healthy.
    judged = f'run:ppocr_guard_verdict:level{{instance="127.0.0.1:{sound.port}"}} == 0'
    wait_for("the other is healthy", lambda: stack.query(judged))
    for alert in stack.receiver.alerts(name, "twin"):
        assert alert["labels"]["instance"] == f"127.0.0.1:{falls.port}"
        assert alert["annotations"]["description"].startswith("hmean 0.2")
    levels = stack.query('run:ppocr_guard_verdict:level{run="twin"}')
    assert {one["metric"]["instance"]: one["value"][1] for one in levels} == {
        f"127.0.0.1:{falls.port}": "7",
        f"127.0.0.1:{sound.port}": "0",
    }
    sound.kill()
    alert = wait_for("it is missed", lambda: stack.receiver.alerts(gone, "twin"))[0]
    assert alert["labels"]["instance"] == f"127.0.0.1:{sound.port}"


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
