"""How long Azure asks a caller to wait, from the headers of each of its services."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Cost Management has a quota for query units, entity (scope), tenant, client and client type.
_COST = re.compile(r"^x-ms-ratelimit-microsoft\.(costmanagement|consumption)-[\w-]*retry-after$")
# Resource Graph says hours:minutes:seconds until the user's quota starts anew.
_GRAPH = "x-ms-user-quota-resets-after"
_MILLISECONDS = ("retry-after-ms", "x-ms-retry-after-ms")


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The longest wait that any header asks for, in seconds; None where none does."""
    asked = tuple(_asked({name.lower(): value for name, value in headers.items()}, now))
    return max(asked, default=None)


def _asked(headers: Mapping[str, str], now: datetime) -> Iterator[float]:
    for name, value in headers.items():
        wait: float | None = None
        if name in _MILLISECONDS:
            wait = _number(value, 1000.0)
        elif name == _GRAPH:
            wait = _span(value)
        elif name == "retry-after":
            wait = _number(value, 1.0) if _number(value, 1.0) is not None else _until(value, now)
        elif _COST.match(name):
            wait = _number(value, 1.0)
        if wait is not None:
            yield max(0.0, wait)


def _number(value: str, parts: float) -> float | None:
    try:
        return float(value) / parts
    except ValueError:
        return None


def _span(value: str) -> float | None:
    match = re.fullmatch(r"(\d+):(\d\d):(\d\d)(?:\.\d+)?", value.strip())
    if match is None:
        return None
    hours, minutes, seconds = map(int, match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def _until(value: str, now: datetime) -> float | None:
    try:
        told = parsedate_to_datetime(value)
    except ValueError:
        return None
    # A date of HTTP is in GMT; "-0000" parses as a time without a zone.
    return ((told if told.tzinfo else told.replace(tzinfo=UTC)) - now).total_seconds()
