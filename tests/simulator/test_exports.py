"""The FOCUS export in S3 tells the same truth as Cost Explorer and is rewritten when it changes."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest

from optiinfra_core.windows import month_window
from optiinfra_simulator import focus, truth
from optiinfra_simulator.cost.publication import Bill
from optiinfra_simulator.focus import COLUMNS
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.accounts import GLOBEX
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World
from tests.simulator.clients import Clients
from tests.simulator.conftest import NOON

BUCKET = "globex-billing-exports"
BASE = "billing/optiinfra-focus"
NOVEMBER = f"{BASE}/data/BILLING_PERIOD=2026-11/optiinfra-focus-00001.snappy.parquet"


@pytest.fixture
def store(clients: Clients) -> Any:
    """S3 with the keys of the account that has the export."""
    return clients.user(GLOBEX.id, "s3")


def _rows(store: Any, key: str = NOVEMBER) -> list[dict[str, Any]]:
    """The rows of a data file."""
    body = store.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(body)).to_pylist()
    return rows


def _exact(rows: list[dict[str, Any]], column: str) -> Decimal:
    """The exact sum of a column of doubles."""
    return sum((Decimal(repr(row[column])) for row in rows), Decimal(0))


def test_the_export_lies_where_data_exports_delivers(store: Any) -> None:
    """Three billing periods, each with a data file and the manifest that names it."""
    listed = store.list_objects_v2(Bucket=BUCKET)["Contents"]
    keys = [one["Key"] for one in listed]
    for month in ("2026-09", "2026-10", "2026-11"):
        (data,) = [key for key in keys if f"/data/BILLING_PERIOD={month}/" in key]
        (place,) = [key for key in keys if f"/metadata/BILLING_PERIOD={month}/" in key]
        manifest = json.loads(store.get_object(Bucket=BUCKET, Key=place)["Body"].read())
        assert manifest["dataFiles"] == [f"s3://{BUCKET}/{data}"]
        assert place.endswith("optiinfra-focus-Manifest.json")
    assert len(keys) == 6


def test_the_columns_are_those_of_focus_1_2_with_aws_columns(store: Any) -> None:
    """Sixty columns, costs as doubles, tags as maps, instants to the millisecond."""
    body = store.get_object(Bucket=BUCKET, Key=NOVEMBER)["Body"].read()
    schema = pq.read_schema(io.BytesIO(body))
    assert schema.names == list(COLUMNS)
    assert len(schema.names) == 60
    assert str(schema.field("BilledCost").type) == "double"
    assert str(schema.field("ChargePeriodStart").type) == "timestamp[ms]"
    assert str(schema.field("Tags").type).startswith("map<string, string")


def test_the_export_sums_to_the_truth_and_to_cost_explorer(
    store: Any, clients: Clients, world: World
) -> None:
    """Billed and effective cost of the running month, to the last decimal."""
    rows = _rows(store)
    first, last = date(2026, 11, 1), date(2026, 12, 1)
    expected = truth.cost_total(world, GLOBEX.id, first, last, NOON)
    assert _exact(rows, "BilledCost") == _exact(rows, "EffectiveCost") == expected
    (month,) = clients.user(GLOBEX.id, "ce").get_cost_and_usage(
        TimePeriod={"Start": "2026-11-01", "End": "2026-12-01"},
        Granularity="MONTHLY",
        Metrics=["AmortizedCost"],
    )["ResultsByTime"]
    assert Decimal(month["Total"]["AmortizedCost"]["Amount"]) == expected
    assert _exact(rows, "ListCost") > expected / (1 + GLOBEX.tax)


def test_rows_are_hourly_and_name_their_resource(store: Any, world: World) -> None:
    """Usage rows last an hour; every resource that is charged exists in the world."""
    rows = _rows(store)
    usage = [row for row in rows if row["ChargeCategory"] == "Usage" and row["ResourceId"]]
    assert {row["ChargePeriodEnd"] - row["ChargePeriodStart"] for row in usage} == {
        timedelta(hours=1)
    }
    known = {
        thing.billing_id: dict(thing.tags)
        for day in range(1, 21)
        for thing in world.fleet(GLOBEX.id).at(NOON.replace(day=day))
    }
    named = {row["ResourceId"]: dict(row["Tags"]) for row in usage}
    shared = named.keys() & known.keys()
    assert len(shared) > 20
    assert {name: named[name] for name in shared} == {name: known[name] for name in shared}


def test_an_export_rewrites_the_period_at_each_publication(
    store: Any, server: SimulatorServer, world: World
) -> None:
    """New content, a new stamp and still the truth; the finished month stays as it is."""
    assert isinstance(world.clock, WorldClock)
    before = {one["Key"]: one for one in store.list_objects_v2(Bucket=BUCKET)["Contents"]}
    again = {one["Key"]: one for one in store.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert before == again
    server.world.clock.set(NOON + timedelta(hours=8))  # type: ignore[attr-defined]
    after = {one["Key"]: one for one in store.list_objects_v2(Bucket=BUCKET)["Contents"]}
    changed = {key for key in before if before[key]["ETag"] != after[key]["ETag"]}
    assert {key.split("/")[3] for key in changed} == {"BILLING_PERIOD=2026-11"}
    assert after[NOVEMBER]["LastModified"] - before[NOVEMBER]["LastModified"] == timedelta(hours=8)
    expected = truth.cost_total(
        world, GLOBEX.id, date(2026, 11, 1), date(2026, 12, 1), world.clock.now()
    )
    assert _exact(_rows(store), "BilledCost") == expected


def _stamps(store: Any, world: World, *instants: datetime) -> list[str]:
    """The ETags of November's data file as the clock goes through ``instants``."""
    assert isinstance(world.clock, WorldClock)
    tags = []
    for instant in instants:
        world.clock.set(instant + timedelta(minutes=1))
        listed = store.list_objects_v2(Bucket=BUCKET, Prefix=NOVEMBER)["Contents"]
        tags.append(listed[0]["ETag"])
    return tags


def test_usage_of_the_month_before_is_final_two_days_into_the_next(
    store: Any, world: World
) -> None:
    """On 1 December November still changes; from 2 December 00:00 on its usage does not."""
    december = datetime(2026, 12, 1, tzinfo=UTC)
    hours = (8, 16, 24, 32, 40)
    tags = _stamps(store, world, *(december + timedelta(hours=hour) for hour in hours))
    assert len(set(tags)) == 3
    assert tags[2] == tags[3] == tags[4]


def test_a_closed_month_is_written_again_when_its_bill_changes(store: Any, world: World) -> None:
    """At the invoice, at the support fee and at the refund, and never after."""
    assert isinstance(world.clock, WorldClock)
    bill = Bill(world.seed, GLOBEX.id, date(2026, 11, 1))
    events = (bill.invoiced_at, bill.support_at, bill.refund_at)
    eve = [event - timedelta(hours=8) for event in events]
    instants = [instant for pair in zip(eve, events, strict=True) for instant in pair]
    tags = _stamps(store, world, *instants, bill.refund_at + timedelta(days=8))
    assert tags == [tags[0], tags[1], tags[1], tags[3], tags[3], tags[5], tags[5]]
    assert len(set(tags)) == 4
    rows = _rows(store)
    assert _exact(rows, "BilledCost") == truth.cost_total(
        world, GLOBEX.id, date(2026, 11, 1), date(2026, 12, 1), world.clock.now()
    )


def test_rows_have_an_invoice_once_the_month_is_invoiced(store: Any, world: World) -> None:
    """None before the 3rd; usage, marketplace, support and refund are on papers of their own."""
    assert isinstance(world.clock, WorldClock)
    assert {row["InvoiceId"] for row in _rows(store)} == {None}
    bill = Bill(world.seed, GLOBEX.id, date(2026, 11, 1))
    world.clock.set(bill.refund_at)
    papers: dict[str, set[str]] = {}
    for row in _rows(store):
        if row["ChargeCategory"] != "Tax":
            papers.setdefault(row["InvoiceId"], set()).add(row["ChargeDescription"])
    assert None not in papers
    assert sorted(map(len, papers.values()))[:3] == [1, 1, 1]
    assert len(papers) == 4
    told = {
        (row["ChargeCategory"], row["ChargeClass"], row["PublisherName"])
        for row in _rows(store)
        if row["InvoiceId"] in papers and len(papers[row["InvoiceId"]]) == 1
    }
    assert told >= {
        ("Purchase", None, "Contoso Software"),
        ("Purchase", None, "AWS"),
        ("Credit", "Correction", "AWS"),
    }


@pytest.fixture
def daily() -> Iterator[Clients]:
    """Clients of a world whose export has daily rows."""
    with SimulatorServer(World(clock=WorldClock(NOON), hourly_export=False)) as server:
        clients = Clients(server)
        yield clients
        clients.close()


def test_a_daily_export_has_the_same_total(daily: Clients, world: World) -> None:
    """Fewer rows, the same money: another world's files do not linger either."""
    rows = _rows(daily.user(GLOBEX.id, "s3"))
    assert len(rows) < 2_000
    assert _exact(rows, "BilledCost") == truth.cost_total(
        world, GLOBEX.id, date(2026, 11, 1), date(2026, 12, 1), NOON
    )


def test_a_file_written_in_groups_of_rows_is_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large worlds are written piece by piece; the rows do not change."""
    month = month_window(date(2026, 11, 1))
    as_of = NOON.replace(day=3)
    whole = pq.read_table(io.BytesIO(focus.parquet(world, GLOBEX, month, as_of)))
    monkeypatch.setattr(focus, "_GROUP", 100)
    pieces = pq.ParquetFile(io.BytesIO(focus.parquet(world, GLOBEX, month, as_of)))
    assert pieces.num_row_groups > 10
    assert pieces.read().equals(whole)
