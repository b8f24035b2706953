"""What happens, as it happens."""

from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.following import FollowingOf, stream
from optiinfra_api.problems import RESPONSES

router = APIRouter(prefix="/api/v1", tags=["events"], responses={**RESPONSES})


@router.get("/events", response_class=EventSourceResponse)
async def follow_events(doors: DoorsOf, asked: FollowingOf) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events of the key's customers and scopes: collections, new data, bad credentials.

    `collection.started`, `collection.succeeded`, `collection.failed` and `data.updated` need the
    data type's read scope (the first three also come with `collect:trigger`), `credential.invalid`
    needs `credentials:write`. Send the last `id` as `Last-Event-ID` to resume without loss. Where
    too much happened since, `events.lost` says so.
    """
    async for message in stream(doors, asked):
        yield message
