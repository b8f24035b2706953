"""How fresh each source of a customer is, and which of its windows are missing."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from optiinfra_api.dependencies.coverage import accounts_in, expected_span, known_among, whole
from optiinfra_api.dependencies.doors import Doors
from optiinfra_api.dependencies.standing import is_stale
from optiinfra_api.schemas.collecting import SourceFreshness
from optiinfra_api.schemas.problem import ErrorOut
from optiinfra_core.collecting.catalogue import ProviderInfo
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.metrics import METRICS, Metric
from optiinfra_core.warehouse.questions.windows import Coverage
from optiinfra_core.windows import DAY, Window, floor

LOOKED_BACK = 7 * DAY

Accounts = Mapping[tuple[str, str, str], Coverage]


async def sources_of(doors: Doors, customer: str, now: datetime) -> list[SourceFreshness]:
    """Every source of the customer; gaps are counted from its first commit of the last 7 days."""
    states = await doors.states_of(customer)
    installed = await doors.providers()
    spans = {metric.name: span_of(metric, installed, states, now) for metric in METRICS}
    found = await asyncio.gather(
        *(committed(doors, customer, metric, spans[metric.name], states) for metric in METRICS)
    )
    accounts = {key: value for each in found for key, value in each.items()}
    return [source_of(state, installed, accounts, spans, now) for state in states]


def standing_of(sources: list[SourceFreshness], now: datetime) -> Mapping[str, Any]:
    """How fresh and complete all of them are together."""
    commits = [source.last_commit_at for source in sources if source.last_commit_at]
    as_of = max(commits, default=None)
    return {
        "as_of": as_of,
        "freshness_seconds": max(0, int((now - as_of).total_seconds())) if as_of else None,
        "stale": not sources or any(source.stale for source in sources),
        "complete": bool(sources) and not any(source.gaps for source in sources),
    }


def not_supported(
    sources: Iterable[SourceFreshness], installed: Mapping[str, ProviderInfo]
) -> dict[str, dict[str, str]]:
    """What each provider of ``sources`` cannot give, and why; those that give all left out."""
    slugs = sorted({source.provider for source in sources} & installed.keys())
    return {
        slug: dict(installed[slug].not_supported) for slug in slugs if installed[slug].not_supported
    }


def span_of(
    metric: Metric,
    installed: Mapping[str, ProviderInfo],
    states: Iterable[SourceState],
    now: datetime,
) -> Window | None:
    """The last 7 days as far as the sources of this data type have published them."""
    mine = known_among(installed, {state.provider for state in states})
    return expected_span(Window(floor(now - LOOKED_BACK, DAY), now), metric, mine, now)


async def committed(
    doors: Doors,
    customer: str,
    metric: Metric,
    span: Window | None,
    states: Iterable[SourceState],
) -> Accounts:
    """What each account has committed of ``span``, by provider, data type and account."""
    providers = tuple(sorted({state.provider for state in states if state.dataset == metric.name}))
    if span is None or not providers:
        return {}
    accounts = await accounts_in(doors, customer, metric, providers, span)
    return {(each.provider, metric.name, each.account_id): each for each in accounts}


def source_of(
    state: SourceState,
    installed: Mapping[str, ProviderInfo],
    accounts: Accounts,
    spans: Mapping[str, Window | None],
    now: datetime,
) -> SourceFreshness:
    """One source as the API shows it."""
    span = spans.get(state.dataset)
    coverage = accounts.get((state.provider, state.dataset, state.account_id))
    provider = installed.get(state.provider)
    return SourceFreshness(
        provider=state.provider,
        data_type=state.dataset,
        account_id=state.account_id,
        source=state.source,
        source_version=state.source_version,
        watermark=state.watermark,
        lag_seconds=int((now - state.watermark).total_seconds()) if state.watermark else None,
        last_attempt_at=state.last_attempt_at,
        last_success_at=state.last_success_at,
        last_commit_at=state.committed_at,
        next_due_at=state.next_due_at,
        slowed_until=state.slowed_until
        if state.slowed_until and state.slowed_until > now
        else None,
        reason=state.reason or None,
        stale=provider is None or is_stale(state, provider, now),
        gaps=gaps_in(coverage, span),
        consecutive_failures=state.consecutive_failures,
        last_error=error_of(state),
    )


def gaps_in(coverage: Coverage | None, span: Window | None) -> int:
    """Windows that are missing or lack a part since the first commit in ``span``."""
    if coverage is None or span is None:
        return 0
    missed = coverage.expected - whole(coverage)
    before_first = max(timedelta(), coverage.first_committed - span.start)
    step = span.length / coverage.expected
    return max(0, missed - int(before_first / step))


def error_of(state: SourceState) -> ErrorOut | None:
    """The last error, None after a success."""
    if state.last_error_code is None:
        return None
    return ErrorOut(
        code=state.last_error_code,
        detail=state.last_error_detail or "",
        remedy=state.last_error_remedy or "",
    )
