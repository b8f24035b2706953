"""How series of scores develop: by period, and against a baseline."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies import estimates
from optiinfra_api.dependencies.application_reading import series_of
from optiinfra_api.dependencies.calibration import JudgeKey, calibrated_judges, key_of
from optiinfra_api.dependencies.page import Found, Keyset
from optiinfra_api.dependencies.period import instant_of
from optiinfra_api.dependencies.reading import Read
from optiinfra_api.dependencies.series import Series, current_series, series_of_row
from optiinfra_api.schemas.quality import DriftRow, QualityPoint, columns
from optiinfra_core.applications.baseline import Pinned
from optiinfra_core.applications.statistics.verdict import Verdict, of_rates
from optiinfra_core.applications.statistics.weighted import Sums
from optiinfra_core.errors import InvalidRequest
from optiinfra_core.warehouse.questions.application_quality import (
    DRIFT,
    TRENDS,
    DriftSums,
    QualityPeriod,
)
from optiinfra_core.windows import DAY, Window, day_window

REACHES_BACK = 7 * DAY
VERSION_REACHES_BACK = 90 * DAY
LONGEST = 400 * DAY
VERSION_PARAMETERS: Mapping[str, str] = {
    "service_version": "baseline_service",
    "prompt_version": "baseline_prompt",
    "model": "baseline_model",
}
NO_BASELINE = "no_baseline"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The ends of a baseline that a caller named, None where it did not."""

    start: datetime | None = None
    end: datetime | None = None

    def window(self, current: Window) -> Window | None:
        """The span, None where neither end was named.

        Raises:
            InvalidRequest: it is naive, reversed or longer than a year.
        """
        if self.start is None and self.end is None:
            return None
        end = instant_of(self.end) if self.end else current.start
        start = instant_of(self.start) if self.start else end - REACHES_BACK
        if not start < end or end - start > LONGEST:
            raise InvalidRequest(
                "the baseline does not end after it starts, or is over 400 days long",
                remedy="Pass baseline_start before baseline_end, or leave both out.",
            )
        return Window(start, end)


@dataclass(frozen=True, slots=True)
class Against:
    """What a series is held against: a span, or what carried a version within it."""

    span: Window
    version: str = ""
    value: str = ""

    def told(self) -> dict[str, Any]:
        """As the question takes it."""
        span = {"baseline_start": self.span.start, "baseline_end": self.span.end}
        return {**span, VERSION_PARAMETERS[self.version]: self.value} if self.version else span


PERIODS = Keyset(
    TRENDS,
    {
        "after_period": "period",
        "after_application": "application_id",
        "after_metric": "metric_name",
        "after_environment": "environment",
        "after_judge": "judge",
        "after_model": "judge_model",
        "after_rubric": "rubric_version",
    },
)


async def trends_of(
    read: Read, filters: Mapping[str, Any], group_by: str, shown: str
) -> Found[QualityPoint]:
    """A page of periods; of each metric the series that counts now, or all."""
    current, calibrated = await asyncio.gather(
        current_series(
            read, application=filters["application"], metric_name=filters["metric_name"]
        ),
        calibrated_judges(read, filters["metric_name"]),
    )
    found = await read.listing(
        PERIODS,
        group_by=group_by,
        every=shown == "all" or bool(filters["judge_model"]),
        series=tuple(sorted(series.written() for series in current)),
        **filters,
    )
    rows = [point_of(row, current, calibrated) for row in found.rows]
    return Found(rows=rows, next=found.next)


def point_of(
    row: QualityPeriod, current: frozenset[Series], calibrated: frozenset[JudgeKey]
) -> QualityPoint:
    """One series in one period."""
    return QualityPoint(
        **{
            **columns(row, QualityPoint),
            "current": series_of_row(row) in current,
            "calibrated": key_of(row) in calibrated,
            "score": estimates.score(estimates.scores_of(row)),
            "pass_rate": estimates.pass_rate_of_period(row),
            "verdict_possible": estimates.carries_verdict(row.judged),
        }
    )


async def drift_of(read: Read, filters: Mapping[str, Any], chosen: Baseline) -> Found[DriftRow]:
    """Each series that counts now, or was asked for, against its baseline."""
    every = bool(filters["judge_model"])
    compared, current, calibrated = await asyncio.gather(
        comparisons(read, filters, chosen.window(read.window)),
        current_series(
            read, application=filters["application"], metric_name=filters["metric_name"]
        ),
        calibrated_judges(read, filters["metric_name"]),
    )
    rows = [
        drift_row(row, baseline, series_of_row(row) in current, key_of(row) in calibrated)
        for row, baseline in compared
        if every or series_of_row(row) in current
    ]
    return Found(rows=rows)


async def comparisons(
    read: Read, filters: Mapping[str, Any], named: Window | None
) -> list[tuple[DriftSums, Window]]:
    """The sums of every series with the baseline they were held against.

    A baseline that is named counts for all; else an application's pinned one, else the week
    before the period.
    """
    usual = Against(named or Window(read.window.start - REACHES_BACK, read.window.start))
    pinned = {} if named else await pinned_baselines(read)
    asked = {**series_of(filters), "environment": filters["environment"]}
    against = list(dict.fromkeys((usual, *pinned.values())))
    found = await asyncio.gather(*(read.whole(DRIFT, **each.told(), **asked) for each in against))
    rows = [
        (row, each.span)
        for each, answer in zip(against, found, strict=True)
        for row in answer.rows
        if each == pinned.get(row.application_id, usual)
    ]
    return sorted(rows, key=lambda each: (*series_of_row(each[0]), each[0].environment))


async def pinned_baselines(read: Read) -> dict[str, Against]:
    """What applications are pinned to, by application."""
    found = await run_in_threadpool(read.doors.applications.list, read.customer.slug)
    told = {each.application_id: Pinned.read(each.baseline) for each in found}
    back = Window(read.window.end - VERSION_REACHES_BACK, read.window.end)
    return {name: against_of(pinned, back) for name, pinned in told.items() if pinned}


def against_of(pinned: Pinned, back: Window) -> Against:
    """The days that are pinned, or the version within ``back``."""
    if pinned.start is None or pinned.end is None:
        return Against(back, pinned.version, pinned.value)
    return Against(Window(day_window(pinned.start).start, day_window(pinned.end).start))


def failures(judged: int, weight: float, squares: float, failed: float) -> Sums:
    """Sums of ones for what did not pass."""
    return Sums(judged, weight, squares, failed, failed)


def drift_row(
    row: DriftSums,
    baseline: Window,
    current: bool,  # noqa: FBT001 - data of the row
    calibrated: bool,  # noqa: FBT001 - data of the row
) -> DriftRow:
    """One series now and then, with the verdict of one look."""
    now = failures(row.judged, row.weight, row.weight_squared, row.weighted_not_passed)
    then = failures(
        row.baseline_judged,
        row.baseline_weight,
        row.baseline_weight_squared,
        row.baseline_weighted_not_passed,
    )
    verdict = verdict_of(now, then)
    difference = verdict.difference if verdict else None
    return DriftRow(
        **{
            **columns(row, DriftRow),
            "current": current,
            "calibrated": calibrated,
            "baseline_start": baseline.start,
            "baseline_end": baseline.end,
            "failure_rate": estimates.rate(now),
            "baseline_failure_rate": estimates.rate(then),
            "score": estimates.score(scores_now(row)),
            "baseline_score": estimates.score(scores_then(row)),
            "change": difference.value if difference else None,
            "change_low": difference.interval.low if difference else None,
            "change_high": difference.interval.high if difference else None,
            "p": difference.p if difference else None,
            "verdict": verdict.word if verdict else NO_BASELINE,
        }
    )


def verdict_of(now: Sums, then: Sums) -> Verdict | None:
    """The verdict on the two failure rates; None where one side has none."""
    current, baseline = now.as_rate(), then.as_rate()
    return of_rates(current, baseline) if current and baseline else None


def scores_now(row: DriftSums) -> Sums:
    """The sums of the period's scores."""
    return Sums(row.judged, row.weight, row.weight_squared, row.weighted, row.weighted_squared)


def scores_then(row: DriftSums) -> Sums:
    """The sums of the baseline's scores."""
    return Sums(
        row.baseline_judged,
        row.baseline_weight,
        row.baseline_weight_squared,
        row.baseline_weighted,
        row.baseline_weighted_squared,
    )
