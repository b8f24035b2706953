"""How good applications' answers are: quality, hallucinations, toxicity, trends, drift."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Security

from optiinfra_api.dependencies.application_reading import (
    CallsPage,
    CallsWhole,
    GroupByPeriod,
    MetricTypeName,
    ScoreFilters,
    SeriesFilters,
    Shown,
)
from optiinfra_api.dependencies.drift import Baseline, drift_of, trends_of
from optiinfra_api.dependencies.examples import WithTexts, worst_of
from optiinfra_api.dependencies.filters import Text
from optiinfra_api.dependencies.quality import Asked, quality_of
from optiinfra_api.dependencies.tenant import Caller, allowed
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.envelope import Reading
from optiinfra_api.schemas.quality import DriftRow, QualityPoint, QualityRow, WorstRow

router = APIRouter(
    prefix="/api/v2/applications",
    tags=["applications"],
    responses={**RESPONSES},
    dependencies=[Security(allowed, scopes=["applications:read"])],
)

Threshold = Annotated[
    float | None,
    Query(
        ge=0,
        le=1,
        description="Tells the share of scores from here on; leaves none out. Left out: the"
        " application's own threshold for the metric, else 0.5.",
    ),
]
BaselineStart = Annotated[
    datetime | None,
    Query(description="First instant of the baseline; left out: as much as 7 days before start."),
]
BaselineEnd = Annotated[
    datetime | None, Query(description="First instant after it; left out: the period's start.")
]


@router.get("/{customer_id}/{provider}/quality")
async def application_quality(
    read: CallsWhole, filters: ScoreFilters, shown: Shown = "current"
) -> Reading[QualityRow]:
    """How well answers serve who asked, by application, environment, model and series."""
    asked = Asked(metric_types=("quality",), filters=filters, shown=shown)
    return read.answer(await quality_of(read, asked))


@router.get("/{customer_id}/{provider}/hallucinations")
async def application_hallucinations(
    read: CallsWhole, filters: ScoreFilters, threshold: Threshold = None, shown: Shown = "current"
) -> Reading[QualityRow]:
    """What answers assert without support; a higher score is worse."""
    asked = Asked(
        metric_types=("hallucination",), filters=filters, threshold=threshold, shown=shown
    )
    return read.answer(await quality_of(read, asked))


@router.get("/{customer_id}/{provider}/toxicity")
async def application_toxicity(
    read: CallsWhole, filters: ScoreFilters, threshold: Threshold = None, shown: Shown = "current"
) -> Reading[QualityRow]:
    """What answers say that harms; a higher score is worse."""
    asked = Asked(metric_types=("toxicity",), filters=filters, threshold=threshold, shown=shown)
    return read.answer(await quality_of(read, asked))


@router.get("/{customer_id}/{provider}/trends")
async def application_trends(
    read: CallsPage,
    filters: ScoreFilters,
    group_by: GroupByPeriod = "day",
    shown: Shown = "current",
) -> Reading[QualityPoint]:
    """Each series by hour, day, week or month, from the quarters of an hour that were computed."""
    return read.answer(await trends_of(read, filters, group_by, shown))


@router.get("/{customer_id}/{provider}/drift")
async def application_drift(
    read: CallsWhole,
    filters: SeriesFilters,
    environment: Text = "",
    baseline_start: BaselineStart = None,
    baseline_end: BaselineEnd = None,
) -> Reading[DriftRow]:
    """Each series that counts now against its baseline: one look, with its interval."""
    chosen = Baseline(baseline_start, baseline_end)
    return read.answer(await drift_of(read, {**filters, "environment": environment}, chosen))


@router.get("/{customer_id}/{provider}/worst")
async def application_worst(
    read: CallsPage,
    filters: ScoreFilters,
    key: Caller,
    metric_type: MetricTypeName = "quality",
    texts: WithTexts = False,  # noqa: FBT002 - a parameter of the query
) -> Reading[WorstRow]:
    """The worst judged calls: tampered ones first, then contradicted ones, then by score."""
    return read.answer(await worst_of(read, filters, metric_type, key if texts else None))
