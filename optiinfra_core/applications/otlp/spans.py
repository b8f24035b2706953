"""What spans tell: calls of models, and scores that other tools gave them."""

from collections.abc import Iterator

from optiinfra_core.applications.attributes import Frame, application, from_attributes
from optiinfra_core.applications.identity import span_id, trace_id
from optiinfra_core.applications.interaction import Evaluation, Interaction, Rejected
from optiinfra_core.applications.otlp import evaluations
from optiinfra_core.applications.otlp.records import Attributes, Span, Traces
from optiinfra_core.applications.otlp.times import at_moment

NO_IDS = "a span without a valid trace id and span id (hex, not all zeroes)"
NO_TIME = "a span whose time is missing or cannot be"


def interactions(request: Traces) -> Iterator[Interaction | Evaluation | Rejected]:
    """Calls, scores and what cannot be understood; spans of other things are passed over."""
    yield from request.rejected
    for resource, span in request.spans():
        if isinstance(span, Rejected):
            yield span
        else:
            yield from _told(resource, span)


def _told(resource: Attributes, span: Span) -> Iterator[Interaction | Evaluation | Rejected]:
    trace, own = trace_id(span.trace_id), span_id(span.span_id)
    if trace is None or own is None:
        yield Rejected(1, NO_IDS)
        return
    started = at_moment(span.started)
    ended = at_moment(span.ended or span.started)
    if started is None or ended is None:
        yield Rejected(1, NO_TIME)
        return
    frame = Frame(
        trace_id=trace,
        span_id=own,
        started_at=started,
        ended_at=ended,
        failed=span.failed,
    )
    for event in span.events:
        if event.name == evaluations.NAME:
            scored = evaluations.Scored(application(resource), trace, own, at_moment(event.at))
            yield evaluations.evaluation(event.attributes, scored)
    call = from_attributes(span.attributes, resource, span.events, frame)
    if call is not None:
        yield call
