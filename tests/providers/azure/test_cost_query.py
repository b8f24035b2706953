"""The Cost Management query: what is asked, how both kinds of cost become one row, totals."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_core.errors import Malformed, NotReady, NotSupported, Permanent
from optiinfra_core.metrics import ControlTotal, CostRow
from optiinfra_core.testing.http_double import Fate
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.azure.client.costs import DIMENSIONS
from optiinfra_pipelines.providers.azure.cost import CostCollector
from optiinfra_pipelines.providers.azure.cost_query import usage_day
from optiinfra_pipelines.providers.azure.identifiers import location
from tests.providers.azure.conftest import Connect
from tests.providers.azure.estate import COLUMNS, arm, charge, query
from tests.providers.azure.wire import SUBSCRIPTION, Asked, AzureDouble, found, refused

SPAN = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
COLLECTOR = CostCollector()
RESERVATION = "/providers/Microsoft.Capacity/reservationOrders/R/reservations/1"


def collected(connect: Connect, span: Window = SPAN) -> tuple[list[CostRow], list[ControlTotal]]:
    """The rows and the totals of a span."""
    items = list(COLLECTOR.collect(connect(), span))
    rows = [one for one in items if isinstance(one, CostRow)]
    totals = [one for one in items if isinstance(one, ControlTotal)]
    assert len(rows) + len(totals) == len(items)
    return rows, totals


def one(connect: Connect) -> CostRow:
    """The only row there is."""
    (row,), _ = collected(connect)
    return row


def test_a_month_is_two_questions_and_its_sum(cloud: AzureDouble, connect: Connect) -> None:
    """Both kinds by every dimension and day; the sum of what is billed by none of them."""
    cloud.script["query"] = query([charge(1.0, 20261101)])
    collected(connect)
    bodies = [call.body for call in cloud.of("query")]
    assert [body["type"] for body in bodies] == ["ActualCost", "AmortizedCost", "ActualCost"]
    assert [len(body["dataset"].get("grouping", ())) for body in bodies] == [14, 14, 0]
    assert [body["dataset"].get("granularity") for body in bodies] == ["Daily", "Daily", None]
    (period,) = {tuple(body["timePeriod"].values()) for body in bodies}
    assert period == ("2026-11-01T00:00:00Z", "2026-11-22T23:59:59Z")
    assert len(DIMENSIONS) <= 15


def test_a_span_of_months_is_asked_month_by_month(cloud: AzureDouble, connect: Connect) -> None:
    """No question is longer than 31 days, and none reads more than one query unit."""
    cloud.on("query", found([], COLUMNS))
    start = datetime(2026, 9, 1, tzinfo=UTC)
    assert collected(connect, Window(start, SPAN.end)) == ([], [])
    periods = [call.body["timePeriod"] for call in cloud.of("query")]
    assert [one["from"][:10] for one in periods[::3]] == ["2026-09-01", "2026-10-01", "2026-11-01"]
    assert [one["to"][:10] for one in periods[::3]] == ["2026-09-30", "2026-10-31", "2026-11-22"]


def test_a_row_holds_both_costs_and_the_words_of_focus(
    cloud: AzureDouble, connect: Connect
) -> None:
    """Exact decimals from Azure's doubles; what the query does not tell stays unknown."""
    words = {
        "MeterCategory": "Virtual Machines",
        "MeterSubcategory": "Dsv5 Series",
        "Meter": "D2s v5",
        "ResourceGuid": "guid-of-the-meter",
        "ResourceId": arm("Microsoft.Compute/virtualMachines", "Web-1"),
        "ResourceType": "Microsoft.Compute/virtualMachines",
        "ResourceLocation": "US East",
        "PublisherType": "Azure",
        "Frequency": "UsageBased",
        "PricingModel": "Spot",
    }
    row = charge(0.1234567890123, 20261120, **words)
    cloud.script["query"] = query([row])
    told = one(connect)
    assert (told.billed_cost, told.effective_cost) == (Decimal("0.123456789012"),) * 2
    assert told.charge_period_start == datetime(2026, 11, 20, tzinfo=UTC)
    assert told.charge_period_end - told.charge_period_start == timedelta(days=1)
    assert (told.billing_period_start, told.billing_period_end) == (
        date(2026, 11, 1), date(2026, 12, 1),
    )  # fmt: skip
    assert told.resource_id == arm("microsoft.compute/virtualmachines", "web-1").lower()
    assert (told.resource_name, told.region_id) == ("web-1", "eastus")
    assert (told.sku_id, told.sku_meter) == ("guid-of-the-meter", "D2s v5")
    assert (told.pricing_category, told.charge_frequency) == ("Dynamic", "Usage-Based")
    assert told.charge_description == "Dsv5 Series - D2s v5"
    assert (told.sub_account_id, told.billing_currency) == (SUBSCRIPTION, "USD")
    assert (told.list_cost, told.contracted_cost, told.consumed_quantity) == (None, None, None)
    assert told.extra["x_charge_type"] == "Usage"


def test_both_kinds_of_cost_meet_in_one_row(cloud: AzureDouble, connect: Connect) -> None:
    """A machine under a reservation is billed nothing and costs its share."""
    words = {"PricingModel": "Reservation", "BenefitId": RESERVATION, "BenefitName": "VM_RI"}
    named = arm("Microsoft.Compute/virtualMachines", "Web-1")
    cloud.script["query"] = query(
        [charge(0.0, 20261120, ResourceId=named.lower(), **words)],
        [charge(2.5, 20261120, ResourceId=named.upper(), **words)],
    )
    row = one(connect)
    assert (row.billed_cost, row.effective_cost) == (Decimal(0), Decimal("2.5"))
    assert (row.pricing_category, row.commitment_discount_status) == ("Committed", "Used")
    assert (row.commitment_discount_category, row.commitment_discount_type) == (
        "Usage", "Reservation",
    )  # fmt: skip
    assert row.commitment_discount_id == RESERVATION.lower()


def test_what_only_one_kind_knows_costs_nothing_in_the_other(
    cloud: AzureDouble, connect: Connect
) -> None:
    """The purchase is billed and spread over what it buys; what goes unused is never billed."""
    words = {"PricingModel": "Reservation", "BenefitId": RESERVATION}
    cloud.script["query"] = query(
        [charge(100.0, 20261101, ChargeType="Purchase", Frequency="OneTime", **words)],
        [charge(3.0, 20261102, ChargeType="UnusedReservation", **words)],
    )
    rows, _ = collected(connect)
    purchase, unused = sorted(rows, key=lambda row: row.charge_period_start)
    assert (purchase.charge_category, purchase.charge_frequency) == ("Purchase", "One-Time")
    assert (purchase.billed_cost, purchase.effective_cost) == (Decimal(100), Decimal(0))
    assert (unused.charge_category, unused.commitment_discount_status) == ("Usage", "Unused")
    assert (unused.billed_cost, unused.effective_cost) == (Decimal(0), Decimal(3))


@pytest.mark.parametrize(
    ("told", "category", "correction"),
    [
        ("Usage", "Usage", ""),
        ("Purchase", "Purchase", ""),
        ("Refund", "Purchase", "Correction"),
        ("UnusedSavingsPlan", "Usage", ""),
        ("RoundingAdjustment", "Adjustment", ""),
        ("Tax", "Tax", ""),
        ("Something new", "Adjustment", ""),
    ],
)
def test_charge_types_become_focus_categories(
    told: str, category: str, correction: str, cloud: AzureDouble, connect: Connect
) -> None:
    """As Microsoft itself converts them; a type we do not know is kept, not dropped."""
    cloud.script["query"] = query([charge(-4.0, 20261120, ChargeType=told)])
    row = one(connect)
    assert (row.charge_category, row.charge_class) == (category, correction)
    assert row.billed_cost == Decimal(-4)


def test_the_marketplace_is_told_apart(cloud: AzureDouble, connect: Connect) -> None:
    """Its charges are others' products on Microsoft's bill."""
    cloud.script["query"] = query(
        [charge(7.0, 20261120, PublisherType="Marketplace", ServiceName="", MeterCategory="SaaS")]
    )
    row = one(connect)
    assert (row.service_name, row.extra["x_publisher_type"]) == ("SaaS", "Marketplace")


def test_currencies_are_never_added_up(cloud: AzureDouble, connect: Connect) -> None:
    """A subscription that changed its currency has two totals for the month."""

    def answer(call: Asked) -> Fate:
        if "grouping" not in call.body["dataset"]:
            return found([[1.0, "USD"], [2.0, "EUR"]], ["Cost", "Currency"])
        rows = [charge(1.0, 20261101), [*charge(2.0, 20261101)[:-1], "EUR"]]
        return found(rows, COLUMNS)

    cloud.script["query"] = answer
    rows, totals = collected(connect)
    assert sorted((row.billing_currency, row.billed_cost) for row in rows) == [
        ("EUR", Decimal(2)), ("USD", Decimal(1)),
    ]  # fmt: skip
    assert [(one.currency, one.amount) for one in totals] == [
        ("USD", Decimal(1)), ("EUR", Decimal(2)),
    ]  # fmt: skip


def test_the_total_is_azures_own_sum_of_the_days_that_began(
    cloud: AzureDouble, connect: Connect
) -> None:
    """It is held against the rows before anything is written."""
    cloud.script["query"] = query([charge(1.25, 20261101), charge(2.5, 20261122)])
    _, (total,) = collected(connect)
    assert (total.amount, total.column, total.currency) == (
        Decimal("3.75"), "billed_cost", "USD",
    )  # fmt: skip
    assert total.span == Window(SPAN.start, datetime(2026, 11, 23, tzinfo=UTC))
    assert total.tolerance <= Decimal("0.01")


def test_a_refresh_between_the_questions_is_read_once_more(
    cloud: AzureDouble, connect: Connect
) -> None:
    """Azure refreshes every four hours: rows of before and a total of after are no mistake."""
    asked: list[str] = []

    def answer(call: Asked) -> Fate:
        asked.append(call.body["type"])
        return query([charge(1.0 if len(asked) < 3 else 2.0, 20261101)])(call)  # type: ignore[no-any-return]

    cloud.script["query"] = answer
    (row,), (total,) = collected(connect)
    assert (row.billed_cost, total.amount, len(asked)) == (Decimal(2), Decimal(2), 6)


def test_a_total_that_never_agrees_is_told_as_it_is(cloud: AzureDouble, connect: Connect) -> None:
    """Who writes the rows refuses them; the collector does not hide the difference."""

    def answer(call: Asked) -> Fate:
        if "grouping" not in call.body["dataset"]:
            return found([[9.0, "USD"]], ["Cost", "Currency"])
        return query([charge(1.0, 20261101)])(call)  # type: ignore[no-any-return]

    cloud.script["query"] = answer
    (row,), (total,) = collected(connect)
    assert (row.billed_cost, total.amount, len(cloud.of("query"))) == (Decimal(1), Decimal(9), 6)


def test_a_dimension_that_the_agreement_does_not_know_is_left_out(
    cloud: AzureDouble, connect: Connect
) -> None:
    """Azure names the one it refuses; the rest is asked for without it."""

    def answer(call: Asked) -> Fate:
        named = [one["name"] for one in call.body["dataset"].get("grouping", ())]
        if "BenefitName" in named:
            words = "Invalid query definition: Invalid dataset grouping: 'BenefitName'; valid ..."
            return refused("BadRequest", 400, words)
        return query([charge(1.0, 20261101)])(call)  # type: ignore[no-any-return]

    cloud.script["query"] = answer
    assert one(connect).billed_cost == Decimal(1)
    assert len(cloud.of("query")) == 5


@pytest.mark.parametrize("named", ["ServiceName", "Nonsense"])
def test_a_dimension_that_is_needed_is_not_left_out(
    named: str, cloud: AzureDouble, connect: Connect
) -> None:
    """Rows that do not say what they are for are worth nothing; nor is asking for ever."""
    words = f"Invalid query definition: Invalid dataset grouping: '{named}'; valid values: ''"
    cloud.script["query"] = lambda call: (
        refused("BadRequest", 400, words)
        if "grouping" in call.body["dataset"]
        else found([], ["Cost"])
    )
    with pytest.raises(Permanent, match="Invalid dataset grouping"):
        collected(connect)
    assert len(cloud.of("query")) == 1


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ([None, 20261101], "an amount is missing"),
        (["much", 20261101], "not as documented"),
        ([1.0, "yesterday"], "not as documented"),
        ([1.0, 20261001], "answered 2026-10-01 when asked for"),
    ],
)
def test_a_row_that_is_not_as_documented_is_refused(
    row: list[Any], complaint: str, cloud: AzureDouble, connect: Connect
) -> None:
    """An amount that is none, a day that is none, a day that was not asked for."""
    cloud.script["query"] = lambda call: (
        found([[*row, *charge(0, 0)[2:]]], COLUMNS)
        if "grouping" in call.body["dataset"]
        else found([], ["Cost"])
    )
    with pytest.raises(Malformed, match=complaint):
        collected(connect)


def test_days_are_numbers_or_text() -> None:
    """The query writes 20261101; other versions of the API write ISO 8601."""
    assert usage_day(20261101) == usage_day("2026-11-01T00:00:00") == date(2026, 11, 1)


@pytest.mark.parametrize(
    ("told", "spelled"),
    [
        ("US East 2", "eastus2"),
        ("EU West", "westeurope"),
        ("eastus", "eastus"),
        ("East US", "eastus"),
        ("Unassigned", ""),
        ("", ""),
        (None, ""),
        ("Sweden Central", "swedencentral"),
    ],
)
def test_locations_have_one_spelling(told: str | None, spelled: str) -> None:
    """Cost data call regions of meters otherwise than Resource Manager calls locations."""
    assert location(told) == spelled


def test_a_span_that_has_not_begun_is_not_ready(connect: Connect) -> None:
    """Azure would silently answer for last year's days instead."""
    future = Window(datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    with pytest.raises(NotReady, match="have not begun"):
        collected(connect, future)


def test_the_query_can_be_forbidden(cloud: AzureDouble, connect: Connect) -> None:
    """Then there is no cost without an export, and nothing is asked."""
    with pytest.raises(NotSupported, match="forbids the cost query"):
        list(COLLECTOR.collect(connect(cost_query=False), SPAN))
    assert cloud.seen == []


def test_the_query_has_nothing_cheaper_to_ask(cloud: AzureDouble, connect: Connect) -> None:
    """Time decides when it is due; its extent is the whole month, which costs what a day does."""
    azure = connect()
    assert COLLECTOR.source(azure) == "cost_query"
    assert COLLECTOR.changes(azure, None, SPAN) is None
    assert COLLECTOR.probe(azure, SPAN) is None
    day = Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    assert COLLECTOR.extent(azure, day) == SPAN
    assert COLLECTOR.rhythm(azure).min_interval == timedelta(hours=4)
    assert cloud.seen == []


def test_only_regions_that_are_asked_for_are_kept(cloud: AzureDouble, connect: Connect) -> None:
    """A part of the rows has no total of its own."""
    rows = [charge(1.0, 20261101, ResourceLocation=one) for one in ("US East", "EU West")]
    cloud.script["query"] = query(rows)
    found = list(COLLECTOR.collect(connect(), SPAN, frozenset({"westeurope"})))
    assert [getattr(row, "region_id", None) for row in found] == ["westeurope"]
