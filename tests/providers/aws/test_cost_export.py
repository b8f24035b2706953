"""Data Exports: FOCUS and CUR 2.0 Parquet in a real S3 API, a billing period at a time."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import boto3
import pyarrow as pa
import pytest
from pyarrow import parquet

from optiinfra_core.collecting.contract import Changes
from optiinfra_core.errors import Malformed, NotReady, OptiInfraError
from optiinfra_core.metrics import CostRow
from optiinfra_core.windows import FixedClock, Window, day_window
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.cost import CostCollector
from optiinfra_pipelines.providers.aws.credential import CostExport
from tests.providers.aws.conftest import KEY_ID, SECRET, Connect

NOVEMBER = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
DAY = day_window(date(2026, 11, 20))

FOCUS: Mapping[str, Any] = {
    "BillingAccountId": "111111111111",
    "SubAccountId": "222222222222",
    "ServiceName": "Amazon Elastic Compute Cloud",
    "ServiceCategory": "Compute",
    "ChargePeriodStart": datetime(2026, 11, 20, 5),  # noqa: DTZ001 - AWS writes no zone
    "ChargePeriodEnd": datetime(2026, 11, 20, 6),  # noqa: DTZ001
    "ChargeCategory": "Usage",
    "ChargeClass": None,
    "ChargeDescription": "$0.096 per On Demand Linux m5.large Instance Hour",
    "ChargeFrequency": "Usage-Based",
    "RegionId": "us-east-1",
    "ResourceId": "i-0ae9098e3f12fa3e0",
    "SkuId": "G95FST5FTYV3JSRX",
    "BillingCurrency": "USD",
    "BilledCost": 0.1,
    "EffectiveCost": 0.096,
    "ListCost": 0.2,
    "ContractedCost": None,
    "ConsumedQuantity": 1.0,
    "ConsumedUnit": "Hours",
    "InvoiceId": None,
    "Tags": [("team", "web")],
    "x_UsageType": "BoxUsage:m5.large",
    "SomethingElse": "not ours to keep",
}
FOCUS_SCHEMA = pa.schema(
    [
        ("Tags", pa.map_(pa.string(), pa.string())),
        *((name, pa.timestamp("ms")) for name in ("ChargePeriodStart", "ChargePeriodEnd")),
        *(
            (name, pa.float64())
            for name in (
                "BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "ConsumedQuantity",
            )
        ),
        *(
            (name, pa.string())
            for name, value in FOCUS.items()
            if value is None or isinstance(value, str)
            if name != "ContractedCost"
        ),
    ]
)  # fmt: skip


class Bucket:
    """An export's bucket, written to as AWS writes it."""

    def __init__(self, url: str) -> None:
        self.export = CostExport(
            bucket=f"export-{uuid4().hex[:12]}", prefix="billing", name="focus"
        )
        self._s3 = boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
        )
        self._s3.create_bucket(Bucket=self.export.bucket)

    def put(self, key: str, body: bytes) -> None:
        """Write one object."""
        self._s3.put_object(Bucket=self.export.bucket, Key=key, Body=body)

    def deliver(self, month: str, *files: bytes) -> None:
        """Write data files, then the manifest that names them."""
        keys = []
        for number, body in enumerate(files):
            key = f"billing/focus/data/BILLING_PERIOD={month}/focus-{number:05}.snappy.parquet"
            self.put(key, body)
            keys.append(f"s3://{self.export.bucket}/{key}")
        self.manifest(month, {"dataFiles": keys})

    def manifest(self, month: str, told: object) -> None:
        """Write a manifest."""
        key = f"billing/focus/metadata/BILLING_PERIOD={month}/focus-Manifest.json"
        self.put(key, json.dumps(told).encode())

    def close(self) -> None:
        """Close the writer's connections."""
        self._s3.close()


@pytest.fixture
def bucket(moto_server: str) -> Iterator[Bucket]:
    """A fresh bucket."""
    made = Bucket(moto_server)
    yield made
    made.close()


@pytest.fixture
def account(bucket: Bucket, connect: Connect, moto_server: str) -> Aws:
    """A connection whose cost comes from the bucket."""
    return connect(endpoint_url=moto_server, cost_export=bucket.export)


def focus(*records: Mapping[str, Any]) -> bytes:
    """A FOCUS data file."""
    rows = [{**FOCUS, **record} for record in records]
    table = pa.Table.from_pylist(rows, schema=FOCUS_SCHEMA)
    return _parquet(table)


def _parquet(table: pa.Table) -> bytes:
    spool = io.BytesIO()
    parquet.write_table(table, spool, compression="snappy", row_group_size=2)
    return spool.getvalue()


def rows(account: Aws, span: Window = DAY) -> Sequence[CostRow]:
    """What collecting the extent of ``span`` brings."""
    collector = CostCollector()
    return list(collector.collect(account, collector.extent(account, span)))


def test_a_focus_row_keeps_its_meaning(bucket: Bucket, account: Aws) -> None:
    """Names, instants in UTC, tags and costs arrive; what the export does not tell stays none."""
    bucket.deliver("2026-11", focus({}))
    (row,) = rows(account)
    assert row.charge_period_start == datetime(2026, 11, 20, 5, tzinfo=UTC)
    assert (row.billed_cost, row.effective_cost) == (Decimal("0.1"), Decimal("0.096"))
    assert (row.list_cost, row.contracted_cost) == (Decimal("0.2"), None)
    assert (row.resource_id, row.sub_account_id) == ("i-0ae9098e3f12fa3e0", "222222222222")
    assert row.tags == {"team": "web"}
    assert row.extra == {"x_usagetype": "BoxUsage:m5.large"}
    assert row.finality == "open"


def test_the_whole_billing_period_is_replaced(bucket: Bucket, account: Aws) -> None:
    """A day asks for its month, since AWS rewrites the month; every file of the manifest counts."""
    one = focus({}, {"BilledCost": 0.2}, {"BilledCost": -0.05, "ChargeCategory": "Credit"})
    bucket.deliver("2026-11", one, focus({"BilledCost": 1e-7}))
    assert CostCollector().extent(account, DAY) == NOVEMBER
    assert sum(row.billed_cost for row in rows(account)) == Decimal("0.2500001")


def test_the_probe_changes_with_each_delivery_alone(bucket: Bucket, account: Aws) -> None:
    """One S3 list tells whether there is anything to read."""
    collector = CostCollector()
    assert collector.probe(account, NOVEMBER) is None
    bucket.deliver("2026-11", focus({}))
    first = collector.probe(account, NOVEMBER)
    assert first == collector.probe(account, NOVEMBER)
    bucket.manifest("2026-11", {"dataFiles": [], "executionId": "another"})
    assert collector.probe(account, NOVEMBER) not in (first, None)
    assert {call.operation for call in account.gate.ledger.calls} == {"s3:ListObjectsV2"}


OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), NOVEMBER.start)
HORIZON = Window(datetime(2026, 9, 23, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))


def test_changes_name_the_periods_that_were_delivered_anew(bucket: Bucket, account: Aws) -> None:
    """At first all of them, then none, then the one that was rewritten: closed months as well."""
    collector = CostCollector()
    bucket.deliver("2026-10", focus({}))
    bucket.deliver("2026-11", focus({}))
    first = collector.changes(account, None, HORIZON)
    assert first is not None
    assert first.spans == (OCTOBER, NOVEMBER)
    again = collector.changes(account, first.version, HORIZON)
    assert again == Changes(version=first.version, spans=())
    bucket.manifest("2026-10", {"dataFiles": [], "executionId": "a refund after the invoice"})
    refunded = collector.changes(account, first.version, HORIZON)
    assert refunded is not None
    assert refunded.spans == (OCTOBER,)
    assert refunded.version != first.version


def test_looking_for_changes_costs_a_list_for_each_period(bucket: Bucket, account: Aws) -> None:
    """Three periods in 60 days: 0.000015 USD a look, and nothing is read."""
    bucket.deliver("2026-11", focus({}))
    CostCollector().changes(account, None, HORIZON)
    calls = account.gate.ledger.calls  # type: ignore[attr-defined]
    assert [call.operation for call in calls] == ["s3:ListObjectsV2"] * 3
    assert sum(call.usd for call in calls) == Decimal("0.000015")


def test_a_period_that_left_the_horizon_is_forgotten_and_one_that_came_is_new(
    bucket: Bucket, account: Aws
) -> None:
    """The version holds what the horizon holds; a period that is unknown is read."""
    collector = CostCollector()
    bucket.deliver("2026-10", focus({}))
    bucket.deliver("2026-11", focus({}))
    early = collector.changes(account, None, OCTOBER)
    assert early is not None
    late = collector.changes(account, early.version, HORIZON)
    assert late is not None
    assert late.spans == (NOVEMBER,)


def test_an_export_without_deliveries_names_nothing(account: Aws) -> None:
    """There is nothing to read yet; that the windows lack is for the schedule to see."""
    assert CostCollector().changes(account, None, HORIZON) == Changes(version="", spans=())


def test_an_export_that_keeps_deliveries_is_read_from_the_newest(
    bucket: Bucket, account: Aws
) -> None:
    """Such an export writes a manifest in a folder of its own for each delivery."""
    folder = "billing/focus/metadata/BILLING_PERIOD=2026-11"
    key = "billing/focus/data/BILLING_PERIOD=2026-11/2/focus-00001.snappy.parquet"
    bucket.put(f"{folder}/1/focus-Manifest.json", json.dumps({"dataFiles": ["s3://x/y"]}).encode())
    bucket.put(key, focus({}))
    named = {"dataFiles": [f"s3://{bucket.export.bucket}/{key}"]}
    bucket.put(f"{folder}/2/focus-Manifest.json", json.dumps(named).encode())
    assert len(rows(account)) == 1


def test_a_period_without_manifest_is_not_ready(account: Aws) -> None:
    """A new export is delivered within a day; that is neither an error nor an empty bill."""
    with pytest.raises(NotReady, match="2026-11"):
        rows(account)


def test_a_month_before_the_export_began_does_not_hold_up_this_one(
    bucket: Bucket, account: Aws
) -> None:
    """The look back at October is cut to what is delivered."""
    bucket.deliver("2026-11", focus({}))
    span = Window(datetime(2026, 10, 25, tzinfo=UTC), DAY.end)
    assert CostCollector().extent(account, span) == NOVEMBER


@pytest.mark.parametrize(
    ("delivered", "complaint"),
    [
        (b"this is not parquet", "cannot be read as Parquet"),
        (b"", "cannot be read as Parquet"),
        (focus({}, {}, {}, {})[:-40], "cannot be read as Parquet"),
        (_parquet(pa.table({"a": [1]})), "neither FOCUS nor CUR 2.0"),
    ],
)
def test_a_file_that_is_no_export_is_malformed(
    delivered: bytes, complaint: str, bucket: Bucket, account: Aws
) -> None:
    """Garbage, half a file and another table are named as what they are."""
    bucket.deliver("2026-11", delivered)
    with pytest.raises(Malformed, match=complaint):
        rows(account)


@pytest.mark.parametrize(
    "told", [{}, {"dataFiles": []}, {"dataFiles": ["s3://elsewhere/file"]}, ["text"]]
)
def test_a_manifest_without_our_files_is_malformed(
    told: object, bucket: Bucket, account: Aws
) -> None:
    """Another bucket's files are not followed: the role may read more than the customer meant."""
    bucket.manifest("2026-11", told)
    with pytest.raises(Malformed):
        rows(account)


def test_a_file_that_vanished_is_not_ready(bucket: Bucket, account: Aws) -> None:
    """AWS is overwriting the delivery; the next tick finds the new one."""
    gone = f"s3://{bucket.export.bucket}/billing/focus/data/BILLING_PERIOD=2026-11/gone.parquet"
    bucket.manifest("2026-11", {"dataFiles": [gone]})
    with pytest.raises(NotReady):
        rows(account)


def test_a_missing_bucket_names_itself(connect: Connect, moto_server: str) -> None:
    """A typing mistake in the configuration is not an empty bill."""
    export = CostExport(bucket="no-such-bucket-here", name="focus")
    account = connect(endpoint_url=moto_server, cost_export=export)
    with pytest.raises(OptiInfraError, match="NoSuchBucket"):
        rows(account, NOVEMBER)


def test_a_correction_of_an_older_day_stays_in_its_billing_period(
    bucket: Bucket, account: Aws
) -> None:
    """Its money is kept where it was billed, its own day beside it."""
    earlier = {
        "ChargePeriodStart": datetime(2026, 10, 3),  # noqa: DTZ001 - AWS writes no zone
        "ChargePeriodEnd": datetime(2026, 10, 4),  # noqa: DTZ001
        "ChargeClass": "Correction",
    }
    bucket.deliver("2026-11", focus(earlier))
    (row,) = rows(account)
    assert row.charge_period_start == NOVEMBER.start
    assert row.extra["x_charge_period_start"] == "2026-10-03T00:00:00Z"


@pytest.mark.parametrize(
    ("invoice", "today", "state"),
    [
        (None, datetime(2026, 11, 22, tzinfo=UTC), "open"),
        (None, datetime(2026, 12, 2, tzinfo=UTC), "closing"),
        ("1234567", datetime(2026, 12, 4, tzinfo=UTC), "closing"),
        ("1234567", datetime(2026, 12, 8, tzinfo=UTC), "final"),
        (None, datetime(2026, 12, 9, tzinfo=UTC), "closing"),
    ],
)
def test_finality_follows_the_invoice(
    invoice: str | None,
    today: datetime,
    state: str,
    *,
    bucket: Bucket,
    connect: Connect,
    moto_server: str,
) -> None:
    """Only what has an invoice is final, and not before the support charges are posted."""
    bucket.deliver("2026-11", focus({"InvoiceId": invoice}))
    account = connect(endpoint_url=moto_server, cost_export=bucket.export, clock=FixedClock(today))
    assert {row.finality for row in rows(account)} == {state}


CUR: Mapping[str, Any] = {
    "bill_payer_account_id": "111111111111",
    "bill_invoice_id": None,
    "line_item_usage_account_id": "222222222222",
    "line_item_line_item_type": "Usage",
    "line_item_usage_start_date": datetime(2026, 11, 20, 5, tzinfo=UTC),
    "line_item_usage_end_date": datetime(2026, 11, 20, 6, tzinfo=UTC),
    "line_item_product_code": "AmazonEC2",
    "line_item_usage_type": "BoxUsage:m5.large",
    "line_item_currency_code": "USD",
    "line_item_unblended_cost": 0.096,
    "line_item_usage_amount": 1.0,
    "line_item_resource_id": "i-0ae9098e3f12fa3e0",
    "pricing_public_on_demand_cost": 0.096,
    "pricing_unit": "Hrs",
    "product_region_code": "us-east-1",
    "product": [("product_name", "Amazon Elastic Compute Cloud")],
    "resource_tags": [("user_team", "web")],
    "reservation_effective_cost": 0.05,
    "reservation_unused_recurring_fee": 0.01,
    "reservation_unused_amortized_upfront_fee_for_billing_period": 0.02,
    "savings_plan_savings_plan_effective_cost": 0.06,
    "savings_plan_total_commitment_to_date": 1.0,
    "savings_plan_used_commitment": 0.75,
}


def cur(*types: str) -> bytes:
    """A CUR 2.0 data file with one line of each type."""
    schema = pa.Table.from_pylist([{**CUR, "product": None, "resource_tags": None}]).schema
    maps = {"product", "resource_tags"}
    fields = [
        pa.field(one.name, pa.map_(pa.string(), pa.string()) if one.name in maps else one.type)
        for one in schema
    ]
    lines = [{**CUR, "line_item_line_item_type": kind} for kind in types]
    return _parquet(pa.Table.from_pylist(lines, schema=pa.schema(fields)))


@pytest.mark.parametrize(
    ("line_type", "category", "effective"),
    [
        ("Usage", "Usage", "0.096"),
        ("DiscountedUsage", "Usage", "0.05"),
        ("SavingsPlanCoveredUsage", "Usage", "0.06"),
        ("SavingsPlanNegation", "Usage", "0"),
        ("SavingsPlanRecurringFee", "Purchase", "0.25"),
        ("RIFee", "Purchase", "0.03"),
        ("Tax", "Tax", "0.096"),
        ("Credit", "Credit", "0.096"),
    ],
)
def test_each_line_of_a_cur_has_its_amortised_cost(
    line_type: str, category: str, effective: str, bucket: Bucket, account: Aws
) -> None:
    """Commitments are spread over what they cover, by the columns AWS gives for it."""
    bucket.deliver("2026-11", cur(line_type))
    (row,) = rows(account)
    assert (row.charge_category, row.effective_cost) == (category, Decimal(effective))
    assert row.billed_cost == Decimal("0.096")
    assert row.service_name == "Amazon Elastic Compute Cloud"
    assert row.tags == {"user_team": "web"}


def test_an_export_is_looked_at_every_quarter_hour(account: Aws) -> None:
    """The look costs nearly nothing and finds most ticks unchanged."""
    rhythm = CostCollector().rhythm(account)
    assert rhythm.min_interval == timedelta(minutes=15)
    assert rhythm.recheck == timedelta(days=60)
    assert CostCollector().source(account) == "focus_export"
