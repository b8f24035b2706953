"""One call told in two pieces, as exporters that cut what is large do: texts, and numbers."""

from collections.abc import Iterator
from dataclasses import replace

from optiinfra_simulator.applications.wire.records import Attributes, Line, Record, Span, Told

# Attributes that hold texts.
_TEXTS = (
    "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions",
    "gen_ai.retrieval.documents", "llm.input_messages", "llm.output_messages",
    "retrieval.documents",
)  # fmt: skip
# What both halves tell, so that each is known for a call of a model, and for the same failure.
_BOTH = (
    "gen_ai.operation.name", "openinference.span.kind", "gen_ai.request.model", "error.type",
)  # fmt: skip
_PLAIN_TEXTS = ("messages", "response", "context")
_PLAIN_BOTH = ("id", "trace_id", "span_id", "application_id", "timestamp", "provider")


def halves(told: Told) -> Iterator[Told]:
    """The pieces of one span or line; a log record is a piece already."""
    match told:
        case Record():
            yield told
        case Span():
            texts, numbers = _parted(told.attributes, _TEXTS, _BOTH)
            yield replace(told, attributes=texts, events=())
            yield replace(told, attributes=numbers)
        case Line():
            texts, numbers = _parted(told.document, _PLAIN_TEXTS, _PLAIN_BOTH)
            yield Line(texts)
            yield Line(numbers)


def _parted(
    told: Attributes, texts: tuple[str, ...], both: tuple[str, ...]
) -> tuple[Attributes, Attributes]:
    first = {name: one for name, one in told.items() if name.startswith(texts) or name in both}
    return first, {name: one for name, one in told.items() if not name.startswith(texts)}
