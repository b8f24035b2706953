"""Who may follow which events, and the stream that a follower gets."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Header, Query
from fastapi.sse import ServerSentEvent
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import Doors, DoorsOf
from optiinfra_api.dependencies.tenant import Caller, TokenOf, reached
from optiinfra_api.schemas.events import EventOut, Kind
from optiinfra_core.applications.dataset import APPLICATION
from optiinfra_core.database.events import INVALID, KINDS, UPDATED, Event
from optiinfra_core.errors import OptiInfraError, PermissionMissing
from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE
from optiinfra_core.tenancy.api_keys import ADMIN, ALL_CUSTOMERS, ApiKey

READS: Mapping[str | None, str] = {
    COST.name: "costs:read",
    PERFORMANCE.name: "performance:read",
    RESOURCE.name: "resources:read",
    APPLICATION.name: "applications:read",
}
TRIGGERS = "collect:trigger"
CREDENTIALS = "credentials:write"
FOLLOWERS = (*READS.values(), TRIGGERS, CREDENTIALS)

LOST = "events.lost"
LOST_TOLD = (
    '{"kind":"events.lost","detail":"events after this Last-Event-ID are no longer kept",'
    '"remedy":"Read again whatever you keep answers about, then go on from here."}'
)
RETRY_MILLISECONDS = 3000


def tells(event: Event, key: ApiKey) -> bool:
    """Whether the holder of ``key`` may know of ``event``: of its customer and of its kind."""
    if not key.reaches(event.customer_id):
        return False
    if event.kind == INVALID:
        return key.may(CREDENTIALS)
    if event.kind != UPDATED and key.may(TRIGGERS):
        return True
    return key.may(READS.get(event.data_type, ADMIN))


async def may_follow(key: Caller) -> ApiKey:
    """The key, if there is any event that it may know of.

    Raises:
        PermissionMissing: it has no such scope.
    """
    if not any(key.may(scope) for scope in FOLLOWERS):
        raise PermissionMissing(
            f"this key has the scopes {', '.join(key.scopes)}; none of them tells of events",
            permissions=FOLLOWERS,
            remedy=f"Use a key with one of the scopes {', '.join(FOLLOWERS)}.",
        )
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What somebody follows, from which position; ``customer`` None: all that the key reaches."""

    key: ApiKey
    token: str | None
    position: int
    lost: bool
    customer: str | None
    kinds: frozenset[str]
    endless: bool

    def wants(self, event: Event) -> bool:
        """Whether ``event`` is for this follower."""
        chosen = self.customer in {None, event.customer_id}
        return chosen and event.kind in self.kinds and tells(event, self.key)


class Asked(BaseModel):
    """What the query of a request says about what it follows."""

    model_config = ConfigDict(frozen=True)

    customer_id: Annotated[
        str | None, Query(max_length=64, description="Only this customer's; slug or UUID.")
    ] = None
    kind: Annotated[list[Kind] | None, Query(description="Only these; all by default.")] = None
    follow: Annotated[
        bool, Query(description="False: end where now is, instead of waiting for more.")
    ] = True
    replay: Annotated[
        bool, Query(description="Begin with the oldest event that is kept, not with the next.")
    ] = False


LastEventId = Annotated[
    str | None, Header(max_length=64, description="Begin after the event with this id.")
]


async def following(
    doors: DoorsOf,
    key: Annotated[ApiKey, Depends(may_follow)],
    token: TokenOf,
    asked: Annotated[Asked, Query()],
    last_event_id: LastEventId = None,
) -> AsyncIterator[Following]:
    """What the request follows; it holds one of its key's places until the stream ends."""
    named = await reached(doors, key, asked.customer_id) if asked.customer_id else None
    with doors.events.place(key.id):
        position, lost = await beginning(doors, key, last_event_id, replay=asked.replay)
        yield Following(
            key=key,
            token=token,
            position=position,
            lost=lost,
            customer=named.slug if named else None,
            kinds=frozenset(asked.kind or KINDS),
            endless=asked.follow,
        )


async def beginning(
    doors: Doors, key: ApiKey, after: str | None, *, replay: bool
) -> tuple[int, bool]:
    """The position from which the stream goes on, and whether events before it are lost.

    Raises:
        InvalidRequest: Last-Event-ID is none of ours.
    """
    events = doors.events.log
    if after:
        position = doors.marks.read(after)
        mine = None if ALL_CUSTOMERS in key.customers else key.customers
        if not await run_in_threadpool(events.lost_after, position, mine):
            return position, False
    elif replay:
        return 0, False
    return await run_in_threadpool(events.newest), bool(after)


async def stream(doors: Doors, asked: Following) -> AsyncIterator[ServerSentEvent]:
    """The events that ``asked`` wants, as long as its key is good; a sign of life in between."""
    mark = doors.marks.write(asked.position)
    yield ServerSentEvent(comment="from here", id=mark, retry=RETRY_MILLISECONDS)
    if asked.lost:
        yield ServerSentEvent(event=LOST, id=mark, raw_data=LOST_TOLD)
    told = caught_up(doors, asked) if not asked.endless else lasting(doors, asked)
    async for message in told:
        yield message


async def caught_up(doors: Doors, asked: Following) -> AsyncIterator[ServerSentEvent]:
    """What was told until now."""
    events, position = await doors.events.page(asked.position)
    while events:
        for event in filter(asked.wants, events):
            yield message_of(doors, event)
        events, position = await doors.events.page(position)


async def lasting(doors: Doors, asked: Following) -> AsyncIterator[ServerSentEvent]:
    """What was told and what will be, until the key or the process ends."""
    doors.events.start()
    position, now = asked.position, asyncio.get_running_loop().time
    silence = doors.settings.events_alive_seconds
    due = now() + silence
    while not doors.events.closing:
        events, position = await doors.events.news(position, max(0.0, due - now()))
        try:
            # From memory, mostly: a key that was revoked is noticed before anything is told.
            asked = replace(asked, key=await doors.authenticator.authenticate(asked.token))
        except OptiInfraError:
            return  # the follower comes back, and is told why with a status
        for event in filter(asked.wants, events):
            yield message_of(doors, event)
            due = now() + silence
        if now() >= due:
            # By the clock alone: a sign at each event of others would tell that they have some.
            # With an id, so that this follower's position does not grow old meanwhile.
            yield ServerSentEvent(comment="alive", id=doors.marks.write(position))
            due = now() + silence


def message_of(doors: Doors, event: Event) -> ServerSentEvent:
    """The event on the wire."""
    told = EventOut.of(event).model_dump_json(exclude_none=True)
    return ServerSentEvent(event=event.kind, id=doors.marks.write(event.id), raw_data=told)


FollowingOf = Annotated[Following, Depends(following)]
