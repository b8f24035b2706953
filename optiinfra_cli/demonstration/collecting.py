"""Collects the demo's accounts through the API: what is due now, then days of the past."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from optiinfra_cli.api_client import Api
from optiinfra_cli.demonstration.simulated import Account
from optiinfra_cli.tasks import ATTEMPTS, await_task, met_another_run
from optiinfra_core.errors import Transient, WindowBusy
from optiinfra_core.windows import DAY, Window, day_window

BACKFILLED = ("cost", "performance")
PATIENCE_SECONDS = 300.0

Say = Callable[[str], None]
Pair = tuple[str, str]
Request = tuple[str, Mapping[str, Any]]


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
        """What went wrong with one data type, but for runs that met another one and came again."""
        return [
            str(error["detail"])
            for result in self.results(data_type)
            for error in (result["error"], *result["failed_parts"])
            if error and error["code"] != WindowBusy.code
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


def past(now: datetime, days: int) -> Window:
    """The ``days`` before today that the demo backfills."""
    today = day_window(now.date())
    return Window(today.start - days * DAY, today.start)


def collect(api: Api, accounts: Iterable[Account], days: Window, say: Say) -> list[Collected]:
    """Collect every customer's present and the past ``days``, the customers side by side.

    Raises:
        Transient: a task failed as a whole, or is not over in time.
    """
    pairs = sorted({(account.customer, account.provider) for account in accounts})
    with ThreadPoolExecutor(max_workers=len(pairs)) as side_by_side:
        return list(side_by_side.map(lambda pair: _collect(api, pair, days, say), pairs))


def _collect(api: Api, pair: Pair, days: Window, say: Say) -> Collected:
    customer, provider = pair
    # One after the other: two runs over one account would wait for each other's windows.
    tasks = [
        task
        for request in (_present(pair, days.end), _past(pair, days))
        for task in _run(api, request, say)
    ]
    return Collected(customer=customer, provider=provider, tasks=tuple(tasks))


def _present(pair: Pair, since: datetime) -> Request:
    customer, provider = pair
    return "trigger", {
        "customer_id": customer,
        "provider": provider,
        "start": since.isoformat(),
    }


def _past(pair: Pair, span: Window) -> Request:
    customer, provider = pair
    return "backfill", {
        "customer_id": customer,
        "provider": provider,
        "data_types": list(BACKFILLED),
        "start": span.start.isoformat(),
        "end": span.end.isoformat(),
    }


def _run(api: Api, request: Request, say: Say) -> Iterator[Mapping[str, Any]]:
    """Every task that the request took; a tick may hold the windows, then we come again."""
    for _ in range(ATTEMPTS):
        ended = _ended(api, _start(api, request), say)
        yield ended
        if not met_another_run(ended):
            return


def _start(api: Api, request: Request) -> str:
    route, body = request
    answer = api.post(f"/api/v1/collect/{route}", body)
    return str((answer.get("task") or answer)["task_id"])


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
