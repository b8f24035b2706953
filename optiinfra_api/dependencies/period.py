"""The time a question covers: start and end, or days or hours back from the end."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from optiinfra_core.errors import InvalidRequest
from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE, Metric
from optiinfra_core.windows import DAY, QUARTER_HOUR, Clock, Window, as_utc, floor

# ClickHouse's DateTime ends in 2106; no cloud bill is older than 2000.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How far a kind of question reaches by default and at most.

    ``step`` is what an end that nobody named is rounded up to, so that the same question asked
    twice within a step is the same question.
    """

    default: timedelta
    longest: timedelta
    step: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach(Extent):
    """How far questions about what clouds supply reach, and what that is."""

    metric: Metric


COSTS = Reach(metric=COST, default=30 * DAY, longest=37 * 31 * DAY, step=DAY)
SAMPLES = Reach(metric=PERFORMANCE, default=DAY, longest=400 * DAY, step=QUARTER_HOUR)
SNAPSHOTS = Reach(metric=RESOURCE, default=DAY, longest=400 * DAY, step=QUARTER_HOUR)
CALLS = Extent(default=7 * DAY, longest=400 * DAY, step=QUARTER_HOUR)

REMEDY = (
    "Write instants as RFC 3339 in UTC (2026-11-22T00:00:00Z), the end exclusive and after the"
    " start, or leave them out and pass days or hours."
)


class Times(BaseModel):
    """The time parameters as they arrive."""

    model_config = ConfigDict(frozen=True)

    start: datetime | None = Field(default=None, description="First instant, RFC 3339.")
    end: datetime | None = Field(default=None, description="First instant after it, RFC 3339.")
    days: int | None = Field(default=None, ge=1, le=1147, description="Days back from the end.")
    hours: int | None = Field(default=None, ge=1, le=9600, description="Hours back from the end.")


async def times(
    start: Annotated[
        datetime | None, Query(description="First instant, RFC 3339 with a zone.")
    ] = None,
    end: Annotated[
        datetime | None, Query(description="First instant after the period, RFC 3339 with a zone.")
    ] = None,
    days: Annotated[int | None, Query(ge=1, le=1147, description="Days back from the end.")] = None,
    hours: Annotated[
        int | None, Query(ge=1, le=9600, description="Hours back from the end.")
    ] = None,
) -> Times:
    """The time parameters of a request."""
    return Times(start=start, end=end, days=days, hours=hours)


def window_of(asked: Times, reach: Extent, clock: Clock) -> Window:
    """The window that ``asked`` means.

    Raises:
        InvalidRequest: naive, reversed, contradictory, outside 2000 to 2100, or too long.
    """
    back = length_of(asked, reach)
    end = instant_of(asked.end) if asked.end else next_step(clock.now(), reach.step)
    start = instant_of(asked.start) if asked.start else end - back
    if end <= start:
        raise InvalidRequest(
            f"end {end.isoformat()} is not after start {start.isoformat()}", remedy=REMEDY
        )
    if start < EARLIEST or end > LATEST:
        raise InvalidRequest("the period leaves the years 2000 to 2100", remedy=REMEDY)
    if end - start > reach.longest:
        raise InvalidRequest(
            f"the period is {(end - start).days} days long",
            remedy=f"Ask for at most {reach.longest.days} days at once.",
        )
    return Window(start, end)


def instant_of(moment: datetime) -> datetime:
    """The moment in UTC.

    Raises:
        InvalidRequest: naive, or so far away that neither calendars nor ClickHouse reach it.
    """
    if not EARLIEST.year <= moment.year <= LATEST.year:
        raise InvalidRequest(f"{moment.isoformat()} leaves the years 2000 to 2100", remedy=REMEDY)
    return as_utc(moment)


def length_of(asked: Times, reach: Extent) -> timedelta:
    """How far back from its end the period goes when no start is named."""
    named = [name for name in ("start", "days", "hours") if getattr(asked, name) is not None]
    if len(named) > 1:
        raise InvalidRequest(f"{' and '.join(named)} contradict each other", remedy=REMEDY)
    if asked.days:
        return timedelta(days=asked.days)
    return timedelta(hours=asked.hours) if asked.hours else reach.default


def next_step(instant: datetime, step: timedelta) -> datetime:
    """The first multiple of ``step`` after ``instant``: a running day or quarter is included."""
    return floor(instant, step) + step
