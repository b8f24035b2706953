"""A caller's request to collect -> the order that says exactly what."""

from typing import Annotated

from fastapi import Header

from optiinfra_api.dependencies.backfilling import against_budget, parts_of, plan_of
from optiinfra_api.dependencies.doors import Doors
from optiinfra_api.dependencies.spending import accounts_of
from optiinfra_api.dependencies.tasks import shown
from optiinfra_api.dependencies.tenant import known, reached
from optiinfra_api.dependencies.triggering import (
    Order,
    Part,
    chosen_types,
    days_between,
    default_start,
    demand_collectable,
    started,
)
from optiinfra_api.schemas.collecting import Backfill, BackfillPlan, TaskOut, Trigger
from optiinfra_core.errors import NotSupported
from optiinfra_core.tenancy.api_keys import ApiKey

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,128}$",
        description="The same key of the same customer answers the same task.",
    ),
]


async def trigger(doors: Doors, key: ApiKey, body: Trigger, idempotency_key: str | None) -> TaskOut:
    """Start what ``body`` asks for, or join what already does it."""
    customer = await reached(doors, key, body.customer_id)
    provider = known(await doors.providers(), body.provider)
    data_types = chosen_types(provider, body.data_types)
    fallback = default_start(provider, data_types, doors.clock.now())
    window = days_between(
        body.start, body.end, fallback, doors.clock, doors.settings.partition_days
    )
    await demand_collectable(doors, customer, provider, data_types)
    order = Order(
        customer=customer,
        provider=provider,
        data_types=data_types,
        window=window,
        trigger="api",
        idempotency_key=idempotency_key,
    )
    part = Part(data_types=data_types, first=window.first_day, last=window.last_day)
    begun = await started(doors, order, [part])
    return shown(doors, begun.task, joined=begun.joined)


async def backfill(
    doors: Doors, key: ApiKey, body: Backfill, idempotency_key: str | None
) -> BackfillPlan:
    """Say what a backfill takes, and start it unless it is a dry run."""
    customer = await reached(doors, key, body.customer_id)
    provider = known(await doors.providers(), body.provider)
    data_types = chosen_types(provider, body.data_types)
    window = days_between(
        body.start, body.end, body.start, doors.clock, doors.settings.partition_days
    )
    accounts = await demand_collectable(doors, customer, provider, data_types)
    order = Order(
        customer=customer,
        provider=provider,
        data_types=data_types,
        window=window,
        trigger="backfill",
        idempotency_key=idempotency_key,
    )
    plan = plan_of(order, accounts, doors.clock, dry_run=body.dry_run)
    standing = await accounts_of(doors, customer.slug, (provider.slug,), doors.clock.now())
    plan = against_budget(plan, standing)
    return plan if body.dry_run else await begun(doors, order, plan)


async def begun(doors: Doors, order: Order, plan: BackfillPlan) -> BackfillPlan:
    """The plan with the task that does what of it is possible.

    Raises:
        NotSupported: nothing of it is.
    """
    possible = tuple(each.data_type for each in plan.data_types if each.possible)
    if not possible:
        raise NotSupported(
            "; ".join(f"{each.data_type}: {each.reason}" for each in plan.data_types),
            remedy="Ask for later days, or for other data types; dry_run tells what is possible.",
        )
    narrowed = Order(
        customer=order.customer,
        provider=order.provider,
        data_types=possible,
        window=order.window,
        trigger=order.trigger,
        idempotency_key=order.idempotency_key,
    )
    start = await started(doors, narrowed, parts_of(plan.data_types))
    return plan.model_copy(update={"task": shown(doors, start.task, joined=start.joined)})
