"""Dialects of single tools: OpenInference, Langfuse, Vercel, MLflow, Pydantic AI and others."""

from optiinfra_core.applications.dialects.conversation import answered, asked, verbatim
from optiinfra_core.applications.dialects.dialect import Dialect, Source
from optiinfra_core.applications.dialects.opentelemetry import BY_MESSAGE
from optiinfra_core.applications.dialects.readers import (
    all_of,
    attribute,
    first,
    indexed,
    listed_events,
)

OPENINFERENCE = Dialect(
    "openinference",
    (
        Source(
            indexed(asked, "llm.input_messages", "user"),
            indexed(answered, "llm.output_messages", "assistant"),
        ),
        Source(
            indexed(asked, "llm.prompts", "user"), indexed(answered, "llm.choices", "assistant")
        ),
    ),
    ("llm.token_count", "llm.invocation_parameters", "openinference."),
)
VERCEL = Dialect(
    "vercel",
    (
        Source(
            first(
                attribute(asked, ("ai.prompt.messages", "user")),
                attribute(asked, ("ai.prompt", "user")),
            ),
            all_of(
                attribute(verbatim, ("ai.response.text", "assistant")),
                attribute(verbatim, ("ai.response.object", "assistant")),
                attribute(answered, ("ai.response.toolCalls", "assistant")),
                attribute(verbatim, ("ai.result.text", "assistant")),
                attribute(verbatim, ("ai.result.object", "assistant")),
            ),
        ),
    ),
    ("ai.",),
)
MLFLOW = Dialect(
    "mlflow",
    (
        Source(
            attribute(asked, ("mlflow.spanInputs", "user")),
            attribute(answered, ("mlflow.spanOutputs", "assistant")),
        ),
    ),
    ("mlflow.",),
    proves=False,
)
PYDANTIC_AI = Dialect(
    "pydantic-ai",
    (
        Source(
            listed_events("events", BY_MESSAGE.asked), listed_events("events", BY_MESSAGE.answered)
        ),
        Source(
            attribute(asked, ("pydantic_ai.all_messages", "user")),
            attribute(verbatim, ("final_result", "assistant")),
        ),
        Source(
            attribute(asked, ("request_data", "user")),
            attribute(answered, ("response_data", "assistant")),
        ),
    ),
    ("pydantic_ai.", "logfire."),
    proves=False,
)
GOOGLE_ADK = Dialect(
    "google-adk",
    (
        Source(
            attribute(asked, ("gcp.vertex.agent.llm_request", "user")),
            attribute(answered, ("gcp.vertex.agent.llm_response", "assistant")),
        ),
    ),
    ("gcp.vertex.agent.",),
)
LANGFUSE = Dialect(
    "langfuse",
    (
        Source(
            attribute(asked, ("langfuse.observation.input", "user")),
            attribute(answered, ("langfuse.observation.output", "assistant")),
        ),
    ),
    ("langfuse.",),
    proves=False,
)
GENERIC = Dialect(
    "generic",
    (
        Source(
            attribute(asked, ("input.value", "user")),
            attribute(answered, ("output.value", "assistant")),
        ),
        Source(
            attribute(asked, ("traceloop.entity.input", "user")),
            attribute(answered, ("traceloop.entity.output", "assistant")),
        ),
    ),
    proves=False,
)
