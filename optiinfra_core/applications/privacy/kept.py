"""An interaction as it may be stored: the row that the writer writes, and nothing besides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from optiinfra_core.applications.interaction import Interaction, Message, Part, TextPolicy
from optiinfra_core.applications.parts import encode, encode_document
from optiinfra_core.applications.prices import priced
from optiinfra_core.applications.privacy.redact import Redactor
from optiinfra_core.applications.privacy.rules import TextRules

NO_PARTS: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptInteraction:
    """One row of ``llm_interactions``: every column but ``customer_id`` and ``ingested_at``.

    The writer adds those two. ``text_state`` says what became of the texts of this half.
    """

    application_id: str
    day: date
    trace_id: str
    span_id: str
    started_at: datetime
    ended_at: datetime
    provider: str
    environment: str
    service_version: str
    prompt_name: str
    prompt_version: str
    llm_vendor: str
    request_model: str
    model: str
    operation: str
    dialect: str
    latency_ms: float | None
    ttft_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: Decimal | None
    price_version: str
    error_type: str
    finish_reason: str
    conversation_id: str
    user_hash: str
    external_id: str
    text_state: TextPolicy
    judge_allowed: bool
    content_sha256: str
    input_parts: tuple[str, ...] = field(repr=False)
    output_parts: tuple[str, ...] = field(repr=False)
    context_parts: tuple[str, ...] = field(repr=False)
    text_expires_on: date
    tags: Mapping[str, str] = field(repr=False)


# Columns that are told as they came.
_SAME = (
    "trace_id", "span_id", "started_at", "ended_at", "provider", "environment", "service_version",
    "prompt_name", "prompt_version", "llm_vendor", "request_model", "model", "operation", "dialect",
    "latency_ms", "ttft_ms", "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_write_tokens", "reasoning_tokens", "error_type", "finish_reason", "conversation_id",
    "external_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts of one half after the policy."""

    state: TextPolicy = "none"
    sha256: str = ""
    input: tuple[str, ...] = NO_PARTS
    output: tuple[str, ...] = NO_PARTS
    context: tuple[str, ...] = NO_PARTS


def kept(
    interaction: Interaction, rules: TextRules, redactor: Redactor, today: date
) -> KeptInteraction:
    """What may be stored of ``interaction`` by ``rules``; the same half always gives the same row.

    Texts expire ``rules.days`` after the day of the call; those that would have expired before
    ``today`` are not kept at all. A day in the future counts as today, so that no sender's clock
    keeps a text longer. ``capture`` false drops the texts and forbids judging.
    """
    day = interaction.started_at.astimezone(UTC).date()
    expires_on = min(day, today) + timedelta(days=rules.days)
    lives = interaction.capture and expires_on > today
    texts = _texts(interaction, rules.policy if lives else "none", redactor)
    cost = priced(interaction)
    full = rules.policy == "full"
    return KeptInteraction(
        application_id=interaction.application,
        day=day,
        cost_usd=cost.usd,
        price_version=cost.version,
        user_hash=redactor.pseudonyms.user(interaction.user),
        text_state=texts.state,
        judge_allowed=rules.send_to_judge and interaction.capture,
        content_sha256=texts.sha256,
        input_parts=texts.input,
        output_parts=texts.output,
        context_parts=texts.context,
        text_expires_on=expires_on,
        tags=interaction.tags if full else _redacted(interaction.tags, redactor),
        **{name: getattr(interaction, name) for name in _SAME},
    )


def _texts(interaction: Interaction, policy: TextPolicy, redactor: Redactor) -> _Texts:
    """The texts as ``policy`` keeps them; a half without any keeps none."""
    spoken = (*interaction.input, *interaction.output)
    if policy == "none" or not (spoken or interaction.context):
        return _Texts()
    told = (*(part.message.text for part in spoken), *interaction.context)
    sha256 = redactor.pseudonyms.content(told)
    if policy == "hash":
        return _Texts(state=policy, sha256=sha256)
    change = redactor.redact if policy == "redacted" else str
    return _Texts(
        state=policy,
        sha256=sha256,
        input=_encoded(interaction.input, change),
        output=_encoded(interaction.output, change),
        context=tuple(
            encode_document(at, change(text)) for at, text in enumerate(interaction.context)
        ),
    )


def _encoded(parts: tuple[Part, ...], change: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(
        encode(Part(part.origin, part.at, Message(part.message.role, change(part.message.text))))
        for part in parts
    )


def _redacted(tags: Mapping[str, str], redactor: Redactor) -> Mapping[str, str]:
    return {name: redactor.redact(value) for name, value in tags.items()}
