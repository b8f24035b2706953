"""One call of an application to a language model, in our words whatever instrumentation told it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

TextPolicy = Literal["full", "redacted", "hash", "none"]
Origin = Literal["span", "event"]

APPLICATION_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")
TRACE_ID = re.compile(r"[0-9a-f]{32}")
SPAN_ID = re.compile(r"[0-9a-f]{16}")
NO_TAGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation; tool calls and results are told in its text."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A message and where it stood, so that halves of one call join in one order.

    ``origin`` is whether a span carried the whole conversation or a log record this one message:
    where both did, the span's are used. ``at`` orders parts: the position in a span, the
    nanosecond of a record.
    """

    origin: Origin
    at: int
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One call, or the half of one that a span or a log record told.

    None and the empty string are what was not told: halves are joined by taking what either
    tells. ``latency_ms`` is of a span; a record has none. ``input_tokens`` includes cached ones,
    ``output_tokens`` reasoning. ``user`` is the sender's own text for the person and never stored.
    """

    application: str
    trace_id: str
    span_id: str
    started_at: datetime
    ended_at: datetime
    provider: str = ""
    environment: str = ""
    service_version: str = ""
    prompt_name: str = ""
    prompt_version: str = ""
    llm_vendor: str = ""
    request_model: str = ""
    model: str = ""
    operation: str = ""
    dialect: str = ""
    latency_ms: float | None = None
    ttft_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: Decimal | None = None
    error_type: str = ""
    finish_reason: str = ""
    conversation_id: str = ""
    user: str = field(default="", repr=False)
    external_id: str = ""
    capture: bool = True
    input: tuple[Part, ...] = field(default=(), repr=False)
    output: tuple[Part, ...] = field(default=(), repr=False)
    context: tuple[str, ...] = field(default=(), repr=False)
    tags: Mapping[str, str] = field(default_factory=lambda: NO_TAGS)

    @property
    def interaction_id(self) -> str:
        """How the API and every score name the call."""
        return f"{self.trace_id}-{self.span_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A score that another tool gave a call (the event ``gen_ai.evaluation.result``)."""

    application: str
    trace_id: str
    span_id: str
    at: datetime
    name: str
    value: float | None
    label: str
    explanation: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """One item of a batch that cannot be understood: how many records it was, and why."""

    records: int
    why: str
