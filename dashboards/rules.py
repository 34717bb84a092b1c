"""Prometheus recording and alert rules. `build.py` writes them to rules.yml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Union

from ppocr_guard.codes import CODES
from ppocr_guard.dashboards.verdicts import verdict_level
from ppocr_guard.dashboards.write import GRAFANA

BY = "job, instance, run, model"
RECENT = "1h"  # how long an alert that the guard raised once keeps firing


@dataclass(frozen=True)
class Recording:
    """A series that Prometheus computes and keeps."""

    record: str
    expr: str

    def data(self) -> dict[str, Any]:
        return {"record": self.record, "expr": self.expr}


@dataclass(frozen=True)
class AlertRule:
    """``hold``: how long it must last; ``keep``: how long it fires on afterwards."""

    alert: str
    expr: str
    summary: str
    description: str
    severity: Optional[str] = None  # None: as the guard rated it, label of the series
    hold: Optional[str] = None
    keep: Optional[str] = None

    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"alert": self.alert, "expr": self.expr}
        if self.hold:
            data["for"] = self.hold
        if self.keep:
            data["keep_firing_for"] = self.keep
        if self.severity:
            data["labels"] = {"severity": self.severity}
        data["annotations"] = {
            "summary": self.summary,
            "description": self.description,
            "dashboard": f"http://127.0.0.1:{GRAFANA}/d/ppocr-guard-run?var-run="
            "{{ $labels.run }}",
        }
        return data


def recordings() -> list[Recording]:
    raised = "run_code:ppocr_guard_alerts:sum"
    silence = "run:ppocr_guard_silence:seconds"
    return [
        Recording(raised, f"sum by ({BY}, code, severity) (ppocr_guard_alerts_total)"),
        # The counter grew within the window, or came into being above 0: an alert of step 1 is
        # there at the first scrape, where increase() sees no growth.
        Recording(
            "run_code:ppocr_guard_alerts:recent",
            f"increase({raised}[{RECENT}]) > 0 or ({raised} > 0 unless {raised} offset {RECENT})",
        ),
        Recording("run:ppocr_guard_verdict:level", verdict_level("", BY)),
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
        Recording(silence, f"time() - max by ({BY}) (ppocr_guard_last_update_timestamp_seconds)"),
    ]


def code_rules() -> list[AlertRule]:
    """A rule for each alert code, and one for codes of a user's own hooks."""
    rules = []
    for code, declared in CODES.items():
        rules.append(
            AlertRule(
                alert=alert_name(code),
                expr=f'run_code:ppocr_guard_alerts:recent{{code="{code}"}}',
                summary=f"{{{{ $labels.run }}}}: {declared.title}",
                description=f"{_numbers(code)}{declared.advice}",
                # The trainer may be stopped, and its series gone, a second after the alert.
                keep="10m",
            )
        )
    known = "|".join(CODES)
    rules.append(
        AlertRule(
            alert="PpocrGuardOwnHook",
            expr=f'run_code:ppocr_guard_alerts:recent{{code!~"{known}"}}',
            summary="{{ $labels.run }}: {{ $labels.code }}",
            description="Raised by a hook of your own; the message is in the training log.",
            keep="10m",
        )
    )
    return rules


def alert_name(code: str) -> str:
    """``hmean_collapse`` -> ``PpocrGuardHmeanCollapse``."""
    return "PpocrGuard" + "".join(word.capitalize() for word in code.split("_"))


def _numbers(code: str) -> str:
    if code.startswith("hmean") or code == "overfitting":
        hmean = _value('"ppocr_guard_eval_hmean_ratio{run=%q}"')
        best = _value('"ppocr_guard_eval_best_hmean_ratio{run=%q}"')
        return f"hmean {hmean}, best {best}. "
    if code.startswith("shrink_ratio") or code == "unclip_mismatch":
        series = "\"ppocr_guard_effective_shrink_ratio{run=%q, op='MakeShrinkMap', source='live'}\""
        return f"Effective shrink ratio {_value(series)}. "
    return ""


def _value(series: str) -> str:
    """Template for a number of the run; "unknown" when the series is not there (yet)."""
    return (
        f"{{{{ with printf {series} $labels.run | query }}}}"
        '{{ . | first | value | printf "%.3f" }}{{ else }}unknown{{ end }}'
    )


def run_rules() -> list[AlertRule]:
    """What only Prometheus can tell: a guard that went away or went silent."""
    on = "job, instance, run"
    seen = "ppocr_guard_last_update_timestamp_seconds"
    return [
        AlertRule(
            alert="PpocrGuardRunVanished",
            expr=f"present_over_time({seen}[1h]) unless on ({on}) {seen}"
            f" unless on ({on}) (last_over_time(ppocr_guard_finished[1h]) == 1)",
            summary="{{ $labels.run }}: the training went away before it had finished",
            description="Failed, killed, out of memory, or the machine is gone: look at the end of "
            "its log. {{ $labels.instance }} no longer answers.",
            severity="critical",
            hold="1m",
        ),
        AlertRule(
            alert="PpocrGuardSilent",
            # An evaluation may well take longer than a quarter of an hour.
            expr="run:ppocr_guard_silence:seconds > "
            f"(clamp_min(3 * max by ({BY}) (ppocr_guard_eval_duration_seconds), 900)"
            " or 0 * run:ppocr_guard_silence:seconds + 900)"
            f" and max by ({BY}) (ppocr_guard_finished) == 0",
            summary="{{ $labels.run }}: the guard has seen nothing for "
            "{{ $value | humanizeDuration }}",
            description="The process lives but no step, evaluation or epoch comes: a hang, "
            "usually of the data loader or of another rank.",
            severity="warning",
            hold="1m",
        ),
        AlertRule(
            alert="PpocrGuardHookFailing",
            expr="sum by (job, instance, run, model, hook) "
            "(increase(ppocr_guard_hook_errors_total[1h])) > 0",
            summary="{{ $labels.run }}: hook {{ $labels.hook }} fails",
            description="Training goes on; after three failures it goes on without this hook. "
            "The reason is in the training log.",
            severity="warning",
        ),
        AlertRule(
            alert="PpocrGuardSlowsTraining",
            expr="run:ppocr_guard_overhead:ratio_rate5m > 0.05",
            summary='{{ $labels.run }}: the guard takes {{ $value | printf "%.3f" }} of the '
            "training thread's time",
            description="Switch off the hook that does it; hooks must leave I/O to the background.",
            severity="info",
            hold="15m",
        ),
        AlertRule(
            alert="PpocrGuardDataBound",
            expr="run:ppocr_guard_data_wait:ratio_rate5m > 0.8",
            summary="{{ $labels.run }}: training waits for data "
            '{{ $value | printf "%.3f" }} of its time',
            description="More num_workers, smaller images, or a loader that fails and retries.",
            severity="info",
            hold="30m",
        ),
    ]


def rule_file() -> dict[str, Any]:
    """The content of rules.yml: one group, as rules of a group see each other's fresh values."""
    rules: list[Union[Recording, AlertRule]] = [*recordings(), *code_rules(), *run_rules()]
    return {"groups": [{"name": "ppocr_guard", "rules": [rule.data() for rule in rules]}]}
