"""Values as FOCUS files write them, and as they are stored; both ways without loss of meaning."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from optiinfra_core.metrics import Kind

# What files write where there is nothing; pandas, Snowflake and ClickHouse each have their own.
NOTHING = frozenset({"", "NULL", "null", "\\N"})

# Places that are kept; 38 digits are what a stored decimal holds.
PLACES: Mapping[Kind, Decimal] = {
    Kind.MONEY: Decimal("1e-12"),
    Kind.OPTIONAL_MONEY: Decimal("1e-12"),
    Kind.QUANTITY: Decimal("1e-18"),
}
_EXACT = Context(prec=76, rounding=ROUND_HALF_EVEN)


def absent(value: Any) -> bool:
    """Whether a file says nothing here."""
    return value is None or (isinstance(value, str) and value.strip() in NOTHING)


def number(value: Any, kind: Kind) -> Decimal | None:
    """An exact number to the places that are stored; a double by its shortest spelling.

    Raises:
        ValueError: it is no finite number.
    """
    if absent(value):
        return None
    told = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    if not told.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    return told.quantize(PLACES[kind], context=_EXACT)


def instant(value: Any) -> datetime | None:
    """An instant in UTC; FOCUS has no other zone, so one that is not named is UTC."""
    if absent(value):
        return None
    told = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
    if isinstance(told, datetime):
        return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
    if isinstance(told, date):
        return datetime(told.year, told.month, told.day, tzinfo=UTC)
    raise ValueError(f"{value!r} is not an instant")


def day(value: Any) -> date | None:
    """The UTC day of an instant."""
    told = instant(value)
    return None if told is None else told.date()


def text(value: Any) -> str:
    """Text, empty where the file says nothing."""
    return "" if absent(value) else str(value)


def tags(value: Any) -> dict[str, str]:
    """Keys and values of a JSON object or a Parquet map, as text.

    FOCUS gives a tag without value the boolean true (Tags, "valueless"); a null is kept as an
    empty value, for the key is a fact.
    """
    if absent(value):
        return {}
    told = _parsed(value) if isinstance(value, str) else value
    pairs = told.items() if isinstance(told, Mapping) else told
    return {str(key): _word(one) for key, one in pairs}


def document(value: Any) -> str:
    """A JSON object as canonical text (sorted keys, no blanks), empty where there is none."""
    if absent(value):
        return ""
    told = json.loads(value) if isinstance(value, str) else value
    if not isinstance(told, Mapping):
        told = dict(told)
    return _compact(told)


def _compact(told: Any) -> str:
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def _parsed(value: str) -> Any:
    told = json.loads(value, parse_float=Decimal)
    if not isinstance(told, dict):
        raise ValueError(f"{value[:80]!r} is no JSON object")  # noqa: TRY004 - a value's fault
    return told


def _word(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return _compact(value)
    return str(value)
