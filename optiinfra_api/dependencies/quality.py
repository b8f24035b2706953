"""What judges say of applications, from sums to rows: one series after the other, none averaged."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies import estimates
from optiinfra_api.dependencies.application_reading import calls_of
from optiinfra_api.dependencies.calibration import JudgeKey, calibrated_judges, key_of
from optiinfra_api.dependencies.page import Found
from optiinfra_api.dependencies.reading import Read
from optiinfra_api.dependencies.series import Series, current_series, series_of_row
from optiinfra_api.schemas.quality import Failed, QualityRow, columns
from optiinfra_core.warehouse.questions.application_quality import QUALITY, QualitySums
from optiinfra_core.warehouse.questions.application_usage import POPULATION, Population

DEFAULT_THRESHOLD = 0.5
SCREEN = "lexical-1"
NO_JUDGE = "no_judge"
NOT_JUDGED = "not_judged"
NOTHING_TO_SCORE = "nothing_to_score"

Group = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which scores: of which kinds, held against which limit, of which series."""

    metric_types: tuple[str, ...]
    filters: Mapping[str, Any]
    threshold: float | None = None
    shown: str = "current"

    @property
    def every_series(self) -> bool:
        """Whether series that no longer count are told too."""
        return self.shown == "all" or bool(self.filters["judge_model"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that was found: sums of the series asked for, and what may be said of them."""

    sums: list[QualitySums]
    population: Mapping[Group, Population]
    current: frozenset[Series]
    calibrated: frozenset[JudgeKey]
    limits: Mapping[str, float]
    threshold: float

    def limit(self, application: str, metric: str) -> float:
        """From which score on a defect is counted."""
        return self.limits.get(f"{application}/{metric}", self.threshold)


async def picture_of(read: Read, asked: Asked) -> Picture:
    """The sums that ``asked`` means, with the population that they stand for."""
    limits = await limits_of(read) if asked.threshold is None else {}
    threshold = DEFAULT_THRESHOLD if asked.threshold is None else asked.threshold
    sums, population, series, calibrated = await asyncio.gather(
        read.whole(
            QUALITY,
            metric_types=asked.metric_types,
            threshold=threshold,
            limit_names=tuple(limits),
            limits=tuple(limits.values()),
            **asked.filters,
        ),
        read.shared(POPULATION, **calls_of(asked.filters)),
        current_series(
            read,
            application=asked.filters["application"],
            metric_name=asked.filters["metric_name"],
            metric_types=asked.metric_types,
        ),
        calibrated_judges(read, asked.filters["metric_name"]),
    )
    return Picture(
        sums=[row for row in sums.rows if asked.every_series or series_of_row(row) in series],
        population={(p.application_id, p.environment, p.model): p for p in population.rows},
        current=series,
        calibrated=calibrated,
        limits=limits,
        threshold=threshold,
    )


async def limits_of(read: Read) -> dict[str, float]:
    """The limits that applications have of their own, as "application/metric"."""
    found = await run_in_threadpool(read.doors.applications.list, read.customer.slug)
    return {
        f"{each.application_id}/{metric}": float(limit)
        for each in found
        for metric, limit in each.thresholds.items()
        if isinstance(limit, int | float)
    }


async def quality_of(read: Read, asked: Asked) -> Found[QualityRow]:
    """One row for each application, environment, model and series, worst told as it is."""
    picture = await picture_of(read, asked)
    rows = [row_of(row, picture, asked) for row in picture.sums]
    told = {(row.application_id, row.environment, row.model) for row in rows}
    if not (asked.filters["judge_model"] or asked.filters["metric_name"]):
        reason = NOT_JUDGED if read.doors.settings.has_judge else NO_JUDGE
        missing = (each for group, each in picture.population.items() if group not in told)
        rows += unjudged(missing, asked.metric_types, reason)
    rows.sort(key=lambda row: (row.application_id, row.metric_name, row.environment, row.model))
    return Found(rows=rows)


def row_of(row: QualitySums, picture: Picture, asked: Asked) -> QualityRow:
    """One series of one application, environment and model."""
    group = (row.application_id, row.environment, row.model)
    population = picture.population.get(group)
    limit = picture.limit(row.application_id, row.metric_name)
    p5, p50, p95 = row.spread if row.judged else (None, None, None)
    limited = "quality" not in asked.metric_types
    return QualityRow(
        **{name: value for name, value in columns(row, QualityRow).items() if name != "failed"},
        calls=population.calls if population else 0,
        eligible=population.eligible if population else 0,
        sampled=population.sampled if population else 0,
        failed=Failed(**columns(row, Failed)),
        current=series_of_row(row) in picture.current,
        calibrated=key_of(row) in picture.calibrated,
        score=estimates.score(estimates.scores_of(row)),
        pass_rate=estimates.rate(estimates.verdicts_of(row)),
        pass_rate_uniform=estimates.rate(estimates.uniform_verdicts_of(row)),
        threshold=limit if limited else None,
        share_above=estimates.rate(estimates.above_of(row)) if limited else None,
        p5=p5,
        p50=p50,
        p95=p95,
        verdict_possible=estimates.carries_verdict(row.judged),
        reason=reason_of(row),
    )


def reason_of(row: QualitySums) -> str | None:
    """Why there is no score, None where there is one."""
    if row.judged:
        return None
    if row.reasons:
        return row.reasons[0]
    return NOTHING_TO_SCORE if row.without_score else NOT_JUDGED


def unjudged(
    groups: Iterable[Population], metric_types: tuple[str, ...], reason: str
) -> Iterator[QualityRow]:
    """Rows that say of calls without any score that they have none: no row would hide them."""
    for each in groups:
        for metric_type in metric_types:
            yield QualityRow(
                application_id=each.application_id,
                environment=each.environment,
                model=each.model,
                metric_type=metric_type,
                metric_name=metric_type,
                judge=SCREEN if reason == NO_JUDGE else "",
                judge_model="",
                rubric_version="",
                current=True,
                calibrated=False,
                calls=each.calls,
                eligible=each.eligible,
                sampled=each.sampled,
                judged=0,
                failed=Failed(error=0, refused=0, unparseable=0, skipped=0),
                without_score=0,
                tampered=0,
                score=None,
                pass_rate=None,
                p5=None,
                p50=None,
                p95=None,
                judge_cost_usd=None,
                judge_cost_unknown=0,
                verdict_possible=False,
                reason=reason,
            )
