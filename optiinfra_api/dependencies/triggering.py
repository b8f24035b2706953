"""Starts collections: joins what is under way, launches the rest, remembers both as a task."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fastapi.concurrency import contextmanager_in_threadpool
from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import Doors
from optiinfra_api.dependencies.period import instant_of
from optiinfra_api.dependencies.tasks import refreshed
from optiinfra_api.gateway import Launch, collection
from optiinfra_core.collecting.catalogue import ProviderInfo
from optiinfra_core.collecting.tasks import CollectionTask, NewTask
from optiinfra_core.errors import (
    Conflict,
    InvalidRequest,
    NotSupported,
    OptiInfraError,
    WindowBusy,
)
from optiinfra_core.tenancy.customers import Customer
from optiinfra_core.windows import DAY, Clock, Window, floor

LOCK_PATIENCE_SECONDS = 5.0
LOCK_POLL_SECONDS = 0.1
LONGEST_DEFAULT = 3 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be collected: one customer, one provider, these data types, these days."""

    customer: Customer
    provider: ProviderInfo
    data_types: tuple[str, ...]
    window: Window
    trigger: str
    idempotency_key: str | None = None

    def task(self) -> NewTask:
        """The task to remember."""
        return NewTask(
            customer_id=self.customer.slug,
            provider=self.provider.slug,
            data_types=self.data_types,
            trigger=self.trigger,
            start=self.window.start,
            end=self.window.end,
            idempotency_key=self.idempotency_key,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Data types whose days are the same: one run for each job that makes them."""

    data_types: tuple[str, ...]
    first: date
    last: date

    def launches(self, order: Order, task: CollectionTask) -> Iterator[Launch]:
        """The runs that collect it."""
        ours = {"optiinfra/task_id": str(task.id), "optiinfra/trigger": order.trigger}
        days = (self.first, self.last)
        for job, assets in self._jobs(order.provider).items():
            launch = collection(order.provider.slug, assets, order.customer.slug, days, job)
            yield Launch(job=launch.job, assets=launch.assets, tags={**launch.tags, **ours})

    def _jobs(self, provider: ProviderInfo) -> Mapping[str, list[str]]:
        """The assets of each job, as the provider's catalogue names them."""
        jobs: dict[str, list[str]] = {}
        for info in provider.data_types:
            if info.name in self.data_types:
                jobs.setdefault(info.job, []).extend(info.assets or (info.name,))
        return jobs


@dataclass(frozen=True, slots=True)
class Started:
    """The task, and whether it only joined runs that were under way."""

    task: CollectionTask
    joined: bool


def chosen_types(provider: ProviderInfo, asked: list[str]) -> tuple[str, ...]:
    """The data types asked for, in the catalogue's order; all it supplies where none is named.

    Raises:
        NotSupported: the provider does not offer one; the detail says why.
        InvalidRequest: there is no such data type.
    """
    offered = tuple(info.name for info in provider.data_types)
    for name in asked:
        if name in provider.not_supported:
            raise NotSupported(f"{provider.title}, {name}: {provider.not_supported[name]}")
        if name not in offered:
            raise InvalidRequest(
                f"{provider.title} has no data type {name!r}",
                remedy=f"Use {', '.join(offered)}, or leave data_types empty for all.",
            )
    return tuple(
        info.name
        for info in provider.data_types
        if info.name in asked or (info.supplied and not asked)
    )


def default_start(provider: ProviderInfo, data_types: tuple[str, ...], now: datetime) -> datetime:
    """As far back as the sources still change what they said, three days at most."""
    rereads = [info.reread_seconds for info in provider.data_types if info.name in data_types]
    return now - min(timedelta(seconds=max(rereads, default=0)), LONGEST_DEFAULT)


def days_between(
    start: datetime | None, end: datetime | None, fallback: datetime, clock: Clock, most: int
) -> Window:
    """The whole UTC days that hold [start, end), none of them in the future.

    Raises:
        InvalidRequest: reversed, in the future, or before the days that Dagster knows.
    """
    tomorrow = floor(clock.now(), DAY) + DAY
    first = floor(instant_of(start) if start else fallback, DAY)
    last = min(instant_of(end) if end else tomorrow, tomorrow)
    oldest = tomorrow - most * DAY
    if last <= first:
        raise InvalidRequest(
            f"end {last.isoformat()} is not after start {first.isoformat()}",
            remedy="Name a start in the past and an end after it; the end is exclusive.",
        )
    if first < oldest:
        raise InvalidRequest(
            f"{first:%Y-%m-%d} is before the oldest day that can be collected",
            remedy=f"Begin at {oldest:%Y-%m-%d} or later; OPTIINFRA_PARTITION_DAYS sets how far.",
        )
    whole_days = floor(last - timedelta(microseconds=1), DAY) + DAY
    return Window(first, whole_days)


async def demand_collectable(
    doors: Doors, customer: Customer, provider: ProviderInfo, data_types: Collection[str]
) -> int:
    """How many accounts there are to collect from.

    Raises:
        Conflict: the customer is inactive, or no account is connected and one is needed.
    """
    if customer.status != "active":
        raise Conflict(
            f"collection is switched off for {customer.slug}",
            remedy="Activate the customer, then trigger again.",
        )
    credentials = await run_in_threadpool(doors.vault.list, customer.slug, provider.slug)
    needed = any(info.supplied for info in provider.data_types if info.name in data_types)
    if needed and not credentials:
        raise Conflict(
            f"{customer.slug} has no credential for {provider.slug}",
            remedy="Add one with POST /api/v1/credentials.",
        )
    return len(credentials)


async def started(doors: Doors, order: Order, parts: list[Part]) -> Started:
    """The task of ``order``: the one of its idempotency key, joined to runs, or launched.

    Raises:
        Transient: Dagster is away; the task is marked as failed and may be sent again.
    """
    async with turn(doors, order):
        task = await run_in_threadpool(doors.tasks.create, order.task())
        retried = task.error is not None and not task.runs
        if not task.is_new and not retried:
            return Started(task, joined=False)
        joined = await join(doors, order, task)
        if not joined:
            await launch(doors, order, task, parts)
    return Started(await run_in_threadpool(doors.tasks.get, task.id), joined)


@asynccontextmanager
async def turn(doors: Doors, order: Order) -> AsyncIterator[None]:
    """One trigger for a customer and provider at a time, in all replicas.

    Without it two equal requests at once would each find nothing to join.
    """
    name = ("trigger", order.customer.slug, order.provider.slug)
    async with AsyncExitStack() as held:
        deadline = asyncio.get_running_loop().time() + LOCK_PATIENCE_SECONDS
        while not await taken(held, doors, name):
            if asyncio.get_running_loop().time() > deadline:
                raise WindowBusy(
                    f"another trigger for {order.customer.slug} is being started",
                    remedy="Send the request again in a moment.",
                )
            await asyncio.sleep(LOCK_POLL_SECONDS)
        yield


async def taken(held: AsyncExitStack, doors: Doors, name: tuple[str, ...]) -> bool:
    """Whether the lock could be taken; ``held`` lets go of it."""
    lock = doors.database.try_lock(*name)
    try:
        await held.enter_async_context(contextmanager_in_threadpool(lock))
    except WindowBusy:
        return False
    return True


async def join(doors: Doors, order: Order, task: CollectionTask) -> bool:
    """Attach the runs of a task under way that does all of ``order``; whether there is one."""
    others = await run_in_threadpool(
        doors.tasks.under_way, order.customer.slug, order.provider.slug
    )
    for other in others:
        if other.id == task.id or not other.runs or not covers(other, order):
            continue
        # A run may have died untold: Dagster knows.
        current = await refreshed(doors, other)
        if current.status in {"queued", "running"}:
            for run_id in current.run_ids:
                await run_in_threadpool(doors.tasks.attach_run, task.id, run_id)
            return True
    return False


def covers(other: CollectionTask, order: Order) -> bool:
    """Whether a task collects everything that ``order`` asks for."""
    return (
        set(order.data_types) <= set(other.data_types)
        and other.start is not None
        and other.end is not None
        and other.start <= order.window.start
        and order.window.end <= other.end
    )


async def launch(doors: Doors, order: Order, task: CollectionTask, parts: list[Part]) -> None:
    """Start a run for each part; where Dagster refuses, the task says why."""
    try:
        await doors.gateway.add_customer(order.provider.slug, order.customer.slug)
        for launch in (each for part in parts for each in part.launches(order, task)):
            run_id = await doors.gateway.launch(launch)
            await run_in_threadpool(doors.tasks.attach_run, task.id, run_id)
    except OptiInfraError as error:
        await run_in_threadpool(doors.tasks.fail, task.id, error)
        raise
