"""OpenTelemetry's GenAI conventions, of today (v1.41) and of the years before."""

from collections.abc import Mapping

from optiinfra_core.applications.dialects.conversation import answered, asked
from optiinfra_core.applications.dialects.dialect import Dialect, Source
from optiinfra_core.applications.dialects.readers import (
    Attributes,
    attribute,
    first,
    in_events,
    indexed,
    of_events,
)
from optiinfra_core.applications.dialects.values import structured

DETAILS = "gen_ai.client.inference.operation.details"
ASKED_IN: Mapping[str, str] = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
ANSWERED_IN: Mapping[str, str] = {"gen_ai.choice": "assistant"}
PROMPTED_IN: Mapping[str, str] = {"gen_ai.content.prompt": "user"}
COMPLETED_IN: Mapping[str, str] = {"gen_ai.content.completion": "assistant"}
# Events that are a piece of a call by their name alone.
PIECES = frozenset({DETAILS, *ASKED_IN, *ANSWERED_IN, *PROMPTED_IN, *COMPLETED_IN})
MESSAGE = ("role", "content", "tool_calls", "parts")


def _message(attributes: Attributes) -> object:
    """The message of an event, which is its body, a field of it, or the JSON of either."""
    body = structured(attributes.get("gen_ai.event.content"))
    held: Mapping[str, object] = body if isinstance(body, dict) else attributes
    inner = structured(held.get("message"))
    if isinstance(inner, dict):
        return {**inner, "tool_calls": inner.get("tool_calls")}
    told = {key: held[key] for key in MESSAGE if held.get(key)}
    return {"tool_calls": None, **told} if told else inner


def _prompt(attributes: Attributes) -> object:
    return attributes.get("gen_ai.prompt")


def _completion(attributes: Attributes) -> object:
    return attributes.get("gen_ai.completion")


MESSAGES_ASKED = attribute(
    asked, ("gen_ai.system_instructions", "system"), ("gen_ai.input.messages", "user")
)
MESSAGES_ANSWERED = attribute(answered, ("gen_ai.output.messages", "assistant"))

MESSAGES = Dialect("otel-genai", (Source(MESSAGES_ASKED, MESSAGES_ANSWERED),), ("gen_ai.",))
EVENT = Dialect(
    "otel-genai-event",
    (Source(in_events(DETAILS, MESSAGES_ASKED), in_events(DETAILS, MESSAGES_ANSWERED)),),
)
BY_MESSAGE = Source(
    of_events(asked, ASKED_IN, _message), of_events(answered, ANSWERED_IN, _message)
)
EVENTS = Dialect(
    "otel-genai-events",
    (
        BY_MESSAGE,
        Source(
            of_events(asked, PROMPTED_IN, _prompt), of_events(answered, COMPLETED_IN, _completion)
        ),
    ),
)
# OpenLLMetry wrote these until it moved to the messages above; others still do.
INDEXED = Dialect(
    "openllmetry",
    (
        Source(
            first(indexed(asked, "gen_ai.prompt", "user"), indexed(asked, "llm.prompts", "user")),
            first(
                indexed(answered, "gen_ai.completion", "assistant"),
                indexed(answered, "llm.completions", "assistant"),
            ),
        ),
        Source(
            attribute(asked, ("gen_ai.prompt", "user")),
            attribute(answered, ("gen_ai.completion", "assistant")),
        ),
    ),
)
