"""Costs by list prices, calculated by hand; what is not known costs nothing we would claim."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from genai_prices.data import providers

from optiinfra_core.applications.interaction import Interaction
from optiinfra_core.applications.prices import (
    SENDER,
    UNKNOWN,
    Tokens,
    flat,
    price,
    price_version,
    priced,
    tabled,
)

AT = datetime(2026, 11, 20, tzinfo=UTC)
# Dollars for a million tokens: input, output, cache read, cache write; console.groq.com/docs/models
# and the vendors' price pages, as of the table's version.
CASES = [
    # 1000 x 0.075 + 200 x 0.30
    ("groq", "openai/gpt-oss-20b", (1000, 200, None, None), "0.000135"),
    # 600 x 0.075 + 400 x 0.0375 + 200 x 0.30
    ("groq", "openai/gpt-oss-20b", (1000, 200, 400, None), "0.000120"),
    # 1000 x 0.0375 + 200 x 0.30: all of it from the cache
    ("groq", "openai/gpt-oss-20b", (1000, 200, 1000, None), "0.0000975"),
    # 1000 x 0.15 + 200 x 0.60
    ("groq", "openai/gpt-oss-120b", (1000, 200, 0, None), "0.00027"),
    # 600 x 0.15 + 400 x 0.075 + 200 x 0.60
    ("groq", "openai/gpt-oss-120b", (1000, 200, 400, None), "0.00024"),
    # 600 x 2.50 + 400 x 1.25 + 200 x 10
    ("openai", "gpt-4o-2024-08-06", (1000, 200, 400, None), "0.0040"),
    # 1000 x 0.15 + 200 x 0.60
    ("openai", "gpt-4o-mini", (1000, 200, None, None), "0.00027"),
    # 500 x 3 + 400 x 0.30 + 100 x 3.75 + 200 x 15
    ("anthropic", "claude-sonnet-4-5-20250929", (1000, 200, 400, 100), "0.004995"),
    # 1000 x 1 + 500 x 1, and 0.012 for the request
    ("perplexity", "sonar", (1000, 500, None, None), "0.0135"),
    # 1000 x 1.25 + 200 x 10
    ("gcp.gemini", "gemini-2.5-pro", (1000, 200, None, None), "0.00325"),
    # 1000 x 2.50 + 200 x 10
    ("azure.ai.openai", "gpt-4o", (1000, 200, None, None), "0.0045"),
    # 1000 x 3.30 + 200 x 16.50: regional endpoints of Bedrock cost a tenth more
    ("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", (1000, 200, None, None),
     "0.0066"),
]  # fmt: skip


@pytest.mark.parametrize(("vendor", "model", "tokens", "usd"), CASES)
def test_a_call_costs_what_the_hand_calculates(
    vendor: str, model: str, tokens: tuple[int, int, int | None, int | None], usd: str
) -> None:
    """To the last decimal, cached tokens once, with the table's name."""
    asked, answered, read, written = tokens
    usage = Tokens(
        input_tokens=asked,
        output_tokens=answered,
        cache_read_tokens=read,
        cache_write_tokens=written,
    )
    found = price(vendor, model, usage, AT)
    assert found.usd == Decimal(usd)
    assert found.version == price_version()
    assert found.version.startswith("genai-prices-0.")


@pytest.mark.parametrize(
    ("vendor", "model"),
    [
        ("Groq", "groq/openai/gpt-oss-20b"),
        ("GROQ", "OPENAI/GPT-OSS-20B"),
        (" groq ", "openai/gpt-oss-20b"),
    ],
)
def test_a_model_is_known_by_the_names_that_gateways_give_it(vendor: str, model: str) -> None:
    """Prefixes of gateways and capitals do not hide it."""
    usage = Tokens(input_tokens=1000, output_tokens=200)
    assert price(vendor, model, usage, AT).usd == Decimal("0.000135")


@pytest.mark.parametrize(
    ("vendor", "model", "asked", "answered", "read"),
    [
        ("groq", "a-model-of-our-own", 10, 10, None),
        ("a-vendor-of-our-own", "gpt-4o", 10, 10, None),
        ("", "gpt-4o", 10, 10, None),
        ("openai", "", 10, 10, None),
        ("openai", "gpt-4o", None, 10, None),
        ("openai", "gpt-4o", 10, None, None),
        ("openai", "gpt-4o", 10, 10, 11),
        ("openai", "text-davinci-003", 10, 10, 11),
        ("groq", "whisper-large-v3", 10, 10, None),
        ("openai", "gpt-4o", 10**40, 10, None),
    ],
    ids=[
        "model",
        "vendor",
        "no vendor",
        "no model",
        "no input",
        "no output",
        "cache",
        "cache of old models",
        "audio",
        "absurd",
    ],
)
def test_what_is_not_known_has_no_price(
    vendor: str, model: str, asked: int | None, answered: int | None, read: int | None
) -> None:
    """None, never 0: a model priced by the hour of audio has no price for tokens either."""
    usage = Tokens(input_tokens=asked, output_tokens=answered, cache_read_tokens=read)
    assert price(vendor, model, usage, AT) == UNKNOWN


def test_nothing_used_costs_nothing() -> None:
    """A known model and no tokens: 0 is what it cost."""
    usage = Tokens(input_tokens=0, output_tokens=0)
    assert price("groq", "openai/gpt-oss-20b", usage, AT).usd == 0


def test_a_cost_that_the_sender_tells_is_kept() -> None:
    """Who pays the bill knows discounts that no table has."""
    call = Interaction(
        application="a",
        trace_id="a" * 32,
        span_id="b" * 16,
        started_at=AT,
        ended_at=AT + timedelta(seconds=1),
        llm_vendor="groq",
        request_model="openai/gpt-oss-20b",
        input_tokens=1000,
        output_tokens=200,
    )
    assert priced(call).usd == Decimal("0.000135")
    told = priced(replace(call, cost_usd=Decimal("0.1")))
    assert (told.usd, told.version) == (Decimal("0.1"), SENDER)


@pytest.mark.parametrize("cached", [(None, None), (400, 0), (0, 100), (600, 400)])
def test_the_short_sum_is_the_packages_for_every_model(
    cached: tuple[int | None, int | None],
) -> None:
    """Whatever models a new version brings: what is summed here is what the package sums."""
    usage = Tokens(
        input_tokens=1000,
        output_tokens=200,
        cache_read_tokens=cached[0],
        cache_write_tokens=cached[1],
    )
    compared = 0
    for provider in providers:
        for info in provider.models:
            summed = flat(info.get_prices(AT), usage)
            if summed is not None:
                assert summed == tabled((provider, info), usage, AT), (provider.id, info.id)
                compared += 1
    assert compared > 1000
