"""Values as providers write them -> exact decimals, instants in UTC, text and maps."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

# Exports hold money as binary doubles, and some APIs print amounts with more places than 12; what
# lies beyond is a double's own noise, and 12 places are what is kept.
MONEY = Decimal("0.000000000001")


def money(value: Any) -> Decimal:
    """An amount that must be there; a double is read by its shortest decimal spelling."""
    amount = optional_number(value)
    if amount is None:
        raise ValueError("an amount is missing")
    return amount.quantize(MONEY)


def optional_money(value: Any) -> Decimal | None:
    """An amount, None where the source does not tell."""
    return None if optional_number(value) is None else money(value)


def optional_number(value: Any) -> Decimal | None:
    """A quantity, None where the source does not tell; not-a-number is refused."""
    if value is None or value == "":
        return None
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        raise ValueError(f"{value} is not a number")
    return number


def moment(value: Any) -> datetime:
    """An instant in UTC; billing instants are in UTC, whether or not a provider says so."""
    told = datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(told, datetime):
        return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
    if isinstance(told, date):
        return datetime(told.year, told.month, told.day, tzinfo=UTC)
    raise ValueError(f"{value!r} is not an instant")


def text(value: Any) -> str:
    """Text, empty where the source does not tell."""
    return "" if value is None else str(value)


def mapping(value: Any) -> dict[str, str]:
    """A map column (Parquet map, or JSON text) as text to text; empty values are left out."""
    told = json.loads(value) if isinstance(value, str) and value else value or {}
    pairs = told.items() if isinstance(told, Mapping) else told
    return {str(key): str(one) for key, one in pairs if one is not None}
