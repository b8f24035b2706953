"""What calls of a judge cost, and may cost at most; None where nobody knows."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal

from optiinfra_core.applications.prices import Tokens, price

Tier = Literal["on_demand", "batch"]
# Batches are charged half: console.groq.com/docs/batch.
SHARE: Mapping[Tier, Decimal] = {"on_demand": Decimal(1), "batch": Decimal("0.5")}
# English has 5 bytes a token (87 recorded calls: 5.3 to 5.6), Chinese 3: never too low a guess.
BYTES_PER_TOKEN = 3


def cost(
    vendor: str, model: str, tokens: Tokens | None, at: datetime, tier: Tier = "on_demand"
) -> Decimal | None:
    """US dollars of a call that took ``tokens``."""
    if not vendor or tokens is None:
        return None
    usd = price(vendor, model, tokens, at).usd
    return None if usd is None else usd * SHARE[tier]


def expected_tokens(size: int) -> int:
    """Input tokens of ``size`` bytes, at most."""
    return -(-size // BYTES_PER_TOKEN)


def estimate(
    vendor: str, model: str, tokens: Tokens, at: datetime, tier: Tier = "on_demand"
) -> Decimal:
    """US dollars to put aside for a call of at most ``tokens``; 0 where the price is unknown."""
    return cost(vendor, model, tokens, at, tier) or Decimal(0)
