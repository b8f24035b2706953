"""What may stand in requests: right names with wrong values, wrong names, any values."""

from hypothesis import strategies as st

from tests.core.applications import otlp_requests as otlp

CLEAN = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    CLEAN,
    st.binary(max_size=20),
)
VALUES = st.recursive(
    SCALARS,
    lambda each: st.one_of(st.lists(each, max_size=3), st.dictionaries(CLEAN, each, max_size=3)),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "gen_ai.operation.name",
        "gen_ai.request.model",
        "gen_ai.response.model",
        "gen_ai.provider.name",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.prompt.0.content",
        "gen_ai.completion.0.content",
        "llm.input_messages.0.message.content",
        "input.value",
        "llm.input_messages.0.message.role",
        "llm.input_messages.0",
        "llm.output_messages.0.message.content",
        "openinference.span.kind",
        "langfuse.observation.usage_details",
        "ai.prompt",
        "ai.response.text",
        "mlflow.spanInputs",
        "mlflow.spanOutputs",
        "output.value",
        "traceloop.entity.input",
        "request_data",
        "retrieval.documents.0.document.content",
        "gen_ai.retrieval.documents",
        "optiinfra.tag.team",
        "optiinfra.capture",
        "error.type",
        "langfuse.observation.completion_start_time",
        "user.id",
        "gen_ai.usage.cost",
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.evaluation.name",
        "gen_ai.evaluation.score.value",
        "service.name",
        "cloud.provider",
        "pydantic_ai.all_messages",
    ]
)
JSON_TEXTS = st.sampled_from(
    [
        '[{"role":"user","content":"hello"}]',
        '{"messages":[[{"type":"human","content":"hello"}]]}',
        '{"choices":[{"message":{"role":"assistant","content":[{"type":"text","text":"hi"}]}}]}',
        '[{"role":"tool","parts":[{"type":"tool_call_response","response":{"a":1}}]}]',
        '"text"',
        "LLM",
        '[{"type":"image_url","image_url":{"url":"x"}}]',
        "{}",
        "[]",
        "[null]",
        '{"input":5}',
        "chat",
        '{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}',
        "2026-11-20T12:00:00Z",
    ]
)
ATTRIBUTES = st.dictionaries(st.one_of(NAMES, CLEAN), st.one_of(JSON_TEXTS, VALUES), max_size=8)
EVENT_NAMES = st.sampled_from(
    [
        "gen_ai.system.message",
        "gen_ai.user.message",
        "gen_ai.choice",
        "gen_ai.tool.message",
        "gen_ai.client.inference.operation.details",
        "gen_ai.evaluation.result",
        "exception",
        "gen_ai.content.prompt",
        "First Token Stream Event",
        "other",
    ]
)
TIMES = st.one_of(st.integers(otlp.NOON, otlp.NOON + 10**10), st.integers(0, 2**64 - 1))
EVENTS = st.builds(otlp.event, EVENT_NAMES, ATTRIBUTES, TIMES)
IDS = st.sampled_from([otlp.SPAN, b"\7" * 8, b""])
SPANS = st.builds(
    otlp.span,
    ATTRIBUTES,
    span_id=IDS,
    started=TIMES,
    ended=TIMES,
    events=st.lists(EVENTS, max_size=3),
    failed=st.booleans(),
)
RECORDS = st.builds(
    otlp.record, EVENT_NAMES, ATTRIBUTES, st.one_of(VALUES, ATTRIBUTES), span_id=IDS, at=TIMES
)
TRACES = st.builds(otlp.traces, SPANS, SPANS, resource=ATTRIBUTES)
LOGS = st.builds(otlp.logs, RECORDS, RECORDS, resource=ATTRIBUTES)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), CLEAN),
    lambda each: st.one_of(
        st.lists(each, max_size=3),
        st.dictionaries(
            st.one_of(
                CLEAN,
                st.sampled_from(
                    [
                        "resourceSpans",
                        "resourceLogs",
                        "scopeSpans",
                        "scopeLogs",
                        "spans",
                        "logRecords",
                        "attributes",
                        "key",
                        "value",
                        "stringValue",
                        "intValue",
                        "arrayValue",
                        "values",
                        "traceId",
                        "spanId",
                        "events",
                        "status",
                        "resource",
                        "kvlistValue",
                        "bytesValue",
                        "doubleValue",
                        "code",
                        "timeUnixNano",
                        "body",
                        "startTimeUnixNano",
                    ]
                ),
            ),
            each,
            max_size=4,
        ),
    ),
    max_leaves=20,
)
PLAIN_NAMES = st.sampled_from(
    [
        "id",
        "application_id",
        "timestamp",
        "messages",
        "prompt",
        "response",
        "request",
        "usage",
        "latency_ms",
        "ttft_ms",
        "error",
        "tags",
        "context",
        "trace_id",
        "span_id",
        "capture",
        "model",
        "input_tokens",
        "role",
        "content",
        "choices",
        "message",
        "created",
        "cost_usd",
        "user",
    ]
)
PLAIN = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        CLEAN,
        st.sampled_from(["2026-11-20T12:00:00Z", "ab" * 16, "ab" * 8, "call-1", "shop.search"]),
    ),
    lambda each: st.one_of(
        st.lists(each, max_size=3),
        st.dictionaries(st.one_of(PLAIN_NAMES, CLEAN), each, max_size=8),
    ),
    max_leaves=20,
)
LINES = st.lists(CLEAN).map(lambda each: "\n".join(each).encode())
