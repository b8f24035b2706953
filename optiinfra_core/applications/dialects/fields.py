"""Which attribute tells which field of a call: names in the order they are asked, and a reader."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from optiinfra_core.applications.dialects.values import (
    count,
    dollars,
    error_type,
    lower,
    milliseconds,
    name,
    seconds,
    structured,
)

Names = tuple[str, ...]

# Attributes that hold an object as one value; read as ``name.key``.
OBJECTS: Names = (
    "langfuse.observation.usage_details",
    "langfuse.observation.cost_details",
    "mlflow.chat.tokenUsage",
    "llm.invocation_parameters",
)
TEXTS: Mapping[str, tuple[Callable[[object], str], Names]] = {
    "llm_vendor": (
        lower,
        (
            "gen_ai.provider.name",
            "gen_ai.system",
            "llm.provider",
            "llm.system",
            "ai.model.provider",
        ),
    ),
    "request_model": (
        name,
        (
            "gen_ai.request.model",
            "llm.request.model",
            "llm.model_name",
            "ai.model.id",
            "langfuse.observation.model.name",
            "mlflow.llm.model",
            "llm.invocation_parameters.model",
        ),
    ),
    "model": (
        name,
        ("gen_ai.response.model", "llm.response.model", "ai.response.model"),
    ),
    "finish_reason": (
        lower,
        (
            "gen_ai.response.finish_reasons",
            "gen_ai.response.finish_reason",
            "llm.response.finish_reason",
            "ai.response.finishReason",
            "ai.finishReason",
            "gen_ai.completion.0.finish_reason",
            "llm.finish_reason",
            "finish_reason",
        ),
    ),
    "conversation_id": (
        name,
        (
            "gen_ai.conversation.id",
            "langfuse.session.id",
            "session.id",
            "traceloop.association.properties.session_id",
            "traceloop.association.properties.conversation_id",
            "ai.telemetry.metadata.sessionId",
            "mlflow.trace.session",
            "thread.id",
        ),
    ),
    "user": (
        name,
        (
            "user.id",
            "langfuse.user.id",
            "enduser.id",
            "enduser.pseudo.id",
            "traceloop.association.properties.user_id",
            "ai.telemetry.metadata.userId",
            "mlflow.trace.user",
            "llm.user",
            "gen_ai.request.user",
        ),
    ),
    "external_id": (name, ("gen_ai.response.id", "ai.response.id", "llm.response.id")),
    "prompt_name": (
        name,
        (
            "gen_ai.prompt.name",
            "langfuse.observation.prompt.name",
            "traceloop.prompt.key",
            "llm.prompt_template.name",
            "prompt.name",
        ),
    ),
    "prompt_version": (
        name,
        (
            "gen_ai.prompt.version",
            "langfuse.observation.prompt.version",
            "traceloop.prompt.version",
            "llm.prompt_template.version",
            "prompt.version",
        ),
    ),
    "error_type": (error_type, ("error.type",)),
}
COUNTS: Mapping[str, Names] = {
    "input_tokens": (
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.prompt_tokens",
        "llm.token_count.prompt",
        "llm.usage.prompt_tokens",
        "ai.usage.inputTokens",
        "ai.usage.promptTokens",
        "langfuse.observation.usage_details.prompt_tokens",
        "mlflow.chat.tokenUsage.input_tokens",
    ),
    "output_tokens": (
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.token_count.completion",
        "llm.usage.completion_tokens",
        "ai.usage.outputTokens",
        "ai.usage.completionTokens",
        "langfuse.observation.usage_details.completion_tokens",
        "mlflow.chat.tokenUsage.output_tokens",
    ),
    "cache_read_tokens": (
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "llm.token_count.prompt_details.cache_read",
        "ai.usage.cachedInputTokens",
        "gen_ai.usage.details.cache_read_tokens",
        "langfuse.observation.usage_details.input_cached_tokens",
        "langfuse.observation.usage_details.cache_read_input_tokens",
        "mlflow.chat.tokenUsage.cache_read_input_tokens",
        "llm.usage.cache_read_input_tokens",
    ),
    "cache_write_tokens": (
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "llm.token_count.prompt_details.cache_write",
        "gen_ai.usage.details.cache_write_tokens",
        "langfuse.observation.usage_details.cache_creation_input_tokens",
        "mlflow.chat.tokenUsage.cache_creation_input_tokens",
        "llm.usage.cache_creation_input_tokens",
    ),
    "reasoning_tokens": (
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
        "llm.token_count.completion_details.reasoning",
        "ai.usage.reasoningTokens",
        "gen_ai.usage.details.reasoning_tokens",
        "langfuse.observation.usage_details.output_reasoning_tokens",
    ),
}
# Langfuse tells tokens of different prices apart: the whole is the sum of names that begin so.
SUMS: Mapping[str, str] = {
    "input_tokens": "langfuse.observation.usage_details.input",
    "output_tokens": "langfuse.observation.usage_details.output",
}
DURATIONS: tuple[tuple[str, Callable[[object], float | None]], ...] = (
    ("gen_ai.response.time_to_first_chunk", seconds),
    ("gen_ai.server.time_to_first_token", seconds),
    ("ai.response.msToFirstChunk", milliseconds),
    ("ai.stream.msToFirstChunk", milliseconds),
)
# When the first piece of the answer came: as a time, or as an event of the span.
FIRST_AT: Names = ("langfuse.observation.completion_start_time",)
FIRST_EVENTS = frozenset({"First Token Stream Event", "ai.stream.firstChunk"})
COSTS: Names = (
    "gen_ai.usage.cost",
    "gen_ai.usage.total_cost",
    "llm.cost.total",
    "langfuse.observation.cost_details.total",
    "operation.cost",
)
ENVIRONMENTS: Names = (
    "deployment.environment.name",
    "deployment.environment",
    "langfuse.environment",
)
VERSIONS: Names = ("service.version", "langfuse.release", "langfuse.version")
DOCUMENTS: Names = ("gen_ai.retrieval.documents", "optiinfra.context")
DOCUMENTS_INDEXED: Names = ("retrieval.documents", "reranker.output_documents")
CAPTURE = "optiinfra.capture"
TAG = "optiinfra.tag."


def expanded(attributes: Mapping[str, object]) -> Mapping[str, object]:
    """``attributes`` with the numbers of its objects under dotted names."""
    from_objects = {
        f"{each}.{key}": value
        for each in OBJECTS
        if each in attributes
        for key, value in _object(attributes[each]).items()
    }
    return {**attributes, **from_objects} if from_objects else attributes


def text(field: str, attributes: Mapping[str, object]) -> str:
    """The first of the field's names that tells anything."""
    read, names = TEXTS[field]
    for each in names:
        if each in attributes and (found := read(attributes[each])):
            return found
    return ""


def tokens(field: str, attributes: Mapping[str, object]) -> int | None:
    """The first of the field's names that tells a number, else the sum of those that begin so."""
    for each in COUNTS[field]:
        if each in attributes and (found := count(attributes[each])) is not None:
            return found
    if field not in SUMS:
        return None
    summed = [
        number
        for each, value in attributes.items()
        if each.startswith(SUMS[field]) and (number := count(value)) is not None
    ]
    return sum(summed) if summed else None


def cost(attributes: Mapping[str, object]) -> Decimal | None:
    """What the sender says the call cost, in dollars."""
    told = (dollars(attributes[each]) for each in COSTS if each in attributes)
    return next((each for each in told if each is not None), None)


def _object(value: object) -> Mapping[str, Any]:
    found = structured(value)
    return found if isinstance(found, dict) else {}
