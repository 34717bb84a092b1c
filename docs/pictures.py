"""Makes the README's pictures from real runs; `make demo` must have run before.

    .venv/bin/python docs/pictures.py [DEMO_FOLDER] [--reports]

Needs Debian's `chromium` and `prometheus`.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from socket import gethostname, socket

from rich.console import Console
from rich.text import Text

from ppocr_guard.demo import configs, dataset, sources, train
from ppocr_guard.demo.command import BUG
from ppocr_guard.demo.presets import FINE_TUNE, TOTAL_EPOCH

DOCS = Path(__file__).parent
GUARD = [sys.executable, "-m", "ppocr_guard"]
RUN = "ppocrv4_total_epoch_500"
CHROMIUM = [
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=5000",
]


def main() -> None:
    places = [word for word in sys.argv[1:] if not word.startswith("-")]
    demo = Path(places[0] if places else "ppocr_guard_demo").absolute()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        reports(demo, work)
        if "--reports" in sys.argv:
            return
        rehearse(demo, work)
        page = work / "run.html"
        url = train_watched(demo, work)
        preview = [sys.executable, "-m", "ppocr_guard.dashboards.preview", url, "run.json"]
        run([*preview, "--run", RUN, "--minutes", "3", "-o", str(page)])
        screenshot(page, DOCS / "dashboard-run.png", 1400, 2450, work)


def reports(demo: Path, work: Path) -> None:
    """The report of the bug in all its looks, and of the bug beside the fix."""
    sys.path.append(str(DOCS.parent / "tests" / "servers"))
    from chromium_pipe import Page, find_chromium

    runs = [without_places(demo, name, work / "runs") for name in ("bug", "fixed")]
    browser = Page(str(find_chromium()), work / "browser")
    looks: list[tuple[str, list[Path], str, int, int, bool]] = [
        ("report.png", runs[:1], "en", 1200, 1600, False),
        ("report-dark-zh.png", runs[:1], "zh", 1200, 1600, True),
        ("report-phone.png", runs[:1], "en", 390, 2000, False),
        ("report-wide.png", runs[:1], "en", 1920, 1600, False),
        ("report-runs.png", runs, "en", 1200, 1560, False),
    ]
    try:
        for name, shown, language, width, height, dark in looks:
            page = work / name.replace(".png", ".html")
            words = [*map(str, shown), "-o", str(page), "--language", language]
            run([*GUARD, "report", *words])
            browser.open(page, width=width, dark=dark)
            (DOCS / name).write_bytes(browser.picture(width, height))
            print(DOCS / name)
        browser.open(work / "report.html", width=1200)
        (DOCS / "report-print.pdf").write_bytes(browser.pdf())
        print(DOCS / "report-print.pdf")
    finally:
        browser.close()


def without_places(demo: Path, name: str, target: Path) -> Path:
    """A copy of what a report reads, in which this machine's folders and name do not stand."""
    folder = target / name / "ppocr_guard"
    shutil.copytree(demo / name / "ppocr_guard", folder)
    journal = folder / "journal.jsonl"
    text = journal.read_text(encoding="utf-8")
    trees = str(sources.compose(*BUG))
    for place, called in (
        (str(demo), "ppocr_guard_demo"),
        (trees, "PaddleOCR"),
        (sys.executable, "python"),
        (f'"{gethostname()}"', '"workstation"'),
    ):
        text = text.replace(place, called)
    journal.write_text(text, encoding="utf-8")
    return target / name


def rehearse(demo: Path, work: Path) -> None:
    """The terminal's output of a rehearsal: misspelt `alpha`, and weights of another width."""
    folder = work / "rehearsal"
    folder.mkdir()
    for name, target in (("data", demo / "data"), ("PaddleOCR", sources.compose(*BUG))):
        (folder / name).symlink_to(target)
    for file in (demo / "base").glob("latest.pd*"):
        (folder / file.name).symlink_to(file)
    data = dataset.Dataset(folder / "data", folder / "data/train.txt", folder / "data/val.txt")
    options = replace(FINE_TUNE, backbone_scale=0.5, pretrained_model=folder / "latest")
    config = configs.write(folder / "my_det.yml", data, folder / "output", options)
    text = config.read_text(encoding="utf-8").replace(f"{folder}/", "")
    config.write_text(text.replace("  alpha: 5\n", "  alpa: 5\n"), encoding="utf-8")
    words = ["check", "my_det.yml", "--rehearse", "--paddleocr", "PaddleOCR"]
    done = subprocess.run(
        [*GUARD, *words],
        cwd=folder,
        env={**train.environment(), "FORCE_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 1:
        sys.exit(done.stdout + done.stderr)
    console = Console(record=True, width=100, file=io.StringIO())
    console.print(Text.from_ansi(done.stdout))
    picture = DOCS / "rehearsal.svg"
    console.save_svg(str(picture), title=f"ppocr-guard {' '.join(words)}")
    print(picture)


def train_watched(demo: Path, work: Path) -> str:
    """Train with the bug to the end, scraped by a Prometheus; its address."""
    port, prometheus_port = free_port(), free_port()
    data = dataset.Dataset(demo / "data", demo / "data" / "train.txt", demo / "data" / "val.txt")
    tree = sources.compose(*BUG)
    guard = (
        f"Guard:\n  run_name: {RUN}\n  hooks:\n    Prometheus: {{port: {port}}}\n"
        "    AutoStop: false\n    VisualDL: false\n    Notify: false\n"
    )
    options = replace(
        FINE_TUNE,
        epoch_num=8,
        total_epoch=TOTAL_EPOCH,
        guard=guard,
        pretrained_model=demo / "base" / "latest",
    )
    config = configs.write(work / "bug.yml", data, work / "out", options)
    watch = work / "watch"
    ports = ["--prometheus-port", str(prometheus_port), "--target", f"127.0.0.1:{port}"]
    run([*GUARD, "dashboards", str(watch), *ports])
    file = watch / "prometheus.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("interval: 15s", "interval: 1s"), encoding="utf-8")
    address = f"127.0.0.1:{prometheus_port}"
    server = subprocess.Popen(
        ["prometheus", "--config.file=prometheus.yml", f"--web.listen-address={address}"],
        cwd=watch,
        stderr=subprocess.DEVNULL,
    )
    CLEAN_UP.append(server)
    run([*GUARD, "run", "--", *train.command(tree, config)], cwd=tree, env=train.environment())
    time.sleep(5)
    return f"http://{address}"


CLEAN_UP: list[subprocess.Popen[bytes]] = []


def screenshot(page: Path, picture: Path, width: int, height: int, work: Path) -> None:
    profile = f"--user-data-dir={work / 'chromium'}"
    size = f"--window-size={width},{height}"
    run([*CHROMIUM, profile, size, f"--screenshot={picture.absolute()}", page.as_uri()])
    print(picture)


def run(words: list[str], **more: object) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload]
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def free_port() -> int:
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    try:
        main()
    finally:
        for process in CLEAN_UP:
            process.terminate()
