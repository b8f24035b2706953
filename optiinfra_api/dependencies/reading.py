"""One read: whose data, which period, on what ground; asked once, answered in the envelope."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request, Response
from starlette.responses import StreamingResponse

from optiinfra_api.dependencies.coverage import Covering, coverage_of
from optiinfra_api.dependencies.cursor import Position
from optiinfra_api.dependencies.doors import Doors
from optiinfra_api.dependencies.page import (
    UNPAGED,
    Found,
    Keyset,
    LargePage,
    Page,
    demand_first,
    demand_small,
)
from optiinfra_api.dependencies.period import (
    COSTS,
    SAMPLES,
    SNAPSHOTS,
    Reach,
    Times,
    instant_of,
    times,
)
from optiinfra_api.dependencies.period import window_of as parsed
from optiinfra_api.dependencies.standing import Ground, ground_of
from optiinfra_api.dependencies.tenant import ALL, ProviderSlug, Tenant, meant
from optiinfra_api.dependencies.turning import Turning
from optiinfra_api.dependencies.unchanged import demand_change, tag_of
from optiinfra_api.schemas.envelope import CostReading, Coverage, Period, Reading
from optiinfra_core.collecting.catalogue import ProviderInfo
from optiinfra_core.errors import NotSupported
from optiinfra_core.metrics import Metric
from optiinfra_core.tenancy.customers import Customer
from optiinfra_core.warehouse.question import Question
from optiinfra_core.windows import Window, floor

T = TypeVar("T")

# Quotes inside of values are escaped, so that this is the field and nothing else.
NO_ROWS = b'"data":[]'

# What a client may accept instead of JSON -> the server's own format for it.
STREAMS: Mapping[str, str] = {
    "application/x-ndjson": "JSONEachRow",
    "text/csv": "CSVWithNames",
    "application/vnd.apache.arrow.stream": "ArrowStream",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A read that was allowed, understood and found to be changed."""

    doors: Doors
    customer: Customer
    provider: str
    scope: Mapping[str, Any]
    window: Window
    page: Page
    ground: Ground
    covering: Covering
    tag: str
    now: datetime

    def params(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The question's parameters: whose rows of which time, and those ``given``."""
        return {**self.scope, **given}

    async def whole(self, question: Question[T], **given: Any) -> Found[T]:
        """Every row of an answer that is short by nature."""
        asked = self.doors.warehouse.rows(question, self.params(given))
        return Found(rows=await self.covering.beside(asked))

    async def shared(self, question: Question[T], **given: Any) -> Found[T]:
        """The same for few rows that several reads need: remembered until the data changes."""
        params = self.params(given)

        async def load() -> list[T]:
            return await self.doors.warehouse.rows(question, params)

        key = (question.path, self.ground.version, repr(sorted(params.items())))
        return Found(rows=await self.covering.beside(self.doors.recent_rows.get(key, load)))

    async def listing(self, keyset: Keyset[T], **given: Any) -> Found[T]:
        """A page of rows in an order that new rows do not disturb."""
        demand_small(self.page)
        paged = {**given, **keyset.after(self.page)}
        asked = self.doors.warehouse.rows(keyset.question, self.params(paged))
        rows = await self.covering.beside(asked)
        return keyset.found(rows, self.page)

    async def lines(self, keyset: Keyset[T], **given: Any) -> Found[bytes]:
        """The page of ``listing`` with its rows as ClickHouse writes them, a line of JSON each."""
        demand_small(self.page)
        turning = Turning(
            self.doors.warehouse,
            self.ground,
            keyset,
            lambda page: self.params({**given, **keyset.after(page)}),
        )
        return await self.covering.beside(turning.page(self.page))

    async def rows(
        self, keyset: Keyset[Any], media_type: str | None, *, more: Mapping[str, str], **given: Any
    ) -> Response:
        """A page of rows in the envelope with ``more`` fields, or a stream of ``media_type``."""
        if media_type:
            return await self.stream(keyset.question, media_type, **given)
        return self.spliced(await self.lines(keyset, **given), **more)

    async def stream(self, question: Question[Any], media_type: str, **given: Any) -> Response:
        """The rows as ClickHouse writes them, while it reads them.

        An error that comes before the first byte is a problem; after it the answer breaks off.
        """
        demand_first(self.page)
        params = self.params({**given, "limit": self.page.limit})
        chunks = self.doors.warehouse.stream(question, params, STREAMS[media_type])
        first = await self.covering.beside(anext(chunks, b""))
        return StreamingResponse(
            rejoined(first, chunks), media_type=media_type, headers=self.headers()
        )

    def headers(self) -> Mapping[str, str]:
        """What the envelope says, for answers that have none."""
        return {
            "ETag": self.tag,
            "X-As-Of": self.ground.as_of.isoformat() if self.ground.as_of else "",
            "X-Stale": str(self.ground.stale).lower(),
            "X-Complete": str(self.complete).lower(),
            "X-Row-Limit": str(self.page.limit),
        }

    @property
    def coverage(self) -> Coverage:
        """How much of the period is committed; known once rows were asked for."""
        return self.covering.told

    @property
    def complete(self) -> bool:
        """Whether every window that should be there is."""
        return bool(self.ground.states) and self.coverage.committed >= self.coverage.expected

    def envelope(self, found: Found[T]) -> dict[str, Any]:
        """The fields of the envelope around ``found``."""
        return {
            "customer_id": self.customer.slug,
            "provider": self.provider,
            "period": Period(start=self.window.start, end=self.window.end),
            "as_of": self.ground.as_of,
            "freshness_seconds": self.freshness_seconds,
            "stale": self.ground.stale,
            "complete": self.complete,
            "coverage": self.coverage,
            "count": len(found.rows),
            "data": found.rows,
            "next_cursor": self.cursor(found.next),
        }

    @property
    def freshness_seconds(self) -> int | None:
        """Seconds since the last commit."""
        if self.ground.as_of is None:
            return None
        return max(0, int((self.now - self.ground.as_of).total_seconds()))

    def cursor(self, position: Position | None) -> str | None:
        """The token of the next page; it carries this page's period."""
        if position is None:
            return None
        placed = Position(key=position.key, window=self.window)
        return self.doors.cursors.write(placed, self.page.question)

    def answer(self, found: Found[T]) -> Reading[T]:
        """The rows in their envelope."""
        return Reading[T](**self.envelope(found))

    def spliced(self, found: Found[bytes], **more: str) -> Response:
        """Rows that are JSON already in their envelope: they are neither read nor written again.

        A page of 1,000 charges spent 9 ms on becoming objects and text again.
        """
        empty: Found[Any] = Found(rows=[], next=found.next)
        told = {**self.envelope(empty), "count": len(found.rows), **more}
        shape = CostReading[Any] if more else Reading[Any]
        head, tail = shape(**told).model_dump_json().encode().split(NO_ROWS, 1)
        body = b"".join((head, b'"data":[', b",".join(found.rows), b"]", tail))
        return Response(body, media_type="application/json", headers={"ETag": self.tag})

    def priced(self, found: Found[T], basis: str) -> CostReading[T]:
        """The rows in their envelope, with the basis of their cost."""
        return CostReading[T](**self.envelope(found), cost=basis)


async def rejoined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The first chunk, then the others."""
    yield first
    async for chunk in rest:
        yield chunk


def accepted(request: Request) -> str | None:
    """The media type to stream, None for JSON."""
    asked = [part.split(";")[0].strip() for part in request.headers.get("accept", "").split(",")]
    return next((media_type for media_type in asked if media_type in STREAMS), None)


@dataclass(frozen=True, slots=True)
class Asking:
    """Everything a read needs before its page is known."""

    request: Request
    response: Response
    doors: Doors
    customer: Customer
    providers: tuple[ProviderInfo, ...]

    @property
    def provider(self) -> str:
        """The provider in the path; a path without one means all."""
        return str(self.request.path_params.get("provider", ALL))

    async def over(self, reach: Reach, asked: Times, page: Page = UNPAGED) -> Read:
        """A read of a period."""
        window = page.window or parsed(asked, reach, self.doors.clock)
        return await self.read(reach, page, window, {"start": window.start, "end": window.end})

    async def at(self, reach: Reach, moment: datetime | None, page: Page = UNPAGED) -> Read:
        """A read of a moment: its period is the snapshot's window and the one before."""
        at = floor(instant_of(moment) if moment else self.doors.clock.now(), reach.step)
        window = page.window or Window(at - reach.step, at + reach.step)
        return await self.read(reach, page, window, {"at": window.end - reach.step})

    async def read(self, reach: Reach, page: Page, window: Window, time: Mapping[str, Any]) -> Read:
        """The read; ``time`` holds the question's own parameters of time.

        Raises:
            NotSupported: the one provider in the path does not supply this kind of data.
            Unchanged: the caller holds the answer; ClickHouse was not asked.
        """
        demand_supplied(self.providers, reach.metric)
        now = self.doors.clock.now()
        states = await self.doors.states_of(self.customer.slug)
        ground = ground_of(states, reach.metric, self.providers, now)
        tag = self.tag(window, ground)
        return Read(
            doors=self.doors,
            customer=self.customer,
            provider=self.provider,
            scope={
                "customer_id": self.customer.slug,
                "providers": tuple(info.slug for info in self.providers),
                **time,
            },
            window=window,
            page=page,
            ground=ground,
            covering=Covering.begun(
                coverage_of(self.doors, self.customer.slug, reach.metric, window, ground)
            ),
            tag=tag,
            now=now,
        )

    def tag(self, window: Window, ground: Ground) -> str:
        """The answer's ETag, set on it; stops if the caller holds it."""
        tag = tag_of(
            self.request.url.path,
            sorted(self.request.query_params.multi_items()),
            self.request.headers.get("accept", ""),
            str(window),
            ground.version,
            ground.stale,
        )
        demand_change(self.request.headers, tag)
        self.response.headers["ETag"] = tag
        return tag


def demand_supplied(providers: tuple[ProviderInfo, ...], metric: Metric) -> None:
    """Return unless one provider is asked for data that it does not supply: no rows would say that.

    Raises:
        NotSupported: the detail tells why.
    """
    if len(providers) == 1 and providers[0].data_type(metric.name) is None:
        (only,) = providers
        why = only.not_supported.get(metric.name, "Its API does not offer it.")
        raise NotSupported(f"{only.title} has no {metric.title.lower()} data: {why}")


async def asking(
    request: Request, response: Response, customer: Tenant, provider: ProviderSlug
) -> Asking:
    """What a read's dependencies share.

    It asks for few of them: the framework goes through each again wherever it is named, 0.04 ms.
    """
    doors: Doors = request.app.state.doors
    return Asking(request, response, doors, customer, await meant(doors, provider))


AskingOf = Annotated[Asking, Depends(asking)]
TimesOf = Annotated[Times, Depends(times)]


async def streamed(request: Request) -> str | None:
    """The media type to stream, None for JSON."""
    return accepted(request)


async def cost_whole(asking: AskingOf, asked: TimesOf) -> Read:
    """A read of costs that is short by nature."""
    return await asking.over(COSTS, asked)


async def cost_rows(asking: AskingOf, asked: TimesOf, page: LargePage) -> Read:
    """A read of charges, which may be streamed."""
    return await asking.over(COSTS, asked, page)


async def sample_rows(asking: AskingOf, asked: TimesOf, page: LargePage) -> Read:
    """A read of samples, which may be streamed."""
    return await asking.over(SAMPLES, asked, page)


async def sample_whole(asking: AskingOf, asked: TimesOf) -> Read:
    """A read about samples that is short by nature."""
    return await asking.over(SAMPLES, asked)


async def snapshot_rows(asking: AskingOf, asked: TimesOf, page: LargePage) -> Read:
    """A read about resources, which may be streamed."""
    return await asking.over(SNAPSHOTS, asked, page)


Moment = Annotated[
    datetime | None,
    Query(description="RFC 3339 with a zone; left out: now. Snapshots are taken every 15 minutes."),
]


async def moment_rows(asking: AskingOf, page: LargePage, at: Moment = None) -> Read:
    """A read of what existed at a moment, which may be streamed."""
    return await asking.at(SNAPSHOTS, at, page)


async def moment_whole(asking: AskingOf, at: Moment = None) -> Read:
    """A read about what existed at a moment that is short by nature."""
    return await asking.at(SNAPSHOTS, at)


CostWhole = Annotated[Read, Depends(cost_whole)]
CostRows = Annotated[Read, Depends(cost_rows)]
SampleRows = Annotated[Read, Depends(sample_rows)]
SampleWhole = Annotated[Read, Depends(sample_whole)]
MomentRows = Annotated[Read, Depends(moment_rows)]
MomentWhole = Annotated[Read, Depends(moment_whole)]
SnapshotRows = Annotated[Read, Depends(snapshot_rows)]
Streamed = Annotated[str | None, Depends(streamed)]
