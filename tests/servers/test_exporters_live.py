"""Notify to a real Alertmanager; Prometheus to a real Pushgateway."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import pytest
from real_servers import Receiver, Stack, free_port, get, wait_for

from ppocr_guard.cli import main
from ppocr_guard.events import Alert, EvalEnd, RunEnd, RunStart
from ppocr_guard.hooks.notify import Notify
from ppocr_guard.hooks.prometheus import Prometheus

pytestmark = pytest.mark.servers


def run_start(run: str) -> RunStart:
    return RunStart(time.time(), run, "DB/MobileNetV3", "2.8.1", {}, "out", 500)


def collapse() -> Alert:
    return Alert(
        "hmean_collapse", "critical", "hmean fell to 0.24.", "Stop the run.", time=time.time()
    )


def test_an_alert_sent_straight_to_alertmanager_reaches_its_receiver(
    stack: Stack,
) -> None:
    hook = Notify(urls=[f"{stack.alertmanager}/api/v2/alerts"], language="zh")
    hook.on_run_start(run_start("straight"))
    hook.on_alert(collapse())
    hook.on_run_end(RunEnd(time.time(), 1, 1, "failed", error="boom"))
    hook.close(time.monotonic() + 10)
    receiver: Receiver = stack.receiver
    [alert] = wait_for(
        "the alert at the receiver", lambda: receiver.alerts("PpocrGuardHmeanCollapse", "straight")
    )[:1]
    assert alert["labels"]["severity"] == "critical"
    assert alert["annotations"]["description"] == "hmean fell to 0.24."
    assert "验证指标" in alert["annotations"]["summary"]
    wait_for("the failed run", lambda: receiver.alerts("PpocrGuardRunFailed", "straight"))


def test_a_test_message_is_soon_over(stack: Stack) -> None:
    address = f"{stack.alertmanager}/api/v2/alerts"
    assert main(["notify", "--test", "--url", address]) == 0
    held = [one for one in get(address) if one["labels"]["run"] == "notify-test"]
    assert len(held) == 1
    over = datetime.fromisoformat(held[0]["endsAt"].replace("Z", "+00:00"))
    assert (over - datetime.now(timezone.utc)).total_seconds() <= 60


@contextmanager
def pushgateway(folder: Path) -> Iterator[str]:
    program = shutil.which("prometheus-pushgateway") or shutil.which("pushgateway")
    if program is None:
        pytest.skip("pushgateway is not installed: apt-get install prometheus-pushgateway")
    address = f"127.0.0.1:{free_port()}"
    with (folder / "pushgateway.log").open("w") as log:
        process = subprocess.Popen(
            [program, f"--web.listen-address={address}"], stdout=log, stderr=subprocess.STDOUT
        )
        try:
            wait_for("Pushgateway", lambda: get(f"http://{address}/-/ready") is not None)
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def test_two_runs_stand_side_by_side_in_a_pushgateway(tmp_path: Path) -> None:
    with pushgateway(tmp_path) as url:
        for run, value in (("first", 0.24), ("second run/2", 0.95)):
            hook = Prometheus(port=None, pushgateway=url)
            hook.on_run_start(run_start(run))
            hook.on_eval(EvalEnd(time.time(), 1, 1, 1, {"hmean": value}, "hmean", value, value))
            hook.on_alert(collapse())
            hook.on_run_end(RunEnd(time.time(), 1, 1, "finished"))
            hook.close(time.monotonic() + 10)
        lines = get(f"{url}/metrics").splitlines()
        for run, value in (("first", "0.24"), ("second run/2", "0.95")):
            [line] = [
                line
                for line in lines
                if line.startswith("ppocr_guard_eval_hmean_ratio{") and f'run="{run}"' in line
            ]
            assert 'job="ppocr_guard"' in line
            assert line.endswith(f" {value}")
        assert sum(line.startswith("ppocr_guard_finished{") for line in lines) == 2
