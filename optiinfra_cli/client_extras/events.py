"""Follows the API's events: comes back after an interruption and resumes where it was."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

PATH = "/api/v1/events"
# The API sends a sign of life every ten seconds; an installation may say up to a minute.
SILENCE_SECONDS = 90.0
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Event:
    """One event. Pass ``id`` as ``last_event_id`` to begin after it another time."""

    id: str
    kind: str
    data: dict[str, Any]


def follow(
    client: httpx.Client,
    *,
    customer_id: str | None = None,
    kinds: Iterable[str] = (),
    last_event_id: str | None = None,
) -> Iterator[Event]:
    """The events as they happen, for ever; ``client`` is that of ``get_httpx_client()``.

    An event of kind ``events.lost`` says that some are no longer kept: read again what you hold.

    Raises:
        httpx.HTTPStatusError: the key was revoked, or lacks a scope.
    """
    asked: dict[str, Any] = {"kind": list(kinds)}
    if customer_id is not None:
        asked["customer_id"] = customer_id
    mark, wait = last_event_id, FIRST_WAIT_SECONDS
    while True:
        headers = {"Last-Event-ID": mark} if mark else {}
        try:
            with client.stream(
                "GET", PATH, params=asked, headers=headers, timeout=SILENCE_SECONDS
            ) as answer:
                if answer.is_client_error and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                    answer.raise_for_status()
                if answer.is_success:
                    for event in parsed(answer.iter_lines()):
                        mark, wait = event.id or mark, FIRST_WAIT_SECONDS
                        if event.kind:
                            yield event
        except httpx.TransportError:
            pass  # the server restarts, or the network does: what is missed comes after the mark
        time.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)


def parsed(lines: Iterable[str]) -> Iterator[Event]:
    """The messages of a stream, those without a kind too, since they may carry a position."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
            continue
        if fields:
            data = json.loads(fields.get("data", "{}"))
            yield Event(fields.get("id", ""), fields.get("event", ""), data)
        fields = {}
