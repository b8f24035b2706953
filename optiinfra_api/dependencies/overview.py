"""The overview: what the parts that a key may read say, put together."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from optiinfra_api.dependencies.application_ground import coverage_of_calls
from optiinfra_api.dependencies.application_reading import NO_CLOUD
from optiinfra_api.dependencies.overview_costs import by_currency, by_provider
from optiinfra_api.dependencies.overview_parts import (
    NO_CALL_YET,
    collected,
    newest,
    stood,
)
from optiinfra_api.dependencies.overview_sight import SCOPES, Sight
from optiinfra_api.dependencies.period import CALLS, SAMPLES, SNAPSHOTS
from optiinfra_api.dependencies.quality import Asked, picture_of
from optiinfra_api.dependencies.usage import PASSING, open_alarms, passing
from optiinfra_api.schemas.envelope import Period
from optiinfra_api.schemas.overview import (
    ApplicationOverview,
    CostPart,
    Overview,
    Part,
    PeriodCost,
    ProviderOverview,
    ResourceCount,
    Utilisation,
    Withheld,
)
from optiinfra_core.collecting.catalogue import ProviderInfo
from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE
from optiinfra_core.warehouse.questions import cost, performance, resource
from optiinfra_core.warehouse.questions.application_usage import CALLS as CALL_TOTALS
from optiinfra_core.warehouse.questions.application_usage import CallTotals
from optiinfra_core.warehouse.questions.performance import ProviderUtilisation

EVERY_CALL: Mapping[str, str] = dict.fromkeys(
    ("application", "environment", "model", "service_version", "prompt_version"), ""
)
T = TypeVar("T")
Shares = Mapping[str, list[Any]]
NO_SHARES: Shares = {}
NO_DAYS: list[cost.ProviderDay] = []


async def overview_of(sight: Sight) -> Overview:
    """The whole answer."""
    days, used, counted, applications = await asyncio.gather(
        within(sight, "costs", cost_days, NO_DAYS),
        within(sight, "performance", utilisations, NO_SHARES),
        within(sight, "resources", counts, NO_SHARES),
        within(sight, "applications", calls_of, None),
    )
    spent = by_provider(days)
    providers = await asyncio.gather(
        *[provider_of(sight, info, spent, used, counted) for info in sight.providers]
    )
    view = sight.view
    answer = Overview(
        customer_id=view.asking.customer.slug,
        period=Period(start=sight.window.start, end=sight.window.end),
        previous=Period(start=sight.before.start, end=sight.before.end),
        as_of=None,
        freshness_seconds=None,
        stale=True,
        complete=False,
        cost=sight.basis,
        withheld=[
            Withheld(part=part, scope=scope)
            for part, scope in SCOPES.items()
            if part not in sight.opened
        ],
        costs=by_currency(days) if "costs" in sight.opened else None,
        providers=list(providers),
        applications=applications,
    )
    return answer.model_copy(update=together(sight, answer))


async def within(sight: Sight, part: str, read: Callable[[Sight], Awaitable[T]], withheld: T) -> T:
    """What ``read`` finds, if the key opens the part."""
    return await read(sight) if part in sight.opened else withheld


def together(sight: Sight, answer: Overview) -> Mapping[str, Any]:
    """How fresh and complete the parts are that were ever asked for."""
    every = [
        part
        for provider in answer.providers
        for part in (provider.costs, provider.performance, provider.resources)
    ]
    parts = [part for part in (*every, answer.applications) if part and part.sources]
    as_of = newest(parts)
    age = None if as_of is None else max(0, int((sight.view.now - as_of).total_seconds()))
    return {
        "as_of": as_of,
        "freshness_seconds": age,
        "stale": not parts or any(part.stale for part in parts),
        "complete": bool(parts) and all(part.complete for part in parts),
    }


async def cost_days(sight: Sight) -> list[cost.ProviderDay]:
    """What each provider cost on each day."""
    read = sight.read(COST, sight.window, before=sight.before.start)
    return (await read.shared(cost.OVERVIEW, basis=sight.basis)).rows


async def utilisations(sight: Sight) -> Shares:
    """How hard each provider's resources worked in the period's last day."""
    read = sight.read(PERFORMANCE, sight.recent(SAMPLES.default))
    found: dict[str, list[Utilisation]] = defaultdict(list)
    for row in (await read.shared(performance.OVERVIEW)).rows:
        found[row.provider].append(utilisation(row))
    return found


def utilisation(row: ProviderUtilisation) -> Utilisation:
    """One metric of one provider."""
    return Utilisation(**{name: getattr(row, name) for name in Utilisation.model_fields})


async def counts(sight: Sight) -> Shares:
    """How many resources each provider has at the end of the period, or now."""
    read = sight.read(RESOURCE, sight.snapshot)
    at = sight.snapshot.end - SNAPSHOTS.step
    scope = {name: value for name, value in read.scope.items() if name not in {"start", "end"}}
    groups = (await replace(read, scope={**scope, "at": at}).shared(resource.SUMMARY)).rows
    tally: Counter[tuple[str, str, str]] = Counter()
    for row in groups:
        tally[row.provider, row.resource_type, row.status] += row.resources
    found: dict[str, list[ResourceCount]] = defaultdict(list)
    for (provider, kind, status), number in sorted(tally.items()):
        found[provider].append(ResourceCount(resource_type=kind, status=status, resources=number))
    return found


async def provider_of(
    sight: Sight, info: ProviderInfo, spent: Shares, used: Shares, counted: Shares
) -> ProviderOverview:
    """One provider's parts."""
    costs, performances, resources = await asyncio.gather(
        cost_part(sight, info, spent.get(info.slug, [])),
        part_of(sight, "performance", info, used.get(info.slug, [])),
        part_of(sight, "resources", info, counted.get(info.slug, [])),
    )
    return ProviderOverview(
        provider=info.slug,
        title=info.title,
        connected=any(state.provider == info.slug for state in sight.view.states),
        costs=costs,
        performance=performances,
        resources=resources,
    )


async def cost_part(sight: Sight, info: ProviderInfo, data: list[PeriodCost]) -> CostPart | None:
    """The costs of one provider."""
    if "costs" not in sight.opened:
        return None
    standing = await sight.view.standing(COST, info, sight.window)
    before = await sight.view.coverage(COST, info, sight.before)
    whole = before.committed >= before.expected > 0
    return CostPart(**standing, data=data, previous_complete=whole)


async def part_of(sight: Sight, part: str, info: ProviderInfo, data: list[Any]) -> Any:
    """The performance or the resources of one provider."""
    if part not in sight.opened:
        return None
    metric, window, shape = {
        "performance": (PERFORMANCE, sight.recent(SAMPLES.default), Part[Utilisation]),
        "resources": (RESOURCE, sight.snapshot, Part[ResourceCount]),
    }[part]
    return shape(**await sight.view.standing(metric, info, window), data=data)


async def calls_of(sight: Sight) -> Part[ApplicationOverview]:
    """The applications: the calls of the period's last week, and how many answers pass."""
    view, window = sight.view, sight.recent(CALLS.default)
    slugs = (*(info.slug for info in sight.providers), NO_CLOUD)
    coverage = coverage_of_calls(view.asking.doors, window, sight.calls, view.now)
    read = view.read(sight.calls, window, coverage, providers=slugs)
    asked = Asked(
        metric_types=(PASSING,),
        filters={**EVERY_CALL, "metric_name": PASSING, "judge_model": ""},
    )
    totals, picture, alarms = await asyncio.gather(
        read.shared(CALL_TOTALS, **EVERY_CALL), picture_of(read, asked), open_alarms(read)
    )
    passed = passing(picture.sums, "application_id")
    rows = [
        application(row, passed.get((row.application_id,)), alarms.get(row.application_id, 0))
        for row in totals.rows
    ]
    return Part[ApplicationOverview](
        **stood(read), **collected(sight.calls, NO_CALL_YET), data=rows
    )


def application(row: CallTotals, passed: Any, alarms: int) -> ApplicationOverview:
    """One application."""
    return ApplicationOverview(
        application_id=row.application_id,
        requests=row.requests,
        errors=row.errors,
        error_rate=row.errors / row.requests,
        cost_usd=row.cost_usd,
        cost_unknown=row.cost_unknown,
        pass_rate=passed,
        open_alarms=alarms,
    )
