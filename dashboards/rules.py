"""Prometheus recording and alert rules. `build.py` writes them to rules.yml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Union

from ppocr_guard.codes import CODES
from ppocr_guard.dashboards.write import GRAFANA
from ppocr_guard.explain import DOCS
from ppocr_guard.wording import format_in_language, mark

RUN = "job, instance, run"  # a run on a machine; its name alone may be another's, too
BY = f"{RUN}, model"
KEPT, KEPT_SECONDS = "1d", 86400  # how long a run that is gone is spoken of as it was seen last
# By level. "elsewhere": gone, and a later launch of the same run is known.
RUN_STATES = {0: "running", 1: "ended", 2: "vanished", 3: "elsewhere"}
STATE = "run:ppocr_guard_state:level"
SILENCE = "run:ppocr_guard_silence:seconds"
HELD = "run_code:ppocr_guard_condition:held"
# Each with the page that says what it means and what to do.
RUNBOOKS = DOCS


@dataclass(frozen=True)
class Recording:
    """A series that Prometheus computes and keeps."""

    record: str
    expr: str

    def data(self, language: str) -> dict[str, Any]:
        return {"record": self.record, "expr": self.expr}


LINK = "&".join(
    f"var-{label}={{{{ $labels.{label} | urlquery }}}}" for label in ("job", "instance", "run")
)


@dataclass(frozen=True)
class AlertRule:
    """``hold``: how long it must last. ``page``: its runbook, under ``docs/``. ``summary`` and
    ``description`` are templates of Go, in one language or with a translation in the catalogue."""

    alert: str
    expr: str
    summary: str
    description: str
    page: str
    severity: Optional[str] = None  # None: as the guard rated it, label of the series
    hold: Optional[str] = None

    def data(self, language: str) -> dict[str, Any]:
        data: dict[str, Any] = {"alert": self.alert, "expr": self.expr}
        if self.hold:
            data["for"] = self.hold
        if self.severity:
            data["labels"] = {"severity": self.severity}
        data["annotations"] = {
            "summary": format_in_language(self.summary, language),
            "description": format_in_language(self.description, language),
            "dashboard": f"http://127.0.0.1:{GRAFANA}/d/ppocr-guard-run?{LINK}",
            "runbook_url": RUNBOOKS + self.page,
        }
        return data


def recordings() -> list[Recording]:
    return [
        Recording(
            "run_code:ppocr_guard_alerts:sum",
            f"sum by ({BY}, code, severity) (ppocr_guard_alerts_total)",
        ),
        Recording(SILENCE, f"time() - max by ({BY}) (ppocr_guard_last_update_timestamp_seconds)"),
        *states(),
        *conditions(),
        Recording("run:ppocr_guard_verdict:level", f"max by ({BY}) (ppocr_guard_verdict_level)"),
        Recording(
            "run:ppocr_guard_eval_hmean:drop_ratio",
            f"1 - max by ({BY}) (ppocr_guard_eval_hmean_ratio)"
            f" / (max by ({BY}) (ppocr_guard_eval_best_hmean_ratio) > 0)",
        ),
        Recording(
            "run:ppocr_guard_data_wait:ratio_rate5m",
            f"sum by ({BY}) (rate(ppocr_guard_data_wait_seconds_sum[5m]))"
            f" / sum by ({BY}) (rate(ppocr_guard_step_duration_seconds_sum[5m]))",
        ),
        Recording(
            "run:ppocr_guard_overhead:ratio_rate5m",
            f"sum by ({BY}) (rate(ppocr_guard_overhead_seconds_total[5m]))",
        ),
    ]


def states() -> list[Recording]:
    """Whether each run of the last day runs, ended, vanished, or goes on under another address.

    A later launch is the same run if it was resumed from its checkpoints (``run_id``), on
    whatever machine and under whatever name, or started anew in its folder of its machine. The
    name alone says nothing.
    """
    launch, gone = "run:ppocr_guard_launch:timestamp", "run:ppocr_guard_gone:finished"
    seen, elsewhere = "run:ppocr_guard_launch:last_seen", "run:ppocr_guard_elsewhere:last_seen"
    launches = f"last_over_time(ppocr_guard_launch_timestamp_seconds[{KEPT}])"
    updates = f"last_over_time(ppocr_guard_last_update_timestamp_seconds[{KEPT}])"
    later = " or ".join(
        f"({seen} < on ({same}) group_left () max by ({same}) ({launch}))"
        for same in ("run_id", "run, host, folder")
    )
    return [
        # Of each address the newest launch.
        Recording(
            launch,
            f"{launches} == on ({RUN}) group_left () max by ({RUN}) ({launches})",
        ),
        Recording(seen, f"0 * {launch} + on ({RUN}) group_left () max by ({RUN}) ({updates})"),
        Recording(elsewhere, f"max by ({RUN}) ({later})"),
        Recording(
            gone,
            f"max by ({BY}) (last_over_time(ppocr_guard_finished[{KEPT}]))"
            f" unless on ({RUN}) ppocr_guard_finished",
        ),
        Recording(
            STATE,
            f"max by ({BY}) (ppocr_guard_finished) or (0 * {gone} + 3 and on ({RUN}) {elsewhere})"
            f" or {gone} == 1 or 0 * {gone} + 2",
        ),
    ]


def conditions() -> list[Recording]:
    """What holds of each run, or held when it was seen last: all samples of a scrape have one
    time, so what was on the last page has the time of that page."""
    page, on_it = "run:ppocr_guard_page:timestamp", "run_code:ppocr_guard_condition:timestamp"
    updated = "ppocr_guard_last_update_timestamp_seconds"
    return [
        Recording(page, f"max by ({RUN}) (timestamp({updated}))"),
        Recording(
            on_it, f"max by ({BY}, code, subject, severity) (timestamp(ppocr_guard_condition))"
        ),
        Recording(
            HELD,
            f"0 * (last_over_time({on_it}[{KEPT}]) == on ({RUN}) group_left ()"
            f" last_over_time({page}[{KEPT}])) + 1 unless on ({RUN}) {STATE} == 3"
            # What was pushed, or written to a file, stays there for ever.
            f" unless on ({RUN}) {SILENCE} > {KEPT_SECONDS}",
        ),
    ]


SUBJECT = "{{ with $labels.subject }} ({{ . }}){{ end }}"


def code_rules(language: str) -> list[AlertRule]:
    """A rule for each alert code, and one for codes of a user's own hooks."""
    chinese = language == "zh"
    rules = []
    for code, declared in CODES.items():
        rules.append(
            AlertRule(
                alert=alert_name(code),
                expr=f'{HELD}{{code="{code}"}}',
                summary=f"{{{{ $labels.run }}}}: {declared.title_zh if chinese else declared.title}"
                f"{SUBJECT}",
                description=_numbers(code, language)
                + (declared.advice_zh if chinese else declared.advice),
                page=f"codes/{code}.md",
            )
        )
    known = "|".join(CODES)
    rules.append(
        AlertRule(
            alert="PpocrGuardOwnHook",
            expr=f'{HELD}{{code!~"{known}"}}',
            summary=f"{{{{ $labels.run }}}}: {{{{ $labels.code }}}}{SUBJECT}",
            description=mark("Raised by a hook of your own; the message is in the training log."),
            page=_page("PpocrGuardOwnHook"),
        )
    )
    return rules


def alert_name(code: str) -> str:
    """``hmean_collapse`` -> ``PpocrGuardHmeanCollapse``."""
    return "PpocrGuard" + "".join(word.capitalize() for word in code.split("_"))


def _page(alert: str) -> str:
    return f"alerts.md#{alert.lower()}"


def _numbers(code: str, language: str) -> str:
    """What the run scored, or its ratio: as it is now or was when the run was seen last. Nothing
    where there is no such number."""
    best = format_in_language(mark("best"), language)
    if code.startswith("hmean") or code in ("overfitting", "below_baseline"):
        return "".join(
            _value(f"{name} ", f"ppocr_guard_eval_{metric}", end)
            for name, metric, end in (
                ("hmean", "hmean_ratio", ", "),
                (best, "best_hmean_ratio", ". "),
                ('{{ . | first | label "indicator" }}', "main_ratio", ", "),
                (best, "best_main_ratio", ". "),
            )
        )
    if code.startswith("shrink_ratio") or code in ("unclip_mismatch", "no_positives"):
        ratio = format_in_language(mark("Effective shrink ratio"), language)
        more = ", op='MakeShrinkMap', source='live'"
        return _value(f"{ratio} ", "ppocr_guard_effective_shrink_ratio", ". ", more)
    return ""


def _value(name: str, metric: str, end: str, more: str = "") -> str:
    """Template for a number of the very run that the alert is about."""
    series = f"last_over_time({metric}{{job=%q, instance=%q, run=%q, model=%q{more}}}[{KEPT}])"
    labels = " ".join(f"$labels.{label}" for label in BY.split(", "))
    return (
        f'{{{{ with printf "{series}" {labels} | query }}}}'
        f'{name}{{{{ . | first | value | printf "%.3f" }}}}{end}{{{{ end }}}}'
    )


def run_rules() -> list[AlertRule]:
    """What only Prometheus can tell: a guard that went away or went silent."""
    return [
        AlertRule(
            alert="PpocrGuardRunVanished",
            expr=f"{STATE} == 2",
            summary=mark("{{ $labels.run }}: the training went away before it had finished"),
            description=mark(
                "Failed, killed, out of memory, or the machine is gone: look at the end of its "
                "log. {{ $labels.instance }} no longer answers, and the run goes on nowhere else."
            ),
            page=_page("PpocrGuardRunVanished"),
            severity="critical",
            hold="1m",
        ),
        AlertRule(
            alert="PpocrGuardSilent",
            # An evaluation may well take longer than a quarter of an hour.
            expr=f"{SILENCE} > "
            f"(clamp_min(3 * max by ({BY}) (ppocr_guard_eval_duration_seconds), 900)"
            f" or 0 * {SILENCE} + 900)"
            f" and max by ({BY}) (ppocr_guard_finished) == 0",
            summary=mark(
                "{{ $labels.run }}: the guard has seen nothing for {{ $value | humanizeDuration }}"
            ),
            description=mark(
                "No step, evaluation or epoch comes: a hang, usually of the data loader or of "
                "another rank. Where metrics are pushed or written to a file: or the run is gone."
            ),
            page=_page("PpocrGuardSilent"),
            severity="warning",
            hold="1m",
        ),
        AlertRule(
            alert="PpocrGuardHookFailing",
            # Lately, or so often that the guard has switched it off.
            expr=f"sum by ({BY}, hook) (increase(ppocr_guard_hook_errors_total[1h])) > 0"
            f" or max by ({BY}, hook) (ppocr_guard_hook_errors_total) >= 3",
            summary=mark("{{ $labels.run }}: hook {{ $labels.hook }} fails"),
            description=mark(
                "Training goes on; after three failures it goes on without this hook. "
                "The reason is in the training log."
            ),
            page=_page("PpocrGuardHookFailing"),
            severity="warning",
        ),
        AlertRule(
            alert="PpocrGuardSlowsTraining",
            expr="run:ppocr_guard_overhead:ratio_rate5m > 0.05",
            summary=mark(
                '{{ $labels.run }}: the guard takes {{ $value | printf "%.3f" }} of the '
                "training thread's time"
            ),
            description=mark(
                "Switch off the hook that does it; hooks must leave I/O to the background."
            ),
            page=_page("PpocrGuardSlowsTraining"),
            severity="info",
            hold="15m",
        ),
        AlertRule(
            alert="PpocrGuardDataBound",
            expr="run:ppocr_guard_data_wait:ratio_rate5m > 0.8",
            summary=mark(
                "{{ $labels.run }}: training waits for data "
                '{{ $value | printf "%.3f" }} of its time'
            ),
            description=mark(
                "More num_workers, smaller images, or a loader that fails and retries."
            ),
            page=_page("PpocrGuardDataBound"),
            severity="info",
            hold="30m",
        ),
    ]


def rule_file(language: str = "en") -> dict[str, Any]:
    """The content of rules.yml, its texts in ``language``: one group, as rules of a group see each
    other's fresh values."""
    rules: list[Union[Recording, AlertRule]] = [*recordings(), *code_rules(language), *run_rules()]
    return {"groups": [{"name": "ppocr_guard", "rules": [rule.data(language) for rule in rules]}]}
