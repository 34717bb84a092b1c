"""How our Grafana panels look, in one place. Build-time only: needs grafana-foundation-sdk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, Optional, Union

from grafana_foundation_sdk.builders import (
    common as common_builder,
)
from grafana_foundation_sdk.builders import (
    dashboard as dashboard_builder,
)
from grafana_foundation_sdk.builders import (
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from ppocr_guard.dashboards.rules import RUN_STATES
from ppocr_guard.dashboards.verdicts import FAULTY, FAULTY_NAME, VERDICT_COLORS, VERDICT_LEVELS

DATASOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")
JOB_AND_INSTANCE = 'job=~"$job", instance=~"$instance"'
CHOSEN = f'{JOB_AND_INSTANCE}, run=~"$run"'  # what is chosen at the top of a dashboard
RUN_UID = "ppocr-guard-run"
FLEET_UID = "ppocr-guard-fleet"

Panel = Union[timeseries.Panel, stat.Panel, statetimeline.Panel, table.Panel]
Steps = Sequence[tuple[Optional[float], str]]  # from this value on (None: from below), colour


@dataclass(frozen=True)
class Query:
    """One PromQL query of a panel; ``table`` asks for labels as columns, ``look`` is that of its
    curves."""

    expr: str
    legend: str = ""
    table: bool = False
    look: Sequence[dashboard.DynamicConfigValue] = ()

    def build(self, name: str) -> prometheus.Dataquery:
        query = prometheus.Dataquery().expr(self.expr).ref_id(name)
        query.datasource(DATASOURCE).legend_format(self.legend)
        if self.table:
            return query.instant().format(PromQueryFormat.TABLE)
        return query.range().format(PromQueryFormat.TIME_SERIES)


class Board:
    """A dashboard under construction: numbers its panels and lays them out from left to right."""

    def __init__(self, title: str, uid: str, description: str, variables: list[Any]) -> None:
        self.builder = (
            dashboard_builder.Dashboard(title)
            .uid(uid)
            .description(description)
            .tags(["ppocr-guard", "PaddleOCR"])
            .readonly()
            .time("now-6h", "now")
            .refresh("30s")
            .timezone("browser")
            .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
            .with_variable(datasource_variable())
        )
        for variable in variables:
            self.builder.with_variable(variable)
        self._ids: Iterator[int] = iter(range(1, 1000))
        self._folded: Optional[dashboard_builder.Row] = None

    def row(self, title: str) -> None:
        self.builder.with_row(dashboard_builder.Row(title).id(next(self._ids)))
        self._folded = None

    def folded_row(self, title: str) -> None:
        """A row whose panels show when it is opened; for what few runs have."""
        self._folded = dashboard_builder.Row(title).id(next(self._ids)).collapsed(True)

    def add(
        self,
        panel: Panel,
        title: str,
        description: str,
        queries: Sequence[Query],
        size: tuple[int, int],
        unit: Optional[str] = "none",
        decimals: Optional[int] = None,
    ) -> None:
        """Append a panel of ``size`` (width of 24, height)."""
        panel.id(next(self._ids)).title(title).description(description).datasource(DATASOURCE)
        panel.span(size[0]).height(size[1])
        if unit is not None:
            panel.unit(unit)
        if decimals is not None:
            panel.decimals(decimals)
        for name, query in zip(ascii_uppercase, queries):
            panel.with_target(query.build(name))
            if query.look:
                panel.override_by_query(name, list(query.look))
        if self._folded is None:
            self.builder.with_panel(panel)
        else:
            self._folded.with_panel(panel)

    def close_row(self) -> None:
        if self._folded is not None:
            self.builder.with_row(self._folded)
            self._folded = None

    def build(self) -> dashboard.Dashboard:
        return self.builder.build()


def datasource_variable() -> dashboard_builder.DatasourceVariable:
    variable = dashboard_builder.DatasourceVariable("datasource")
    return variable.label("Data source").type("prometheus")


def label_variable(
    label: str, title: str, selector: str = "", *, multi: bool = True
) -> dashboard_builder.QueryVariable:
    """A drop-down with the values of a label among the runs in the time range."""
    series = f"ppocr_guard_last_update_timestamp_seconds{{{selector}}}".replace("{}", "")
    variable = (
        dashboard_builder.QueryVariable(label)
        .label(title)
        .datasource(DATASOURCE)
        .query(f"label_values({series}, {label})")
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
        .multi(multi)
        .include_all(multi)
    )
    if multi:
        everything = dashboard.VariableOption(text="All", value="$__all", selected=True)
        variable.all_value(".+").current(everything)
    return variable


def link(title: str, url: str) -> dashboard_builder.DashboardLink:
    """To another dashboard; variables in ``url`` are filled in."""
    return (
        dashboard_builder.DashboardLink(title)
        .url(url)
        .type(dashboard.DashboardLinkType.LINK)
        .icon("dashboard")
        .include_vars(False)
        .keep_time(True)
    )


class AlertMarks(dashboard.AnnotationQuery):
    """An annotation with a title and tags.

    Grafana reads both fields, and the JSON Schema of the SDK's main branch has them; the
    types of its 11.6 track do not.
    """

    title_format = ""
    tag_keys = ""

    def to_json(self) -> dict[str, object]:
        return {
            **super().to_json(),
            "titleFormat": self.title_format,
            "tagKeys": self.tag_keys,
        }


class AlertMarksBuilder(dashboard_builder.AnnotationQuery):
    """Marks a point in time on every graph."""

    def __init__(self, name: str, expr: str, color: str, title: str, tags: str) -> None:
        super().__init__()
        marks = AlertMarks(name=name, datasource=DATASOURCE, icon_color=color, expr=expr)
        marks.title_format, marks.tag_keys = title, tags
        self._internal = marks


def thresholds(steps: Steps) -> dashboard_builder.ThresholdsConfig:
    return (
        dashboard_builder.ThresholdsConfig()
        .mode(dashboard.ThresholdsMode.ABSOLUTE)
        .steps([dashboard.Threshold(value=value, color=color) for value, color in steps])
    )


def value_names(names: Mapping[float, tuple[str, str]]) -> list[dashboard.ValueMapping]:
    """Show numbers as words: {number: (word, colour)}."""
    options = {
        str(number): dashboard.ValueMappingResult(text=text, color=color, index=index)
        for index, (number, (text, color)) in enumerate(names.items())
    }
    return [dashboard.ValueMap(options=options)]


VERDICT_NAMES: dict[float, tuple[str, str]] = {
    level: (state.replace("_", " "), VERDICT_COLORS[state])
    for state, level in VERDICT_LEVELS.items()
}
OVERALL_NAMES = {**VERDICT_NAMES, FAULTY: FAULTY_NAME}
SEVERITY_NAMES: dict[float, tuple[str, str]] = {
    1: ("info", "blue"),
    2: ("warning", "orange"),
    3: ("critical", "red"),
}
STATE_COLORS = {"running": "green", "ended": "blue", "vanished": "red", "elsewhere": "blue"}
STATE_NAMES: dict[float, tuple[str, str]] = {
    level: (name, STATE_COLORS[name]) for level, name in RUN_STATES.items()
}


def graph(*, fill: int = 0, step: bool = False, calcs: Sequence[str] = ("lastNotNull",)) -> Any:
    """Lines over time. ``step``: a value holds until the next one, as between evaluations."""
    legend = (
        common_builder.VizLegendOptions()
        .display_mode(common.LegendDisplayMode.TABLE)
        .placement(common.LegendPlacement.BOTTOM)
        .show_legend(True)
        .calcs(list(calcs))
    )
    tooltip = (
        common_builder.VizTooltipOptions()
        .mode(common.TooltipDisplayMode.MULTI)
        .sort(common.SortOrder.DESCENDING)
    )
    shape = common.LineInterpolation.STEP_AFTER if step else common.LineInterpolation.LINEAR
    return (
        timeseries.Panel()
        .legend(legend)
        .tooltip(tooltip)
        .line_interpolation(shape)
        .line_width(2)
        .fill_opacity(fill)
        .show_points(common.VisibilityMode.NEVER)
    )


def number(steps: Steps = ((None, "text"),), *, colored: bool = False, spark: bool = False) -> Any:
    """One large number: the last one in the time range, so that ended runs show theirs."""
    reduce = common_builder.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields("")
    background = common.BigValueColorMode.BACKGROUND_SOLID
    return (
        stat.Panel()
        .reduce_options(reduce)
        .thresholds(thresholds(steps))
        .color_scheme(dashboard_builder.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS))
        .color_mode(background if colored else common.BigValueColorMode.VALUE)
        .graph_mode(common.BigValueGraphMode.AREA if spark else common.BigValueGraphMode.NONE)
        .justify_mode(common.BigValueJustifyMode.CENTER)
    )


def linked(url: str, title: str) -> Any:
    """The names of the series, each a link; ``url`` may name labels of the series."""
    place = {"title": title, "url": url, "targetBlank": True}
    return (
        number()
        .text_mode(common.BigValueTextMode.NAME)
        .no_value("-")
        .override_by_regexp("/.*/", override(links=[place]))
    )


def timeline(names: Mapping[float, tuple[str, str]]) -> Any:
    """Coloured bars over time."""
    return (
        statetimeline.Panel()
        .mappings(value_names(names))
        .merge_values(True)
        .show_value(common.VisibilityMode.AUTO)
        .legend(common_builder.VizLegendOptions().show_legend(False))
        .fill_opacity(80)
        .line_width(0)
    )


def override(**properties: Any) -> list[dashboard.DynamicConfigValue]:
    """Properties of an override; ``__`` in a name stands for a dot: custom__lineWidth."""
    return [
        dashboard.DynamicConfigValue(id_val=name.replace("__", "."), value=value)
        for name, value in properties.items()
    ]


def fixed(color: str) -> dict[str, str]:
    return {"mode": "fixed", "fixedColor": color}


def dashes(on: int, off: int) -> dict[str, object]:
    return {"fill": "dash", "dash": [on, off]}
