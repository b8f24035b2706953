"""Calls told by attributes, for tests of dialects."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import orjson

from optiinfra_core.applications.attributes import Frame, from_attributes
from optiinfra_core.applications.interaction import Interaction, Part
from optiinfra_core.applications.otlp.records import Event

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NANOSECONDS = int(NOON.timestamp()) * 10**9
RESOURCE = {"service.name": "assistant", "cloud.provider": "gcp"}
Attributes = Mapping[str, object]


def call(
    attributes: Attributes,
    events: Sequence[Event] = (),
    *,
    whole: bool = True,
    failed: bool = False,
) -> Interaction | None:
    """What a span of two seconds with these attributes tells."""
    frame = Frame(
        trace_id="ab" * 16,
        span_id="cd" * 8,
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=2),
        whole=whole,
        failed=failed,
    )
    return from_attributes(attributes, RESOURCE, events, frame)


def told(
    attributes: Attributes, events: Sequence[Event] = (), *, whole: bool = True
) -> Interaction:
    """The call, which there is."""
    found = call(attributes, events, whole=whole)
    assert found is not None
    return found


def texts(parts: Sequence[Part]) -> list[tuple[str, str]]:
    """Role and text of each part."""
    return [(part.message.role, part.message.text) for part in parts]


def json(value: object) -> str:
    """A value as JSON text."""
    return orjson.dumps(value).decode()


ASKED = [("system", "Be short."), ("user", "Where is it?")]
PARTS = [{"role": r, "parts": [{"type": "text", "content": text}]} for r, text in ASKED]
MODEL = {"gen_ai.request.model": "m", "gen_ai.operation.name": "chat"}


def event(name: str, attributes: Attributes, at: int = 1) -> Event:
    """An event, ``at`` nanoseconds after noon."""
    return Event(name, NANOSECONDS + at, attributes)
