"""What log records tell: pieces of calls, and scores that other tools gave them."""

from collections.abc import Iterator, Mapping

from optiinfra_core.applications.attributes import Frame, application, from_attributes
from optiinfra_core.applications.dialects.opentelemetry import PIECES
from optiinfra_core.applications.dialects.values import structured
from optiinfra_core.applications.identity import span_id, trace_id
from optiinfra_core.applications.interaction import Evaluation, Interaction, Rejected
from optiinfra_core.applications.otlp import evaluations
from optiinfra_core.applications.otlp.records import Attributes, Event, Logs, Record
from optiinfra_core.applications.otlp.times import at_moment

NO_IDS = (
    "a gen_ai log record without a valid trace id and span id: nothing says which call it is of"
)
NO_TIME = "a gen_ai log record whose time is missing or cannot be"
Told = Interaction | Evaluation | Rejected


def interactions(request: Logs) -> Iterator[Told]:
    """Halves of calls, scores and what cannot be understood; other log records are passed over.

    A record is one half. Records of one call are joined where all halves are, in the warehouse:
    joining some of them here would make the result depend on how they were batched.
    """
    yield from request.rejected
    for resource, record in request.records():
        if isinstance(record, Rejected):
            yield record
        else:
            told = _told(resource, record)
            if told is not None:
                yield told


def _told(resource: Attributes, record: Record) -> Told | None:
    named = record.name or record.attributes.get("event.name")
    if named != evaluations.NAME and named not in PIECES:
        return None
    trace, span, at = trace_id(record.trace_id), span_id(record.span_id), at_moment(record.at)
    if trace is None or span is None:
        return Rejected(1, NO_IDS)
    if at is None:
        return Rejected(1, NO_TIME)
    body = structured(record.body)
    attributes = {**record.attributes, **body} if isinstance(body, Mapping) else record.attributes
    if named == evaluations.NAME:
        scored = evaluations.Scored(application(resource), trace, span, at)
        return evaluations.evaluation(attributes, scored)
    frame = Frame(trace_id=trace, span_id=span, started_at=at, ended_at=at, whole=False)
    event = Event(str(named), record.at, attributes)
    return from_attributes(attributes, resource, (event,), frame)
