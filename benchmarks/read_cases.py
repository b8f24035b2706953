"""Every paged read of the API, with the question it asks and the pages that agents ask for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from benchmarks.filling import DAYS
from optiinfra_core.warehouse.question import Question
from optiinfra_core.warehouse.questions import cost, performance, resource
from optiinfra_core.windows import DAY, floor

HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One read: how the API is asked, and the question that it asks ClickHouse."""

    name: str
    path: str
    question: Question[Any]
    start: datetime
    end: datetime
    limit: int = 100
    query: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)

    def url(self, customer: str, shift: int = 0, cursor: str | None = None) -> str:
        """The request for a page; a ``shift`` of the period by seconds makes it one of its own."""
        told = {**self.query, **self._told(shift), "limit": str(self.limit)}
        if cursor:
            told["cursor"] = cursor
        text = "&".join(f"{name}={value}" for name, value in told.items())
        return f"/api/v2/{self.path.format(customer=customer)}?{text}"

    def bound(self, customer: str, shift: int = 0) -> dict[str, Any]:
        """The question's parameters for the same page."""
        start = self.start + timedelta(seconds=shift)
        given = {
            "customer_id": customer, "providers": ("aws",), "start": start, "end": self.end,
            "at": self.end - timedelta(minutes=15) * (shift % 96), **self.params,
            # The API asks for one row more: it says that a page follows.
            "limit": self.limit + 1,
        }  # fmt: skip
        wanted = self.question.parameters
        return self.question.bind({name: v for name, v in given.items() if name in wanted})

    def _told(self, shift: int) -> Mapping[str, str]:
        if "at" in self.question.parameters:
            # Snapshots are of quarters of an hour: a second more is the same one.
            return {"at": told(self.end - timedelta(minutes=15) * (shift % 96))}
        return {"start": told(self.start + timedelta(seconds=shift)), "end": told(self.end)}


def told(instant: datetime) -> str:
    """An instant as a query string has it."""
    return instant.isoformat().replace("+00:00", "Z")


def cases(end: datetime) -> Iterator[Case]:
    """All paged reads at their default size, and the two long lists at their largest."""
    day: dict[str, Any] = {"start": end - DAY, "end": end}
    month: dict[str, Any] = {
        "start": floor(end, DAY) - (DAYS - 1) * DAY,
        "end": floor(end, DAY) + DAY,
    }
    samples = "performance/{customer}/aws/metrics"
    charges = "costs/{customer}/aws/metrics"
    for limit in (100, 1000):
        yield Case(
            name=f"samples, {limit}", path=samples, question=performance.METRICS, **day, limit=limit
        )
        yield Case(
            name=f"charges, {limit}", path=charges, question=cost.METRICS, **month, limit=limit
        )
    yield Case(
        name="samples by the hour",
        path=samples,
        question=performance.METRICS_STEPPED,
        **day,
        query={"step": str(HOUR)},
        params={"step_s": HOUR},
    )
    yield Case(
        name="performance trends",
        path="performance/{customer}/aws/trends",
        question=performance.TRENDS,
        **day,
    )
    for name, question in (
        ("latest", cost.LATEST),
        ("by-resource", cost.BY_RESOURCE),
        ("by-type", cost.BY_TYPE),
        ("restatements", cost.RESTATEMENTS),
    ):
        yield Case(name=name, path=f"costs/{{customer}}/aws/{name}", question=question, **month)
    yield Case(
        name="inventory",
        path="resources/{customer}/aws/inventory",
        question=resource.INVENTORY,
        **day,
    )
    yield Case(
        name="changes", path="resources/{customer}/aws/changes", question=resource.CHANGES, **day
    )
