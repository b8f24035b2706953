"""How long a server asks to be left alone: seconds, dates, and Go's durations in its headers."""

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from math import isfinite

# Go's time.Duration as Groq writes it: 26ms, 10.332999999s, 2m59.56s, 1h2m3s.
SECONDS: Mapping[str, float] = {
    "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9,
}  # fmt: skip
_PIECE = re.compile(r"(\d{1,12}(?:\.\d{1,12})?|\.\d{1,12})(ms|us|µs|μs|ns|h|m|s)", re.ASCII)
_LIMITS = ("requests", "tokens")


def go_seconds(text: str) -> float | None:
    """A Go duration in seconds; None where it is none."""
    found = _PIECE.findall(text)
    if not found or "".join(number + unit for number, unit in found) != text.strip():
        return None
    return sum(float(number) * SECONDS[unit] for number, unit in found)


def wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that an answer asks to wait; header names in lower case.

    ``retry-after`` counts first: seconds, a duration, or a date, which is taken against the
    server's own ``date``: our clock may be wrong. Else when the limit that is used up is full
    again, or the later one where the answer does not say which is. None: it does not say.
    """
    told = headers.get("retry-after")
    if told is not None:
        seconds = _number(told)
        if seconds is None:
            seconds = go_seconds(told)
        if seconds is None:
            seconds = _until(told, headers.get("date", ""))
        return seconds
    return _reset(headers)


def _reset(headers: Mapping[str, str]) -> float | None:
    resets = {name: go_seconds(headers.get(f"x-ratelimit-reset-{name}", "")) for name in _LIMITS}
    used_up = [name for name in _LIMITS if headers.get(f"x-ratelimit-remaining-{name}") == "0"]
    told = [seconds for name in used_up or _LIMITS if (seconds := resets[name]) is not None]
    return max(told, default=None)


def _number(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return max(0.0, seconds) if isfinite(seconds) else None


def _until(text: str, now: str) -> float | None:
    at, sent = _date(text), _date(now)
    return None if at is None or sent is None else max(0.0, (at - sent).total_seconds())


def _date(text: str) -> datetime | None:
    """An HTTP date; one without a zone is none."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
