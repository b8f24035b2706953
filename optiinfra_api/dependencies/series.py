"""Which series of scores counts now: one judge model and rubric for each application and metric."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.reading import Read
from optiinfra_core.warehouse.questions.application_quality import (
    METRIC_TYPES,
    SERIES,
    SeriesHour,
)

# A model that helps out with single calls has few of these; one that took over soon has most.
NEWEST = 100

Pinned = Mapping[str, str]


class Series(NamedTuple):
    """One judge, model and rubric for one metric of one application."""

    application_id: str
    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str

    def written(self) -> str:
        """As questions take it."""
        return "/".join(self)


def series_of_row(row: object) -> Series:
    """The series of a row that has its columns."""
    return Series(*(str(getattr(row, name)) for name in Series._fields))


async def pinned_of(read: Read) -> Pinned:
    """The judge model that applications are pinned to, by application."""
    applications = read.doors.applications
    found = await run_in_threadpool(applications.list, read.customer.slug)
    return {each.application_id: each.judge_model for each in found if each.judge_model}


async def current_series(
    read: Read,
    *,
    application: str = "",
    metric_name: str = "",
    metric_types: tuple[str, ...] = METRIC_TYPES,
) -> frozenset[Series]:
    """The series that count now in the read's period."""
    narrowed = {"application": application, "metric_name": metric_name}
    found = await read.shared(SERIES, metric_types=metric_types, **narrowed)
    return current(found.rows, await pinned_of(read))


def current(hours: Iterable[SeriesHour], pinned: Pinned) -> frozenset[Series]:
    """Of each application and metric the pinned model's series, else that of most new scores.

    Judges that are models come before screens and other tools.
    """
    groups: dict[tuple[str, str], list[SeriesHour]] = defaultdict(list)
    for hour in hours:
        groups[hour.application_id, hour.metric_name].append(hour)
    return frozenset(_chosen(group, pinned.get(name)) for (name, _), group in groups.items())


def _chosen(hours: list[SeriesHour], pinned: str | None) -> Series:
    wanted = [hour for hour in hours if pinned and hour.judge_model == pinned]
    models = [hour for hour in hours if hour.judge_model]
    return _of_most(wanted or models or hours)


def _of_most(hours: list[SeriesHour]) -> Series:
    """The series of most of the newest scores; of equals the one that scored last."""
    counts: dict[Series, int] = defaultdict(int)
    last: dict[Series, datetime] = {}
    seen = 0
    for hour in sorted(hours, key=lambda each: each.scored_hour, reverse=True):
        series = series_of_row(hour)
        if seen < NEWEST:
            counts[series] += hour.scores
            last[series] = max(last.get(series, hour.last_scored_at), hour.last_scored_at)
        seen += hour.scores
    return max(counts, key=lambda each: (counts[each], last[each], each))
