"""Data Exports: FOCUS and CUR 2.0 Parquet in a real S3 API, a billing period at a time."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from optiinfra_core.errors import Malformed, NotReady, OptiInfraError
from optiinfra_core.metrics import CostRow
from optiinfra_core.windows import FixedClock, Window
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.cost import CostCollector
from optiinfra_pipelines.providers.aws.credential import CostExport
from tests.providers.aws.conftest import Connect
from tests.providers.aws.exported import DAY, NOVEMBER, Bucket, as_parquet, focus


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
        (as_parquet(pa.table({"a": [1]})), "neither FOCUS nor CUR 2.0"),
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
    return as_parquet(pa.Table.from_pylist(lines, schema=pa.schema(fields)))


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
