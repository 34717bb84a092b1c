"""The server of the Prometheus hook: its port, who may scrape it, how long it stays."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_runs import feed, scrape, values
from pydantic import ValidationError

from ppocr_guard.hooks.prometheus import Prometheus


@pytest.fixture
def hook() -> Iterator[Prometheus]:
    hook = Prometheus(port=0, linger_seconds=0)
    yield hook
    hook.close(time.monotonic() + 5)


def test_health_says_where_the_run_is(hook: Prometheus) -> None:
    feed(hook)
    body, kind = scrape(hook, path="/health")
    assert kind.startswith("application/json")
    health = json.loads(body)
    assert (health["status"], health["run"], health["global_step"]) == ("ok", "ch_PP-OCRv4", 40)
    with pytest.raises(urllib.error.HTTPError) as failure:
        scrape(hook, path="/nothing")
    assert failure.value.code == 404


def test_it_listens_on_this_machine_only_by_default() -> None:
    options = Prometheus.Options()
    assert (options.host, options.port) == ("127.0.0.1", 9464)


def test_where_the_port_is_taken_the_next_free_one_serves(
    hook: Prometheus, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    feed(hook)
    assert hook.server is not None
    file = tmp_path / "target.json"
    second = Prometheus(port=hook.server.port, linger_seconds=0, target_file=str(file))
    with caplog.at_level(logging.WARNING, "ppocr_guard"):
        feed(second)
    assert second.server is not None
    assert second.server.port != hook.server.port
    assert scrape(second)[0]
    [entry] = json.loads(file.read_text())
    assert entry["targets"] == [second.server.target]
    [message] = caplog.messages
    assert f"port {hook.server.port} of 127.0.0.1 is taken by the guarded run" in message
    assert "'ch_PP-OCRv4'" in message
    assert message.endswith(f"This run is served on {second.server.url}.")
    second.close(time.monotonic() + 1)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux")
def test_a_process_that_holds_the_port_and_is_silent_is_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:  # as a dead run's worker has it
        port = taken.getsockname()[1]
        hook = Prometheus(port=port, linger_seconds=0)
        with caplog.at_level(logging.WARNING, "ppocr_guard"):
            feed(hook)
            hook.close(time.monotonic() + 1)
    [message] = caplog.messages
    assert f"process {os.getpid()} (" in message
    assert "a killed run left behind" in message
    assert f"`kill {os.getpid()}` ends it" in message


def test_the_address_for_others_is_one_of_this_machine(tmp_path: Path) -> None:
    file = tmp_path / "target.json"
    hook = Prometheus(host="0.0.0.0", port=0, linger_seconds=0, target_file=str(file))
    feed(hook)
    [entry] = json.loads(file.read_text())
    assert not entry["targets"][0].startswith("0.0.0.0")
    with urllib.request.urlopen(f"http://{entry['targets'][0]}/metrics", timeout=5) as response:
        assert response.status == 200
    hook.close(time.monotonic() + 1)


def test_the_entry_of_a_run_that_took_over_the_target_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "target.json"
    hooks = [Prometheus(port=0, linger_seconds=0, target_file=str(file)) for _ in range(2)]
    for hook in hooks:
        feed(hook)
    hooks[0].close(time.monotonic() + 1)
    assert hooks[1].server is not None
    assert hooks[1].server.target in file.read_text()
    hooks[1].close(time.monotonic() + 1)
    assert not file.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is inherited without fork")
def test_workers_of_a_killed_trainer_do_not_keep_the_port() -> None:
    code = f"""
    import multiprocessing, os, sys, time
    sys.path.insert(0, {str(Path(__file__).parent)!r})
    from prometheus_runs import feed
    from ppocr_guard.hooks.prometheus import Prometheus
    hook = Prometheus(port=0, linger_seconds=0)
    feed(hook)
    assert hook.server._server.socket.get_inheritable() is False
    worker = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
    worker.start()
    print(hook.server.port, worker.pid, flush=True)
    time.sleep(60)
    """
    trainer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )
    assert trainer.stdout is not None
    port, worker = map(int, trainer.stdout.readline().split())
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
            assert response.status == 200  # the fork took nothing from the parent
        trainer.kill()
        trainer.wait()
        os.kill(worker, 0)  # is there
        with pytest.raises(ConnectionRefusedError):  # nobody lets a scrape hang
            socket.create_connection(("127.0.0.1", port), timeout=5)
        again = Prometheus(port=port, linger_seconds=0)
        feed(again)
        assert again.server is not None
        assert again.server.port == port
        again.close(time.monotonic() + 1)
    finally:
        os.kill(worker, signal.SIGKILL)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"host": "192.0.2.1", "port": 0}, "host"),
        ({"port": 0, "certfile": "/missing.pem", "keyfile": "/missing.key"}, "/missing.pem"),
    ],
)
def test_other_trouble_is_one_clear_warning(
    options: dict[str, Any], word: str, caplog: pytest.LogCaptureFixture
) -> None:
    hook = Prometheus(**options)
    with caplog.at_level(logging.WARNING, "ppocr_guard"):
        feed(hook)
        hook.close(time.monotonic() + 1)
    assert len(caplog.messages) == 1
    assert word in caplog.messages[0]


def test_options_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValidationError, match="belong together"):
        Prometheus(certfile="a.pem")
    with pytest.raises(ValidationError, match="client_ca needs"):
        Prometheus(client_ca="ca.pem")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.pem, and server and client certificates that it signed."""
    folder = tmp_path_factory.mktemp("tls")
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl")

    def run(*words: str) -> None:
        subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True)

    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    usage = "keyUsage=critical,keyCertSign,cRLSign"  # Python 3.13 asks for it
    ca = ["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca", "-addext", usage]
    run("req", "-x509", *new, *ca)
    for name in ("server", "client"):
        (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
        run("req", *new, "-keyout", f"{name}.key", "-out", "csr", "-subj", f"/CN={name}")
        sign = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext"]
        run("x509", "-req", "-in", "csr", *sign, "-out", f"{name}.pem")
    return folder


def test_mutual_tls_lets_only_the_known_client_in(certificates: Path) -> None:
    hook = Prometheus(
        port=0,
        linger_seconds=0,
        certfile=str(certificates / "server.pem"),
        keyfile=str(certificates / "server.key"),
        client_ca=str(certificates / "ca.pem"),
        target_file=str(certificates / "target.json"),
    )
    feed(hook)
    assert hook.server is not None
    assert hook.server.url.startswith("https://")
    [entry] = json.loads((certificates / "target.json").read_text())
    assert entry["labels"]["__scheme__"] == "https"
    silent = socket.create_connection(("127.0.0.1", hook.server.port))  # says nothing
    stranger = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    with pytest.raises((urllib.error.URLError, OSError)):
        urllib.request.urlopen(hook.server.url, context=stranger, timeout=5).read()
    known = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    known.load_cert_chain(certificates / "client.pem", certificates / "client.key")
    with urllib.request.urlopen(hook.server.url, context=known, timeout=5) as response:
        assert b"ppocr_guard_eval_hmean_ratio" in response.read()
    silent.close()
    hook.close(time.monotonic() + 5)


def test_a_second_run_of_the_process_gets_the_port_of_one_that_lingers() -> None:
    first = Prometheus(port=0, linger_seconds=30)
    feed(first)
    assert first.server is not None
    port = first.server.port
    scrape(first)
    first.close(time.monotonic() + 1)
    second = Prometheus(port=port, linger_seconds=0)
    feed(second)
    assert second.server is not None
    assert second.server.port == port
    second.close(time.monotonic() + 1)


def _trainer(linger: float) -> subprocess.Popen[str]:
    code = f"""
    import sys, time
    sys.path.insert(0, {str(Path(__file__).parent)!r})
    from prometheus_runs import feed
    from ppocr_guard.events import RunEnd
    from ppocr_guard.hooks.prometheus import Prometheus
    hook = Prometheus(port=0, linger_seconds={linger})
    feed(hook)
    print(hook.server.url, flush=True)
    sys.stdin.readline()
    hook.on_run_end(RunEnd(1100.0, 1, 40, "finished"))
    hook.close(time.monotonic() + 5)
    print("closed", flush=True)
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_it_answers_when_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    hook = Prometheus(port=0, linger_seconds=0)
    feed(hook)
    assert hook.server is not None

    def refused(thread: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refused)
    try:
        with urllib.request.urlopen(hook.server.url, timeout=5) as response:
            assert b"ppocr_guard_epoch" in response.read()
    finally:
        monkeypatch.undo()
        hook.close(time.monotonic() + 5)


@pytest.mark.parametrize("scraped_before", [True, False])
def test_a_process_stays_for_the_last_scrape_only_if_it_was_scraped(scraped_before: bool) -> None:
    with _trainer(30) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        url = child.stdout.readline().strip()
        if scraped_before:
            urllib.request.urlopen(url, timeout=5).read()
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline() == "closed\n"
        if scraped_before:
            time.sleep(0.3)
            assert child.poll() is None
            with urllib.request.urlopen(url, timeout=5) as response:
                assert values(response.read().decode())["finished",] == 1
        assert child.wait(5) == 0
