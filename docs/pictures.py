"""Makes the pictures in this folder, from real runs of the two demos.

    .venv/bin/python docs/pictures.py [DEMO_FOLDER] [--only PART ...]

Parts: report, terminal, visualdl, dashboards, fleet, recognition, long, side. A demo runs first
where a part needs it and it has not run yet. `side` shows the runs that `--runs` names on one page,
such as six of `python -m benchmarks.diagnosis fresh`. `long` alone is no real run: nobody trains
five days for a picture, so its journal of 300 000 steps is made by tests/unit/report_runs.py.
Needs Debian's `chromium` and `prometheus`.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from socket import gethostname, socket
from typing import Any, Optional

from rich.console import Console
from rich.text import Text

from ppocr_guard.demo import configs, dataset, reading, sources, train
from ppocr_guard.demo.command import BUG
from ppocr_guard.demo.presets import FINE_TUNE
from ppocr_guard.wording import LANGUAGES

sys.path.extend(str(Path(__file__).parents[1] / "tests" / kind) for kind in ("servers", "unit"))
from chromium_pipe import Page, find_chromium
from report_runs import thinned, training, write_journal

DOCS = Path(__file__).parent
GUARD = [sys.executable, "-m", "ppocr_guard"]
REPORT = "https://files.example.org/{run}/report.html"
PARTS = ("report", "terminal", "visualdl", "dashboards", "fleet", "recognition", "long", "side")


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("demo", nargs="?", type=Path, default=Path("ppocr_guard_demo"))
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--runs", nargs="+", type=Path, default=[], help="of the part `side`")
    args = parser.parse_args()
    demo: Path = args.demo.absolute()
    texts = demo.with_name(f"{demo.name}_recognition")
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)

        @cache
        def of_demo(name: str) -> Path:
            return without_places(played(demo) / name, work / "ppocr_guard_demo")

        parts = {
            "report": lambda: reports(of_demo("bug"), of_demo("fixed"), work),
            "terminal": lambda: terminal(demo, of_demo("bug"), work),
            "visualdl": lambda: visualdl([of_demo("bug"), of_demo("fixed")], work),
            "dashboards": lambda: dashboards(played(demo), work),
            "fleet": lambda: fleet(played(demo), work),
            "recognition": lambda: reader(played(texts, "--recognition"), work),
            "long": lambda: long_run(work),
            "side": lambda: side_by_side(args.runs, work),
        }
        for part in args.only:
            parts[part]()


def played(folder: Path, *more: str) -> Path:
    """The folder of a demo, which runs where it has not yet."""
    if not folder.exists():
        subprocess.run([*GUARD, "demo", *more, "--dir", str(folder)], check=True)
    return folder


@contextmanager
def browsing(work: Path) -> Iterator[Page]:
    page = Page(str(find_chromium()), Path(tempfile.mkdtemp(dir=work)))
    try:
        yield page
    finally:
        page.close()


def named(picture: str, language: str) -> str:
    return f"{picture}.png" if language == "en" else f"{picture}-{language}.png"


def save(name: str, content: bytes) -> None:
    (DOCS / name).write_bytes(content)
    print(DOCS / name, flush=True)


def without_places(run: Path, target: Path) -> Path:
    """A copy of what a report reads, in which this machine's folders and name do not stand."""
    folder = target / run.name / "ppocr_guard"
    shutil.copytree(run / "ppocr_guard", folder)
    journal = folder / "journal.jsonl"
    text = journal.read_text(encoding="utf-8")
    for place, called in (
        (str(run.parent), target.name),
        *((str(tree), "PaddleOCR") for tree in (sources.compose(*BUG), sources.compose("2.10.0"))),
        (sys.executable, "python"),
        (f'"{gethostname()}"', '"workstation"'),
    ):
        text = text.replace(place, called)
    journal.write_text(text, encoding="utf-8")
    return target / run.name


def reports(bug: Path, fixed: Path, work: Path) -> None:
    """The report of the bug in all its looks, and of both runs."""
    looks: list[Look] = [
        ("report.png", [bug], "en", 1200, 1600, False),
        ("report-dark-zh.png", [bug], "zh", 1200, 1600, True),
        ("report-phone.png", [bug], "en", 390, 2000, False),
        ("report-wide.png", [bug], "en", 1920, 1600, False),
        ("report-runs.png", [bug, fixed], "en", 1200, 1560, False),
    ]
    with browsing(work) as browser:
        for look in looks:
            report(browser, look, work)
        browser.open(work / "report.html", width=1200)
        save("report-print.pdf", browser.pdf())


# Name of the picture, runs, language, width, height, dark.
Look = tuple[str, list[Path], str, int, int, bool]


def report(browser: Page, look: Look, work: Path) -> None:
    name, shown, language, width, height, dark = look
    page = work / name.replace(".png", ".html")
    # Relative, for the page names where it was read from.
    words = [*(str(one.relative_to(work)) for one in shown), "-o", str(page)]
    run([*GUARD, "report", *words, "--language", language], work)
    browser.open(page, width=width, dark=dark)
    save(name, browser.picture(width, height))


def terminal(demo: Path, bug: Path, work: Path) -> None:
    for language in ("en", "zh"):
        words = ["watch", "ppocr_guard_demo/bug", "--once", "--language", language]
        name = "watch.svg" if language == "en" else f"watch-{language}.svg"
        printed(words, bug.parents[1], name, 0)
    rehearse(demo, work)


def printed(words: list[str], folder: Path, name: str, code: int) -> None:
    """What a command prints in ``folder``, as it looks in a terminal."""
    done = subprocess.run(
        [*GUARD, *words],
        cwd=folder,
        env={**train.environment(), "FORCE_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != code:
        sys.exit(done.stdout + done.stderr)
    console = Console(record=True, width=100, file=io.StringIO())
    console.print(Text.from_ansi(done.stdout))
    title = f"ppocr-guard {' '.join(words)}"
    # Rich takes a Chinese sign for as wide as a Latin one, and squeezes it into that.
    squeezed = r'(<text[^>]*) textLength="[^"]*"([^>]*>[^<]*[\u2e80-\uffef])'
    save(name, re.sub(squeezed, r"\1\2", console.export_svg(title=title)).encode())


def rehearse(demo: Path, work: Path) -> None:
    """A rehearsal: misspelt `alpha`, and weights of another width."""
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
    printed(words, folder, "rehearsal.svg", 1)


def visualdl(runs: list[Path], work: Path) -> None:
    """VisualDL's own pages, of the folder that holds the bug and the fix."""
    folder = work / "compared"
    for run in runs:
        shutil.copytree(run / "ppocr_guard" / "vdl", folder / run.name)
    port = free_port()
    server = [str(Path(sys.executable).with_name("visualdl")), "--logdir", "."]
    server += ["--host", "127.0.0.1", "--port", str(port), "--disable-telemetry"]
    base = f"http://127.0.0.1:{port}/app"
    with started(server, f"{base}/api/runs", folder), browsing(work) as browser:
        for page, name, width, height in (
            ("index/scalar", "visualdl.png", 1900, 1250),
            ("hyper-parameter", "visualdl-hparams.png", 3100, 420),
            ("index/sample/image", "visualdl-images.png", 1900, 900),
        ):
            shape = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            browser.call("Emulation.setDeviceMetricsOverride", **shape)
            browser.call("Page.navigate", url=f"{base}/{page}")
            time.sleep(12)  # curves come in one by one, with an animation
            save(name, browser.picture(width, height))


def dashboards(demo: Path, work: Path) -> None:
    """The dashboard of the run with the bug, which goes on to its end."""
    with scraping(work) as url, browsing(work) as browser:
        began = time.time()
        config = detector(demo, work, "my_det", 500)
        train_here(sources.compose(*BUG), config)
        for language in LANGUAGES:
            name = named("dashboard-run", language)
            preview(browser, url, "run.json", "my_det", name, began, work)


def fleet(demo: Path, work: Path) -> None:
    """Short runs: the bug with several `total_epoch`, repaired, and without."""
    runs: dict[str, tuple[Optional[int], bool]] = {
        "total_epoch_500": (500, False),
        "total_epoch_1000": (1000, False),
        "total_epoch_3000": (3000, False),
        "total_epoch_10000": (10000, False),
        "repaired": (500, True),
        "no_total_epoch": (None, False),
    }
    with scraping(work) as url, browsing(work) as browser:
        began = time.time()
        for name, (total, repair) in runs.items():
            shape = {"epoch_num": 1, "eval_batch_step": (0, 8)}
            config = detector(demo, work, name, total, repair, **shape)
            train_here(sources.compose(*BUG), config)
        for language in LANGUAGES:
            name = named("dashboard-fleet", language)
            preview(browser, url, "fleet.json", ".+", name, began, work)


def reader(texts: Path, work: Path) -> None:
    """The recogniser that loses labels: its report, and the dashboard while it goes on."""
    broken = without_places(texts / "broken", work / "ppocr_guard_demo_recognition")
    with scraping(work) as url, browsing(work) as browser:
        for language in LANGUAGES:
            name = named("report-recognition", language)
            report(browser, (name, [broken], language, 1200, 2000, False), work)
        began = time.time()
        config, options = recogniser(texts, work)
        train_here(sources.compose(reading.RELEASE), config, "-o", *options)
        for language in LANGUAGES:
            name = named("dashboard-recognition", language)
            preview(browser, url, "run.json", "my_rec", name, began, work)


def side_by_side(runs: Sequence[Path], work: Path) -> None:
    shown = [without_places(run.absolute(), work / "runs") for run in runs]
    if shown:
        with browsing(work) as browser:
            report(browser, ("report-six-runs.png", shown, "en", 1200, 1600, True), work)


def long_run(work: Path) -> None:
    """Forty epochs of 7500 steps, as a journal keeps them."""
    run_folder = work / "synthesised"
    write_journal(run_folder, thinned(training("healthy", steps=7500)))
    with browsing(work) as browser:
        report(browser, ("report-long.png", [run_folder], "en", 1200, 1560, False), work)


@contextmanager
def scraping(work: Path) -> Iterator[str]:
    """The URL of a Prometheus with the rules, which scrapes every few seconds what trains here."""
    port = free_port()
    watch = work / "watch"
    run([*GUARD, "dashboards", str(watch), "--prometheus-port", str(port), "--target", "[::1]:9"])
    file = watch / "prometheus.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("interval: 15s", "interval: 3s"), encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    server = ["prometheus", "--config.file=prometheus.yml", f"--web.listen-address={url[7:]}"]
    server.append("--storage.tsdb.path=data")  # Debian's default is one folder for all
    with started(server, f"{url}/-/ready", watch):
        yield url
    shutil.rmtree(watch)


def preview(
    browser: Page, url: str, dashboard: str, of: str, name: str, began: float, work: Path
) -> None:
    """The recogniser's in Grafana's light theme, with its row open; the others in the dark one, as
    is its default."""
    time.sleep(8)  # the last scrape, and the rules over it
    page = work / name.replace(".png", ".html")
    minutes = str(round((time.time() - began) / 60 + 0.1, 2))
    words = [url, dashboard, "--run", of, "--minutes", minutes, "-o", str(page)]
    words += ["--language", "zh" if name.endswith("-zh.png") else "en"]
    words += ["--unfold"] if of == "my_rec" else []
    run([sys.executable, "-m", "ppocr_guard.dashboards.preview", *words])
    browser.open(page, width=1400, height=900, dark=of != "my_rec")
    save(name, browser.picture(1400, 4000))


def train_here(tree: Path, config: Path, *more: str) -> None:
    words = [*GUARD, "run", "--", *train.command(tree, config), *more]
    with config.with_suffix(".log").open("wb") as log:
        quiet: dict[str, Any] = {"stdout": log, "stderr": log}
        code = subprocess.run(words, cwd=tree, env=train.environment(), check=False, **quiet)
    if code.returncode:
        sys.exit(config.with_suffix(".log").read_text(encoding="utf-8")[-3000:])


def guarded(name: str, work: Path, repair: bool = False) -> str:
    """A section whose metrics find their way to Prometheus."""
    target = work / "watch" / "targets" / "{run}.json"
    return (
        f"Guard:\n  run_name: {name}\n  hooks:\n"
        f"    ShrinkRatio: {{repair: {str(repair).lower()}}}\n"
        f"    Prometheus: {{port: 0, target_file: '{target}', report_url: '{REPORT}'}}\n"
        "    AutoStop: false\n    VisualDL: false\n    Notify: false\n"
    )


def detector(
    demo: Path, work: Path, name: str, total: Optional[int], repair: bool = False, **more: Any
) -> Path:
    """The configuration of a run that goes on from the demo's base model."""
    data = dataset.Dataset(demo / "data", demo / "data" / "train.txt", demo / "data" / "val.txt")
    options = replace(
        FINE_TUNE,
        **{"epoch_num": 3, "warmup_epoch": 1, **more},
        total_epoch=total,
        guard=guarded(name, work, repair),
        pretrained_model=demo / "base" / "latest",
    )
    return configs.write(work / f"{name}.yml", data, work / name, options)


def recogniser(texts: Path, work: Path) -> tuple[Path, list[str]]:
    """The demo's broken configuration with another `Guard:`, and options to go on from it."""
    text = (texts / "broken.yml").read_text(encoding="utf-8")
    head, _, _ = text.partition("\nGuard:\n")
    config = work / "my_rec.yml"
    config.write_text(f"{head}\n{guarded('my_rec', work)}", encoding="utf-8")
    options = {
        "epoch_num": 2,
        "eval_batch_step": [0, 15],
        "save_model_dir": work / "my_rec",
        "pretrained_model": texts / "broken" / "latest",
    }
    gentle = "Optimizer.lr.learning_rate=0.0002"  # the demo's rate is for weights from scratch
    return config, [gentle, *(f"Global.{name}={value}" for name, value in options.items())]


@contextmanager
def started(words: list[str], url: str, folder: Path = DOCS) -> Iterator[None]:
    """A server, from when it answers at ``url``."""
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(words, cwd=folder, env=dict(os.environ), **quiet)
    try:
        for _ in range(200):
            try:
                with urllib.request.urlopen(url, timeout=30):
                    break
            except OSError:
                time.sleep(1)
        else:
            sys.exit(f"{words[0]} does not answer at {url}")
        yield
    finally:
        process.terminate()
        process.wait(20)


def run(words: list[str], folder: Path = DOCS) -> None:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def free_port() -> int:
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
