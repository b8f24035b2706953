"""What Vultr measures itself: traffic by day, a database's present load, tokens by month."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from optiinfra_core.metrics import PerformanceRow
from optiinfra_core.metrics.performance import UNITS
from optiinfra_core.windows import DAY, QUARTER_HOUR, Window, day_window, floor, month_window
from optiinfra_pipelines.providers.vultr.client import Vultr
from optiinfra_pipelines.providers.vultr.client.calls import Operation, Payload
from optiinfra_pipelines.providers.vultr.payloads import GLOBAL, region

# date_range: 30 days unless asked, 60 at most (API v2, get-instance-bandwidth). Vultr refreshes
# the figures "periodically": a day is asked for once it has been over for an hour.
BANDWIDTH = Operation(path="instances/{id}/bandwidth", key="bandwidth")
KEPT, SETTLED = 60, timedelta(hours=1)
DATABASE_USAGE = Operation(path="databases/{id}/usage", key="usage")
INFERENCE_USAGE = Operation(path="inference/{id}/usage", key="usage")

TRAFFIC: Mapping[str, str] = {"network_in": "incoming_bytes", "network_out": "outgoing_bytes"}
LOAD: Mapping[str, str] = {
    "cpu_utilization": "cpu",
    "memory_utilization": "memory",
    "storage_utilization": "disk",
}


def days(span: Window, now: datetime) -> list[date]:
    """The days that begin in ``span``, are over, and are still kept."""
    found: list[date] = []
    midnight = floor(span.start, DAY)
    while midnight < span.end:
        over = midnight + DAY + SETTLED <= now
        if midnight in span and over and now - midnight < KEPT * DAY:
            found.append(midnight.date())
        midnight += DAY
    return found


def bandwidth(vultr: Vultr, payload: Payload, wanted: list[date]) -> list[PerformanceRow]:
    """Bytes of an instance on each of the days; a day it does not tell has no row."""
    back = (vultr.gate.clock.now().date() - min(wanted)).days + 1
    told = vultr.calls.ask(BANDWIDTH, str(payload["id"]), date_range=str(max(1, min(KEPT, back))))
    return [
        PerformanceRow(
            region=region(payload["region"]),
            resource_type="vultr.compute.instance",
            resource_id=str(payload["id"]),
            resource_name=str(payload.get("label") or ""),
            metric=metric,
            statistic="sum",
            unit=UNITS[metric],
            ts=day_window(day).start,
            period_s=int(DAY.total_seconds()),
            value=float(told[day.isoformat()][name]),
        )
        for day in wanted
        if day.isoformat() in told
        for metric, name in TRAFFIC.items()
    ]


def present(span: Window, now: datetime) -> datetime | None:
    """The window of ``span`` whose load can still be asked for: the last one that has ended.

    The window at which a day begins is read again for the traffic of its day; a load read once
    would be lost then, so none is taken in it.
    """
    start = floor(now, QUARTER_HOUR) - QUARTER_HOUR
    return start if start in span and start != floor(start, DAY) else None


def database(vultr: Vultr, payload: Payload, ts: datetime) -> list[PerformanceRow]:
    """A database's load as it is told now, standing for the window that has just ended."""
    told = vultr.calls.ask(DATABASE_USAGE, str(payload["id"]))
    return [
        PerformanceRow(
            region=region(payload["region"]),
            resource_type="vultr.database.instance",
            resource_id=str(payload["id"]),
            resource_name=str(payload.get("label") or ""),
            metric=metric,
            statistic="avg",
            unit=UNITS[metric],
            ts=ts,
            period_s=int(QUARTER_HOUR.total_seconds()),
            value=float(told[name]["percentage"]),
        )
        for metric, name in LOAD.items()
    ]


def billed_month(span: Window, now: datetime) -> Window | None:
    """The month before this one, if it begins in ``span``: the last whose tokens are all told."""
    month = month_window((month_window(now.date()).start - DAY).date())
    settled = month.end + SETTLED <= now
    return month if month.start in span and settled else None


def tokens(vultr: Vultr, payload: Payload, month: Window) -> list[PerformanceRow]:
    """Tokens that all models of a subscription read and wrote in the month before this one."""
    told = vultr.calls.ask(INFERENCE_USAGE, str(payload["id"]))
    models: list[Any] = (told.get("chat_by_model") or {}).get("previous_month") or []
    if not models:
        return []
    return [
        PerformanceRow(
            region=GLOBAL,
            resource_type="vultr.inference.subscription",
            resource_id=str(payload["id"]),
            resource_name=str(payload.get("label") or ""),
            metric="tokens",
            statistic="sum",
            unit=UNITS["tokens"],
            ts=month.start,
            period_s=int(month.length.total_seconds()),
            value=float(sum(one["tokens"] + one["input_tokens"] for one in models)),
        )
    ]


def settled_day(now: datetime) -> date:
    """The last day whose traffic is all told."""
    return (floor(now - SETTLED, DAY) - DAY).date()


def rereads(since: date | None, now: datetime, horizon: Window) -> Iterator[Window]:
    """The windows at which days and the month begin whose figures came after ``since``.

    The last two days each time, because Vultr refreshes what it told.
    """
    last = settled_day(now)
    if since == last:
        return
    first = min(since or last, last - DAY)
    starts = {day_window(first + n * DAY).start for n in range((last - first).days + 1)}
    if since is None or month_window(since).start != month_window(last + DAY).start:
        starts.add(month_window(last).start)
    for start in sorted(starts):
        if start in horizon and start + QUARTER_HOUR <= horizon.end:
            yield Window(start, start + QUARTER_HOUR)
