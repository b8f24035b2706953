"""Whether a span is one question to a model, by what it says of its kind."""

from collections.abc import Mapping
from dataclasses import dataclass

from optiinfra_core.applications.dialects.values import lower

# What asks a model, under the names that say so; what else stands there is an agent, a tool, a
# chain, an embedding: its tokens are another span's or no answer's.
OPERATIONS: Mapping[str, str] = {
    "chat": "chat",
    "chat.completions": "chat",
    "completion": "text_completion",
    "generate_content": "generate_content",
    "message": "chat",
    "messages": "chat",
    "response": "chat",
    "responses": "chat",
    "text.completions": "text_completion",
    "text_completion": "text_completion",
}
OTHERS = frozenset({
    "create_agent", "embedding", "embeddings", "execute_tool", "invoke_agent", "invoke_workflow",
    "moderation", "plan", "rerank", "retrieval", "retrieve", "search_memory", "transcription",
})  # fmt: skip
LANGUAGE_MODEL: Mapping[str, str] = {"llm": "", "chat_model": "chat", "generation": ""}
VERCEL: Mapping[str, str] = {
    "ai.generateobject.dogenerate": "chat",
    "ai.generatetext.dogenerate": "chat",
    "ai.streamobject.dostream": "chat",
    "ai.streamtext.dostream": "chat",
}
# Names of which only the listed values are calls.
KINDS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("openinference.span.kind", LANGUAGE_MODEL),
    ("langfuse.observation.type", LANGUAGE_MODEL),
    ("mlflow.spanType", LANGUAGE_MODEL),
    ("ai.operationId", VERCEL),
    ("traceloop.span.kind", LANGUAGE_MODEL),
)
# Names of operations, of which some are known not to be calls and others may be anybody's own.
NAMED = ("gen_ai.operation.name", "llm.request.type")
# Without a kind, these say that an agent wraps the calls.
WRAPPERS = ("pydantic_ai.all_messages", "all_messages_events", "agent_name", "gen_ai.tool.name")


@dataclass(frozen=True, slots=True)
class Kind:
    """``known``: it says that it asks a model; ``operation`` is empty where it says no more."""

    known: bool
    operation: str


def kind(attributes: Mapping[str, object]) -> Kind | None:
    """What a span says it is; None: something else than one question to a model."""
    found, known = "", False
    for name in NAMED:
        told = lower(attributes.get(name))
        if told in OTHERS:
            return None
        known = known or told in OPERATIONS
        found = found or OPERATIONS.get(told, "")
    for name, calls in KINDS:
        told = lower(attributes[name]) if name in attributes else ""
        if told and told not in calls:
            return None
        known = known or bool(told)
        found = found or calls.get(told, "")
    if not known and any(name in attributes for name in WRAPPERS):
        return None
    return Kind(known, found)
