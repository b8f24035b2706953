"""Compares what the API serves with what is true in the simulated clouds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from optiinfra_cli.api_client import Api
from optiinfra_cli.demonstration.collecting import Collected
from optiinfra_cli.demonstration.simulated import Account, Simulated
from optiinfra_core.errors import Transient
from optiinfra_core.windows import DAY, QUARTER_HOUR, Window, floor

CENT = Decimal("0.01")
# A cloud lists a terminated machine for an hour; it is no longer there.
GONE = frozenset({"terminated", "shutting-down"})


# Data types whose figure is money.
MONEY = ("cost",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One customer x provider x data type: what was collected, served, and true.

    ``served`` and ``true`` are dollars, points or resources; ``ok`` says that they are equal and
    that nothing failed on the way.
    """

    customer: str
    provider: str
    data_type: str
    partitions: int
    rows: int
    seconds: float
    api_calls: int
    served: Decimal
    true: Decimal
    errors: tuple[str, ...]
    ok: bool

    def as_dict(self) -> Mapping[str, object]:
        """For the JSON object; money only where the line is about money."""
        money = self.data_type in MONEY
        return {
            "customer": self.customer,
            "provider": self.provider,
            "data_type": self.data_type,
            "partitions": self.partitions,
            "rows": self.rows,
            "cost_total": str(self.served) if money else None,
            "truth_total": str(self.true) if money else None,
            "served": str(self.served),
            "truth": str(self.true),
            "seconds": round(self.seconds, 2),
            "api_calls": self.api_calls,
            "errors": list(self.errors),
            "ok": self.ok,
        }


class Checker:
    """Asks the API and the simulated clouds the same questions about the backfilled ``days``."""

    def __init__(
        self,
        api: Api,
        clouds: Simulated,
        accounts: tuple[Account, ...],
        began: datetime,
        days: Window,
    ) -> None:
        self._api = api
        self._clouds = clouds
        self._accounts = accounts
        self._began = began
        self._days = days
        self._questions: Mapping[str, Callable[[Collected], tuple[Decimal, Decimal, bool]]] = {
            "cost": self._cost,
            "performance": self._performance,
            "resource": self._resource,
        }

    def lines(self, done: Collected) -> Iterator[Line]:
        """Each data type that was collected for one customer at one provider."""
        for data_type in done.data_types:
            yield self.line(done, data_type)

    def line(self, done: Collected, data_type: str) -> Line:
        """One data type, collected and compared."""
        served, true, equal = self._questions[data_type](done)
        results, errors = done.results(data_type), tuple(done.errors(data_type))
        return Line(
            customer=done.customer,
            provider=done.provider,
            data_type=data_type,
            partitions=done.partitions(data_type),
            rows=sum(int(result["rows"]) for result in results),
            seconds=sum(map(_seconds, results)),
            api_calls=sum(int(result["api_calls"]) for result in results),
            served=served,
            true=true,
            errors=errors,
            ok=equal and not errors,
        )

    def _cost(self, done: Collected) -> tuple[Decimal, Decimal, bool]:
        """Billed dollars of the backfilled days and today, to the cent."""
        span = Window(self._days.start, self._days.end + DAY)
        answer = self._read(done, "costs", "total", span, cost="billed")
        served = sum((Decimal(row["cost"] or 0) for row in answer["data"]), Decimal(0))
        as_of = _as_of(answer)
        owed = (self._clouds.cost(account.account_id, span, as_of) for account in self._of(done))
        true = sum(owed, Decimal(0))
        served, true = served.quantize(CENT), true.quantize(CENT)
        return served, true, served == true

    def _performance(self, done: Collected) -> tuple[Decimal, Decimal, bool]:
        """Points from the first backfilled day to the last quarter-hour that was surely out."""
        span = Window(self._days.start, floor(self._began, QUARTER_HOUR) - QUARTER_HOUR)
        answer = self._read(done, "performance", "summary", span)
        served, as_of = _samples(answer), _as_of(answer)
        shown: dict[str, int] = {}
        existing: set[str] = set()
        for account in self._of(done):
            shown |= self._clouds.points(account.account_id, span, as_of)
            existing |= self._clouds.resources(account.account_id, as_of)
        true = sum(count for resource, count in shown.items() if resource in existing)
        # What is gone was collected as long as the provider listed it, and cannot be any more.
        gone = [resource for resource in shown if resource not in existing]
        true += sum(min(self._served_of(done, span, each), shown[each]) for each in gone)
        return Decimal(served), Decimal(true), served == true

    def _served_of(self, done: Collected, span: Window, resource: str) -> int:
        return _samples(self._read(done, "performance", "summary", span, resource_id=resource))

    def _resource(self, done: Collected) -> tuple[Decimal, Decimal, bool]:
        """Every resource that exists is in the inventory; what is there besides is terminated."""
        served: set[str] = set()
        cursor: dict[str, str] = {}
        while True:
            path = f"/api/v2/resources/{done.customer}/{done.provider}/inventory"
            answer = self._api.get(path, limit=1000, **cursor)
            rows = answer["data"]
            served.update(row["resource_id"] for row in rows if row["status"] not in GONE)
            if not answer["next_cursor"]:
                break
            cursor = {"cursor": answer["next_cursor"]}
        at = _as_of(answer)
        true: set[str] = set()
        for account in self._of(done):
            true |= self._clouds.resources(account.account_id, at)
        return Decimal(len(served)), Decimal(len(true)), served == true

    def _read(
        self, done: Collected, kind: str, question: str, span: Window, **query: str
    ) -> Mapping[str, Any]:
        return self._api.get(
            f"/api/v2/{kind}/{done.customer}/{done.provider}/{question}",
            start=span.start.isoformat(),
            end=span.end.isoformat(),
            **query,
        )

    def _of(self, done: Collected) -> Iterator[Account]:
        for account in self._accounts:
            if (account.customer, account.provider) == (done.customer, done.provider):
                yield account


def _as_of(answer: Mapping[str, Any]) -> datetime:
    """When what is served was known.

    Raises:
        Transient: nothing was ever committed.
    """
    if answer["as_of"] is None:
        raise Transient(
            f"nothing of {answer['customer_id']} is served", remedy="Read logs/code.log."
        )
    return datetime.fromisoformat(answer["as_of"])


def _samples(answer: Mapping[str, Any]) -> int:
    return sum(int(row["samples"]) for row in answer["data"])


def _seconds(result: Mapping[str, Any]) -> float:
    begun, ended = (datetime.fromisoformat(result[name]) for name in ("started_at", "finished_at"))
    return (ended - begun).total_seconds()
