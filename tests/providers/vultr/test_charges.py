"""Lines of invoices -> charges: exact totals, days that stay, and the resources they mean."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optiinfra_core.metrics import ResourceRow
from optiinfra_core.windows import DAY, month_window
from optiinfra_pipelines.providers.vultr.charges import (
    Bill,
    category_of,
    credit,
    rows,
    service_category,
    shares,
)
from optiinfra_pipelines.providers.vultr.joining import Owned, names
from optiinfra_pipelines.providers.vultr.statement import Entry, line

MARCH = month_window(date(2018, 3, 1))
NOBODY = Owned({})
BILL = Bill(
    account_id="example@vultr.com",
    account_name="Test Tester",
    month=MARCH,
    finality="final",
    invoice_id="123456",
)
# billing_test.go of govultr 3.32.0, ListInvoiceItems
TOLD = {
    "description": "1.1.1.1 (1024 MB)",
    "product": "Vultr Cloud Compute",
    "start_date": "2018-03-18T21:57:58+00:00",
    "end_date": "2018-04-01T00:00:00+00:00",
    "units": 315,
    "unit_type": "hours",
    "unit_price": Decimal("0.0074"),
    "total": Decimal("2.35"),
}
LINE = line(TOLD)


def resource(name: str, created: datetime | None = None, suffix: str = "1") -> ResourceRow:
    """A server that lines may mean."""
    return ResourceRow(
        ts=MARCH.end,
        region="ewr",
        resource_type="vultr.compute.instance",
        resource_id=f"{name}-{suffix}",
        resource_name=name,
        state="running",
        created_at=created,
    )


def known(*held: ResourceRow) -> Owned:
    """What an account owns, servers alone."""
    found: dict[str, tuple[ResourceRow, ...]] = {}
    for row in held:
        found[row.resource_name] = (*found.get(row.resource_name, ()), row)
    return Owned({"compute": found})


def test_the_documented_line_is_charged_by_its_days() -> None:
    """315 hours of 0.0074 for 2.35: a day is 24 of them, the last takes what is left."""
    told = list(shares(LINE, MARCH))
    assert sum(share.cost for share in told) == Decimal("2.35")
    assert told[0].start == datetime(2018, 3, 18, 21, 57, 58, tzinfo=UTC)
    assert [share.cost for share in told[1:-1]] == [Decimal("0.1776")] * 12
    assert told[-1].end == MARCH.end


def test_a_month_at_its_cap_costs_the_plans_price() -> None:
    """720 hours are told and 672 charged: the last days cost what the cap leaves, which is nil."""
    capped = replace(
        LINE,
        start=MARCH.start,
        end=MARCH.end,
        units=Decimal(744),
        unit_price=Decimal("0.0149"),
        total=Decimal(10),
    )
    told = list(shares(capped, MARCH))
    assert sum(share.cost for share in told) == Decimal(10)
    assert told[27].cost < Decimal("0.3576")
    assert {share.cost for share in told[28:]} == {Decimal(0)}


def test_a_line_without_duration_is_one_charge() -> None:
    """Govultr's pending load balancer starts and ends at one instant, with 720 hours."""
    instant = datetime(2018, 3, 10, 1, 56, 20, tzinfo=UTC)
    (share,) = shares(replace(LINE, start=instant, end=instant, total=Decimal(10)), MARCH)
    assert (share.start, share.end - share.start) == (instant, timedelta(hours=1))
    assert (share.cost, share.units) == (Decimal(10), Decimal(315))


def test_a_line_outside_its_month_stays_inside_it() -> None:
    """Pending charges may name the day a resource was created, years ago."""
    old = replace(LINE, start=datetime(2014, 1, 1, tzinfo=UTC), total=Decimal("5.60"))
    told = list(shares(old, MARCH))
    assert (told[0].start, len(told)) == (MARCH.start, 31)
    assert sum(share.cost for share in told) == old.total
    late = replace(LINE, start=MARCH.end + DAY, end=MARCH.end + 2 * DAY)
    assert all(share.start in MARCH for share in shares(late, MARCH))


@given(
    st.integers(0, 40 * 24 * 60),
    st.integers(0, 40 * 24 * 60),
    st.decimals(-50, 5000, places=2),
    st.decimals(0, 20, places=4),
    st.sampled_from(("hours", "tokens", "")),
)
@settings(max_examples=200, deadline=None)
def test_shares_add_up_and_stay_in_the_month(
    start: int, length: int, total: Decimal, price: Decimal, unit: str
) -> None:
    """Whatever a line says, its total is kept exactly and none of it leaves the month."""
    begin = MARCH.start - 3 * DAY + timedelta(minutes=start)
    told = replace(
        LINE,
        start=begin,
        end=begin + timedelta(minutes=length),
        total=total,
        unit_price=price,
        unit_type=unit,
    )
    found = list(shares(told, MARCH))
    assert sum(share.cost for share in found) == total
    assert all(share.start in MARCH and share.end > share.start for share in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


def test_days_that_are_over_keep_their_share_while_the_month_grows() -> None:
    """Only the day that ended the line before gives back its cents."""
    price = Decimal("0.0149")
    grown = [
        replace(
            LINE,
            start=MARCH.start,
            end=MARCH.start + timedelta(hours=hours),
            unit_price=price,
            total=(price * hours).quantize(Decimal("0.01")),
        )
        for hours in (60, 61, 90)
    ]
    first, second, third = ([share.cost for share in shares(one, MARCH)] for one in grown)
    assert first[:2] == second[:2] == third[:2] == [Decimal("0.3576")] * 2


def test_a_line_becomes_charges_of_its_invoice() -> None:
    """Words, price, invoice and finality as told; no public price is made up."""
    server = resource("1.1.1.1")
    row = next(iter(rows(LINE, BILL, known(server))))
    assert (row.service_name, row.service_category) == ("Vultr Cloud Compute", "Compute")
    assert (row.charge_category, row.charge_frequency) == ("Usage", "Usage-Based")
    assert (row.invoice_id, row.finality) == ("123456", "final")
    assert (row.resource_id, row.region_id) == ("1.1.1.1-1", "ewr")
    assert row.contracted_unit_price == Decimal("0.0074")
    assert (row.list_cost, row.list_unit_price) == (None, None)
    assert (row.billing_period_start, row.billing_account_id) == (MARCH.first_day, BILL.account_id)
    assert row.extra["x_line_end"] == "2018-04-01T00:00:00Z"


@pytest.mark.parametrize(
    ("description", "found"),
    [
        ("1.1.1.1 (1024 MB)", ("1.1.1.1 (1024 MB)", "1.1.1.1", "1024 MB")),
        (
            "Load Balancer (mine)",
            ("Load Balancer (mine)", "Load Balancer", "mine"),
        ),
        ("plain", ("plain",)),
        ("", ()),
    ],
)  # fmt: skip
def test_a_description_may_name_a_resource_in_three_ways(
    description: str, found: tuple[str, ...]
) -> None:
    """Vultr has no field for it."""
    assert names(description) == found


def test_words_that_fit_two_resources_mean_none() -> None:
    """Rather no resource than the wrong one; the same for a product of another kind."""
    twins = known(resource("web"), resource("web", suffix="2"))
    one = known(resource("web"))
    end = MARCH.end
    assert twins.meant("Vultr Cloud Compute", "web (1024 MB)", end) is None
    assert one.meant("Block Storage", "Block Storage (web)", end) is None
    assert one.meant("Vultr Cloud Compute", "web (1024 MB)", end) is not None


def test_a_namesake_that_came_later_is_not_meant() -> None:
    """A server that was created after the line ended bears the name of one that is gone."""
    later = known(resource("web", created=MARCH.end + DAY))
    assert later.meant("Vultr Cloud Compute", "web (1024 MB)", MARCH.end) is None


@pytest.mark.parametrize(
    ("changed", "category"),
    [
        ({"total": Decimal("-5.00")}, "Credit"),
        ({"product": "Tax", "description": "VAT (19%)", "unit_type": ""}, "Tax"),
        ({"product": "Other", "description": "Sales tax", "unit_type": ""}, "Tax"),
        ({"description": "tax-service (1024 MB)"}, "Usage"),
        ({"product": "Serverless Inference", "unit_type": "tokens"}, "Usage"),
    ],
)
def test_the_category_is_told_by_sign_and_words(changed: dict[str, object], category: str) -> None:
    """A server called after taxes is still usage."""
    assert category_of(replace(LINE, **changed)) == category  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("product", "category"),
    [
        ("Vultr Cloud GPU", "Compute"),
        ("Vultr Managed Database", "Databases"),
        ("Block Storage", "Storage"),
        ("Load Balancer", "Networking"),
        ("Serverless Inference", "AI and Machine Learning"),
        ("Something new", "Other"),
    ],
)
def test_products_have_focus_categories(product: str, category: str) -> None:
    """What is not known is Other, not left out."""
    assert service_category(product) == category


def test_a_refund_corrects_and_a_credit_does_not() -> None:
    """Both reduce what was charged, on their day, and no invoice holds them."""
    at = datetime(2018, 3, 9, 14, tzinfo=UTC)
    entry = Entry(number=7, at=at, type="refund", description="Refund", amount=Decimal("-1.50"))
    refund, gift = credit(entry, BILL), credit(replace(entry, type="credit"), BILL)
    assert (refund.charge_category, refund.charge_class) == ("Credit", "Correction")
    assert (gift.charge_category, gift.charge_class) == ("Credit", "")
    assert refund.charge_period_start == datetime(2018, 3, 9, tzinfo=UTC)
    assert (refund.billed_cost, refund.invoice_id, refund.finality) == (
        Decimal("-1.50"),
        "",
        "final",
    )


def test_amounts_in_powers_of_ten_are_exact() -> None:
    """JSON writes the price of a token so."""
    told = line({**TOLD, "unit_price": Decimal("2e-07"), "unit_type": "Tokens"})
    assert told.unit_price == Decimal("0.0000002")
    assert told.unit_type == "tokens"


def test_a_line_without_a_total_is_no_line() -> None:
    """An amount that is missing is not nothing."""
    with pytest.raises(KeyError):
        line({key: value for key, value in TOLD.items() if key != "total"})
