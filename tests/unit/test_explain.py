"""Every code has a page that is up to date, a declaration, and an example that really shows it."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from benchmarks.mistakes import examples, runs
from benchmarks.mistakes.judging import project
from benchmarks.mistakes.project import make_data
from ppocr_guard.audit import audit
from ppocr_guard.audit.fix import fixed
from ppocr_guard.audit.rehearsal.codes import REASONS
from ppocr_guard.audit.rule import RULES
from ppocr_guard.cli import main
from ppocr_guard.codes import CODES
from ppocr_guard.detect.table import TABLE
from ppocr_guard.detect.table.reading import READING_TABLE
from ppocr_guard.explain import page_url
from ppocr_guard.explain.__main__ import pages
from ppocr_guard.explain.catalog import EXAMPLES, explanations, nearest
from ppocr_guard.explain.names import filled
from ppocr_guard.explain.page import spans
from ppocr_guard.explain.told import ALL, TOLD
from ppocr_guard.report.html_text import code_title
from ppocr_guard.report.text import Words
from ppocr_guard.wording import in_language

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "codes"
KEPT = json.loads(EXAMPLES.read_text("utf-8"))
FINDINGS, ALERTS = KEPT["findings"], KEPT["alerts"]
CAUSES = {entry.code for entry in (*TABLE, *READING_TABLE)}
# Of each line of behaviours (ppocr_guard.paddleocr.releases), and where VisualDL went.
RELEASES = ("2.6.0", "2.7.0", "2.7.1", "2.7.3", "2.7.5", "2.8.1", "2.9.0", "2.10.0", "3.7.0")
TELLS = {"Found", "StopWhen", "rule", "declare", "_condition", "holds"}  # take a code first


def test_the_pages_are_up_to_date() -> None:
    """`python -m ppocr_guard.explain` makes them."""
    there = {p.relative_to(DOCS).as_posix(): p.read_text("utf-8") for p in DOCS.rglob("*.md")}
    assert pages() == there
    assert all(f"{code}.md" in there and f"zh/{code}.md" in there for code in explanations())
    for language in ("en", "zh"):
        path = page_url("mediocre", language).partition("docs/codes/")[2]
        assert path in there


def test_every_code_is_explained() -> None:
    told = explanations()
    assert set(told) == {*CODES, *RULES, *REASONS, *CAUSES} == set(TOLD)
    for explanation in told.values():
        for language in ("en", "zh"):
            assert explanation.title(language).strip()
    only_causes = CAUSES - {*CODES, *RULES, *REASONS}
    assert {code for code, one in TOLD.items() if one.title} == only_causes


def test_every_code_that_the_source_names_is_known() -> None:
    """What logs, reports and findings print comes from these."""
    named = set()
    for folder in ("ppocr_guard", "hooks"):
        for path in (ROOT / folder).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(call, ast.Call):
                    named |= _codes(call)
    assert named <= set(explanations())
    assert len(named) > 100


def _codes(call: ast.Call) -> set[str]:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    values = [keyword.value for keyword in call.keywords if keyword.arg in ("code", "cause")]
    values += call.args[:1] if name in TELLS else []
    texts = (v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str))
    return {text for text in texts if re.fullmatch(r"[a-z]+(_[a-z]+)+", text)}


@pytest.mark.parametrize("code", sorted(TOLD))
def test_a_declaration_says_all_with_the_numbers_of_the_code(code: str) -> None:
    told = TOLD[code]
    for template in (told.evidence, told.cost, told.mistaken):
        text = filled(template)  # fails on a name that does not exist
        assert text.endswith(".")
        assert in_language(text, "zh") != text
    assert told.issues == tuple(dict.fromkeys(told.issues))


def test_a_threshold_is_that_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    from ppocr_guard.audit.rules import annotations

    assert "More than 90% of the texts" in filled(TOLD["all_ignored"].evidence)
    monkeypatch.setattr(annotations, "IGNORED", 0.8)
    assert "More than 80% of the texts" in filled(TOLD["all_ignored"].evidence)


def test_every_finding_and_every_alert_has_an_example() -> None:
    assert set(FINDINGS) == set(RULES)
    assert set(ALERTS) == set(CODES) == set(runs.PLAYED)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("code", sorted(FINDINGS))
def test_an_example_shows_its_code(code: str, data: Path) -> None:
    """`python -m benchmarks.mistakes.examples` makes them."""
    if code == "lmdb_unreadable":
        pytest.importorskip("lmdb")
    example = FINDINGS[code]
    mistake = examples.ALL[example["mistake"]]
    assert (code, example) in list(examples.of(mistake, data, example["release"]))


@pytest.mark.parametrize("code", sorted(ALERTS))
def test_a_run_shows_its_alert(code: str) -> None:
    assert ALERTS[code] == examples.of_alert(code)


@pytest.mark.parametrize("code", [code for code in FINDINGS if FINDINGS[code]["fix"]])
def test_a_fix_does_away_with_its_finding(code: str, data: Path) -> None:
    example = FINDINGS[code]
    mistake = examples.ALL[example["mistake"]]
    with project(data, mistake.config, mistake.change) as made:
        before = examples.context(made, example["release"])
        assert before is not None
        found = examples.wanted(mistake, before)
        assert found is not None
        new, _done, _left = fixed(before)
        made.text = new
        for file in found.new:
            file.path.write_text(file.content, encoding="utf-8")
        after = examples.context(made, example["release"])
        assert after is not None
        same = [p for p in audit(after) if (p.code, p.path) == (found.code, found.path)]
        assert not [p for p in same if p.severity != "info"]


@pytest.mark.parametrize("code", [code for code in RULES if TOLD[code].releases != ALL])
def test_an_example_is_found_in_the_releases_that_are_declared(code: str, data: Path) -> None:
    mistake = examples.ALL[FINDINGS[code]["mistake"]]
    with project(data, mistake.config, mistake.change) as made:
        contexts = {release: examples.context(made, release) for release in RELEASES}
        found = {
            release
            for release, ctx in contexts.items()
            if ctx is not None and examples.wanted(mistake, ctx) is not None
        }
    spans_of = [{r for r in RELEASES if _within(r, *span)} for span in TOLD[code].releases]
    assert found <= set.union(*spans_of)
    assert all(found & span for span in spans_of)


def _within(release: str, first: str, last: str) -> bool:
    begin, at, end = ([int(part) for part in text.split(".")] for text in (first, release, last))
    return begin <= at and at[: len(end)] <= end


def test_a_report_leads_to_the_page_of_a_code() -> None:
    english, chinese = Words("en"), Words("zh")
    assert f'href="{page_url("mediocre")}"' in code_title("mediocre", english)
    assert f'href="{page_url("mediocre", "zh")}"' in code_title("mediocre", chinese)
    assert f'href="{page_url("all_ignored")}"' in code_title("all_ignored", english, found=True)
    assert "href" not in code_title("my_own_code", english)


def test_issues_are_those_of_the_reasons_and_of_the_declaration() -> None:
    assert explanations()["unclip_mismatch"].issues == (7254, 12117)


def test_releases_are_said_as_spans() -> None:
    assert spans(ALL) == "2.6 to 3.7"
    assert spans(TOLD["shrink_ratio_unexpected"].releases) == "2.7.1, 2.7.4 to 2.8.1"


def test_the_command(capsys) -> None:
    assert main(["explain", "shrink_ratio_unexpected"]) == 0
    out = capsys.readouterr().out
    assert "# shrink_ratio_unexpected" in out
    for part in ("What it costs", "When it is told", "When it may be wrong", "Releases", "13669"):
        assert part in out
    assert main(["explain", "hmean_collapse", "--language", "zh"]) == 0
    assert "停止训练" in capsys.readouterr().out
    assert main(["explain", "unclip_mismatch", "--language", "zh"]) == 0
    assert "训练按 shrink_ratio 收缩文本" in capsys.readouterr().out
    assert main(["explain", "--all", "--json"]) == 0
    assert {r["code"] for r in json.loads(capsys.readouterr().out)} == set(explanations())
    assert main(["explain", "all_ignored", "--json", "--language", "zh"]) == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert "90%" in record["told"]["evidence"]
    assert "严重" in record["told"]["evidence"]
    assert record["issues"] == [13159]
    assert main(["explain"]) == 2


def test_a_wrong_code_is_told_with_the_nearest(capsys) -> None:
    assert nearest("hmean_colapse")[0] == "hmean_collapse"
    assert nearest("[Only-Blanks]") == ["only_blanks"]
    assert main(["explain", "hmean_colapse"]) == 2
    assert "did you mean hmean_collapse" in capsys.readouterr().err
