"""Calls of an application, as tests write them."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import SecretBytes

from optiinfra_core.applications.interaction import Interaction, Message, Part
from optiinfra_core.applications.privacy import KeptInteraction, Redactor, TextRules, kept

NOW = datetime(2026, 11, 22, 10, 7, tzinfo=UTC)
TODAY = NOW.date()
PEPPER = SecretBytes(b"p" * 32)
FULL = TextRules(policy="full", days=30, send_to_judge=True)


def call(number: int, **told: Any) -> Interaction:
    """The call with this number: everything of it depends on the number alone."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    began = NOW - timedelta(hours=1) + timedelta(milliseconds=10 * number)
    whole: dict[str, Any] = {
        "application": "support.assistant",
        "trace_id": digest[:32],
        "span_id": digest[32:48],
        "started_at": began,
        "ended_at": began + timedelta(milliseconds=1000 + number % 500),
        "provider": "aws",
        "environment": "prod",
        "service_version": "1.2.3",
        "llm_vendor": "openai",
        "request_model": "gpt-4o",
        "model": "gpt-4o-2024-08-06",
        "operation": "chat",
        "dialect": "test",
        "latency_ms": 1000.0 + number % 500,
        "input_tokens": 100 + number,
        "output_tokens": 20,
        "finish_reason": "stop",
        "user": f"person-{number % 7}",
        "input": (Part("span", 0, Message("user", f"Question {number}?")),),
        "output": (Part("span", 0, Message("assistant", f"Answer {number}.")),),
        "context": (f"Source {number}.",),
        "tags": {"team": "support"},
    }
    return Interaction(**{**whole, **told})


def span_half(whole: Interaction) -> Interaction:
    """What a span without texts tells of a call."""
    return replace(whole, input=(), output=(), context=())


def event_half(whole: Interaction) -> Interaction:
    """What the log records of a call tell: its texts and nothing else."""
    return Interaction(
        application=whole.application,
        trace_id=whole.trace_id,
        span_id=whole.span_id,
        started_at=whole.started_at,
        ended_at=whole.started_at,
        input=whole.input,
        output=whole.output,
        context=whole.context,
    )


def redactor(customer: str) -> Redactor:
    """What takes personal data out of a customer's texts."""
    return Redactor(PEPPER, customer)


def row(
    customer: str, interaction: Interaction, rules: TextRules = FULL, today: date = TODAY
) -> KeptInteraction:
    """The row that is stored of a call."""
    return kept(interaction, rules, redactor(customer), today)
