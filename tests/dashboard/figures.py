"""Figures as the dashboard shows them, read back; and as they should read."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

POWERS: Mapping[str, int] = {"B": 0, "KiB": 1, "MiB": 2, "GiB": 3, "TiB": 4}
CENT = Decimal("0.01")


def number(text: str) -> Decimal:
    """The first figure in a text, without its currency and its separators of thousands."""
    found = re.search(r"-?[\d,]*\.?\d+", text.replace("$", "").replace("€", ""))
    assert found, f"no figure in {text!r}"
    return Decimal(found.group().replace(",", ""))


def measured(text: str) -> float:
    """A measured value in its basic unit: bytes are shown in powers of 1024."""
    unit = text.rsplit(maxsplit=1)[-1].removesuffix("/s")
    return float(number(text)) * 1024.0 ** POWERS.get(unit, 0)


def cents(amount: str) -> Decimal:
    """An exact amount as it is shown: to the cent, halves away from zero."""
    return Decimal(amount).quantize(CENT, ROUND_HALF_UP)


def percent(share: float) -> Decimal:
    """A share as it is shown, in per cent with one place."""
    return (Decimal(repr(share)) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
