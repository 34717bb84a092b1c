"""The report in a real browser: drawn, quiet, alone, and usable."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from chromium_pipe import Page, find_chromium

from ppocr_guard.cli import main

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(find_chromium() is None, reason="Chromium is not installed"),
]


def _runs() -> ModuleType:
    """tests/unit/report_runs.py, which makes journals."""
    path = Path(__file__).parents[1] / "unit" / "report_runs.py"
    spec = importlib.util.spec_from_file_location("report_runs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault("report_runs", module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    opened = Page(str(find_chromium()), tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    runs, folder = _runs(), tmp_path_factory.mktemp("reports")
    runs.write_journal(folder / "stopped", runs.training("collapse", stop_at=6))
    runs.write_journal(folder / "healthy", runs.training("healthy"))
    runs.write_journal(folder / "long", runs.thinned(runs.training("healthy", steps=7500)))
    found = {}
    for name, inputs, language in (
        ("stopped", ["stopped"], "en"),
        ("stopped_zh", ["stopped"], "zh"),
        ("long", ["long"], "en"),
        ("both", ["stopped", "healthy"], "en"),
        ("six", ["stopped", "healthy", "stopped", "stopped", "healthy", "long"], "en"),
    ):
        found[name] = folder / f"{name}.html"
        places = [str(folder / one) for one in inputs]
        assert main(["report", *places, "-o", str(found[name]), "--language", language]) == 0
    return found


def _unfold(page: Page) -> None:
    page.run("document.querySelectorAll('details.one').forEach((part) => { part.open = true; })")
    page.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")


def _drawn(page: Page) -> list[str]:
    return page.run(
        "[...document.querySelectorAll('.plot')].filter((p) => p.querySelector('canvas'))"
        ".map((p) => p.dataset.chart)"
    )


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["stopped", "stopped_zh", "long", "both", "six"])
def test_draws_all_curves_quietly(
    page: Page, reports: dict[str, Path], name: str, width: int, dark: bool
) -> None:
    page.problems.clear()
    page.requests.clear()
    page.open(reports[name], width=width, dark=dark)
    _unfold(page)
    assert set(_drawn(page)) >= {"metric", "ratio", "loss", "lr", "pace"}
    assert page.run("document.querySelectorAll('.plot:not([data-drawn])').length") == 0
    assert page.problems == []
    assert [url for url in page.requests if not url.startswith("file:")] == []
    # Nothing sticks out of the window.
    assert page.run("document.documentElement.scrollWidth") <= width
    background = page.run("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(15, 18, 23)" if dark else "rgb(245, 246, 248)")


def test_curves_are_painted_in_their_color(page: Page, reports: dict[str, Path]) -> None:
    page.open(reports["stopped"])
    painted = page.run(
        """(() => {
          const canvas = document.querySelector('[data-chart="metric"] canvas');
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let found = 0;
          for (let i = 0; i < data.length; i += 4) {
            if (data[i] === 0x2f && data[i + 1] === 0x62 && data[i + 2] === 0xd9) found++;
          }
          return found;
        })()"""
    )
    assert painted > 500


def _plot_box(page: Page, chart: str) -> dict[str, float]:
    return page.run(
        f"""(() => {{
          const over = document.querySelector('[data-chart="{chart}"] .u-over');
          over.scrollIntoView({{ block: 'center' }});
          const box = over.getBoundingClientRect();
          return {{ left: box.left, top: box.top, width: box.width, height: box.height }};
        }})()"""
    )


def _legend(page: Page, chart: str) -> str:
    return page.run(f"document.querySelector('[data-chart=\"{chart}\"] .u-legend').innerText")


def test_hover_reads_values_and_alerts(page: Page, reports: dict[str, Path]) -> None:
    page.open(reports["stopped"])
    box = _plot_box(page, "metric")
    middle = box["top"] + box["height"] / 2
    page.mouse("mouseMoved", box["left"] + box["width"] * 40 / 120, middle)
    assert "40 · epoch 2 · evaluation 2" in _legend(page, "metric")
    assert "0.6" in _legend(page, "metric")
    assert "40 · epoch 2" in _legend(page, "loss")  # the cursor is shared by the run's charts
    page.mouse("mouseMoved", box["left"] + box["width"] * 80 / 120, middle)
    assert "hmean_collapse" in page.run(
        "document.querySelector('[data-chart=metric] .tip').innerText"
    )


def test_drag_zooms_all_step_charts_and_double_click_resets(
    page: Page, reports: dict[str, Path]
) -> None:
    page.open(reports["stopped"])

    box = _plot_box(page, "loss")
    middle = box["top"] + box["height"] / 2
    shot_before = page.run("document.querySelector('[data-chart=lr] canvas').toDataURL()")
    page.mouse("mouseMoved", box["left"] + box["width"] * 0.25, middle)
    page.mouse("mousePressed", box["left"] + box["width"] * 0.25, middle)
    page.mouse("mouseMoved", box["left"] + box["width"] * 0.5, middle)
    page.mouse("mouseReleased", box["left"] + box["width"] * 0.5, middle)
    zoomed = page.run("document.querySelector('[data-chart=lr] canvas').toDataURL()")
    assert zoomed != shot_before
    for clicks in (1, 2):
        page.mouse("mousePressed", box["left"] + 50, middle, clicks=clicks)
        page.mouse("mouseReleased", box["left"] + 50, middle, clicks=clicks)
    restored = page.run("document.querySelector('[data-chart=lr] canvas').toDataURL()")
    assert restored == shot_before
    assert page.problems == []


def test_theme_button(page: Page, reports: dict[str, Path]) -> None:
    page.open(reports["stopped"])
    page.run("document.getElementById('theme').click()")
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(15, 18, 23)"
    assert len(_drawn(page)) == 5


@pytest.mark.parametrize(("name", "pages"), [("stopped", 3), ("long", 2), ("six", 2)])
def test_prints_on_paper(page: Page, reports: dict[str, Path], name: str, pages: int) -> None:
    """On no more pages than it fills: no last one with a footer alone."""
    page.problems.clear()
    page.open(reports[name], dark=True)
    pdf = page.pdf()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") == pages
    # Back on the screen, the reader's own theme is there again.
    assert page.run("document.documentElement.dataset.theme === undefined")
    assert page.problems == []


def test_the_expected_ratio_is_drawn_in_the_first_epoch(
    page: Page, tmp_path: Path, reports: dict[str, Path]
) -> None:
    """One epoch, and one expected number: a band without width or height."""
    runs = _runs()
    runs.write_journal(tmp_path / "short", runs.training("healthy", epochs=1))
    short = tmp_path / "short.html"
    arguments = ["report", str(tmp_path / "short"), "-o", str(short), "--language", "en"]
    assert main(arguments) == 0
    page.open(short)
    plot = "document.querySelector('[data-chart=ratio]')"
    assert page.run(f"{plot}.dataset.band") == "1"
    painted = page.run(
        f"""(() => {{
          const canvas = {plot}.querySelector('canvas');
          const {{ data }} = canvas.getContext('2d').getImageData(
            0, 0, canvas.width, canvas.height);
          let found = 0;
          for (let i = 0; i < data.length; i += 4) {{
            const green = Math.abs(data[i] - 20) < 5 && Math.abs(data[i + 1] - 128) < 5;
            if (green && data[i + 3] > 50 && data[i + 3] < 70) found++;
          }}
          return found;
        }})()"""
    )
    assert painted > 1000
    assert page.run("document.querySelectorAll('.shrink svg rect').length") == 3
    page.open(reports["stopped"])
    assert page.run("document.querySelectorAll('.shrink svg rect').length") == 6
    assert page.problems == []


def test_six_runs_lie_over_one_another_in_each_chart(page: Page, reports: dict[str, Path]) -> None:
    page.problems.clear()
    page.open(reports["six"])
    overlays = page.run(
        "[...document.querySelectorAll('[data-overlay]')].map((p) => p.dataset.overlay)"
    )
    assert overlays == ["metric", "ratio", "loss", "lr", "pace"]
    legend = page.run("document.querySelector('[data-overlay=metric] .u-legend').innerText")
    assert legend.count("db_mv3_") == 6
    assert "db_mv3_collapse #2" in legend
    # Folded away: only what several runs share is drawn.
    assert _drawn(page) == [None] * 5
    # 800 steps beside 300000: by default each run is shown over its plan.
    assert page.run("document.getElementById('axis').value") == "relative"
    assert "150k" in page.run(_TICKS)
    assert page.problems == []


# The texts that are painted when the axis is changed to steps.
_TICKS = """new Promise((done) => {
  const seen = [];
  const fill = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    seen.push(String(text));
    return fill.call(this, text, ...rest);
  };
  document.getElementById('axis').value = 'step';
  document.getElementById('axis').dispatchEvent(new Event('change'));
  setTimeout(() => done(seen), 100);
})"""


@pytest.mark.parametrize(
    ("control", "value"), [("axis", "relative"), ("axis", "time"), ("smooth", "0.9"), ("log", True)]
)
def test_the_reader_chooses_axis_smoothing_and_scale(
    page: Page, reports: dict[str, Path], control: str, value: object
) -> None:
    page.problems.clear()
    page.open(reports["stopped"])
    shot = "document.querySelector('[data-chart=loss] canvas').toDataURL()"
    before = page.run(shot)
    change = "checked = true" if value is True else f"value = '{value}'"
    page.run(
        f"document.getElementById('{control}').{change};"
        f"document.getElementById('{control}').dispatchEvent(new Event('change'))"
    )
    assert page.run(shot) != before
    assert len(_drawn(page)) == 5
    assert page.problems == []


def test_curves_are_read_by_keyboard(page: Page, reports: dict[str, Path]) -> None:
    page.problems.clear()
    page.open(reports["stopped"])
    press = (
        "(() => {{ const plot = document.querySelector('[data-chart=metric]'); plot.focus();"
        "plot.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true }}));"
        "return document.activeElement === plot; }})()"
    )
    for key in ("Home", "ArrowRight"):
        assert page.run(press.format(key=key))
    page.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    assert "40 · epoch 2 · evaluation 2" in _legend(page, "metric")
    shot = "document.querySelector('[data-chart=metric] canvas').toDataURL()"
    whole = page.run(shot)
    page.run(press.format(key="+"))
    page.run("new Promise((done) => setTimeout(done, 50))")
    assert page.run(shot) != whole
    page.run(press.format(key="Escape"))
    page.run("new Promise((done) => setTimeout(done, 50))")
    assert page.run(shot) == whole
    named = "[...document.querySelectorAll('select, input, button, summary, .plot, .u-series th')]"
    assert page.run(f"{named}.every((e) => e.tabIndex >= 0 || e.closest('.u-series:first-child'))")
    assert page.problems == []
