"""What a call cost, from the tables of the package genai-prices; unknown is None, never 0."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from optiinfra_core.applications.interaction import Interaction

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

# gen_ai.provider.name, the older gen_ai.system and what instrumentations write -> the package's id.
# https://github.com/open-telemetry/semantic-conventions, registry attribute gen_ai.provider.name
VENDORS = {
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "az.ai.inference": "azure",
    "az.ai.openai": "azure",
    "aws.bedrock": "aws",
    "aws_bedrock": "aws",
    "amazon_bedrock": "aws",
    "bedrock": "aws",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "gemini": "google",
    "google_genai": "google",
    "vertex_ai": "google",
    "vertexai": "google",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "x_ai": "x-ai",
    "xai": "x-ai",
    "moonshot_ai": "moonshotai",
    "together_ai": "together",
    "togetherai": "together",
    "fireworks_ai": "fireworks",
}
MILLION = Decimal(10) ** 6
UNIT = Decimal(1).scaleb(-12)  # of the column cost_usd
SENDER = "sender"
_NO_VERSION = ""


class Usage(Protocol):
    """The tokens of a call: ``input_tokens`` includes cached ones, ``output_tokens`` reasoning."""

    @property
    def input_tokens(self) -> int | None: ...
    @property
    def output_tokens(self) -> int | None: ...
    @property
    def cache_read_tokens(self) -> int | None: ...
    @property
    def cache_write_tokens(self) -> int | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The tokens of a call where nothing else tells them."""

    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars of one call and the table they are from; both empty where it is not known."""

    usd: Decimal | None
    version: str


UNKNOWN = Price(None, _NO_VERSION)


def price(vendor: str, model: str, usage: Usage, at: datetime) -> Price:
    """What ``usage`` of ``model`` at ``vendor`` cost by the list prices of the time ``at``.

    Cached tokens are charged once, at their own price where the model has one. Unknown: a vendor
    or model that the table lacks, tokens that were not told, more cached tokens than input, a
    model that is not priced by text tokens. Discounts, batches and tools are not seen. Nothing is
    asked of the network: the table is as old as the installed package.
    """
    cached = (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0)
    if usage.input_tokens is None or usage.output_tokens is None or cached > usage.input_tokens:
        return UNKNOWN
    found = _model(_vendor(vendor), model.strip().lower())
    if found is None:
        return UNKNOWN
    rates = found[1].get_prices(at)
    if rates.input_mtok is None or rates.output_mtok is None:
        return UNKNOWN
    try:
        usd = flat(rates, usage)
        usd = tabled(found, usage, at) if usd is None else usd
        return Price(usd.quantize(UNIT), price_version())
    except (ValueError, ArithmeticError):  # counts of which no sum can be made or held
        return UNKNOWN


def flat(rates: "ModelPrice", usage: Usage) -> Decimal | None:
    """The cost at one price for each kind of token; None where the table knows more than that.

    The package's own sum takes 40 microseconds, this one 1; a test holds them equal for every
    model there is.
    """
    told = rates.__dict__
    asked = told.get("input_mtok")
    # Without a price of its own, a cached token costs what any costs that is read.
    cached = (told.get(name) for name in ("cache_read_mtok", "cache_write_mtok"))
    each = (asked, told.get("output_mtok"), *(asked if own is None else own for own in cached))
    prices = [price for price in each if isinstance(price, Decimal)]
    if told.get("requests_kcount") or len(prices) < len(each):
        return None
    from_cache, into_cache = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
    plain = (usage.input_tokens or 0) - from_cache - into_cache
    counts = (plain, usage.output_tokens or 0, from_cache, into_cache)
    return sum((n * price for n, price in zip(counts, prices, strict=True)), Decimal(0)) / MILLION


def tabled(found: "tuple[Provider, ModelInfo]", usage: Usage, at: datetime) -> Decimal:
    """The cost as the package sums it: tiers and prices of requests too.

    Raises:
        ValueError: the counts contradict each other.
    """
    from genai_prices import Usage as Counted  # noqa: PLC0415 - 0.3 s that --help need not pay

    provider, info = found
    counted = Counted(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )
    return info.calc_price(counted, provider, genai_request_timestamp=at).total_price


def priced(interaction: Interaction) -> Price:
    """What a call cost: as its sender says, else by the table."""
    if interaction.cost_usd is not None:
        return Price(interaction.cost_usd, SENDER)
    if interaction.input_tokens is None:
        return UNKNOWN
    model = interaction.model or interaction.request_model
    return price(interaction.llm_vendor, model, interaction, interaction.started_at)


@lru_cache(maxsize=1)
def price_version() -> str:
    """The table's name: that of the package and its version."""
    import genai_prices  # noqa: PLC0415 - as above

    return f"genai-prices-{genai_prices.__version__}"


def _vendor(told: str) -> str:
    name = told.strip().lower().replace(" ", "_")
    return VENDORS.get(name, name)


@lru_cache(maxsize=4096)
def _model(vendor: str, model: str) -> "tuple[Provider, ModelInfo] | None":
    """The model in the table. Gateways put vendors before its name: ``groq/openai/gpt-oss-20b``."""
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415 - as above

    providers = get_snapshot().providers
    provider = next((each for each in providers if each.id == vendor), None)
    if provider is None:
        return None
    name = model
    while name:
        info = provider.find_model(name, all_providers=providers)
        if info is not None:
            return provider, info
        _, _, name = name.partition("/")
    return None
