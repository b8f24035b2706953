"""Months of charges: which are read, what holds them together, and what has them read again."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_core.errors import Malformed, NotReady
from optiinfra_core.metrics import ControlTotal, CostRow
from optiinfra_core.windows import FixedClock, Window, day_window, month_window
from optiinfra_pipelines.providers.vultr.cost import CostCollector
from tests.providers.vultr.conftest import NOW, Connect
from tests.providers.vultr.sandbox import LINE
from tests.providers.vultr.wire import ACCOUNT, VultrDouble, refused

NOVEMBER, OCTOBER = month_window(date(2026, 11, 1)), month_window(date(2026, 10, 1))
COST = CostCollector()
INVOICE: Mapping[str, Any] = {
    "id": 5317720,
    "date": "2026-11-01T00:30:05+00:00",
    "description": "Invoice #5317720",
    "amount": 2.35,
    "balance": -497.65,
}
CLOSED = {
    **LINE,
    "start_date": "2026-10-18T21:57:58+00:00",
    "end_date": "2026-11-01T00:00:00+00:00",
    "units": 315,
    "total": 2.35,
}


def account(pending: float) -> Mapping[str, Any]:
    """The account with that much pending."""
    return {"account": {**ACCOUNT["account"], "pending_charges": pending}}


def entry(number: int, kind: str, at: str, amount: float, said: str = "Told") -> dict[str, Any]:
    """A line of the billing history."""
    return {"id": number, "date": at, "type": kind, "description": said, "amount": amount}


def told(found: list[Any]) -> tuple[list[CostRow], list[ControlTotal]]:
    """Rows and control totals apart."""
    rows = [one for one in found if isinstance(one, CostRow)]
    return rows, [one for one in found if isinstance(one, ControlTotal)]


def billed(rows: list[CostRow]) -> Decimal:
    """What rows add up to."""
    return sum((row.billed_cost for row in rows), Decimal(0))


def invoiced(cloud: VultrDouble) -> None:
    """An account with an invoice for October and pending charges."""
    cloud.on("account", account(0.65))
    cloud.on("billing/pending-charges", {"pending_charges": [LINE]})
    cloud.on("billing/invoices", {"billing_invoices": [INVOICE]})
    cloud.on("billing/invoices/5317720/items", {"invoice_items": [CLOSED]})


def test_a_month_that_is_over_comes_from_its_invoice(cloud: VultrDouble, connect: Connect) -> None:
    """It is final, and must add up to what the invoice asks for."""
    invoiced(cloud)
    rows, controls = told(list(COST.collect(connect(), OCTOBER)))
    assert billed(rows) == Decimal("2.35")
    assert {(row.finality, row.invoice_id) for row in rows} == {("final", "5317720")}
    (control,) = controls
    assert (control.name, control.amount, control.invoice_id) == (
        "invoice",
        Decimal("2.35"),
        "5317720",
    )
    assert control.span == OCTOBER


def test_the_running_month_comes_from_pending_charges(cloud: VultrDouble, connect: Connect) -> None:
    """It is open, and held against the account's own sum."""
    invoiced(cloud)
    rows, controls = told(list(COST.collect(connect(), NOVEMBER)))
    assert billed(rows) == Decimal("0.65")
    assert {(row.finality, row.invoice_id) for row in rows} == {("open", "")}
    assert [(one.name, one.amount, one.tolerance) for one in controls] == [
        ("pending_charges", Decimal("0.65"), Decimal("0.01"))
    ]


def test_a_page_that_is_lost_does_not_pass_the_control(
    cloud: VultrDouble, connect: Connect
) -> None:
    """The sum that Vultr states is yielded as it is, whatever the lines add up to."""
    invoiced(cloud)
    cloud.on("billing/invoices/5317720/items", {"invoice_items": []})
    rows, controls = told(list(COST.collect(connect(), OCTOBER)))
    assert rows == []
    assert controls[0].amount == Decimal("2.35")


def test_sums_of_different_hours_are_not_compared(cloud: VultrDouble, connect: Connect) -> None:
    """The account's sum moved while the lines were read; it is read before and after."""
    invoiced(cloud)
    cloud.on("account", account(0.60), account(0.60), account(0.65))
    rows, controls = told(list(COST.collect(connect(), NOVEMBER)))
    assert billed(rows) == Decimal("0.65")
    assert controls == []


def test_credits_and_refunds_count_and_payments_do_not(
    cloud: VultrDouble, connect: Connect
) -> None:
    """A payment settles a debt; invoices are there with their lines already."""
    invoiced(cloud)
    day = "2026-11-09T14:00:00+00:00"
    cloud.on(
        "billing/history",
        {
            "billing_history": [
                entry(1, "invoice", day, 2.35),
                entry(2, "payment", day, -2.35),
                entry(3, "credit", day, -100, "PayPal payment"),
                entry(4, "credit", day, 25, "Promotional code"),
                entry(5, "refund", day, -0.05, "Refund for invoice #5317720"),
            ]
        },
    )
    rows, controls = told(list(COST.collect(connect(), NOVEMBER)))
    reduced = [row for row in rows if row.charge_category == "Credit"]
    assert [row.billed_cost for row in reduced] == [Decimal(-25), Decimal("-0.05")]
    assert controls[0].amount == billed(rows)


def test_an_invoice_in_the_middle_of_a_month_belongs_to_it(
    cloud: VultrDouble, connect: Connect
) -> None:
    """What it bills is final while the rest of the month is open."""
    invoiced(cloud)
    early = {**INVOICE, "id": 5317721, "date": "2026-11-15T09:00:00+00:00", "amount": 0.40}
    half = {**LINE, "end_date": "2026-11-15T09:00:00+00:00", "total": 0.40}
    half["start_date"] = "2026-11-12T09:00:00+00:00"
    cloud.on("billing/invoices", {"billing_invoices": [early, INVOICE]})
    cloud.on("billing/invoices/5317721/items", {"invoice_items": [half]})
    rows, controls = told(list(COST.collect(connect(), NOVEMBER)))
    assert {row.finality for row in rows} == {"open", "final"}
    assert {one.name: one.amount for one in controls} == {
        "invoice": Decimal("0.40"),
        "pending_charges": Decimal("1.05"),
    }
    assert billed(rows) == Decimal("1.05")


def test_between_the_month_and_its_invoice_charges_are_closing(
    cloud: VultrDouble, connect: Connect
) -> None:
    """On the first of the month both months stand among the pending charges."""
    clock = FixedClock(datetime(2026, 11, 1, 0, 10, tzinfo=UTC))
    fresh = {**LINE, "start_date": "2026-11-01T00:00:00+00:00", "total": 0.01}
    fresh["end_date"] = "2026-11-01T00:05:00+00:00"
    cloud.on("account", account(2.36))
    cloud.on("billing/pending-charges", {"pending_charges": [CLOSED, fresh]})
    vultr = connect(gate={"clock": clock})
    rows, controls = told(list(COST.collect(vultr, Window(OCTOBER.start, NOVEMBER.end))))
    by_finality = {
        kind: billed([row for row in rows if row.finality == kind]) for kind in ("closing", "open")
    }
    assert by_finality == {"closing": Decimal("2.35"), "open": Decimal("0.01")}
    assert controls == []


def test_a_month_whose_invoice_is_still_to_come_is_not_empty(
    cloud: VultrDouble, connect: Connect
) -> None:
    """Nothing pending and no invoice yet: what is served stays until the invoice is there."""
    september = {**INVOICE, "id": 1, "date": "2026-10-01T00:30:05+00:00"}
    cloud.on("billing/invoices", {"billing_invoices": [september]})
    early = FixedClock(datetime(2026, 11, 1, 0, 40, tzinfo=UTC))
    with pytest.raises(NotReady, match="2026-10"):
        list(COST.collect(connect(gate={"clock": early}), OCTOBER))
    assert told(list(COST.collect(connect(), OCTOBER))) == ([], [])


def test_months_to_come_are_not_ready(connect: Connect) -> None:
    """Nothing is asked about them."""
    with pytest.raises(NotReady):
        list(COST.collect(connect(), month_window(date(2027, 1, 1))))


def test_whole_months_are_replaced(connect: Connect) -> None:
    """A line is of its month."""
    span = Window(day_window(date(2026, 10, 20)).start, day_window(date(2026, 11, 2)).end)
    assert COST.extent(connect(), span) == Window(OCTOBER.start, NOVEMBER.end)


def test_a_line_that_is_not_as_documented_fails_the_month(
    cloud: VultrDouble, connect: Connect
) -> None:
    """A month without one of its lines would be a wrong number."""
    invoiced(cloud)
    cloud.on("billing/pending-charges", {"pending_charges": [{**LINE, "total": "much"}]})
    with pytest.raises(Malformed):
        list(COST.collect(connect(), NOVEMBER))


def test_charges_come_without_resources_where_these_may_not_be_seen(
    cloud: VultrDouble, connect: Connect
) -> None:
    """The ACL billing is enough for cost."""
    invoiced(cloud)
    for path in ("instances", "blocks", "databases"):
        cloud.on(path, refused(403, "Forbidden"))
    rows, _ = told(list(COST.collect(connect(), NOVEMBER)))
    assert billed(rows) == Decimal("0.65")
    assert {row.resource_id for row in rows} == {""}


HORIZON = Window(datetime(2026, 8, 1, tzinfo=UTC), NOVEMBER.end)


def test_nothing_is_read_again_while_nothing_moves(cloud: VultrDouble, connect: Connect) -> None:
    """Three free calls tell; the first time it is the running month."""
    invoiced(cloud)
    vultr = connect()
    first = COST.changes(vultr, None, HORIZON)
    assert first is not None
    assert first.spans == (NOVEMBER,)
    again = COST.changes(vultr, first.version, HORIZON)
    assert again is not None
    assert (again.version, again.spans) == (first.version, ())
    assert cloud.count("billing/invoices") == cloud.count("account") == 2


@pytest.mark.parametrize(
    ("path", "answer", "spans"),
    [
        ("account", account(0.66), (NOVEMBER,)),
        (
            "billing/invoices",
            {
                "billing_invoices": [
                    INVOICE,
                    {**INVOICE, "id": 5317999, "date": "2026-10-01T00:30:05+00:00"},
                ]
            },
            (month_window(date(2026, 9, 1)),),
        ),
        (
            "billing/history",
            {"billing_history": [entry(9, "refund", "2026-10-09T14:00:00+00:00", -1)]},
            (OCTOBER,),
        ),
        (
            "billing/history",
            {"billing_history": [entry(9, "payment", "2026-10-09T14:00:00+00:00", -1)]},
            (),
        ),
        (
            "billing/history",
            {"billing_history": [entry(9, "refund", "2025-10-09T14:00:00+00:00", -1)]},
            (),
        ),
    ],
    ids=["pending grew", "new invoice", "refund", "payment", "refund before the horizon"],
)
def test_what_moved_has_its_month_read_again(
    path: str, answer: Mapping[str, Any], spans: tuple[Window, ...], cloud: VultrDouble,
    connect: Connect,
) -> None:  # fmt: skip
    """Whatever its age, and nothing else."""
    invoiced(cloud)
    vultr = connect()
    first = COST.changes(vultr, None, HORIZON)
    assert first is not None
    cloud.on(path, answer)
    moved = COST.changes(vultr, first.version, HORIZON)
    assert moved is not None
    assert moved.spans == spans


def test_a_new_month_has_the_one_before_read_again(cloud: VultrDouble, connect: Connect) -> None:
    """Its last hours were charged after it was read last."""
    invoiced(cloud)
    vultr = connect()
    first = COST.changes(vultr, None, HORIZON)
    assert first is not None
    assert json.loads(first.version)["month"] == "2026-11"
    later = connect(gate={"clock": FixedClock(datetime(2026, 12, 1, 0, 20, tzinfo=UTC))})
    december = month_window(date(2026, 12, 1))
    moved = COST.changes(later, first.version, Window(HORIZON.start, december.end))
    assert moved is not None
    assert moved.spans == (Window(NOVEMBER.start, december.end),)


def test_the_rhythm_reaches_back_until_the_invoice_is_due(connect: Connect) -> None:
    """To the start of this month, and of the one before until the third."""
    assert COST.rhythm(connect()).reread == NOW - NOVEMBER.start
    second = FixedClock(datetime(2026, 11, 2, tzinfo=UTC))
    early = connect(gate={"clock": second})
    assert COST.rhythm(early).reread == second.now() - OCTOBER.start
