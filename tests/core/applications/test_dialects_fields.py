"""What a call is, whose, how long and how much: read alike from every dialect."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from optiinfra_core.applications.attributes import Frame, from_attributes
from optiinfra_core.applications.otlp.records import Event
from tests.core.applications.dialect_calls import (
    MODEL,
    NANOSECONDS,
    NOON,
    PARTS,
    Attributes,
    call,
    event,
    json,
    texts,
    told,
)


@pytest.mark.parametrize(
    ("attributes", "dialect"),
    [
        (MODEL, "otel-genai"),
        ({"openinference.span.kind": "LLM", "llm.token_count.prompt": 3}, "openinference"),
        ({"ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "m"}, "vercel"),
        ({"langfuse.observation.type": "generation"}, "langfuse"),
        ({"mlflow.spanType": "LLM"}, "mlflow"),
    ],
)
def test_a_call_without_text_is_a_call(attributes: Attributes, dialect: str) -> None:
    """Most instrumentations send no text unless asked; the numbers count all the same."""
    found = told(attributes)
    assert (found.dialect, found.input, found.output) == (dialect, (), ())
    assert found.operation == "chat"


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.operation.name": "embeddings"},
        {"gen_ai.operation.name": "invoke_agent"},
        {"gen_ai.operation.name": "execute_tool"},
        {"llm.request.type": "embedding"},
        {"openinference.span.kind": "AGENT"},
        {"openinference.span.kind": "CHAIN"},
        {"openinference.span.kind": "EMBEDDING"},
        {"openinference.span.kind": "RETRIEVER"},
        {"traceloop.span.kind": "workflow"},
        {"traceloop.span.kind": "tool"},
        {"langfuse.observation.type": "span"},
        {"langfuse.observation.type": "agent"},
        {"mlflow.spanType": '"AGENT"'},
        {"ai.operationId": "ai.streamText"},
        {"ai.operationId": "ai.toolCall"},
        {"agent_name": "helper", "pydantic_ai.all_messages": json(PARTS)},
    ],
)
def test_what_wraps_or_serves_calls_is_no_call(attributes: Attributes) -> None:
    """An agent's span carries the sum of its calls' tokens: counted once, where the model was."""
    carried = {
        "gen_ai.request.model": "m",
        "gen_ai.usage.input_tokens": 5,
        "input.value": "a",
        "output.value": "b",
    }
    assert call({**carried, **attributes}) is None


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"http.request.method": "GET", "user.id": "x"},
        {"input.value": "a", "output.value": "b"},
        {"gen_ai.request.model": "m"},
        {"gen_ai.operation.name": "some_own_thing"},
    ],
)
def test_spans_of_other_things_are_no_calls(attributes: Attributes) -> None:
    """Neither a model with something measured or said, nor a kind that says so."""
    assert call(attributes) is None


def test_an_operation_of_ones_own_is_a_call_where_the_rest_says_so() -> None:
    """Vendors name operations freely."""
    found = told({"gen_ai.operation.name": "my_chat", "gen_ai.request.model": "m",
                  "gen_ai.usage.output_tokens": 5})  # fmt: skip
    assert found.operation == "chat"


def test_pictures_tools_and_thoughts_are_told_as_text() -> None:
    """A judge reads text; what a model thought is not what it answered."""
    asked = [{"role": "user", "content": [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:..."}},
        {"type": "input_audio", "input_audio": {}},
        {"type": "blob", "modality": "video", "content": "AAAA"},
    ]}]  # fmt: skip
    answered = [{"role": "assistant", "parts": [
        {"type": "reasoning", "content": "hm"},
        {"type": "text", "content": "A lamp."},
        {"type": "tool_call", "id": "1", "name": "find", "arguments": '{"what": "lamp"}'},
        {"type": "tool_use", "name": "find", "input": {"what": "lamp"}},
        {"functionCall": {"name": "find", "args": {"what": "lamp"}}},
    ]}]  # fmt: skip
    found = told(
        {**MODEL, "gen_ai.input.messages": asked, "gen_ai.output.messages": json(answered)}
    )
    assert texts(found.input) == [("user", "What is this?\n[image]\n[audio]\n[video]")]
    called = '[tool call find {"what":"lamp"}]'
    assert texts(found.output) == [("assistant", f"A lamp.\n{called}\n{called}\n{called}")]


SUNDAYS = [{"type": "text", "text": "Sundays closed"}]


def test_results_of_tools_and_documents_found_are_sources() -> None:
    """What an answer may be held against."""
    asked = [
        {"role": "user", "content": "Open?"},
        {"role": "tool", "tool_call_id": "1", "content": "until 19:00"},
        {"role": "user", "content": [{"type": "tool_result", "content": SUNDAYS}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "response": {"city": "Lyon"}}]},
    ]  # fmt: skip
    found = told({
        **MODEL,
        "gen_ai.input.messages": json(asked),
        "gen_ai.retrieval.documents": json([{"content": "Page 1"}, {"id": "9"}, "Page 2"]),
        "retrieval.documents.0.document.content": "Page 3",
        "optiinfra.context": ["Page 4", "Page 1"],
    })  # fmt: skip
    assert found.context == (
        "Page 1", "Page 2", "Page 4", "Page 3", "until 19:00", "Sundays closed", '{"city":"Lyon"}',
    )  # fmt: skip


@pytest.mark.parametrize(
    ("attributes", "tokens"),
    [
        (
            {
                "gen_ai.usage.input_tokens": 9,
                "gen_ai.usage.cache_read.input_tokens": 4,
                "gen_ai.usage.reasoning.output_tokens": 1,
                "gen_ai.usage.output_tokens": 2,
            },
            (9, 2, 4, 1),
        ),
        (
            {
                "gen_ai.usage.prompt_tokens": "9",
                "gen_ai.usage.completion_tokens": "2",
                "gen_ai.usage.cache_read_input_tokens": "4",
                "gen_ai.usage.reasoning_tokens": "1",
            },
            (9, 2, 4, 1),
        ),
        (
            {
                "llm.token_count.prompt": 9,
                "llm.token_count.completion": 2,
                "llm.token_count.prompt_details.cache_read": 4,
                "llm.token_count.completion_details.reasoning": 1,
            },
            (9, 2, 4, 1),
        ),
        (
            {
                "ai.usage.promptTokens": 9,
                "ai.usage.completionTokens": 2,
                "ai.usage.cachedInputTokens": 4,
                "ai.usage.reasoningTokens": 1,
            },
            (9, 2, 4, 1),
        ),
        (
            {
                "langfuse.observation.usage_details": (
                    '{"input":5,"input_cached_tokens":4,'
                    '"output":1,"output_reasoning_tokens":1,"total":11}'
                )
            },
            (9, 2, 4, 1),
        ),
        ({"mlflow.chat.tokenUsage": '{"input_tokens":9,"output_tokens":2}'}, (9, 2, None, None)),
        (
            {"gen_ai.usage.input_tokens": 5, "gen_ai.usage.cache_read.input_tokens": 6},
            (11, None, 6, None),
        ),
        ({}, (None, None, None, None)),
    ],
)
def test_tokens_include_cached_and_reasoning_ones(
    attributes: Attributes, tokens: tuple[int | None, ...]
) -> None:
    """Whatever they are called; not told is not zero."""
    found = told({**MODEL, **attributes})
    assert tokens == (
        found.input_tokens, found.output_tokens, found.cache_read_tokens, found.reasoning_tokens,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("attributes", "events"),
    [
        ({"gen_ai.response.time_to_first_chunk": 0.25}, ()),
        ({"ai.response.msToFirstChunk": "250"}, ()),
        ({"langfuse.observation.completion_start_time": '"2026-11-20T12:00:00.250Z"'}, ()),
        ({}, (event("First Token Stream Event", {}, 250_000_000),)),
    ],
)
def test_the_time_to_the_first_token_is_in_milliseconds(
    attributes: Attributes, events: Sequence[Event]
) -> None:
    """Told in seconds, in milliseconds, as a time, or by an event."""
    assert told({**MODEL, **attributes}, events).ttft_ms == pytest.approx(250.0)


def test_a_call_says_whose_it_is_and_what_it_ran() -> None:
    """What scores are grouped, attributed and erased by."""
    found = told({
        **MODEL,
        "gen_ai.provider.name": "Groq",
        "gen_ai.response.model": "m-2",
        "gen_ai.response.id": "resp-1",
        "gen_ai.response.finish_reasons": '["stop"]',
        "gen_ai.conversation.id": "c-1",
        "enduser.id": "u-1",
        "langfuse.observation.prompt.name": "greeting",
        "langfuse.observation.prompt.version": 3,
        "gen_ai.usage.cost": "0.00012",
        "optiinfra.tag.Team Name": "blue",
        "optiinfra.capture": "False",
    })  # fmt: skip
    assert (found.llm_vendor, found.request_model, found.model) == ("groq", "m", "m-2")
    assert (found.external_id, found.finish_reason) == ("resp-1", "stop")
    assert (found.conversation_id, found.user) == ("c-1", "u-1")
    assert (found.prompt_name, found.prompt_version) == ("greeting", "3")
    assert found.cost_usd == Decimal("0.00012")
    assert dict(found.tags) == {"team_name": "blue"}
    assert found.capture is False
    assert (found.provider, found.application) == ("gcp", "assistant")
    assert found.latency_ms == 2000.0


def test_texts_and_users_are_in_no_representation() -> None:
    """Logs and errors show representations."""
    found = told({**MODEL, "gen_ai.input.messages": json(PARTS), "user.id": "somebody"})
    assert "Where is it?" not in repr(found)
    assert "somebody" not in repr(found)


@pytest.mark.parametrize(
    ("attributes", "events", "error"),
    [
        ({"error.type": "TimeoutError"}, (), "TimeoutError"),
        (
            {},
            (event("exception", {"exception.type": "groq.RateLimitError"}),),
            "groq.RateLimitError",
        ),
        ({}, (), "(unnamed)"),
        ({"error.type": "no answer for jane@example.com"}, (), "(unnamed)"),
    ],
)
def test_a_failed_call_has_the_name_of_its_error(
    attributes: Attributes, events: Sequence[Event], error: str
) -> None:
    """Never a sentence, which may quote a person."""
    found = call({**MODEL, **attributes}, events, failed=True)
    assert found is not None
    assert found.error_type == error


def test_the_name_of_an_error_wins_over_none_where_halves_are_joined() -> None:
    """The warehouse keeps the greatest text of all halves."""
    bare = call(MODEL, failed=True)
    assert bare is not None
    for name in ("500", "-1", "TimeoutError", "groq.RateLimitError", "_OTHER"):
        named = call({**MODEL, "error.type": name}, failed=True)
        assert named is not None
        assert max(bare.error_type, named.error_type) == name


def test_a_piece_of_a_call_claims_nothing_of_the_whole() -> None:
    """It joins a span that tells more: an invented value would win over the true one."""
    piece = told(
        {"gen_ai.system": "openai"}, (event("gen_ai.user.message", {"content": "Hi"}),), whole=False
    )
    assert (piece.model, piece.operation, piece.latency_ms, piece.error_type) == ("", "", None, "")
    assert texts(piece.input) == [("user", "Hi")]
    assert piece.input[0].at == NANOSECONDS + 1


@pytest.mark.parametrize(
    ("resource", "provider"),
    [
        ({"cloud.provider": "aws"}, "aws"),
        ({"cloud.provider": "Google Cloud"}, "gcp"),
        ({"cloud.provider": "microsoft_azure"}, "azure"),
        ({"cloud.provider": "VULTR"}, "vultr"),
        ({"cloud.provider": "oracle_cloud"}, "oracle-cloud"),
        ({"cloud.provider": "Hetzner!"}, "hetzner"),
        ({"cloud.platform": "aws_lambda"}, "aws"),
        ({"cloud.platform": "azure.functions"}, "azure"),
        ({}, ""),
    ],
)
def test_the_cloud_is_named_by_our_slugs(resource: Attributes, provider: str) -> None:
    """Other clouds keep their names."""
    frame = Frame(trace_id="ab" * 16, span_id="cd" * 8, started_at=NOON, ended_at=NOON)
    found = from_attributes(MODEL, resource, (), frame)
    assert found is not None
    assert found.provider == provider


def test_tags_are_few_and_short() -> None:
    """The same twenty from every half, however many are sent."""
    many = {f"optiinfra.tag.{at:03}": "x" * 1000 for at in reversed(range(100))}
    tags = told({**MODEL, **many}).tags
    assert list(tags) == [f"{at:03}" for at in range(20)]
    assert {len(value) for value in tags.values()} == {256}


def test_a_role_of_ones_own_is_no_role() -> None:
    """Roles are stored as they are; an address in their place would never be redacted."""
    asked = [{"role": "jane@example.com", "content": "Hi"}, {"role": "Human", "content": "Ho"}]
    found = told({**MODEL, "gen_ai.input.messages": json(asked)})
    assert texts(found.input) == [("user", "Hi"), ("user", "Ho")]


def test_an_answer_that_is_an_object_is_told_whole() -> None:
    """Structured outputs have names of their own; some are those that SDKs use."""
    answer = json({"text": "There.", "score": 1})
    for told_by in (
        {"gen_ai.completion.0.content": answer, "gen_ai.completion.0.role": "assistant"},
        {"gen_ai.output.messages": json([{"role": "assistant", "content": answer}])},
        {"ai.response.text": answer},
        {"ai.response.object": answer},
        {"output.value": answer},
        {"langfuse.observation.output": answer},
    ):
        assert texts(told({**MODEL, **told_by}).output) == [("assistant", answer)]


def test_a_message_that_is_json_is_what_was_written() -> None:
    """People paste data; only pieces of a message are read as such."""
    for pasted in ('["a", "b"]', '[{"a": 1}]', '{"role": "user"}', "[1", '"quoted"'):
        asked = [{"role": "user", "content": pasted}]
        found = told({**MODEL, "gen_ai.input.messages": json(asked)})
        assert texts(found.input) == [("user", pasted)]


def test_a_flattened_message_without_a_role_is_the_users() -> None:
    """The name says which side it is of."""
    found = told({**MODEL, "gen_ai.prompt.0.content": "Hi", "gen_ai.completion.0.content": "Ho"})
    assert (texts(found.input), texts(found.output)) == ([("user", "Hi")], [("assistant", "Ho")])
