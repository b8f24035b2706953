"""Nanoseconds since 1970 as times, and which times a call can have."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Before these applications, and where ClickHouse's Date ends with room: a clock that was not set.
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
LAST_SECOND = int((LATEST - EPOCH).total_seconds())
LAST_NANOSECOND = LAST_SECOND * 10**9


def at_moment(nanoseconds: int) -> datetime | None:
    """The time to the microsecond; None where no call can have been."""
    if not 0 < nanoseconds < LAST_NANOSECOND:
        return None
    return plausible(EPOCH + timedelta(microseconds=nanoseconds // 1000))


def plausible(at: datetime) -> datetime | None:
    """``at``, or None where no call can have been."""
    return at if EARLIEST <= at < LATEST else None
