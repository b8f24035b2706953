"""What the provider invoiced beside what is served, and how final a total is."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from optiinfra_core.metrics import COST, ControlTotal
from tests.api.house import House
from tests.core.warehouse.scene import charge, day_span

AUGUST = {"start": "2026-08-01T00:00:00Z", "end": "2026-09-01T00:00:00Z"}
SPAN = day_span(date(2026, 8, 1), 2)
BASE = "/api/v2/costs/acme/aws"


@pytest.fixture
def invoiced(house: House) -> Iterator[House]:
    """Two days of August on an invoice that the provider stated, one credit on another."""
    first, second = date(2026, 8, 1), date(2026, 8, 2)
    house.rewrite(
        "acme",
        COST,
        SPAN,
        [
            charge("10.25", first, invoice_id="inv-8", finality="final"),
            charge("20", second, invoice_id="inv-8", finality="final"),
            charge("-5", second, invoice_id="inv-c", resource_id="c", finality="closing"),
            charge("2", second, resource_id="d"),
            ControlTotal(name="invoice", invoice_id="inv-8", span=SPAN, amount=Decimal("30.25")),
        ],  # type: ignore[list-item]
    )
    yield house
    house.rewrite("acme", COST, SPAN, [])


def test_invoices_are_told_beside_what_is_served(invoiced: House) -> None:
    """Stated, served, whether both agree, and how final the charges are."""
    body = invoiced.get(f"{BASE}/invoices", **AUGUST).json()
    told = {each["invoice_id"]: each for each in body["data"]}
    assert told["inv-8"] == {
        "provider": "aws",
        "account_id": "111111111111",
        "name": "invoice",
        "invoice_id": "inv-8",
        "measure": "billed_cost",
        "currency": "USD",
        "span_start": "2026-08-01T00:00:00Z",
        "span_end": "2026-08-03T00:00:00Z",
        "stated": "30.25",
        "served": "30.25",
        "difference": "0",
        "agrees": True,
        "finality": "final",
        "charges": 2,
        "complete": True,
        "rewritten": False,
    }
    credit = told["inv-c"]
    assert (credit["stated"], credit["served"], credit["agrees"]) == (None, "-5", None)
    assert credit["finality"] == "closing"


def test_a_period_within_a_month_shows_that_months_invoices_whole(invoiced: House) -> None:
    """Half a month of an invoice would never agree with it."""
    part = {"start": "2026-08-01T00:00:00Z", "end": "2026-08-02T00:00:00Z"}
    (_, invoice) = invoiced.get(f"{BASE}/invoices", **part).json()["data"]
    assert (invoice["served"], invoice["agrees"]) == ("30.25", True)


def test_another_customer_sees_none_of_it(invoiced: House) -> None:
    """Invoices are as private as charges."""
    assert invoiced.get(f"{BASE}/invoices", "globex", **AUGUST).status_code == 404
    globex = BASE.replace("acme", "globex")
    assert invoiced.get(f"{globex}/invoices", "globex", **AUGUST).json()["data"] == []


def test_a_total_tells_how_much_of_it_may_still_change(invoiced: House) -> None:
    """Open, closing and final add up to it."""
    (total,) = invoiced.get(f"{BASE}/total", **AUGUST).json()["data"]
    assert total["cost"] == "27.25"
    parts = [total[f"{name}_cost"] for name in ("open", "closing", "final")]
    assert parts == ["2", "-5", "30.25"]


def test_charges_can_be_chosen_by_how_final_they_are(invoiced: House) -> None:
    """Only what the provider will not change any more."""
    final = invoiced.get(f"{BASE}/metrics", finality="final", **AUGUST).json()["data"]
    assert {row["invoice_id"] for row in final} == {"inv-8"}
    assert invoiced.get(f"{BASE}/metrics", finality="maybe", **AUGUST).status_code == 422
