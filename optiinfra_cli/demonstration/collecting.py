"""Collects the demo's accounts through the API: what is due now, then two weeks of the past."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from optiinfra_cli.api_client import Api
from optiinfra_cli.demonstration.simulated import Account
from optiinfra_cli.tasks import await_task
from optiinfra_core.errors import Transient, WindowBusy
from optiinfra_core.windows import DAY, Window, day_window

BACKFILL_DAYS = 14
BACKFILLED = ("cost", "performance")
PATIENCE_SECONDS = 300.0

ATTEMPTS = 3

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


def past(now: datetime) -> Window:
    """The days before today that the demo backfills."""
    today = day_window(now.date())
    return Window(today.start - BACKFILL_DAYS * DAY, today.start)


def collect(api: Api, accounts: Iterable[Account], now: datetime, say: Say) -> list[Collected]:
    """Collect every customer's present, then everybody's past.

    Raises:
        Transient: a task failed as a whole, or is not over in time.
    """
    pairs = sorted({(account.customer, account.provider) for account in accounts})
    tasks: dict[Pair, list[Mapping[str, Any]]] = {pair: [] for pair in pairs}
    # One after the other: two runs over one account would wait for each other's windows.
    days = past(now)
    for errand in (partial(_present, since=days.end), partial(_past_of, span=days)):
        for pair, ended in _run(api, {pair: errand(pair) for pair in pairs}, say):
            tasks[pair].append(ended)
    return [
        Collected(customer=customer, provider=provider, tasks=tuple(ended))
        for (customer, provider), ended in tasks.items()
    ]


def _present(pair: Pair, since: datetime) -> Request:
    customer, provider = pair
    return "trigger", {
        "customer_id": customer,
        "provider": provider,
        "start": since.isoformat(),
    }


def _past_of(pair: Pair, span: Window) -> Request:
    customer, provider = pair
    return "backfill", {
        "customer_id": customer,
        "provider": provider,
        "data_types": list(BACKFILLED),
        "start": span.start.isoformat(),
        "end": span.end.isoformat(),
    }


def _run(
    api: Api, requests: Mapping[Pair, Request], say: Say
) -> Iterator[tuple[Pair, Mapping[str, Any]]]:
    """Every task that the requests took; a tick may hold the windows, then we come again."""
    waiting = dict(requests)
    for _ in range(ATTEMPTS):
        started = {pair: _start(api, request) for pair, request in waiting.items()}
        for pair, task_id in started.items():
            ended = _ended(api, task_id, say)
            yield pair, ended
            if not _met_another_run(ended):
                del waiting[pair]


def _start(api: Api, request: Request) -> str:
    route, body = request
    answer = api.post(f"/api/v1/collect/{route}", body)
    return str((answer.get("task") or answer)["task_id"])


def _met_another_run(task: Mapping[str, Any]) -> bool:
    errors = (result["error"] for result in task["results"])
    return any(error and error["code"] == WindowBusy.code for error in errors)


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
