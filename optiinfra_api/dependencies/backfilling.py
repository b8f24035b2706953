"""What a backfill can do for each data type, and what it would take."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from optiinfra_api.dependencies.triggering import Order, Part
from optiinfra_api.schemas.collecting import BackfillPlan, PlannedDataType
from optiinfra_api.schemas.spending import AccountSpending
from optiinfra_core.collecting.catalogue import DataTypeInfo
from optiinfra_core.windows import DAY, Clock, Window, floor


def plan_of(order: Order, accounts: int, clock: Clock, *, dry_run: bool) -> BackfillPlan:
    """What ``order`` would take, data type by data type."""
    planned = [
        planned_type(info, order.window, accounts, clock)
        for info in order.provider.data_types
        if info.name in order.data_types
    ]
    return BackfillPlan(
        customer_id=order.customer.slug,
        provider=order.provider.slug,
        dry_run=dry_run,
        accounts=accounts,
        partitions=sum(each.partitions for each in planned),
        estimated_calls=sum((each.estimated_calls for each in planned), Decimal(0)),
        estimated_usd=sum((each.estimated_usd for each in planned), Decimal(0)),
        data_types=planned,
    )


def against_budget(plan: BackfillPlan, standing: Iterable[AccountSpending]) -> BackfillPlan:
    """The plan beside what its accounts spent this month and may spend."""
    accounts = tuple(standing)
    limits = [each.budget_usd for each in accounts if each.budget_usd is not None]
    budget = sum(limits, Decimal(0)) if accounts and len(limits) == len(accounts) else None
    spent = sum((each.month_to_date_usd for each in accounts), Decimal(0))
    exceeds = budget is not None and spent + plan.estimated_usd > budget
    told = {"spent_usd": spent, "budget_usd": budget, "exceeds_budget": exceeds}
    return plan.model_copy(update=told)


def planned_type(info: DataTypeInfo, asked: Window, accounts: int, clock: Clock) -> PlannedDataType:
    """The days that the source can still be asked for, and their price."""
    window, reason = reachable(info, asked, clock)
    if window is None:
        return PlannedDataType(data_type=info.name, possible=False, reason=reason)
    days = window.length // DAY
    calls = (info.calls_per_span + info.calls_per_day * days) * accounts
    return PlannedDataType(
        data_type=info.name,
        possible=True,
        reason=reason,
        first_day=window.first_day,
        last_day=window.last_day,
        partitions=days,
        estimated_calls=calls,
        estimated_usd=calls * info.usd_per_call,
    )


def reachable(info: DataTypeInfo, asked: Window, clock: Clock) -> tuple[Window | None, str | None]:
    """The days of ``asked`` that the source knows, and why it is not all of them."""
    today = floor(clock.now(), DAY)
    if info.history_seconds is None:
        oldest, reason = today, "The provider only tells what exists now."
    else:
        back = timedelta(seconds=info.history_seconds)
        oldest = floor(clock.now() - back, DAY) + DAY
        reason = f"The provider keeps {back.days} days: {oldest:%Y-%m-%d} is the oldest."
    if asked.end <= oldest:
        return None, reason
    if asked.start < oldest:
        return Window(oldest, asked.end), reason
    return asked, None


def parts_of(planned: Iterable[PlannedDataType]) -> list[Part]:
    """One run for each span of days; data types that share it are collected together."""
    spans: dict[tuple[date, date], list[str]] = defaultdict(list)
    for each in planned:
        if each.first_day and each.last_day:
            spans[each.first_day, each.last_day].append(each.data_type)
    return [
        Part(data_types=tuple(names), first=first, last=last)
        for (first, last), names in spans.items()
    ]
