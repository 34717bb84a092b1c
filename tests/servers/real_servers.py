"""Real servers, each in a process and a folder of its own, with the files we ship."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Optional

import pytest

from ppocr_guard.dashboards.write import render, save

HERE = Path(__file__).parent
# (port of the Prometheus hook, run name, scenario, seconds an epoch) -> process
StartTraining = Callable[[int, str, str, float], "subprocess.Popen[str]"]
APT = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
}


def program(name: str) -> str:
    """Path of a program, under Debian's name or upstream's; the test is skipped without it."""
    found = shutil.which(f"prometheus-{name}") or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install {APT[name]}")
    return found


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as answer:
        text = answer.read().decode()
    return json.loads(text) if text.startswith(("{", "[")) else text


def wait_for(what: str, condition: Callable[[], Any], timeout: float = 40.0) -> Any:
    """The first true answer of ``condition``; fails the test after ``timeout`` seconds."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            answer = condition()
        except (OSError, urllib.error.URLError):
            answer = None
        if answer:
            return answer
        time.sleep(0.2)
    pytest.fail(f"{what}: not within {timeout:g} s")


@dataclass
class Trainer:
    """A guarded training in a process of its own."""

    run: str
    port: int
    process: subprocess.Popen[str]

    def finish(self) -> int:
        """End the run in an orderly way; the exit code."""
        assert self.process.stdin
        self.process.stdin.write("finish\n")
        self.process.stdin.flush()
        return self.process.wait(timeout=40)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)


class Receiver:
    """A webhook receiver that keeps what Alertmanager posts."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        messages = self.messages

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                messages.append(json.loads(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/alerts"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def alerts(self, name: str, run: str, status: str = "firing") -> list[dict[str, Any]]:
        """(message, alert) pairs as one dict: the alert, with the message's ``receiver``."""
        return [
            {**alert, "receiver": message["receiver"]}
            for message in list(self.messages)
            for alert in message["alerts"]
            if alert["status"] == status
            and alert["labels"]["alertname"] == name
            and alert["labels"]["run"] == run
        ]


@dataclass
class Stack:
    """Prometheus, Alertmanager, a webhook receiver, and the trainings they watch."""

    folder: Path
    receiver: Receiver
    start_training: StartTraining
    prometheus: str = ""
    alertmanager: str = ""
    trainers: list[Trainer] = field(default_factory=list)
    processes: dict[str, subprocess.Popen[Any]] = field(default_factory=dict)
    commands: dict[str, list[str]] = field(default_factory=dict)

    def start_trainer(self, run: str, scenario: str, seconds: float = 2.0) -> Trainer:
        """A training that Prometheus finds by itself, as a user adds one to targets.yml."""
        port = free_port()
        process = self.start_training(port, run, scenario, seconds)
        trainer = Trainer(run, port, process)
        self.trainers.append(trainer)
        targets = [f"127.0.0.1:{one.port}" for one in self.trainers]
        (self.folder / "targets.yml").write_text(json.dumps([{"targets": targets}]))
        return trainer

    def start(self, name: str, url: str) -> None:
        """One of the servers; with the data that it left."""
        with (self.folder / f"{name}.log").open("a") as log:
            self.processes[name] = subprocess.Popen(
                self.commands[name], cwd=self.folder, stdout=log, stderr=subprocess.STDOUT
            )
        wait_for(f"{url} ready", lambda: get(f"{url}/-/ready") is not None)

    def end(self, name: str) -> None:
        process = self.processes.pop(name)
        process.terminate()
        process.wait(timeout=20)

    def query(self, expr: str, at: Optional[float] = None) -> list[dict[str, Any]]:
        parameters = {"query": expr, **({"time": str(at)} if at else {})}
        answer = get(f"{self.prometheus}/api/v1/query?{urllib.parse.urlencode(parameters)}")
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def query_range(self, expr: str, seconds: float = 60) -> list[dict[str, Any]]:
        now = time.time()
        parameters = {"query": expr, "start": now - seconds, "end": now, "step": "1"}
        answer = get(f"{self.prometheus}/api/v1/query_range?{urllib.parse.urlencode(parameters)}")
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def label_values(self, series: str, label: str) -> list[str]:
        """What Grafana asks for ``label_values(series, label)``."""
        path = f"{self.prometheus}/api/v1/label/{label}/values"
        values: list[str] = get(f"{path}?{urllib.parse.urlencode({'match[]': series})}")["data"]
        return values


def hasten(folder: Path) -> None:
    """Seconds instead of minutes, so that a test need not wait; all else stays as shipped."""
    changes = {
        "prometheus.yml": {"interval: 15s": "interval: 1s"},
        "rules.yml": {"for: 1m\n": "for: 2s\n"},
        "alertmanager.yml": {"group_wait: 10s": "group_wait: 1s", "interval: 1m": "interval: 1s"},
    }
    for name, replacements in changes.items():
        text = (folder / name).read_text()
        for old, new in replacements.items():
            assert old in text, f"{name} no longer has {old!r}"
            text = text.replace(old, new)
        (folder / name).write_text(text)


@pytest.fixture(scope="module")
def start_training(tmp_path_factory: pytest.TempPathFactory) -> StartTraining:
    """What trains: a real guard and hook, fed with events. Overridden where PaddleOCR trains.
    A run that is started again is resumed; one of another scenario is another run of its name."""
    runs = tmp_path_factory.mktemp("runs")

    def start(port: int, run: str, scenario: str, seconds: float) -> subprocess.Popen[str]:
        folder = runs / f"{run}-{scenario}"
        folder.mkdir(exist_ok=True)
        command = [sys.executable, str(HERE / "fed_trainer.py"), str(port), run, scenario]
        command += [str(seconds), str(folder)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, text=True)

    return start


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, start_training: StartTraining
) -> Iterator[Stack]:
    """What `ppocr-guard dashboards` writes, running."""
    prometheus, alertmanager = program("prometheus"), program("alertmanager")
    folder = tmp_path_factory.mktemp("watch")
    receiver = Receiver()
    ports = {"prometheus": free_port(), "alertmanager": free_port(), "grafana": free_port()}
    save(folder, render(["127.0.0.1:1"], webhook=receiver.url, **ports), force=False)
    hasten(folder)
    stack = Stack(folder, receiver, start_training)
    stack.prometheus = f"http://127.0.0.1:{ports['prometheus']}"
    stack.alertmanager = f"http://127.0.0.1:{ports['alertmanager']}"
    stack.commands = {
        "prometheus": [
            prometheus,
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=tsdb",
            f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
        ],
        "alertmanager": [
            alertmanager,
            "--config.file=alertmanager.yml",
            "--storage.path=alerts",
            "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{ports['alertmanager']}",
        ],
    }
    try:
        stack.start("prometheus", stack.prometheus)
        stack.start("alertmanager", stack.alertmanager)
        yield stack
    finally:
        for trainer in stack.trainers:
            trainer.process.terminate()
        for name in list(stack.processes):
            stack.end(name)
        receiver.server.shutdown()
