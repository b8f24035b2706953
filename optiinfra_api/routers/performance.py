"""How hard resources work: samples, trends, summaries."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Security

from optiinfra_api.dependencies.filters import (
    ENDS,
    End,
    GroupBy,
    SampleFilters,
    UtilisationFilters,
)
from optiinfra_api.dependencies.page import Keyset
from optiinfra_api.dependencies.reading import SampleRows, SampleWhole, Streamed
from optiinfra_api.dependencies.tenant import allowed
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.envelope import STREAMED, Reading
from optiinfra_core.warehouse.questions import performance
from optiinfra_core.warehouse.questions.performance import (
    PerformanceSummary,
    PerformanceTrend,
    ResourceUtilisation,
    Sample,
    Step,
)

router = APIRouter(
    prefix="/api/v2/performance",
    tags=["performance"],
    responses={**RESPONSES},
    dependencies=[Security(allowed, scopes=["performance:read"])],
)

SERIES = {
    "after_timestamp": "timestamp",
    "after_provider": "provider",
    "after_resource": "resource_id",
    "after_metric": "metric_name",
    "after_statistic": "statistic",
    "after_account": "account_id",
    "after_region": "region",
}
PERIODS = Keyset(
    performance.TRENDS,
    {
        "after_period": "period",
        "after_metric": "metric_name",
        "after_statistic": "statistic",
        "after_unit": "unit",
    },
)
RESOURCES = Keyset(
    performance.BY_RESOURCE,
    {
        "after_avg": "avg",
        "after_provider": "provider",
        "after_account": "account_id",
        "after_region": "region",
        "after_resource": "resource_id",
        "after_statistic": "statistic",
        "after_unit": "unit",
    },
)
SAMPLES = Keyset(performance.METRICS, SERIES)
STEPS = Keyset(performance.METRICS_STEPPED, SERIES)

StepSeconds = Annotated[
    int | None,
    Query(
        ge=60,
        le=31 * 86400,
        description="Seconds: samples are averaged over steps of this length by the server.",
        examples=[3600],
    ),
]


@router.get(
    "/{customer_id}/{provider}/metrics",
    response_model=Reading[Sample | Step],
    responses={200: STREAMED},
)
async def performance_metrics(
    read: SampleRows, filters: SampleFilters, stream: Streamed, step: StepSeconds = None
) -> Any:
    """The samples of the period, newest first; streamed where the Accept header asks for it."""
    if step:
        return await read.rows(STEPS, stream, more={}, step_s=step, **filters)
    if stream:
        return await read.stream(performance.STREAM, stream, **filters)
    return read.spliced(await read.lines(SAMPLES, **filters))


@router.get(
    "/{customer_id}/{provider}/trends",
    response_model=Reading[PerformanceTrend],
    responses={200: STREAMED},
)
async def performance_trends(
    read: SampleRows, filters: SampleFilters, stream: Streamed, group_by: GroupBy = "hour"
) -> Any:
    """Each metric over all resources by hour, day, week or month."""
    return await read.rows(PERIODS, stream, more={}, group_by=group_by, **filters)


@router.get(
    "/{customer_id}/{provider}/by-resource",
    response_model=Reading[ResourceUtilisation],
    responses={200: STREAMED},
)
async def performance_by_resource(
    read: SampleRows, filters: UtilisationFilters, stream: Streamed, first: End = "busiest"
) -> Any:
    """One metric of each resource: the busiest or the idlest first."""
    return await read.rows(RESOURCES, stream, more={}, sign=ENDS[first], **filters)


@router.get("/{customer_id}/{provider}/summary")
async def performance_summary(
    read: SampleWhole, filters: SampleFilters
) -> Reading[PerformanceSummary]:
    """Each metric by kind of resource: percentiles, the busiest, the idlest, coverage."""
    return read.answer(await read.whole(performance.SUMMARY, **filters))
