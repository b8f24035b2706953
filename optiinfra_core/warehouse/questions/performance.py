"""Questions about performance: samples, steps, trends, and who works hard."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from optiinfra_core.warehouse.backwards import Backwards
from optiinfra_core.warehouse.question import Question
from optiinfra_core.windows import DAY

HOUR = timedelta(hours=1)
GROUPS = ("hour", "day", "week", "month")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FILTERS: Mapping[str, Any] = MappingProxyType(
    {"metric_name": "", "statistic": "", "resource_id": "", "resource_type": "", "region": ""}
)
_PAGE: Mapping[str, Any] = MappingProxyType(
    {
        **_FILTERS,
        "limit": 100,
        "has_after": False,
        "after_timestamp": _EPOCH,
        "after_provider": "",
        "after_resource": "",
        "after_metric": "",
        "after_statistic": "",
        "after_account": "",
        "after_region": "",
    }
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement; ``timestamp`` is the start of the interval of ``period_s`` seconds."""

    timestamp: datetime
    provider: str
    account_id: str
    region: str
    resource_id: str
    resource_name: str
    resource_type: str
    metric_name: str
    statistic: str
    value: float
    unit: str
    period_s: int


@dataclass(frozen=True, slots=True)
class Step:
    """What the samples of one series say in one step."""

    timestamp: datetime
    provider: str
    account_id: str
    region: str
    resource_id: str
    resource_name: str
    resource_type: str
    metric_name: str
    statistic: str
    unit: str
    avg: float
    min: float
    max: float
    p95: float
    samples: int


@dataclass(frozen=True, slots=True)
class PerformanceTrend:
    """One metric over all resources in one period."""

    period: datetime
    metric_name: str
    statistic: str
    unit: str
    avg: float
    min: float
    max: float
    p50: float
    p95: float
    p99: float
    samples: int
    resources: int


@dataclass(frozen=True, slots=True)
class PerformanceSummary:
    """One metric of one kind of resource; ``coverage`` of the period by samples, 0 to 1."""

    metric_name: str
    resource_type: str
    statistic: str
    unit: str
    avg: float
    min: float
    max: float
    p50: float
    p95: float
    p99: float
    busiest: str
    busiest_avg: float
    idlest: str
    idlest_avg: float
    samples: int
    resources: int
    coverage: float


@dataclass(frozen=True, slots=True)
class ResourceUtilisation:
    """One metric of one resource over the period; ``coverage`` of it by samples, 0 to 1."""

    provider: str
    account_id: str
    region: str
    resource_id: str
    resource_name: str
    resource_type: str
    metric_name: str
    statistic: str
    unit: str
    avg: float
    min: float
    max: float
    p50: float
    p95: float
    p99: float
    samples: int
    coverage: float
    first_sample: datetime
    last_sample: datetime


@dataclass(frozen=True, slots=True)
class ProviderUtilisation:
    """One metric over all resources of one provider."""

    provider: str
    metric_name: str
    statistic: str
    unit: str
    avg: float
    p95: float
    max: float
    samples: int
    resources: int


# Every question takes customer_id, providers, start, end (exclusive); the rest is optional.
METRICS = Question(
    "performance/metrics.sql",
    Sample,
    optional=_PAGE,
    backwards=Backwards(after="after_timestamp", spans=(HOUR, DAY, 8 * DAY)),
)
STREAM = Question("performance/stream.sql", Sample, optional={**_FILTERS, "limit": 100_000})
# Also takes step_s, the length of a step in seconds.
METRICS_STEPPED = Question(
    "performance/metrics_stepped.sql",
    Step,
    optional=_PAGE,
    backwards=Backwards(
        after="after_timestamp", spans=(HOUR, 6 * HOUR, DAY, 8 * DAY), step="step_s", short=1
    ),
)
TRENDS = Question(
    "performance/trends.sql",
    PerformanceTrend,
    optional={
        **_FILTERS,
        "group_by": "hour",
        "limit": 1000,
        "has_after": False,
        "after_period": _EPOCH,
        "after_metric": "",
        "after_statistic": "",
        "after_unit": "",
    },
    choices={"group_by": GROUPS},
    gathers=True,
)
SUMMARY = Question("performance/summary.sql", PerformanceSummary, optional=_FILTERS)
# Also takes metric_name.
BY_RESOURCE = Question(
    "performance/by_resource.sql",
    ResourceUtilisation,
    optional={
        **{name: value for name, value in _FILTERS.items() if name != "metric_name"},
        "sign": 1,
        "limit": 100,
        "has_after": False,
        "after_avg": 0.0,
        "after_provider": "",
        "after_account": "",
        "after_region": "",
        "after_resource": "",
        "after_statistic": "",
        "after_unit": "",
    },
    gathers=True,
)
OVERVIEW = Question("performance/overview.sql", ProviderUtilisation)
