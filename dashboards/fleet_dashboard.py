"""The dashboard of all runs, worst first. Build-time only: needs grafana-foundation-sdk."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard

from ppocr_guard.dashboards.rules import BY, HELD, RUN, STATE
from ppocr_guard.dashboards.style import (
    CHOSEN,
    FLEET_UID,
    JOB_AND_INSTANCE,
    Board,
    Query,
    graph,
    label_variable,
    number,
)
from ppocr_guard.dashboards.tables import fleet_table
from ppocr_guard.dashboards.verdicts import WORST, overall

LEGEND = "{{run}}, {{instance}}"


def last(name: str, labels: str = "") -> str:
    """Last value in the time range, for each run, ended ones too."""
    more = f", {labels}" if labels else ""
    return f"max by ({BY}) (last_over_time(ppocr_guard_{name}{{{CHOSEN}{more}}}[$__range]))"


def now(name: str, by: str = BY, labels: str = "") -> str:
    more = f", {labels}" if labels else ""
    return f"max by ({by}) (ppocr_guard_{name}{{{CHOSEN}{more}}})"


VERDICT = overall(CHOSEN, BY, HELD, "$__range")
# The same rule says it to the run's own dashboard, and to the alert PpocrGuardRunVanished.
RUN_STATE = f"max by ({BY}) (last_over_time({STATE}{{{CHOSEN}}}[$__range]))"


def fleet_dashboard() -> dashboard.Dashboard:
    board = Board(
        "PaddleOCR fine-tuning: all runs",
        FLEET_UID,
        "All guarded PaddleOCR trainings, worst first. Made by ppocr_guard.",
        [
            label_variable("job", "Job"),
            label_variable("instance", "Instance", 'job=~"$job"'),
            label_variable("run", "Run", JOB_AND_INSTANCE),
        ],
    )
    _counts(board)
    _table(board)
    _graphs(board)
    return board.build()


def _counts(board: Board) -> None:
    def count(title: str, description: str, expr: str, color: str) -> None:
        board.add(
            number([(None, "green" if color == "red" else "text"), (1, color)]),
            title,
            description,
            [Query(f"count({expr}) or vector(0)", "runs")],
            (6, 4),
            decimals=0,
        )

    count("Running", "Runs that train now.", f"{RUN_STATE} == 0", "green")
    count(
        "Not worth going on",
        "Runs in the time range whose verdict is not learning, diverged or collapsed; where one "
        "goes on elsewhere, only there.",
        f"{VERDICT} >= {WORST} unless on ({RUN}) ({RUN_STATE} == 3)",
        "red",
    )
    count(
        "Vanished",
        "Runs in the time range that went away without saying that they ended, and go on nowhere.",
        f"{RUN_STATE} == 2",
        "red",
    )
    count(
        "Runs with an open condition",
        "Something is wrong with them now, or was when they were seen last (within a day).",
        f"count by ({BY}) ({HELD}{{{CHOSEN}}})",
        "red",
    )


def _table(board: Board) -> None:
    age = f"time() - {last('last_update_timestamp_seconds')}"
    shrink = last("effective_shrink_ratio", 'op="MakeShrinkMap", source="live"')
    exprs = [
        VERDICT,
        RUN_STATE,
        f"{last('eval_hmean_ratio')} or {last('eval_main_ratio')}",
        f"{last('eval_best_hmean_ratio')} or {last('eval_best_main_ratio')}",
        shrink,
        last("epoch"),
        f"count by ({BY}) ({HELD}{{{CHOSEN}}})",
        age,
    ]
    board.add(
        fleet_table(),
        "Runs, worst first",
        "Every run seen in the time range. Click a run to open it.",
        [Query(expr, table=True) for expr in exprs],
        (24, 10),
        unit=None,
    )


def _graphs(board: Board) -> None:
    board.add(
        graph(step=True, calcs=("lastNotNull", "max")).min(0).max(1),
        "hmean by run",
        "The main indicator of each evaluation: hmean, or acc in recognition.",
        [Query(f"{now('eval_hmean_ratio', RUN)} or {now('eval_main_ratio', RUN)}", LEGEND)],
        (12, 9),
        decimals=3,
    )
    board.add(
        graph(step=True).min(0).axis_soft_max(1),
        "Effective shrink ratio by run",
        "Live ratio of MakeShrinkMap. 0.4 is stock for lines of text, 0.8 for seals.",
        [
            Query(
                now("effective_shrink_ratio", RUN, 'op="MakeShrinkMap", source="live"'),
                LEGEND,
            )
        ],
        (12, 9),
        decimals=3,
    )
    board.add(
        graph(calcs=("mean", "lastNotNull")).min(0),
        "Images per second by run",
        "Training images on rank 0, over the last 20 steps; as in the run's own dashboard.",
        [Query(now("images_per_second", RUN), LEGEND)],
        (12, 8),
        decimals=1,
    )
    board.add(
        graph(fill=30, step=True).min(0).axis_soft_max(2),
        "Runs by what is wrong with them",
        "How many runs each condition holds of. Recorded by rules.yml.",
        [Query(f"count by (code) (max by ({BY}, code) ({HELD}{{{CHOSEN}}}))", "{{code}}")],
        (12, 8),
        decimals=0,
    )
