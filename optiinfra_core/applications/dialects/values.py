"""Values as instrumentations send them, typed or as text, read without trust."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import orjson

LONGEST_TEXT = 1_000_000  # characters of one message; what is beyond is cut, and said to be
LONGEST_NAME = 256
MOST_COUNTED = 10**12
MOST_MILLISECONDS = 10**10
MOST_DOLLARS = Decimal(10**9)
TWELVE_PLACES = Decimal("1e-12")
# Controls but tab and line ends, and halves of surrogate pairs: no database or judge takes them.
HOSTILE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
LONE_SURROGATE = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
NAME = re.compile(r"[\w.:/-]{1,128}")
# Halves of a call are joined by the greatest text: this sorts before every name of an error.
UNNAMED = "(unnamed)"
NO = frozenset({"false", "0", "no", "off"})
JSON_BEGINS = ("{", "[", '"')


def parsed(body: bytes | str) -> object:
    """The JSON that ``body`` is; half a surrogate pair, as JavaScript cuts them, is U+FFFD.

    Raises:
        ValueError: it is no JSON, or nested beyond what the parser takes (1,024).
    """
    try:
        return orjson.loads(body)
    except ValueError:
        raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        mended = LONE_SURROGATE.sub(lambda found: rb"\ufffd" if found[1] else found[0], raw)
        return orjson.loads(mended)


def structured(value: object) -> object:
    """``value``, or what it says where it is the text of a JSON object, list or string."""
    if isinstance(value, str) and value.lstrip()[:1] in JSON_BEGINS:
        try:
            return parsed(value)
        except ValueError:
            return value
    return value


def cleaned(text: str, longest: int = LONGEST_TEXT) -> str:
    """``text`` without characters that nothing downstream takes, and no longer than ``longest``."""
    found = HOSTILE.sub("\ufffd", text) if HOSTILE.search(text) else text
    if len(found) <= longest:
        return found
    return f"{found[:longest]}\n[cut: {len(found) - longest} more characters]"


def told(value: object) -> str:
    """``value`` as text: as it is, or as the JSON of what it holds."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # nested beyond what is worth telling, or an integer beyond 64 bits
        return "[unreadable]"


def name(value: object) -> str:
    """A short text (a model, an id) on one line; a list tells its first."""
    if value is None:
        return ""
    if isinstance(value, str) and value.isprintable() and value[:1] not in JSON_BEGINS:
        return value.strip()[:LONGEST_NAME]  # nearly all are
    found = structured(value)
    if isinstance(found, list):
        found = found[0] if found else ""
    if isinstance(found, bool | Mapping):
        return ""
    begins = told(found)[: 4 * LONGEST_NAME].replace("\n", " ")
    return "".join(each for each in begins if each.isprintable()).strip()[:LONGEST_NAME]


def lower(value: object) -> str:
    """A short text in lower case."""
    return name(value).lower()


def error_type(value: object) -> str:
    """The name of an error; a sentence is none, and may quote what nobody else should read."""
    found = "an object" if isinstance(value, dict) else name(value)
    return found if NAME.fullmatch(found) or not found else UNNAMED


def number(value: object) -> float | None:
    """A finite number; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def count(value: object) -> int | None:
    """A whole number from 0 to a million million; None where it is none."""
    found = number(value)
    if found is None or not 0 <= found <= MOST_COUNTED or found != int(found):
        return None
    return int(found)


def milliseconds(value: object) -> float | None:
    """A duration in milliseconds; None where it is none that a call can have."""
    found = number(value)
    return found if found is not None and 0 <= found <= MOST_MILLISECONDS else None


def seconds(value: object) -> float | None:
    """A duration that was told in seconds, in milliseconds."""
    found = number(value)
    return None if found is None else milliseconds(found * 1000)


def dollars(value: object) -> Decimal | None:
    """An amount in dollars, to twelve places; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value).strip())
        return (
            found.quantize(TWELVE_PLACES)
            if found.is_finite() and 0 <= found <= MOST_DOLLARS
            else None
        )
    except InvalidOperation:
        return None


def moment(value: object) -> datetime | None:
    """A time of ISO 8601, UTC where it does not say; None where it is none."""
    found = structured(value)
    if not isinstance(found, str):
        return None
    try:
        at = datetime.fromisoformat(found.strip())
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def refused(value: object) -> bool:
    """Whether the sender said no."""
    return value is False or (isinstance(value, int | str) and str(value).strip().lower() in NO)
