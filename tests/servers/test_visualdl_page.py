"""What the VisualDL hook writes, seen through VisualDL's own server in a browser."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chromium_pipe import Page, find_chromium

from ppocr_guard.events import Alert, EvalEnd, RunEnd, RunStart, ShrinkRatio, StepEnd, Verdict
from ppocr_guard.hooks.visualdl import VisualDL

PROGRAM = shutil.which("visualdl", path=str(Path(sys.executable).parent)) or shutil.which(
    "visualdl"
)
pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(find_chromium() is None, reason="Chromium is not installed"),
    pytest.mark.skipif(PROGRAM is None, reason="VisualDL is not installed"),
]
HMEAN = (0.79, 0.60, 0.26, 0.22, 0.20, 0.24)  # of a real run with the bug of 2.7.1
STEPS = 20  # an epoch
# Middle of a group's title; all groups of tags come folded but the first.
TITLE = """
(() => {
    const title = Array.from(document.querySelectorAll("h3")).find(h => h.textContent === "%s");
    const box = title.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
})()
"""
# All 15 charts have pixels that are neither transparent nor grey: the lines. (Titles are
# drawn, too: there is no text to look for.)
DRAWN = """
Array.from(document.querySelectorAll("canvas")).filter(canvas => {
    if (!canvas.width || !canvas.height) return false;
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let coloured = 0;
    for (let i = 0; i < data.length; i += 4) {
        const [r, g, b, a] = data.slice(i, i + 4);
        if (a > 128 && Math.max(r, g, b) - Math.min(r, g, b) > 60) coloured++;
    }
    return coloured > 50;
}).length >= 15
"""


def train(folder: Path, first: int, last: int) -> None:
    """Epochs ``first`` to ``last``; from the second on it is a resume, counting steps anew."""
    hook = VisualDL(every=1)
    config: dict[str, Any] = {"Optimizer": {"lr": {"learning_rate": 0.001}}}
    hook.on_run_start(
        RunStart(
            time.time(),
            "collapse",
            "DB/MobileNetV3",
            "2.8.1",
            config,
            str(folder),
            epoch_num=6,
            start_epoch=first,
            steps_per_epoch=STEPS,
            resumed=first > 1,
        )
    )
    step = 0
    for epoch in range(first, last + 1):
        for operator in ("MakeShrinkMap", "MakeBorderMap"):
            hook.on_shrink_ratio(
                ShrinkRatio(time.time(), epoch, step, operator, "live", 0.8096, 0.4, 0.6)
            )
        for _ in range(STEPS):
            step += 1
            loss = 1.4 + 2 / (step + (first - 1) * STEPS)
            hook.on_step(StepEnd(time.time(), epoch, step, {"loss": loss}, 0.001, 8, 0.4, 0.02))
        value = HMEAN[epoch - 1]
        hook.on_eval(
            EvalEnd(time.time(), epoch, step, epoch, {"hmean": value}, "hmean", value, 0.79)
        )
    hook.on_verdict(Verdict(time.time(), last, step, last, "collapsed", "hmean fell"))
    hook.on_alert(
        Alert(
            "hmean_collapse", "critical", "hmean 崩溃", "stop", time=time.time(), global_step=step
        )
    )
    hook.on_run_end(RunEnd(time.time(), last, step, "stopped"))
    hook.close(time.monotonic() + 10)


@dataclass
class Server:
    """VisualDL on a folder."""

    base: str
    run: str

    def api(self, path: str, **parameters: str) -> Any:
        url = f"{self.base}/app/api/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            data = json.loads(answer.read())
        assert data["status"] == 0, data
        return data["data"]

    def curve(self, tag: str) -> list[tuple[int, float]]:
        """[(step, value) ...] as the page gets them."""
        rows = self.api("scalar/list", run=self.run, tag=tag)
        return [(int(step), float(value)) for _, step, value in rows]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("collapse")
    train(folder, 1, 4)
    path = folder / "ppocr_guard" / "vdl" / "vdlrecords.guard.log"
    with path.open("ab") as file:  # what a kill leaves
        file.write(path.read_bytes()[:11])
    train(folder, 5, 6)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    words = ["--logdir", str(path.parent), "--host", "127.0.0.1", "--port", str(port)]
    log = (folder / "server.log").open("w")
    process = subprocess.Popen(
        [str(PROGRAM), *words, "--disable-telemetry"], stdout=log, stderr=subprocess.STDOUT
    )
    base = f"http://127.0.0.1:{port}"
    try:
        yield Server(base, _wait_for_run(base, process))
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def _wait_for_run(base: str, process: subprocess.Popen[bytes]) -> str:
    """The name of the one run, as soon as the server knows it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{base}/app/api/runs", timeout=5) as answer:
                runs = json.loads(answer.read())["data"]
        except (OSError, urllib.error.URLError):
            runs = []
        # The lines of a chart count as runs of their own.
        named = [run for run in runs if ":" not in run]
        if named:
            return str(named[0])
        time.sleep(0.3)
    pytest.fail("VisualDL's server is not up within 60 s")


def test_the_server_has_the_curves_of_both_launches(server: Server) -> None:
    assert server.curve("eval/hmean") == [
        (epoch * STEPS, pytest.approx(value)) for epoch, value in enumerate(HMEAN, 1)
    ]
    assert [step for step, _ in server.curve("train/loss")] == list(range(1, 6 * STEPS + 1))
    rows = server.api("scalar/list", run="collapse: live", tag="shrink_ratio/MakeShrinkMap")
    assert [(step, value) for _, step, value in rows] == [
        (epoch, pytest.approx(0.8096)) for epoch in range(1, 7)
    ]
    assert server.run == "collapse"  # by name rather than by its long path
    [run] = server.api("hparams/list")
    assert run["hparams"] == {"learning_rate": 0.001}
    assert run["metrics"]["eval/hmean"] == pytest.approx(HMEAN[-1])
    texts = {tag for tag, kind in server.api("tags").items() if kind == "text"}
    assert any(tag.endswith("guard%alerts") for tag in texts)


def test_the_page_draws_them(server: Server, tmp_path: Path) -> None:
    page = Page(str(find_chromium()), tmp_path / "profile")
    try:
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=1500,
            height=2000,
            deviceScaleFactor=1,
            mobile=False,
        )
        page.call("Page.navigate", url=f"{server.base}/app/index/scalar")
        _wait_for(page, "document.querySelectorAll('h3').length >= 4")
        for group in ("train", "shrink_ratio", "guard"):  # from below: what opens moves the rest
            x, y = page.run(TITLE % group)
            page.mouse("mouseMoved", x, y)
            page.mouse("mousePressed", x, y)
            page.mouse("mouseReleased", x, y)
            time.sleep(0.5)
        _wait_for(page, DRAWN)
        time.sleep(1.5)  # the lines come in with an animation
        page.screenshot(tmp_path / "scalar.png")
        asked = urllib.parse.unquote("\n".join(page.requests))
        for tag in ("eval/hmean", "shrink_ratio/MakeShrinkMap", "train/loss"):
            assert f"tag={tag}" in asked
    finally:
        page.close()


def _wait_for(page: Page, condition: str) -> None:
    """``condition``: JavaScript that becomes true."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if page.run(f"document.body !== null && ({condition})"):
            return
        time.sleep(0.2)
    pytest.fail(f"not true within 60 s: {condition}")
