"""Collects the demo's accounts through the API: what is due now, then two weeks of the past."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from optiinfra_cli.api_client import Api
from optiinfra_cli.demonstration.simulated import Account
from optiinfra_cli.tasks import await_task
from optiinfra_core.errors import Transient
from optiinfra_core.windows import DAY, Window, day_window

BACKFILL_DAYS = 14
BACKFILLED = ("cost", "performance")
PATIENCE_SECONDS = 300.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What was done for one customer at one provider."""

    customer: str
    provider: str
    tasks: tuple[Mapping[str, Any], ...]

    def results(self, data_type: str) -> list[Mapping[str, Any]]:
        """The results of one data type, of all tasks."""
        return [
            result
            for task in self.tasks
            for result in task["results"]
            if result["data_type"] == data_type
        ]

    def errors(self, data_type: str) -> list[str]:
        """What went wrong with one data type, account or region by region."""
        return [
            str(error["detail"])
            for result in self.results(data_type)
            for error in (result["error"], *result["failed_parts"])
            if error
        ]

    @property
    def data_types(self) -> tuple[str, ...]:
        """The data types that were collected."""
        found = (result["data_type"] for task in self.tasks for result in task["results"])
        return tuple(sorted(set(found)))

    def partitions(self, data_type: str) -> int:
        """How many days were collected, each counted once."""
        days: set[date] = set()
        for task in self.tasks:
            if data_type in task["data_types"] and task["start"] and task["end"]:
                days.update(_days(task["start"], task["end"]))
        return len(days)


def past(now: datetime) -> Window:
    """The days before today that the demo backfills."""
    today = day_window(now.date())
    return Window(today.start - BACKFILL_DAYS * DAY, today.start)


def collect(api: Api, accounts: Iterable[Account], now: datetime, say: Say) -> list[Collected]:
    """Start everything at once and wait for the end of it.

    Raises:
        Transient: a task failed as a whole, or is not over in time.
    """
    pairs = sorted({(account.customer, account.provider) for account in accounts})
    started = [(pair, _start(api, *pair, past(now))) for pair in pairs]
    return [
        Collected(
            customer=customer,
            provider=provider,
            tasks=tuple(_ended(api, task_id, say) for task_id in tasks),
        )
        for (customer, provider), tasks in started
    ]


def _start(api: Api, customer: str, provider: str, span: Window) -> Sequence[str]:
    whom = {"customer_id": customer, "provider": provider}
    current = api.post("/api/v1/collect/trigger", whom)
    body = {
        **whom,
        "data_types": list(BACKFILLED),
        "start": span.start.isoformat(),
        "end": span.end.isoformat(),
    }
    plan = api.post("/api/v1/collect/backfill", body)
    return [current["task_id"], plan["task"]["task_id"]]


def _ended(api: Api, task_id: str, say: Say) -> Mapping[str, Any]:
    task = await_task(api, task_id, say, PATIENCE_SECONDS)
    if task["status"] == "failed" and not task["results"]:
        told = task["error"]["detail"] if task["error"] else "its run never reported"
        raise Transient(f"task {task_id} failed: {told}", remedy="Read logs/code.log.")
    return task


def _days(start: str, end: str) -> Iterable[date]:
    day, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    while day < last:
        yield day.date()
        day += timedelta(days=1)
