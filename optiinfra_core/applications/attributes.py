"""One normaliser for all doors: what a span, a log record or a stored row tells about a call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from optiinfra_core.applications import cloud
from optiinfra_core.applications.dialects import DIALECTS, MARKED, fields
from optiinfra_core.applications.dialects.kinds import kind
from optiinfra_core.applications.dialects.readers import Spoken
from optiinfra_core.applications.dialects.sources import documents
from optiinfra_core.applications.dialects.values import UNNAMED, error_type, moment, name, refused
from optiinfra_core.applications.identity import application_id
from optiinfra_core.applications.interaction import Interaction
from optiinfra_core.applications.otlp.records import Event
from optiinfra_core.applications.otlp.times import at_moment
from optiinfra_core.applications.tags import tags

MILLISECOND = timedelta(milliseconds=1)
Attributes = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where and when it was told: ids in lower-case hex, times aware and in UTC.

    ``whole``: a span tells the whole call; a log record a piece of it, with no duration and no
    claim to be complete.
    """

    trace_id: str
    span_id: str
    started_at: datetime
    ended_at: datetime
    failed: bool = False
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """What was said on both sides, and the dialect that told it.

    ``proves``: the names it stands under are used for calls of models alone.
    """

    dialect: str = ""
    asked: Sequence[Spoken] = ()
    answered: Sequence[Spoken] = ()
    proves: bool = False


def from_attributes(
    attributes: Attributes, resource: Attributes, events: Sequence[Event], frame: Frame
) -> Interaction | None:
    """The call that these attributes tell; None where they tell none.

    Values may be typed as OTLP has them or all be text (``Map(String, String)`` of a pulled
    table): numbers and JSON are then read from the text. An agent's or a tool's span, and an
    embedding, is no call: its tokens are counted where the model was asked.
    """
    said = kind(attributes)
    if said is None:
        return None
    attributes = fields.expanded(attributes)
    texts = {field: fields.text(field, attributes) for field in fields.TEXTS}
    numbers = {field: fields.tokens(field, attributes) for field in fields.COUNTS}
    told = _told(attributes, events)
    if not (said.known or _proved(told, texts, numbers, whole=frame.whole)):
        return None
    of_span = _of_span(attributes, events, frame, texts) if frame.whole else {}
    measured: Mapping[str, Any] = {**texts, **_including_cached(numbers), **of_span}
    return Interaction(
        application=application(resource),
        trace_id=frame.trace_id,
        span_id=frame.span_id,
        started_at=frame.started_at,
        ended_at=max(frame.started_at, frame.ended_at),
        provider=cloud.provider(resource),
        environment=_first(fields.ENVIRONMENTS, resource, attributes),
        service_version=_first(fields.VERSIONS, resource, attributes),
        dialect=told.dialect,
        operation=said.operation or ("chat" if frame.whole else ""),
        cost_usd=fields.cost(attributes),
        capture=not any(refused(each.get(fields.CAPTURE)) for each in (resource, attributes)),
        input=tuple(each.part for each in told.asked),
        output=tuple(each.part for each in told.answered),
        context=(*documents(attributes), *(text for each in told.asked for text in each.results)),
        tags=_tags(resource, attributes),
        **measured,
    )


def application(resource: Attributes) -> str:
    """The slug of the application that a resource names."""
    return application_id(
        name(resource.get("service.namespace")), name(resource.get("service.name"))
    )


def _told(attributes: Attributes, events: Sequence[Event]) -> Told:
    for dialect in DIALECTS:
        for source in dialect.sources:
            asked = source.asked(attributes, events)
            answered = source.answered(attributes, events)
            if asked or answered:
                return Told(dialect.name, asked, answered, dialect.proves)
    marked = (each.name for each in MARKED if any(key.startswith(each.marks) for key in attributes))
    return Told(next(marked, ""))


def _proved(
    told: Told, texts: Mapping[str, str], numbers: Mapping[str, int | None], *, whole: bool
) -> bool:
    """Whether something that does not say what it is was a call all the same."""
    model = bool(texts["request_model"] or texts["model"])
    measured = any(value is not None for value in numbers.values())
    said = bool(told.asked or told.answered)
    if not whole:
        return said or model or measured
    return (model and (measured or said)) or (
        told.proves and bool(told.asked) and bool(told.answered)
    )


def _of_span(
    attributes: Attributes, events: Sequence[Event], frame: Frame, texts: Mapping[str, str]
) -> dict[str, Any]:
    """What only the whole of a call can tell."""
    took = (frame.ended_at - frame.started_at) / MILLISECOND
    raised = (
        error_type(e.attributes.get("exception.type")) for e in events if e.name == "exception"
    )
    failed = (next(raised, "") or UNNAMED) if frame.failed else ""
    return {
        "latency_ms": took if took > 0 else None,  # no end was told, or one before the beginning
        "ttft_ms": _ttft(attributes, events, frame),
        "model": texts["model"] or texts["request_model"],
        "error_type": texts["error_type"] or failed,
    }


def _ttft(attributes: Attributes, events: Sequence[Event], frame: Frame) -> float | None:
    """Milliseconds to the first piece of the answer: told, or the time of what marks it."""
    told = [read(attributes[each]) for each, read in fields.DURATIONS if each in attributes]
    moments = [moment(attributes[each]) for each in fields.FIRST_AT if each in attributes]
    moments += [at_moment(each.at) for each in events if each.name in fields.FIRST_EVENTS]
    told += [(at - frame.started_at) / MILLISECOND for at in moments if at is not None]
    return next((each for each in told if each is not None and each >= 0), None)


def _including_cached(numbers: Mapping[str, int | None]) -> Mapping[str, int | None]:
    """Input tokens include cached ones: where they are fewer, the sender counted them apart."""
    asked = numbers["input_tokens"]
    cached = (numbers["cache_read_tokens"] or 0) + (numbers["cache_write_tokens"] or 0)
    if asked is None or cached <= asked:
        return numbers
    return {**numbers, "input_tokens": asked + cached}


def _first(names: Sequence[str], *places: Attributes) -> str:
    for each in names:
        for place in places:
            if each in place and (told := name(place[each])):
                return told
    return ""


def _tags(*places: Attributes) -> Mapping[str, str]:
    return tags({
        key.removeprefix(fields.TAG): value
        for place in places
        for key, value in place.items()
        if key.startswith(fields.TAG)
    })  # fmt: skip
