"""The Prometheus hook, scraped over real sockets."""

from __future__ import annotations

import json
import logging
import math
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse
from pydantic import ValidationError

from ppocr_guard.codes import ALERT_CODES
from ppocr_guard.events import (
    VERDICTS,
    Alert,
    Condition,
    EvalEnd,
    RoundTrip,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    Verdict,
)
from ppocr_guard.guard import Guard
from ppocr_guard.hook import Hook
from ppocr_guard.hooks.prometheus import Prometheus

REPORT = "https://files.example.org/{run}/report.html"
LOSSES = {"loss": 3.0, "loss_shrink_maps": 1.5, "loss_threshold_maps": 1.0, "loss_binary_maps": 0.5}
CONFIG = {
    "Global": {"epoch_num": 500},
    "Optimizer": {"name": "Adam", "lr": {"name": "Cosine", "learning_rate": 0.001}},
    "Train": {"dataset": {"transforms": [{"MakeShrinkMap": {"total_epoch": 500}}]}},
    "PostProcess": {"unclip_ratio": 1.5},
}


def run_start(run: str = "ch_PP-OCRv4") -> RunStart:
    return RunStart(1000.0, run, "DB/MobileNetV3", "2.8.1", CONFIG, "out", 500)


def step(number: int, loss: float = 3.0) -> StepEnd:
    return StepEnd(
        1000.0 + number,
        1,
        number,
        {**LOSSES, "loss": loss},
        learning_rate=0.001,
        images=8,
        step_seconds=0.4,
        data_seconds=0.05,
    )


def feed(hook: Prometheus) -> None:
    """A short run that collapses."""
    hook.on_run_start(run_start())
    for operator in ("MakeShrinkMap", "MakeBorderMap"):
        for source in ("scheduled", "live", "measured"):
            hook.on_shrink_ratio(ShrinkRatio(1001.0, 1, 0, operator, source, 0.8096, 0.4, 0.6))
    hook.on_round_trip(RoundTrip(1001.0, 1, 0, 1.5, 0.51, 0.59, 0.43, 0.87, 40))
    for number in range(1, 41):
        hook.on_step(step(number))
    metrics = {"hmean": 0.24, "precision": 0.25, "recall": 0.23, "fps": 10.0}
    hook.on_eval(EvalEnd(1041.0, 1, 40, 1, metrics, "hmean", 0.24, 0.79, 1, 12.5))
    hook.on_verdict(Verdict(1041.0, 1, 40, 1, "collapsed"))
    hook.on_alert(Alert("hmean_collapse", "critical", "m", "a", time=1041.5))


def scrape(hook: Prometheus, accept: str = "", path: str = "") -> tuple[str, str]:
    assert hook.server is not None
    url = hook.server.url.replace("/metrics", path) if path else hook.server.url
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=5) as response:
        return response.read().decode(), response.headers["Content-Type"]


def values(text: str) -> dict[tuple[str, ...], float]:
    """(name, values of the labels beyond run and model) -> value."""
    found = {}
    for family in parse(text):
        for sample in family.samples:
            assert sample.labels["run"] == "ch_PP-OCRv4"
            assert sample.labels["model"] == "DB/MobileNetV3"
            rest = [v for k, v in sorted(sample.labels.items()) if k not in ("run", "model")]
            found[(sample.name.replace("ppocr_guard_", ""), *rest)] = sample.value
    return found


@pytest.fixture
def hook() -> Iterator[Prometheus]:
    hook = Prometheus(port=0, linger_seconds=0)
    yield hook
    hook.close(time.monotonic() + 5)


def test_all_numbers_of_a_run_are_served(hook: Prometheus) -> None:
    feed(hook)
    hook.health.overhead_seconds = 0.125
    hook.health.hook_errors["VisualDL"] = 2
    text, kind = scrape(hook)
    assert kind.startswith("text/plain")
    found = values(text)
    for operator in ("MakeShrinkMap", "MakeBorderMap"):
        for source in ("scheduled", "live", "measured"):
            assert found["effective_shrink_ratio", operator, source] == 0.8096
        assert found["expected_shrink_ratio", "low", operator] == 0.4
        assert found["expected_shrink_ratio", "high", operator] == 0.6
    assert found["eval_hmean_ratio",] == 0.24
    assert found["eval_precision_ratio",] == 0.25
    assert found["eval_recall_ratio",] == 0.23
    assert found["eval_best_hmean_ratio",] == 0.79
    assert found["eval_duration_seconds",] == 12.5
    assert {k[1]: v for k, v in found.items() if k[0] == "loss"} == LOSSES
    assert found["learning_rate",] == 0.001
    assert (found["epoch",], found["step",], found["steps_total",]) == (1, 40, 40)
    assert found["images_total",] == 320
    assert found["images_per_second",] == pytest.approx(20)
    assert found["step_duration_seconds_count",] == 40
    assert found["step_duration_seconds_sum",] == pytest.approx(16)
    assert found["step_duration_seconds_bucket", "0.2"] == 0
    assert found["step_duration_seconds_bucket", "0.5"] == 40
    assert found["data_wait_seconds_bucket", "0.1"] == 40
    assert found["data_wait_seconds_sum",] == pytest.approx(2)
    assert found["alerts_total", "hmean_collapse", "critical"] == 1
    for code in ALERT_CODES:
        assert ("alerts_total", code, "warning") in found  # at 0, so that increase() sees the first
    assert {s: found["verdict", s] for s in VERDICTS} == {
        s: float(s == "collapsed") for s in VERDICTS
    }
    assert found["last_update_timestamp_seconds",] == 1041.5
    assert found["finished",] == 0
    assert found["overhead_seconds_total",] == 0.125
    assert found["hook_errors_total", "VisualDL"] == 2
    assert found["round_trip_iou_ratio",] == 0.51
    assert found["fitting_unclip_ratio",] == 0.43
    assert 'paddleocr_release="2.8.1"' in text
    assert 'total_epoch="500"' in text


def held(hook: Prometheus) -> set[tuple[str, ...]]:
    """(code, severity, subject) of the conditions on the page."""
    return {key[1:] for key in values(scrape(hook)[0]) if key[0] == "condition"}


def test_a_condition_is_1_while_it_holds_and_goes_when_it_is_over(hook: Prometheus) -> None:
    feed(hook)
    wrong = Condition("shrink_ratio_unexpected", "critical", "m", subject="MakeShrinkMap")
    falls = Condition("hmean_collapse", "warning", "m")
    assert held(hook) == set()
    hook.on_verdict(Verdict(1042.0, 1, 41, 1, "collapsed", "", (wrong, falls)))
    assert held(hook) == {
        ("shrink_ratio_unexpected", "critical", "MakeShrinkMap"),
        ("hmean_collapse", "warning", ""),
    }
    assert {v for k, v in values(scrape(hook)[0]).items() if k[0] == "condition"} == {1}
    worse = replace(falls, severity="critical")
    hook.on_verdict(Verdict(1043.0, 1, 42, 2, "collapsed", "", (worse,)))
    assert held(hook) == {("hmean_collapse", "critical", "")}
    hook.on_verdict(Verdict(1044.0, 1, 43, 3, "healthy"))
    assert held(hook) == set()
    found = values(scrape(hook)[0])
    assert (found["verdict_level",], found["verdict", "healthy"]) == (0, 1)


def test_conditions_without_end_do_not_fill_prometheus(hook: Prometheus) -> None:
    feed(hook)
    many = tuple(Condition("mine", "info", "m", subject="x" * 90 + str(i)) for i in range(50))
    hook.on_verdict(Verdict(1042.0, 1, 41, 1, "healthy", "", many))
    assert held(hook) == {("mine", "info", "x" * 59 + "…")}
    many = tuple(Condition("mine", "info", "m", subject=f"rank {i}") for i in range(200))
    worst = Condition("hmean_collapse", "critical", "m")
    hook.on_verdict(Verdict(1042.0, 1, 41, 1, "healthy", "", (worst, *many)))
    assert len(held(hook)) == 30
    assert ("hmean_collapse", "critical", "") in held(hook)


def resumed_page(saved: dict[str, Any], **start: Any) -> dict[tuple[str, ...], float]:
    """What a launch serves before it has trained a step."""
    hook = Prometheus(port=0, linger_seconds=0)
    guard = Guard([hook])
    guard.load_state_dict(saved)
    guard.dispatch(replace(run_start(), time=2000.0, resumed=True, **start))
    found = values(scrape(hook)[0])
    guard.close(timeout=5)
    return found


def test_a_resume_shows_at_once_what_held_and_which_run_it_is() -> None:
    class Falls(Hook):
        def on_eval(self, event: EvalEnd) -> Condition:
            return Condition("hmean_collapse", "critical", "hmean fell", subject="val")

    hook = Prometheus(port=0, linger_seconds=0)
    guard = Guard([Falls(), hook])
    guard.dispatch(run_start())
    guard.dispatch(EvalEnd(1041.0, 1, 40, 5, {"hmean": 0.24}, "hmean", 0.24, 0.79, 1, 12.5))
    assert held(hook) == {("hmean_collapse", "critical", "val")}
    before = values(scrape(hook)[0])
    saved = json.loads(json.dumps(guard.state_dict()))
    guard.close(timeout=5)

    after = resumed_page(saved)
    assert after["condition", "hmean_collapse", "critical", "val"] == 1
    for name in ("verdict_level", "eval_hmean_ratio", "eval_best_hmean_ratio"):
        assert after[name,] == before[name,]
    [launch] = [key for key in after if key[0] == "launch_timestamp_seconds"]
    assert launch in before  # same run, host and folder
    assert (before[launch], after[launch]) == (1000, 2000)
    moved = resumed_page(saved, save_model_dir="elsewhere")
    [other] = [key for key in moved if key[0] == "launch_timestamp_seconds"]
    assert other[1] != launch[1]  # another folder
    assert other[2:] == launch[2:]


def test_two_runs_of_one_name_in_one_folder_are_two_runs() -> None:
    pages = []
    for _ in range(2):
        hook = Prometheus(port=0, linger_seconds=0)
        feed(hook)
        pages.append(values(scrape(hook)[0]))
        hook.close(time.monotonic() + 1)
    first, second = ({k for k in page if k[0] == "launch_timestamp_seconds"} for page in pages)
    assert first != second


@pytest.mark.parametrize(
    "state",
    [{}, {"run_id": "a", "verdict": "rotten", "evaluation": None}, {"run_id": "a", "verdict": 3}],
)
def test_a_state_that_does_not_fit_begins_anew(
    state: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    found = resumed_page({"hooks": {"Prometheus": state}})
    assert found["verdict_level",] == 1
    assert "Prometheus starts anew" in caplog.text


def test_a_run_that_was_ended_by_hand_has_not_vanished(hook: Prometheus) -> None:
    feed(hook)
    hook.on_run_end(RunEnd(1100.0, 1, 41, "interrupted"))
    assert values(scrape(hook)[0])["finished",] == 1


def test_a_whole_run_has_few_series(hook: Prometheus) -> None:
    feed(hook)
    counted = 2 * len(ALERT_CODES)  # warning and critical of each, from 0
    assert len(values(scrape(hook)[0])) - counted < 75


def test_numbers_move_and_the_end_shows(hook: Prometheus) -> None:
    feed(hook)
    hook.on_step(step(41, math.nan))
    assert math.isnan(values(scrape(hook)[0])["loss", "loss"])
    hook.on_run_end(RunEnd(1100.0, 1, 41, "stopped"))
    found = values(scrape(hook)[0])
    assert (found["finished",], found["step",]) == (1, 41)
    hook.on_run_end(RunEnd(1100.0, 1, 41, "failed"))
    assert values(scrape(hook)[0])["finished",] == 0


def test_openmetrics_is_valid(hook: Prometheus) -> None:
    feed(hook)
    text, kind = scrape(hook, "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    names = {family.name for family in parse_openmetrics(text)}
    assert {"ppocr_guard_alerts", "ppocr_guard_build", "ppocr_guard_step_duration_seconds"} <= names
    assert "_created" not in text


def test_recognition_runs_export_their_own_indicator(hook: Prometheus) -> None:
    hook.on_run_start(run_start())
    hook.on_eval(EvalEnd(1001.0, 1, 10, 1, {"acc": 0.9}, "acc", 0.9, 0.95))
    found = values(scrape(hook)[0])
    assert found["eval_main_ratio", "acc"] == 0.9
    assert found["eval_best_main_ratio", "acc"] == 0.95
    assert ("eval_best_hmean_ratio",) not in found


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
    from test_prometheus import *
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
    run("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca")
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
    from test_prometheus import *
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


def test_promtool_finds_nothing(hook: Prometheus) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool (Debian package prometheus)")
    feed(hook)
    result = subprocess.run(
        [promtool, "check", "metrics"],
        input=scrape(hook)[0],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_page_names_the_report_where_it_is_told_of_it(tmp_path: Path) -> None:
    found = {}
    for name, options in (("told", {"report_url": REPORT}), ("not", {})):
        page = tmp_path / f"{name}.prom"
        guard = Guard([Prometheus(port=None, textfile=str(page), **options)])
        guard.dispatch(run_start("run 1"))
        guard.close(timeout=10)
        families = parse(page.read_text(encoding="utf-8"))
        found[name] = [
            s.labels["report_url"]
            for family in families
            for s in family.samples
            if s.name == "ppocr_guard_report_info"
        ]
    assert found == {"told": ["https://files.example.org/run%201/report.html"], "not": []}
    with pytest.raises(ValueError, match="report_url"):
        Prometheus(report_url="https://user:secret@files.example.org")
