"""Metrics for where nobody can scrape: textfile, Pushgateway, file_sd."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_runs import feed, run_start, values

from ppocr_guard.events import (
    RunEnd,
)
from ppocr_guard.hooks.prometheus import Prometheus


def test_textfile_has_the_last_numbers(tmp_path: Path) -> None:
    hook = Prometheus(port=None, textfile=str(tmp_path / "sub" / "{run}.prom"))
    feed(hook)
    hook.on_run_end(RunEnd(1100.0, 1, 40, "finished"))
    hook.close(time.monotonic() + 5)
    found = values((tmp_path / "sub" / "ch_PP-OCRv4.prom").read_text())
    assert found["finished",] == 1
    assert [p.name for p in (tmp_path / "sub").iterdir()] == ["ch_PP-OCRv4.prom"]


def test_target_file_is_there_while_the_server_is(tmp_path: Path) -> None:
    file = tmp_path / "targets" / "{run}.json"
    hook = Prometheus(port=0, linger_seconds=0, target_file=str(file))
    hook.on_run_start(run_start("a b"))
    assert hook.server is not None
    [entry] = json.loads((tmp_path / "targets" / "a_b.json").read_text())
    assert entry["targets"] == [f"127.0.0.1:{hook.server.port}"]
    hook.close(time.monotonic() + 5)
    assert list((tmp_path / "targets").iterdir()) == []


class _Gateway(http.server.BaseHTTPRequestHandler):
    got: list[tuple[str, str, bytes]] = []
    status = 200

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, self.headers.get("Authorization", ""), body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[int]:
    _Gateway.got.clear()
    _Gateway.status = 200
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Gateway)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_pushgateway_gets_the_run_with_its_login_from_the_environment(
    gateway: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PUSH", f"http://user:hush%21hush@127.0.0.1:{gateway}")
    hook = Prometheus(port=None, pushgateway="${PUSH}")
    feed(hook)
    hook.on_run_end(RunEnd(1100.0, 1, 40, "finished"))
    hook.close(time.monotonic() + 5)
    path, login, body = _Gateway.got[-1]
    assert path == "/metrics/job/ppocr_guard/run/ch_PP-OCRv4"
    assert login == "Basic dXNlcjpodXNoIWh1c2g="
    assert values(body.decode())["finished",] == 1
    assert not caplog.messages


def test_a_pushgateway_that_refuses_is_reported_once_without_its_password(
    gateway: int, caplog: pytest.LogCaptureFixture
) -> None:
    _Gateway.status = 500
    hook = Prometheus(port=None, pushgateway=f"http://user:hush@127.0.0.1:{gateway}")
    feed(hook)
    hook.close(time.monotonic() + 5)
    assert len(_Gateway.got) >= 2
    assert len(caplog.messages) == 1
    assert "Pushgateway http://127.0.0.1" in caplog.messages[0]
    assert "hush" not in caplog.text


def test_an_unset_variable_is_named(caplog: pytest.LogCaptureFixture) -> None:
    hook = Prometheus(port=None, pushgateway="${NO_SUCH_GATEWAY}")
    feed(hook)
    hook.close(time.monotonic() + 1)
    assert "NO_SUCH_GATEWAY is not set" in caplog.text
