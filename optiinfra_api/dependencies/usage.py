"""What calls take, from sums to figures; joined with how many answers pass."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies import estimates
from optiinfra_api.dependencies.application_reading import calls_of, series_of
from optiinfra_api.dependencies.calibration import key_of
from optiinfra_api.dependencies.drift import NO_BASELINE, Baseline, drift_of
from optiinfra_api.dependencies.page import Found
from optiinfra_api.dependencies.quality import (
    NO_JUDGE,
    NOT_JUDGED,
    Asked,
    Picture,
    picture_of,
    reason_of,
)
from optiinfra_api.dependencies.reading import Read
from optiinfra_api.dependencies.series import Series, series_of_row
from optiinfra_api.schemas.quality import DriftRow, Estimate, Failed, columns
from optiinfra_api.schemas.usage import ApplicationSummary, ModelUsage, SeriesSummary, Spread
from optiinfra_core.applications.statistics.weighted import Sums
from optiinfra_core.tenancy.quality_alarms import QualityAlarms
from optiinfra_core.warehouse.questions.application_quality import METRIC_TYPES, QualitySums
from optiinfra_core.warehouse.questions.application_usage import CALLS, CallTotals

# The metric whose verdict says whether an answer was worth its money.
PASSING = "quality"
MOST_ALARMS = 1000

Verdicts = Mapping[tuple[str, ...], Estimate | None]


async def models_of(read: Read, filters: Mapping[str, Any]) -> Found[ModelUsage]:
    """The calls of each application to each model, with what a passing answer costs."""
    asked = Asked(metric_types=(PASSING,), filters={**filters, "metric_name": PASSING,
                  "judge_model": ""})  # fmt: skip
    totals, picture = await asyncio.gather(
        read.shared(CALLS, by_model=True, **filters), picture_of(read, asked)
    )
    passed = passing(picture.sums, "application_id", "model")
    rows = [
        ModelUsage(
            application_id=row.application_id,
            llm_vendor=row.vendor,
            model=row.model_name,
            **figures(row, passed.get((row.application_id, row.model_name))),
        )
        for row in totals.rows
    ]
    return Found(rows=rows)


def passing(sums: Iterable[QualitySums], *by: str) -> Verdicts:
    """The pass rate of ``quality`` in each group of rows; each group is of one series."""
    groups: dict[tuple[str, ...], list[QualitySums]] = defaultdict(list)
    for row in sums:
        if row.metric_name == PASSING and row.judge_model:
            groups[tuple(getattr(row, name) for name in by)].append(row)
    return {key: pass_rate(rows) for key, rows in groups.items()}


def pass_rate(rows: list[QualitySums]) -> Estimate | None:
    """The pass rate of rows of one series."""
    return estimates.rate(estimates.total(map(estimates.verdicts_of, rows)))


def figures(row: CallTotals, passed: Estimate | None) -> dict[str, Any]:
    """The fields of CallFigures."""
    priced = row.requests - row.cost_unknown
    return {
        "requests": row.requests,
        "errors": row.errors,
        "error_rate": row.errors / row.requests,
        "latency_ms": spread(row.latency) if row.timed else None,
        "ttft_ms": spread(row.ttft) if row.streamed else None,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "cached_tokens": row.cached_tokens,
        "cache_hit_share": row.cached_tokens / row.input_tokens if row.input_tokens else None,
        "tokens_unknown": row.tokens_unknown,
        "tokens_per_second": 1000 * row.paced_tokens / row.paced_ms if row.paced_ms else None,
        "cost_usd": row.cost_usd,
        "cost_unknown": row.cost_unknown,
        "cost_per_million_tokens_usd": estimates.per_million(row.cost_usd, row.priced_tokens),
        "cost_per_passing_answer_usd": estimates.per_passing(row.cost_usd, priced, passed),
        "first_call": row.first_call,
        "last_call": row.last_call,
    }


def spread(percentiles: list[float]) -> Spread:
    """Three percentiles by name."""
    p50, p95, p99 = percentiles
    return Spread(p50=p50, p95=p95, p99=p99)


async def summary_of(read: Read, filters: Mapping[str, Any]) -> Found[ApplicationSummary]:
    """Each application with all that is known of it, one row each."""
    asked = Asked(metric_types=METRIC_TYPES, filters=filters)
    drifting = {**series_of(filters), "environment": filters["environment"]}
    totals, picture, drift, alarms = await asyncio.gather(
        read.shared(CALLS, **calls_of(filters)),
        picture_of(read, asked),
        drift_of(read, drifting, Baseline()),
        open_alarms(read),
    )
    passed = passing(picture.sums, "application_id")
    metrics = metrics_of(read, picture, words(drift.rows))
    rows = [
        ApplicationSummary(
            application_id=row.application_id,
            eligible=population(picture, row.application_id, "eligible"),
            sampled=population(picture, row.application_id, "sampled"),
            open_alarms=alarms.get(row.application_id, 0),
            metrics=metrics.get(row.application_id, []),
            **figures(row, passed.get((row.application_id,))),
        )
        for row in totals.rows
    ]
    return Found(rows=rows)


def population(picture: Picture, application: str, count: str) -> int:
    """How many calls of an application, over all environments and models."""
    of_it = (each for (name, *_), each in picture.population.items() if name == application)
    return sum(getattr(each, count) for each in of_it)


async def open_alarms(read: Read) -> Mapping[str, int]:
    """How many alarms stand, by application."""
    found = await run_in_threadpool(
        QualityAlarms(read.doors.database).list,
        read.customer.slug,
        open_only=True,
        limit=MOST_ALARMS,
    )
    counts: dict[str, int] = defaultdict(int)
    for alarm in found:
        counts[alarm.series.application_id] += 1
    return counts


def words(rows: Iterable[DriftRow]) -> Mapping[Series, str]:
    """The verdict on each series; the worst of its environments."""
    order = ("regression", "improvement", "no_change", "too_few", NO_BASELINE)
    told: dict[Series, str] = {}
    for row in rows:
        series = series_of_row(row)
        told[series] = min(told.get(series, NO_BASELINE), row.verdict, key=order.index)
    return told


def metrics_of(
    read: Read, picture: Picture, drift: Mapping[Series, str]
) -> Mapping[str, list[SeriesSummary]]:
    """The series of each application, environments and models added up."""
    groups: dict[Series, list[QualitySums]] = defaultdict(list)
    for row in picture.sums:
        groups[series_of_row(row)].append(row)
    told: dict[str, list[SeriesSummary]] = defaultdict(list)
    for series, rows in sorted(groups.items()):
        told[series.application_id].append(summed(rows, picture, drift.get(series, NO_BASELINE)))
    reason = NOT_JUDGED if read.doors.settings.has_judge else NO_JUDGE
    for name in {each for each, _, _ in picture.population}:
        has = {each.metric_type for each in told[name]}
        told[name] += [nothing(name, kind, reason) for kind in METRIC_TYPES if kind not in has]
    return told


def summed(rows: list[QualitySums], picture: Picture, drift: str) -> SeriesSummary:
    """One series over all environments and models."""
    first = rows[0]
    limited = first.metric_type != PASSING
    costs = [row.judge_cost_usd for row in rows if row.judge_cost_usd is not None]
    judged = sum(row.judged for row in rows)
    above = estimates.rate(estimates.total(map(estimates.above_of, rows)))
    return SeriesSummary(
        **{
            **columns(first, SeriesSummary),
            "current": series_of_row(first) in picture.current,
            "calibrated": key_of(first) in picture.calibrated,
            "judged": judged,
            "failed": Failed(
                **{name: sum(getattr(row, name) for row in rows) for name in Failed.model_fields}
            ),
            "without_score": sum(row.without_score for row in rows),
            "tampered": sum(row.tampered for row in rows),
            "score": estimates.score(estimates.total(map(estimates.scores_of, rows))),
            "pass_rate": pass_rate(rows),
            "share_above": above if limited else None,
            "threshold": picture.limit(first.application_id, first.metric_name)
            if limited
            else None,
            "judge_cost_usd": sum(costs) if costs else None,
            "verdict_possible": estimates.carries_verdict(judged),
            "drift": drift,
            "reason": None if judged else reason_of(first),
        }
    )


def nothing(application: str, metric_type: str, reason: str) -> SeriesSummary:
    """That nothing was judged."""
    return SeriesSummary(
        application_id=application,
        metric_type=metric_type,
        metric_name=metric_type,
        judge="",
        judge_model="",
        rubric_version="",
        current=True,
        calibrated=False,
        judged=0,
        failed=Failed(error=0, refused=0, unparseable=0, skipped=0),
        without_score=0,
        tampered=0,
        score=estimates.score(Sums()),
        pass_rate=None,
        share_above=None,
        threshold=None,
        judge_cost_usd=None,
        verdict_possible=False,
        drift=NO_BASELINE,
        reason=reason,
    )
