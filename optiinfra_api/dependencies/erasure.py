"""Deletes a customer: first what lets anyone collect for it, then everything collected."""

from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import Doors
from optiinfra_api.schemas.tenants import Erased
from optiinfra_core.tenancy.customers import Customer
from optiinfra_core.warehouse.erasure import erase_customer


async def erase(doors: Doors, customer: Customer, actor: str) -> Erased:
    """What was deleted, table by table.

    Raises:
        Transient: a server does not answer; Postgres comes first, so nothing new is collected,
            and the rest is deleted with `optiinfra customers remove`.
    """
    removed = await run_in_threadpool(doors.customers.delete, customer.slug, actor=actor)
    rows = await run_in_threadpool(rows_of, doors, customer.slug)
    doors.recent_customers.forget(lambda known: known.slug == customer.slug)
    return Erased(
        customer_id=customer.slug,
        credentials=removed.credentials,
        api_keys=removed.api_keys,
        source_states=removed.source_states,
        tasks=removed.tasks,
        results=removed.results,
        applications=removed.applications,
        erasures=removed.erasures,
        judging=removed.judging,
        events=removed.events,
        rows=rows,
    )


def rows_of(doors: Doors, customer: str) -> dict[str, int]:
    """Rows deleted from each ClickHouse table."""
    return dict(erase_customer(doors.writer, customer))
