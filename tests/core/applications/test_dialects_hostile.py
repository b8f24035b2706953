"""Known names with any values whatever: read to a call that can be stored, or to none."""

from datetime import UTC, datetime

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optiinfra_core.applications.attributes import Frame, from_attributes
from optiinfra_core.applications.dialects import conversation, fields, kinds, pieces
from optiinfra_core.applications.otlp.records import Event
from optiinfra_core.applications.parts import encode, encode_document

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOSTILE = ["", "\x00", "\ud800", "{", "[1", "x" * 300, '{"a":1}', "NaN", "1e999", "-5", "hello"]
WORDS = st.sampled_from([*HOSTILE, *pieces.KINDS, *conversation.ROLES, *kinds.OPERATIONS, "LLM"])
KEYS = st.sampled_from([
    *(key for key, _ in (*conversation.ASKED, *conversation.ANSWERED)),
    *(*conversation.WRAPPED, *conversation.MESSAGE_KEYS, *pieces.KEYED, *pieces.TEXT_KEYS),
    *(*pieces.RESULT_KEYS, *pieces.NAME_KEYS, *pieces.ARGUMENT_KEYS),
    *("type", "part_kind", "event.name", "message_content", "function", "modality", "document"),
])  # fmt: skip
SCALARS = st.one_of(
    WORDS, st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)
)
VALUES = st.recursive(
    SCALARS,
    lambda each: st.one_of(st.lists(each, max_size=3), st.dictionaries(KEYS, each, max_size=4)),
    max_leaves=12,
)


def as_json(value: object) -> object:
    """The value as JSON text where it has one."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return value


SPOKEN = [
    "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions",
    "gen_ai.prompt", "gen_ai.completion", "input.value", "output.value", "ai.prompt",
    "ai.prompt.messages",
    "ai.response.text", "ai.response.toolCalls", "mlflow.spanInputs", "mlflow.spanOutputs",
    "events", "request_data", "response_data", "langfuse.observation.input",
    "langfuse.observation.output",
    "traceloop.entity.input", "gcp.vertex.agent.llm_request", "gen_ai.event.content", "message",
    "content", "role", "tool_calls", "gen_ai.prompt.0.content", "gen_ai.prompt.0.tool_calls.0.name",
    "gen_ai.prompt.0", "llm.input_messages.0.message.contents.0.message_content.text",
    "llm.input_messages.0.message.tool_calls.0.tool_call.function.name", "retrieval.documents.0",
    "llm.input_messages.0.message.tool_calls", "retrieval.documents.0.document.content",
]  # fmt: skip
TOLD = [
    *(name for _, names in fields.TEXTS.values() for name in names),
    *(name for names in fields.COUNTS.values() for name in names),
    *(*fields.COSTS, *fields.FIRST_AT, *fields.OBJECTS, *fields.DOCUMENTS, fields.CAPTURE),
    *(name for name, _ in fields.DURATIONS),
    *(fields.TAG + "team", fields.TAG + "\ud800", *kinds.NAMED, *(name for name, _ in kinds.KINDS)),
]
NAMES = st.one_of(st.sampled_from(SPOKEN), st.sampled_from(TOLD))
ATTRIBUTES = st.dictionaries(NAMES, st.one_of(VALUES, VALUES.map(as_json)), max_size=8)
CALLS = ATTRIBUTES.map(lambda told: {**told, "openinference.span.kind": "LLM"})
EVENTS = st.builds(
    Event,
    st.sampled_from(["gen_ai.choice", "gen_ai.user.message", "gen_ai.content.prompt", "exception",
                     "gen_ai.client.inference.operation.details", "First Token Stream Event"]),
    st.integers(0, 2**64 - 1),
    ATTRIBUTES,
)  # fmt: skip
FRAMES = st.builds(
    Frame,
    trace_id=st.just("ab" * 16),
    span_id=st.just("cd" * 8),
    started_at=st.just(NOON),
    ended_at=st.just(NOON),
    whole=st.booleans(),
)
RESOURCES = st.dictionaries(
    st.sampled_from(["service.name", "service.namespace", "cloud.provider", "service.version"]),
    VALUES,
)
NAMED = (
    "application", "provider", "environment", "service_version", "prompt_name", "prompt_version",
    "llm_vendor", "request_model", "model", "error_type", "finish_reason", "conversation_id",
    "user", "external_id",
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.one_of(ATTRIBUTES, CALLS), RESOURCES, st.lists(EVENTS, max_size=2), FRAMES)
def test_any_values_give_a_call_that_can_be_stored_or_none(
    attributes: dict[str, object], resource: dict[str, object], events: list[Event], frame: Frame
) -> None:
    """Texts are text that every database takes, names are short, counts are whole."""
    call = from_attributes(attributes, resource, events, frame)
    if call is None:
        return
    for part in (*call.input, *call.output):
        assert "\x00" not in encode(part)
        assert part.message.role in {"system", "user", "assistant", "tool"}
    for at, text in enumerate(call.context):
        assert encode_document(at, text)
    for named in NAMED:
        told = getattr(call, named)
        assert len(told) <= 256
        assert told.isprintable()
    for counted in fields.COUNTS:
        count = getattr(call, counted)
        assert count is None or (isinstance(count, int) and count >= 0)
    assert all(f"{key}{value}".encode() for key, value in call.tags.items())
