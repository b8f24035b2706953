"""Questions about all calls of applications: how many, how fast, how many tokens, at which cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from optiinfra_core.metrics.money import Money
from optiinfra_core.warehouse.question import Question

GROUPS = ("hour", "day", "week", "month")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FILTERS: Mapping[str, Any] = MappingProxyType(
    {"application": "", "environment": "", "model": "", "service_version": "", "prompt_version": ""}
)


@dataclass(frozen=True, slots=True)
class Population:
    """The calls of one application, environment and model: which could be judged, which were drawn.

    ``eligible`` ones succeeded, have text that is kept, and may be shown to a judge.
    """

    application_id: str
    environment: str
    model: str
    calls: int
    eligible: int
    sampled: int


@dataclass(frozen=True, slots=True)
class CallTotals:
    """Sums over calls; ``latency`` and ``ttft`` are p50, p95 and p99 in milliseconds.

    ``timed`` calls tell their latency, ``streamed`` ones the time to their first token; where
    there are none the percentiles say nothing. ``paced_*`` are of calls that
    tell tokens and time both, ``priced_tokens`` of those whose cost is known. ``vendor`` and
    ``model_name`` are empty where all models were asked for together.
    """

    application_id: str
    vendor: str
    model_name: str
    requests: int
    errors: int
    timed: int
    latency: list[float]
    streamed: int
    ttft: list[float]
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    tokens_unknown: int
    paced_tokens: int
    paced_ms: float
    cost_usd: Money | None
    cost_unknown: int
    priced_tokens: int
    first_call: datetime
    last_call: datetime


@dataclass(frozen=True, slots=True)
class UsageTrend:
    """The calls of one application in one period.

    ``cost_usd`` is of the calls whose cost is known, null where it is of none; ``cost_unknown``
    and ``tokens_unknown`` count the others.
    """

    period: datetime
    application_id: str
    requests: int
    errors: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    tokens_unknown: int
    cost_usd: Money | None
    cost_unknown: int
    latency_p50_ms: float | None
    latency_p95_ms: float | None


# Every question takes customer_id, providers, start, end (exclusive); the rest is optional.
POPULATION = Question("applications/population.sql", Population, optional=_FILTERS)
CALLS = Question("applications/calls.sql", CallTotals, optional={**_FILTERS, "by_model": False})
USAGE = Question(
    "applications/usage.sql",
    UsageTrend,
    optional={
        **_FILTERS,
        "group_by": "day",
        "limit": 1000,
        "has_after": False,
        "after_period": _EPOCH,
        "after_application": "",
    },
    choices={"group_by": GROUPS},
)
