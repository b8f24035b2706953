"""Cost from the billing export: every row once, exact, and held against a sum of its own."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from optiinfra_core.errors import NotReady, NotSupported
from optiinfra_core.metrics import ControlTotal, CostRow
from optiinfra_core.windows import Window, day_window
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.cost import CostCollector
from tests.providers.gcp.bigquery import refusal
from tests.providers.gcp.conftest import BILLING_ACCOUNT, EXPORT, NOW, Connect
from tests.providers.gcp.exports import DAY, credit, export_of, focus, usage
from tests.providers.gcp.wire import GoogleDouble

COST = CostCollector()
SPAN = day_window(DAY.date())


def collected(gcp: Gcp, span: Window = SPAN) -> tuple[list[CostRow], list[ControlTotal]]:
    """The rows of ``span`` and what they must add up to."""
    items = list(COST.collect(gcp, span))
    rows = [one for one in items if isinstance(one, CostRow)]
    return rows, [one for one in items if isinstance(one, ControlTotal)]


def billed(rows: list[CostRow]) -> dict[str, Decimal]:
    """Sums by currency."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        totals[row.billing_currency] += row.billed_cost
    return dict(totals)


@pytest.mark.parametrize("kind", ["detailed", "standard"])
def test_charges_and_credits_are_rows_that_add_up(
    kind: str, cloud: GoogleDouble, connect: Connect
) -> None:
    """24 hours of 0.1 are 2.4 exactly; each kind of credit is a row of its own."""
    cloud.bigquery = export_of(kind)
    hours = [DAY + timedelta(hours=hour) for hour in range(24)]
    cloud.bigquery.insert(
        [usage(at=at, credits=[credit(-0.03), credit(-0.01, "PROMOTION")]) for at in hours]
    )
    rows, totals = collected(connect(billing_export={**EXPORT, "kind": kind}))
    told = {(row.charge_category, row.extra.get("x_credit_type")): row for row in rows}
    charge = told["Usage", None]
    assert charge.billed_cost == charge.effective_cost == Decimal("2.4")
    assert charge.list_cost == Decimal("2.4")
    assert (charge.consumed_quantity, charge.consumed_unit) == (86400, "seconds")
    assert (charge.pricing_quantity, charge.pricing_unit) == (24, "hour")
    assert told["Credit", "SUSTAINED_USAGE_DISCOUNT"].billed_cost == Decimal("-0.72")
    assert told["Credit", "PROMOTION"].billed_cost == Decimal("-0.24")
    assert len(rows) == 3
    assert [one.amount for one in totals] == [Decimal("1.44")]
    assert billed(rows) == {"USD": Decimal("1.44")}


def test_a_charge_says_all_that_the_export_says(cloud: GoogleDouble, connect: Connect) -> None:
    """The resource is called as in the inventory, by the project's id."""
    cloud.bigquery = export_of("detailed")
    named = "//compute.googleapis.com/projects/314159265358/zones/us-central1-a/instances/123"
    cloud.bigquery.insert([usage(resource={"name": "web-1", "global_name": named})])
    [row], _ = collected(connect(billing_export=EXPORT))
    assert (row.charge_period_start, row.charge_period_end) == (SPAN.start, SPAN.end)
    assert row.resource_id.endswith("/projects/acme-prod-314159/zones/us-central1-a/instances/123")
    assert (row.resource_type, row.resource_name) == ("gcp.compute.instance", "web-1")
    assert (row.service_name, row.service_category) == ("Compute Engine", "Compute")
    assert (row.region_id, row.availability_zone) == ("us-central1", "us-central1-a")
    assert (row.sub_account_id, row.sub_account_name) == ("acme-prod-314159", "Acme production")
    assert (row.billing_period_start, row.billing_period_end) == (
        date(2026, 11, 1),
        date(2026, 12, 1),
    )
    assert (row.list_unit_price, row.finality) == (Decimal("0.1"), "open")
    assert row.tags == {"team": "web"}
    assert row.region_name == "Iowa"
    assert row.billing_account_name == "Acme billing"
    assert row.sku_price_id.endswith("SKU ID: 2E27-4F75-95CD, Price Tier Start Amount: 0")


def test_what_is_no_usage_says_what_it_is(cloud: GoogleDouble, connect: Connect) -> None:
    """Tax, rounding, corrections, fees of commitments, support and the marketplace."""
    cloud.bigquery = export_of("detailed")
    bare = {"resource": None, "location": None, "labels": None, "usage": None}
    cloud.bigquery.insert(
        [
            usage(cost_type="tax", cost=0.7, **bare),
            usage(cost_type="rounding_error", cost=0.001, **bare),
            usage(cost_type="adjustment", cost=-3.0, adjustment_info={
                "id": "a1", "description": "SLA", "mode": "PARTIAL", "type": "GOODWILL"}, **bare),
            usage(subscription={"instance_id": "cud-1"}, cost=5.0),
            usage(service={"id": "s", "description": "Support"}, cost=9.0, **bare),
            usage(transaction_type="THIRD_PARTY_AGENCY", seller_name="Elastic", cost=2.0),
        ]
    )  # fmt: skip
    rows, _ = collected(connect(billing_export=EXPORT))
    told = {row.billed_cost: row for row in rows}
    assert told[Decimal("0.7")].charge_category == "Tax"
    assert told[Decimal("0.001")].charge_category == "Adjustment"
    assert told[Decimal(-3)].charge_class == "Correction"
    assert told[Decimal(-3)].extra["x_adjustment"] == "SLA"
    fee = told[Decimal(5)]
    assert (fee.charge_category, fee.charge_frequency) == ("Purchase", "Recurring")
    assert fee.commitment_discount_id == "cud-1"
    assert fee.commitment_discount_category == "Usage"
    assert told[Decimal(9)].charge_frequency == "Recurring"
    assert told[Decimal(2)].publisher_name == "Elastic"


def test_a_billing_account_that_may_not_be_seen_has_no_name(
    cloud: GoogleDouble, connect: Connect
) -> None:
    """Its cost is collected all the same."""
    cloud.bigquery = export_of("detailed")
    cloud.bigquery.insert([usage()])
    cloud.on(f"/billingAccounts/{BILLING_ACCOUNT}", refusal(403, "PERMISSION_DENIED"))
    [row], _ = collected(connect(billing_export=EXPORT))
    assert row.billing_account_name == ""


def test_currencies_are_never_added_up(cloud: GoogleDouble, connect: Connect) -> None:
    """Each currency has rows and a control total of its own."""
    cloud.bigquery = export_of("detailed")
    cloud.bigquery.insert([usage(), usage(currency="EUR", cost=0.2)])
    rows, totals = collected(connect(billing_export=EXPORT))
    assert billed(rows) == {"USD": Decimal("0.1"), "EUR": Decimal("0.2")}
    assert {one.currency: one.amount for one in totals} == billed(rows)


def test_an_unknown_list_cost_is_none(cloud: GoogleDouble, connect: Connect) -> None:
    """One row without it makes the sum unknown, not smaller."""
    cloud.bigquery = export_of("detailed")
    cloud.bigquery.insert([usage(), usage(at=DAY + timedelta(hours=1), cost_at_list=None)])
    [row], _ = collected(connect(billing_export=EXPORT))
    assert row.list_cost is None


def test_rows_that_arrive_between_the_questions_wait(cloud: GoogleDouble, connect: Connect) -> None:
    """Every question stops at the append that the first one saw, so that sums agree."""
    cloud.bigquery = export = export_of("detailed")
    export.insert([usage()])
    items = COST.collect(connect(billing_export=EXPORT), SPAN)
    total = next(items)
    export.insert([usage(lag_hours=9)])
    rows = list(items)
    assert isinstance(total, ControlTotal)
    assert total.amount == sum(one.billed_cost for one in rows if isinstance(one, CostRow))


def test_a_bill_belongs_to_its_invoice_and_settles_with_it(
    cloud: GoogleDouble, connect: Connect
) -> None:
    """October's invoice is final on 22 November, though the usage lies on 1 November in UTC."""
    cloud.bigquery = export_of("detailed")
    first = datetime(2026, 11, 1, 2, tzinfo=UTC)
    cloud.bigquery.insert([usage(at=first, invoice={"month": "202610"})])
    [row], _ = collected(connect(billing_export=EXPORT), day_window(first.date()))
    assert (row.billing_period_start, row.finality) == (date(2026, 10, 1), "final")


def test_focus_rows_keep_their_words_and_their_totals(
    cloud: GoogleDouble, connect: Connect
) -> None:
    """Credits leave BilledCost and become rows; together they are BilledCost again."""
    cloud.bigquery = export_of("focus")
    cloud.bigquery.insert([focus(), focus(at=DAY + timedelta(hours=1), RegionId=None)])
    rows, [total] = collected(connect(billing_export={**EXPORT, "kind": "focus"}))
    assert {(row.charge_category, row.billed_cost) for row in rows} == {
        ("Usage", Decimal("0.1")),
        ("Credit", Decimal("-0.02")),
    }
    assert total.amount == billed(rows)["USD"] == Decimal("0.16")
    assert {row.billing_period_start for row in rows} == {date(2026, 11, 1)}
    assert {row.region_id for row in rows} == {"us-central1", ""}
    assert rows[0].tags == {"team": "web"}


def test_a_day_without_rows_is_not_ready(cloud: GoogleDouble, connect: Connect) -> None:
    """Nothing exported yet is not a day that cost nothing."""
    cloud.bigquery = export_of("detailed")
    cloud.bigquery.insert([usage()])
    gcp = connect(billing_export=EXPORT)
    with pytest.raises(NotReady, match="has no rows"):
        list(COST.collect(gcp, day_window(NOW.date())))


def test_a_table_that_is_not_there_yet_is_not_ready(cloud: GoogleDouble, connect: Connect) -> None:
    """Google creates it hours after the export is enabled."""
    cloud.bigquery = export_of("detailed", table="another")
    with pytest.raises(NotReady, match="not there"):
        list(COST.collect(connect(billing_export=EXPORT), SPAN))


def test_without_an_export_there_is_no_cost(connect: Connect) -> None:
    """It is said, and nothing is asked."""
    gcp = connect()
    with pytest.raises(NotSupported, match="no billing export"):
        list(COST.collect(gcp, SPAN))
    assert COST.changes(gcp, None, SPAN) is None


def test_a_question_has_a_ceiling_and_bound_parameters(
    cloud: GoogleDouble, connect: Connect
) -> None:
    """Instants are bound, never written into the text; 100 GiB are the most by default."""
    cloud.bigquery = export_of("detailed")
    cloud.bigquery.insert([usage()])
    gcp = connect(billing_export=EXPORT)
    collected(gcp)
    for body in cloud.bigquery.asked:
        assert body["maximumBytesBilled"] == str(100 * 2**30)
        assert "2026" not in body["query"]
        assert {"start", "end", "partition"} <= {one["name"] for one in body["queryParameters"]}
        assert "_PARTITIONTIME >= @partition" in body["query"]


def test_each_question_is_billed_once_however_many_pages(
    cloud: GoogleDouble, connect: Connect
) -> None:
    """Three questions of 25 MiB; tables.get, pages and looks at the job cost nothing."""
    cloud.bigquery = export_of("detailed", page=10)
    cloud.bigquery.insert([usage(sku={"id": f"sku-{n}", "description": "s"}) for n in range(35)])
    gcp = connect(billing_export=EXPORT)
    rows, _ = collected(gcp)
    assert len(rows) == 35
    ledger = gcp.gate.ledger.calls
    assert sum(call.usd for call in ledger) == 3 * 25 * Decimal("6.25") / 2**20
    assert sum(call.usd > 0 for call in ledger) == 3
