"""The dashboard of one run: verdict and alerts on top, then what they rest on. Build-time only."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard

from ppocr_guard.dashboards.rules import HELD, RUN, STATE
from ppocr_guard.dashboards.run_queries import (
    ALERTS,
    at,
    main_indicator,
    metric,
    rate,
    severity_level,
)
from ppocr_guard.dashboards.style import (
    CHOSEN,
    FLEET_UID,
    JOB_AND_INSTANCE,
    OVERALL_NAMES,
    RUN_UID,
    SEVERITY_NAMES,
    STATE_NAMES,
    VERDICT_NAMES,
    AlertMarksBuilder,
    Board,
    Query,
    dashes,
    fixed,
    graph,
    label_variable,
    link,
    linked,
    number,
    override,
    timeline,
    value_names,
)
from ppocr_guard.dashboards.tables import conditions_table, info_table
from ppocr_guard.dashboards.verdicts import overall, verdict_level

BEST = override(color=fixed("green"), custom__lineStyle=dashes(8, 6))
DETECTION_ONLY = "None yet, or no detector"
BOUND_LOW = 'bound="low"'
BOUND_HIGH = 'bound="high"'


def run_dashboard() -> dashboard.Dashboard:
    board = Board(
        "PaddleOCR fine-tuning: one run",
        RUN_UID,
        "One guarded PaddleOCR training: is it healthy, and if not, why. Made by ppocr_guard.",
        [
            label_variable("job", "Job"),
            label_variable("instance", "Instance", 'job=~"$job"'),
            label_variable("run", "Run", JOB_AND_INSTANCE, multi=False),
        ],
    )
    board.builder.link(link("All runs", f"/d/{FLEET_UID}"))
    place = "var-job=${job}&var-instance=${instance}&var-run=${run}"
    board.builder.link(link("This run among all", f"/d/{FLEET_UID}?{place}"))
    _alert_marks(board)
    _glance(board)
    _what_is_wrong(board)
    _evaluation(board)
    _shrink_ratio(board)
    _over_time(board)
    _recognition(board)
    _training(board)
    _speed(board)
    _guard(board)
    return board.build()


def _alert_marks(board: Board) -> None:
    raised = f"sum by (code, severity) ({ALERTS})"
    before = f"sum by (code, severity) ({ALERTS} offset 1m)"
    board.builder.annotation(
        AlertMarksBuilder(
            "Alerts",
            f"({raised}) > ({before} or 0 * {raised})",
            "red",
            "{{code}}",
            "code,severity",
        )
    )


def _glance(board: Board) -> None:
    board.add(
        number(colored=True).mappings(value_names(OVERALL_NAMES)),
        "Verdict",
        "What the guard makes of the run so far: of its curve, or that something critical holds "
        "beside it. The messages are in the training log.",
        [Query(overall(CHOSEN, RUN, "ppocr_guard_condition"), at("verdict"))],
        (5, 4),
    )
    update = f"ppocr_guard_last_update_timestamp_seconds{{{CHOSEN}}}"
    newest = main_indicator("eval_hmean_ratio", "eval_main_ratio")
    best = main_indicator("eval_best_hmean_ratio", "eval_best_main_ratio")
    board.add(
        number(spark=True),
        "hmean or acc, last evaluation",
        "The main indicator of the last evaluation on the validation set (acc in recognition).",
        [Query(newest, at("main indicator"))],
        (4, 4),
        decimals=3,
    )
    board.add(
        number(),
        "hmean or acc, best",
        "The best evaluation so far; best_accuracy is the checkpoint of it.",
        [Query(best, at("best"))],
        (3, 4),
        decimals=3,
    )
    board.add(
        number([(None, "green"), (0.1, "orange"), (0.3, "red")]),
        "Lost since the best",
        "How far the last evaluation lies below the best one, as a share of the best.",
        [Query(f"1 - ({newest}) / (({best}) > 0) or 0 * ({best})", at("lost"))],
        (3, 4),
        unit="percentunit",
        decimals=1,
    )
    board.add(
        number(),
        "Epoch",
        "The epoch the run is in.",
        [Query(metric("epoch"), at("epoch"))],
        (3, 4),
        decimals=0,
    )
    board.add(
        number(colored=True).mappings(value_names(STATE_NAMES)),
        "State",
        "Running; ended: it finished, or was stopped by the guard or by hand; vanished: it failed "
        "or was killed; elsewhere: it goes on under another address. As in the fleet.",
        [Query(f"max by ({RUN}) (last_over_time({STATE}{{{CHOSEN}}}[$__range]))", at("state"))],
        (3, 4),
    )
    board.add(
        number([(None, "green"), (300, "orange")]),
        "Last sign of life",
        "Time since the guard last saw the training do something, ended runs included.",
        [Query(f"time() - max by ({RUN}) (last_over_time({update}[$__range]))", at("age"))],
        (3, 4),
        unit="s",
        decimals=0,
    )


def _what_is_wrong(board: Board) -> None:
    board.add(
        conditions_table(),
        "What is wrong with it",
        "The conditions that hold now, or held when the run was seen last (within a day). Their "
        "messages, numbers and advice are in the training log, the report and the notifications.",
        [Query(severity_level(HELD), table=True)],
        (12, 5),
        decimals=0,
    )
    board.add(
        number([(None, "red"), (0.6, "orange"), (0.75, "green")]).no_value(DETECTION_ONLY),
        "Round trip IoU",
        "Median IoU with the true polygons that a perfect prediction of the training maps has "
        "after the configured postprocess. Near 0.5, even a perfect model fails.",
        [Query(metric("round_trip_iou_ratio"), at("IoU"))],
        (4, 5),
        decimals=2,
    )
    board.add(
        number().no_value(DETECTION_ONLY),
        "Unclip ratio that would fit",
        "The PostProcess.unclip_ratio that undoes the effective shrink ratio best.",
        [Query(metric("fitting_unclip_ratio"), at("unclip ratio"))],
        (4, 5),
        decimals=2,
    )
    board.add(
        linked("${__field.labels.report_url:raw}", "Open the report"),
        "Report",
        "The run's page: curves, images, causes, advice. Known when the hook is told: "
        "Prometheus: {report_url: ...}.",
        [Query(f"last_over_time(ppocr_guard_report_info{{{CHOSEN}}}[$__range])", "open")],
        (4, 5),
    )


def _evaluation(board: Board) -> None:
    board.row("Evaluation and shrink ratio")
    score = graph(step=True, calcs=("lastNotNull", "max")).min(0).max(1)
    for name, color, width in (
        ("(hmean|acc)", "blue", 3),
        ("precision", "purple", 1),
        ("(recall|norm_edit_dis)", "orange", 1),
    ):
        look = override(color=fixed(color), custom__lineWidth=width)
        score.override_by_regexp(f"/^{name},/", look)
    board.add(
        score,
        "Evaluation on the validation set",
        "hmean, precision and recall in detection; acc and norm_edit_dis in recognition. hmean "
        "far below its best, with precision and recall falling together, is what boxes of the "
        "wrong size look like.",
        [
            Query(metric("eval_hmean_ratio"), at("hmean")),
            Query(metric("eval_precision_ratio"), at("precision")),
            Query(metric("eval_recall_ratio"), at("recall")),
            Query(metric("eval_best_hmean_ratio"), at("best hmean"), look=BEST),
            Query(metric("eval_acc_ratio"), at("acc")),
            Query(metric("eval_norm_edit_dis_ratio"), at("norm_edit_dis")),
            Query(metric("eval_best_main_ratio", "indicator"), at("best {{indicator}}"), look=BEST),
        ],
        (12, 10),
        decimals=3,
    )


def _shrink_ratio(board: Board) -> None:
    ratio = graph(step=True).min(0).axis_soft_max(1).no_value(DETECTION_ONLY)
    for operator, color in (("MakeShrinkMap", "blue"), ("MakeBorderMap", "orange")):
        ratio.override_by_regexp(f"/^{operator}/", override(color=fixed(color)))
    ratio.override_by_regexp("/live/", override(custom__lineWidth=3))
    ratio.override_by_regexp("/scheduled/", override(custom__lineStyle=dashes(10, 10)))
    ratio.override_by_regexp("/measured/", override(custom__lineStyle=dashes(2, 6)))
    low = metric("expected_shrink_ratio", "op", BOUND_LOW)
    high = metric("expected_shrink_ratio", "op", BOUND_HIGH)
    # With lines: where one number is expected, or nearly so, the area between them is none.
    band = {"color": fixed("green"), "custom__lineWidth": 2}
    ratio.override_by_name("expected, low", override(**band))
    ratio.override_by_name(
        "expected, high",
        override(**band, custom__fillBelowTo="expected, low", custom__fillOpacity=20),
    )
    board.add(
        ratio,
        "Effective shrink ratio",
        "What the training maps are made with: as this release schedules it, read off the live "
        "operators, and measured on the maps themselves. The band is what the config means. "
        "Outside it, unclip_ratio no longer undoes the shrink and hmean collapses.",
        [
            Query(metric("effective_shrink_ratio", "op, source"), at("{{op}}, {{source}}")),
            Query(f"min by (run) ({low})", "expected, low"),
            Query(f"max by (run) ({high})", "expected, high"),
        ],
        (12, 10),
        decimals=3,
    )


def _over_time(board: Board) -> None:
    board.add(
        timeline(VERDICT_NAMES),
        "Verdict over time",
        "How the verdict changed.",
        [Query(verdict_level(CHOSEN, RUN), at("verdict"))],
        (24, 4),
    )
    board.add(
        timeline(SEVERITY_NAMES),
        "Conditions over time",
        "What was wrong with the run, and when: a bar from when a condition was found until it "
        "was over.",
        [Query(severity_level("ppocr_guard_condition"), "{{code}} {{subject}} {{instance}}")],
        (24, 5),
    )


def _recognition(board: Board) -> None:
    """Folded, for Grafana cannot show a row for some runs only."""
    board.folded_row("Recognition (open it for a run that is ranked by acc)")
    board.add(
        number(spark=True),
        "acc, last evaluation",
        "Share of the texts that are read without a mistake.",
        [Query(metric("eval_acc_ratio"), at("acc"))],
        (4, 9),
        decimals=3,
    )
    board.add(
        number(spark=True),
        "norm_edit_dis, last evaluation",
        "1 less the mean edit distance, in relation to the length: 1 is all right, 0 all wrong. "
        "High beside a low acc: nearly every text has a small mistake, such as spaces, or a "
        "character that the dictionary lacks.",
        [Query(metric("eval_norm_edit_dis_ratio"), at("norm_edit_dis"))],
        (4, 9),
        decimals=3,
    )
    lines = graph(step=True, calcs=("lastNotNull", "max")).min(0).max(1)
    lines.override_by_regexp("/^acc,/", override(color=fixed("blue"), custom__lineWidth=3))
    lines.override_by_regexp("/^norm_edit_dis,/", override(color=fixed("orange")))
    board.add(
        lines,
        "acc and norm_edit_dis",
        "Each evaluation on the validation set.",
        [
            Query(metric("eval_acc_ratio"), at("acc")),
            Query(metric("eval_norm_edit_dis_ratio"), at("norm_edit_dis")),
            Query(metric("eval_best_main_ratio", "indicator"), at("best {{indicator}}"), look=BEST),
        ],
        (16, 9),
        decimals=3,
    )
    board.close_row()


def _training(board: Board) -> None:
    board.row("Loss and learning rate")
    board.add(
        graph(calcs=("lastNotNull", "min", "max")).axis_soft_min(0),
        "Loss by component",
        "The raw losses of the last step before each scrape. A falling loss is no sign of "
        "health: it falls under a wrong shrink ratio too.",
        [Query(metric("loss", "component"), at("{{component}}"))],
        (14, 9),
        decimals=3,
    )
    board.add(
        graph(step=True),
        "Learning rate",
        "As the scheduler sets it.",
        [Query(metric("learning_rate"), at("learning rate"))],
        (10, 9),
        unit="sci",
    )


def _speed(board: Board) -> None:
    board.row("Speed")
    board.add(
        graph(fill=10, calcs=("mean", "lastNotNull")).min(0),
        "Images per second",
        "Training images on rank 0, over the last 20 steps: as the training log counts them.",
        [Query(metric("images_per_second"), at("images per second"))],
        (8, 8),
        decimals=1,
    )
    buckets = rate("step_duration_seconds_bucket", "le")
    wait = rate("data_wait_seconds_bucket", "le")
    board.add(
        graph(calcs=("mean", "max")).min(0),
        "Time of a step",
        "Wall time of a step, the wait for its batch included.",
        [
            Query(f"histogram_quantile(0.5, {buckets})", at("step, median")),
            Query(f"histogram_quantile(0.95, {buckets})", at("step, 95 %")),
            Query(f"histogram_quantile(0.5, {wait})", at("data wait, median")),
        ],
        (8, 8),
        unit="s",
    )
    share = f"{rate('data_wait_seconds_sum')} / {rate('step_duration_seconds_sum')}"
    board.add(
        graph(fill=10, calcs=("mean", "max")).min(0).axis_soft_max(1),
        "Share of the time spent waiting for data",
        "Near 1, the data loader is the bottleneck: more num_workers, smaller images, or a "
        "loader that fails and retries.",
        [Query(share, at("data wait"))],
        (8, 8),
        unit="percentunit",
    )
    board.add(
        graph(step=True).min(0),
        "Time of an evaluation",
        "The loop stands still while it evaluates.",
        [Query(metric("eval_duration_seconds"), at("evaluation"))],
        (12, 6),
        unit="s",
    )
    errors = f"ppocr_guard_data_errors_total{{{CHOSEN}}}"
    failed = f"sum by ({RUN}) (increase({errors}[$__rate_interval]))"
    board.add(
        graph(fill=30, calcs=("max",)).min(0),
        "Samples that failed to load",
        "PaddleOCR logs the error and takes another sample instead; the reason is in its log.",
        [Query(failed, at("samples"))],
        (12, 6),
        decimals=0,
    )


def _guard(board: Board) -> None:
    board.row("The guard itself")
    board.add(
        graph(fill=10, calcs=("mean", "max")).min(0).axis_soft_max(0.01),
        "Time the guard takes",
        "Share of the training thread's time that the guard and its hooks take.",
        [Query(rate("overhead_seconds_total"), at("guard"))],
        (16, 7),
        unit="percentunit",
    )
    errors = f"sum by ({RUN}, hook) (increase(ppocr_guard_hook_errors_total{{{CHOSEN}}}[$__range]))"
    board.add(
        number([(None, "green"), (0.5, "orange"), (3, "red")]),
        "Hook failures",
        "A hook that fails three times is switched off; training goes on without it.",
        [Query(f"{errors} or vector(0)", "{{hook}}")],
        (8, 7),
        decimals=0,
    )
    board.add(
        info_table(),
        "Versions and configuration",
        "What the run was started with.",
        [
            Query(f"last_over_time(ppocr_guard_{name}{{{CHOSEN}}}[$__range])", table=True)
            for name in ("build_info", "config_info")
        ],
        (24, 5),
        unit=None,
    )
