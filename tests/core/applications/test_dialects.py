"""Every way that instrumentations tell a conversation is read to the same one."""

from collections.abc import Sequence

import pytest

from optiinfra_core.applications.dialects import DIALECTS
from optiinfra_core.applications.otlp.records import Event
from tests.core.applications.dialect_calls import (
    ASKED,
    MODEL,
    PARTS,
    Attributes,
    event,
    json,
    texts,
    told,
)

OPENAI = [{"role": role, "content": text} for role, text in ASKED]
COMPLETION = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "There."}}]}


SPOKEN: tuple[tuple[str, str, Attributes, Sequence[Event]], ...] = (
    (
        "otel-genai",
        "messages as JSON",
        {
            **MODEL,
            "gen_ai.input.messages": json(PARTS),
            "gen_ai.output.messages": json(
                [{"role": "assistant", "parts": [{"type": "text", "content": "There."}]}]
            ),
        },
        (),
    ),
    (
        "otel-genai",
        "messages as values, instructions apart",
        {
            **MODEL,
            "gen_ai.system_instructions": [{"type": "text", "content": "Be short."}],
            "gen_ai.input.messages": PARTS[1:],
            "gen_ai.output.messages": [
                {"role": "assistant", "parts": [{"type": "text", "content": "There."}]}
            ],
        },
        (),
    ),
    (
        "otel-genai-event",
        "one event with the details",
        MODEL,
        (
            event(
                "gen_ai.client.inference.operation.details",
                {
                    "gen_ai.input.messages": json(PARTS),
                    "gen_ai.output.messages": json([{"role": "assistant", "content": "There."}]),
                },
            ),
        ),
    ),
    (
        "otel-genai-events",
        "an event for each message",
        MODEL,
        (
            event("gen_ai.choice", {"index": 0, "message": {"content": "There."}}, 3),
            event("gen_ai.system.message", {"content": "Be short."}, 1),
            event("gen_ai.user.message", {"gen_ai.event.content": '{"content":"Where is it?"}'}, 2),
        ),
    ),
    (
        "otel-genai-events",
        "events with the content as JSON",
        MODEL,
        (
            event("gen_ai.content.prompt", {"gen_ai.prompt": json(OPENAI)}, 1),
            event("gen_ai.content.completion", {"gen_ai.completion": json(COMPLETION)}, 2),
        ),
    ),
    (
        "openllmetry",
        "flattened prompts",
        {
            **MODEL,
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": "Where is it?",
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": "Be short.",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": "There.",
        },
        (),
    ),
    (
        "openllmetry",
        "prompt and completion as one JSON each",
        {**MODEL, "gen_ai.prompt": json(OPENAI), "gen_ai.completion": json(COMPLETION)},
        (),
    ),
    (
        "openinference",
        "flattened messages, contents in pieces",
        {
            "openinference.span.kind": "LLM",
            "llm.model_name": "m",
            "llm.input_messages.0.message.role": "system",
            "llm.input_messages.0.message.content": "Be short.",
            "llm.input_messages.1.message.role": "user",
            "llm.input_messages.1.message.contents.0.message_content.type": "text",
            "llm.input_messages.1.message.contents.0.message_content.text": "Where is it?",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": "There.",
        },
        (),
    ),
    (
        "vercel",
        "prompt and response",
        {
            "ai.operationId": "ai.streamText.doStream",
            "ai.model.id": "m",
            "ai.prompt.messages": json([
                {"role": "system", "content": "Be short."},
                {"role": "user", "content": [{"type": "text", "text": "Where is it?"}]},
            ]),
            "ai.response.text": "There.",
        },
        (),
    ),
    (
        "mlflow",
        "inputs and outputs of the SDK",
        {
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.spanInputs": json({"model": "m", "messages": OPENAI}),
            "mlflow.spanOutputs": json(COMPLETION),
        },
        (),
    ),
    (
        "langfuse",
        "a generation",
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": "m",
            "langfuse.observation.input": json(OPENAI),
            "langfuse.observation.output": json({"role": "assistant", "content": "There."}),
        },
        (),
    ),
    (
        "google-adk",
        "a request and a response of Gemini",
        {
            **MODEL,
            "gcp.vertex.agent.llm_request": json({
                "model": "m",
                "config": {"system_instruction": "Be short."},
                "contents": [{"role": "user", "parts": [{"text": "Where is it?"}]}],
            }),
            "gcp.vertex.agent.llm_response": json(
                {"content": {"role": "model", "parts": [{"text": "There."}]}}
            ),
        },
        (),
    ),
    (
        "pydantic-ai",
        "logfire's request and response",
        {
            **MODEL,
            "request_data": json({"model": "m", "messages": OPENAI}),
            "response_data": json({"message": {"role": "assistant", "content": "There."}}),
        },
        (),
    ),
    (
        "pydantic-ai",
        "events as one attribute",
        {
            **MODEL,
            "events": json([
                {"event.name": "gen_ai.system.message", "content": "Be short.", "role": "system"},
                {"event.name": "gen_ai.user.message", "content": "Where is it?", "role": "user"},
                {"event.name": "gen_ai.choice", "message": {"content": "There."}},
            ]),
        },
        (),
    ),
    (
        "pydantic-ai",
        "all messages",
        {**MODEL, "pydantic_ai.all_messages": json(PARTS), "final_result": "There."},
        (),
    ),
    (
        "generic",
        "input and output of LangChain",
        {
            "openinference.span.kind": "LLM",
            "input.value": json({"messages": [[
                {"lc": 1, "kwargs": {"type": "system", "content": "Be short."}},
                {"lc": 1, "kwargs": {"type": "human", "content": "Where is it?"}},
            ]]}),
            "output.value": json({"generations": [[
                {"text": "There.", "message": {"kwargs": {"type": "ai", "content": "There."}}}
            ]]}),
        },
        (),
    ),
    (
        "generic",
        "an entity of Traceloop",
        {
            **MODEL,
            "traceloop.entity.input": json({"messages": OPENAI}),
            "traceloop.entity.output": json({"content": "There."}),
        },
        (),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "attributes", "events"),
    [pytest.param(each[0], *each[2:], id=f"{each[0]}: {each[1]}") for each in SPOKEN],
)
def test_a_dialect_tells_the_same_conversation(
    dialect: str, attributes: Attributes, events: Sequence[Event]
) -> None:
    """System and user on one side, the answer on the other."""
    found = told(attributes, events)
    assert found.dialect == dialect
    assert texts(sorted(found.input, key=lambda part: part.at)) == ASKED
    assert texts(found.output) == [("assistant", "There.")]


def test_every_dialect_of_the_table_is_tested() -> None:
    """One that is added comes with a sample."""
    assert {each[0] for each in SPOKEN} == {each.name for each in DIALECTS}
