"""Says at the very end which tests were skipped for want of a program, and what installs it."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow: that is no finding about the code.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

# Debian's package -> (what people call it, its programs under Debian's names and others, or files)
PACKAGES = {
    "prometheus": ("Prometheus", ("prometheus", "promtool")),
    "prometheus-alertmanager": ("Alertmanager", ("prometheus-alertmanager", "alertmanager")),
    "prometheus-pushgateway": ("Pushgateway", ("prometheus-pushgateway", "pushgateway")),
    "chromium": ("Chromium", ("chromium", "chromium-browser", "google-chrome", "chrome")),
    "fonts-wqy-microhei": (  # or another of ppocr_guard.demo.lines.CJK_FONTS
        "a Chinese font",
        (
            "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
            "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
            "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        ),
    ),
}
REASON = re.compile(
    r"(prometheus|alertmanager|amtool|pushgateway|chromium) is not installed|promtool|no CJK font",
    re.IGNORECASE,
)
# `make test` runs pytest several times, and names a file here that adds up what each skipped.
TOTAL = "PPOCR_GUARD_SKIPPED"


def skipped_line(skipped: int) -> str:
    """One line for people; packages that are here are not named."""
    missing = {
        package: name
        for package, (name, programs) in PACKAGES.items()
        if not any(shutil.which(one) or Path(one).is_file() for one in programs)
    }
    names = ", ".join(missing.values() or (name for name, _ in PACKAGES.values()))
    command = f"apt-get install --no-install-recommends {' '.join(missing or PACKAGES)}"
    tests = "1 test was" if skipped == 1 else f"{skipped} tests were"
    return f"{tests} skipped for want of {names}; to run them: {command}"


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """After the line with the counts, which the terminal summary comes before."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):  # a worker of xdist
        return
    reasons = [report.longrepr for report in reporter.stats.get("skipped", [])]
    skipped = sum(bool(REASON.search(str(reason))) for reason in reasons)
    if os.environ.get(TOTAL):
        file = Path(os.environ[TOTAL])
        skipped += int(file.read_text("utf-8")) if file.exists() else 0
        file.write_text(str(skipped), encoding="utf-8")
    if skipped:
        reporter.write_line(skipped_line(skipped))
