"""What the furnished customers own, how hard it works for three days, and what changes."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from optiinfra_core.metrics import PERFORMANCE, RESOURCE, PerformanceRow, ResourceRow, Row
from optiinfra_core.windows import DAY, QUARTER_HOUR, Window, floor
from tests.api.house import CANARY, NOW, House
from tests.core.warehouse.scene import machine, sample
from tests.dashboard.accounts import CHEAP, PRODUCTION, STAGING, THEIRS

LAST = floor(NOW, QUARTER_HOUR)
HOUR = timedelta(hours=1)
INSTANCE, DATABASE = "aws.ec2.instance", "aws.rds.instance"
VOLUME = "aws.ec2.volume"
STAGED_UNTIL = LAST - 6 * HOUR
# Resource, kind, region, mean CPU in per cent.
Host = tuple[str, str, str, float]
HOSTS: tuple[Host, ...] = (
    ("i-web-1", INSTANCE, "us-east-1", 46.0),
    ("i-web-2", INSTANCE, "us-east-1", 43.0),
    ("i-train", INSTANCE, "us-west-2", 88.0),
    ("i-batch", INSTANCE, "eu-central-1", 4.0),
    ("db-orders", DATABASE, "us-east-1", 31.0),
    ("db-events", DATABASE, "eu-central-1", 12.0),
)
# Metric, its unit, what a per cent of CPU means in it.
METERS = (("cpu_utilization", "%", 1.0), ("network_in", "By", 2_345_678.0))
BORN = datetime(2026, 3, 1, tzinfo=UTC)


def samples(start: datetime, end: datetime, hosts: Sequence[Host]) -> Iterator[PerformanceRow]:
    """A value each quarter of an hour: the day's wave around the host's mean."""
    for number in range(int((end - start) / QUARTER_HOUR)):
        ts = start + number * QUARTER_HOUR
        wave = math.sin((ts.hour * 4 + ts.minute / 15) / 96 * math.tau)
        for resource, kind, region, mean in hosts:
            for metric, unit, factor in METERS:
                yield sample(
                    round(min(100.0, mean * (1 + 0.4 * wave)) * factor, 3),
                    ts,
                    resource_id=resource,
                    resource_name=resource.upper(),
                    resource_type=kind,
                    region=region,
                    metric=metric,
                    unit=unit,
                    period_s=900,
                )


def fleet(ts: datetime) -> Iterator[ResourceRow]:
    """What production owned at a moment: two machines change, one comes and one goes."""
    ago = LAST - ts
    for number, (resource, kind, region, _) in enumerate(HOSTS):
        grown = resource == "i-train" and ago < 9 * HOUR
        stopped = resource == "i-batch" and ago < 5 * HOUR
        yield machine(
            resource,
            ts,
            resource_type=kind,
            resource_name=resource.upper(),
            region=region,
            state="stopped" if stopped else "running",
            sku="m7i.2xlarge" if grown else "m7i.xlarge",
            vcpus=8.0 if grown else 4.0,
            memory_gib=32.0 if grown else 16.0,
            created_at=BORN + number * 30 * DAY,
            tags={"team": "shop"} if "web" in resource else {},
        )
    if ago > 3 * HOUR:
        yield machine("vol-left", ts, resource_type=VOLUME, state="available", storage_gib=500.0)
    if ago < 7 * HOUR:
        yield machine("vol-new", ts, resource_type=VOLUME, state="in-use", storage_gib=80.0)


def cheap(ts: datetime) -> Iterator[ResourceRow]:
    """What the small cloud's account owns: it never changes."""
    for number in (1, 2):
        row = machine(f"vm-{number}", ts, region="fra", resource_type="vultr.compute.instance")
        yield replace(row, vcpus=1.0, memory_gib=2.0, storage_gib=55.0, created_at=BORN)


def furnish_machines(house: House) -> None:
    """Three days of samples, a day of snapshots; staging has not been seen for six hours."""
    start = LAST - 3 * DAY
    PRODUCTION.commit(house, PERFORMANCE, Window(start, LAST), list(samples(start, LAST, HOSTS)))
    staged = [
        replace(row, resource_id=f"staging-{row.resource_id}", resource_name="")
        for row in samples(start, STAGED_UNTIL, HOSTS[:1])
    ]
    present, house.writing.instant = house.writing.instant, STAGED_UNTIL
    STAGING.commit(house, PERFORMANCE, Window(start, STAGED_UNTIL), staged)
    house.writing.instant = present
    day = Window(LAST - DAY, LAST + QUARTER_HOUR)
    for account, rows in ((PRODUCTION, fleet), (CHEAP, cheap)):
        found: list[Row] = [row for each in day.split(QUARTER_HOUR) for row in rows(each.start)]
        account.commit(house, RESOURCE, day, found)
    quarter = Window(LAST - QUARTER_HOUR, LAST)
    secret = sample(99.0, quarter.start, resource_id=CANARY)
    THEIRS.commit(house, PERFORMANCE, quarter, [secret])
    THEIRS.commit(house, RESOURCE, quarter, [machine(CANARY, quarter.start)])
