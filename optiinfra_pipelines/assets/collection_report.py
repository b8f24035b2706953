"""What the event of one customer's day says in the Dagster UI; numbers become plots there."""

from collections.abc import Sequence
from datetime import date

import dagster as dg

from optiinfra_pipelines.collection.outcome import Outcome
from optiinfra_pipelines.collection.runner import Request

NO_CREDENTIAL = (
    "the customer has no credential for this provider; `optiinfra credentials add` connects one"
)

Metadata = dict[str, dg.MetadataValue]


def metadata_of(request: Request, outcomes: Sequence[Outcome], day: date) -> Metadata:
    """Status and rows of the day; on the newest day of the request also what the attempt took."""
    if not outcomes:
        return {"status": dg.MetadataValue.text(NO_CREDENTIAL)}
    windows = sum(window.first_day == day for o in outcomes for window in o.windows)
    told: Metadata = {
        "status": dg.MetadataValue.text("; ".join(_status(outcome, day) for outcome in outcomes)),
        "source": dg.MetadataValue.text(
            ", ".join(sorted({o.source for o in outcomes if o.source}))
        ),
        "windows": dg.MetadataValue.int(windows),
    }
    served = [rows for o in outcomes if (rows := o.served(day)) is not None]
    if served:
        told["rows"] = dg.MetadataValue.int(sum(served))
    if day == max(request.days):
        told |= _effort(outcomes)
    return told


def _status(outcome: Outcome, day: date) -> str:
    """What became of one account's day, in words."""
    return outcome.limit if day in outcome.beyond else outcome.reason or outcome.status


def _effort(outcomes: Sequence[Outcome]) -> Metadata:
    """What the attempt took; on the newest day only, so that sums over partitions are right."""
    lags = [outcome.lag_seconds for outcome in outcomes if outcome.lag_seconds is not None]
    effort: Metadata = {
        "api_calls": dg.MetadataValue.int(sum(outcome.calls for outcome in outcomes)),
        "api_dollars": dg.MetadataValue.float(float(sum(outcome.usd for outcome in outcomes))),
        "seconds": dg.MetadataValue.float(
            sum((outcome.finished - outcome.started).total_seconds() for outcome in outcomes)
        ),
    }
    slowed = [outcome.slowed_until for outcome in outcomes if outcome.slowed_until]
    if slowed:
        effort["slowed_by_budget_until"] = dg.MetadataValue.timestamp(max(slowed))
    if lags:
        effort["source_lag_seconds"] = dg.MetadataValue.float(max(lags))
    return effort
