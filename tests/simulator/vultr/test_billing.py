"""Charges grow by the hour to a cap and are invoiced on the first; answers and truth agree."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optiinfra_core.windows import DAY, month_window
from optiinfra_simulator.vultr import plans
from optiinfra_simulator.vultr.accounts import ACCOUNTS, ACME, GLOBEX, VultrAccount
from optiinfra_simulator.vultr.billing import INVOICED_AFTER, Books, shares
from optiinfra_simulator.vultr.cloud import VultrCloud
from optiinfra_simulator.vultr.fleet import Fleet
from optiinfra_simulator.world.clock import WorldClock
from tests.simulator.vultr.conftest import NOON, Client

OCTOBER, NOVEMBER = month_window(date(2026, 10, 1)), month_window(date(2026, 11, 1))
CENT = Decimal("0.01")


def books(account: VultrAccount = ACME) -> Books:
    """The books of an account in the default world."""
    return Books(7, account, Fleet(7, account.email, 9))


def total(of: Books, as_of: datetime) -> Decimal:
    """What is pending."""
    return sum((item.total for item in of.pending(as_of)), Decimal(0))


BOOKS = {account.email: books(account) for account in ACCOUNTS}


def test_pending_charges_grow_hour_by_hour() -> None:
    """Nothing changes within an hour, and the next one is dearer."""
    told = books()
    assert total(told, NOON) == total(told, NOON + timedelta(minutes=56))
    assert total(told, NOON) < total(told, NOON + timedelta(hours=1))


def test_a_server_costs_its_plan_at_most() -> None:
    """672 hours are charged of a month, and 730 of a GPU server's, though more are told."""
    lines = books().charges(OCTOBER, OCTOBER.end)
    whole = [line for line in lines if line.units == 744]
    assert {line.total for line in whole if line.product == "Load Balancer"} == {Decimal(10)}
    gpu = [line for line in whole if line.product == "Vultr Cloud GPU"]
    assert {line.total for line in gpu} == {plans.PLANS["vcg-a16-2c-16g-4vram"].monthly}
    early = books().charges(OCTOBER, OCTOBER.start + timedelta(hours=672))
    balancer = next(line for line in early if line.product == "Load Balancer")
    assert balancer.total == Decimal(10)


def test_a_begun_hour_is_charged_and_cents_are_rounded_up() -> None:
    """As govultr's example has it: 314 hours and two minutes are 315, and cost 2.35."""
    line = next(
        line
        for line in books().charges(OCTOBER, OCTOBER.end)
        if line.product == "Vultr Cloud Compute" and line.units < 744
    )
    assert line.units == -((line.start - line.end) // timedelta(hours=1))
    assert line.total.as_tuple().exponent == -2


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.customer)
def test_an_invoice_is_what_was_pending_and_the_tax(account: VultrAccount) -> None:
    """Half an hour after the month; until then its charges stand among the pending ones."""
    told = books(account)
    at = NOVEMBER.start + INVOICED_AFTER
    before, after = told.invoices(at - timedelta(seconds=1)), told.invoices(at)
    assert len(after) == len(before) + 1
    invoice = after[-1]
    lines = [item.total for item in invoice.items if item.product != "Tax"]
    (tax,) = [item.total for item in invoice.items if item.product == "Tax"]
    assert total(told, NOVEMBER.start) == sum(lines)
    assert tax == (sum(lines) * account.tax).quantize(CENT)
    assert invoice.amount == sum(lines) + tax


def test_the_story_has_a_credit_a_refund_and_a_payment() -> None:
    """The credit stands on the invoice, the refund comes after it, and payments settle it."""
    told = books()
    invoice = told.invoices(NOON)[-1]
    assert [item.total < 0 for item in invoice.items].count(True) == 1
    later = [entry for entry in told.history(NOON) if entry.at > invoice.at]
    assert [entry.type for entry in later] == ["payment", "refund"]
    assert later[0].amount == -invoice.amount
    assert -invoice.amount < later[1].amount < 0


@given(st.integers(0, 92 * 24 * 60), st.sampled_from(ACCOUNTS))
@settings(max_examples=10, deadline=None)
def test_the_truth_depends_on_its_instant_alone(minutes: int, account: VultrAccount) -> None:
    """Books that have seen other instants say the same as new ones."""
    as_of = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    known, new = BOOKS[account.email], books(account)
    assert known.pending(as_of) == new.pending(as_of)
    assert known.invoices(as_of) == new.invoices(as_of)


def test_days_of_a_line_add_up() -> None:
    """And none is outside its line."""
    for item in books().charges(OCTOBER, OCTOBER.end):
        told = list(shares(item))
        assert sum(share for _, share in told) == item.total
        assert all(item.start.date() <= day <= item.end.date() for day, _ in told)


@pytest.mark.parametrize("account", [ACME.email, GLOBEX.email])
@pytest.mark.parametrize("day", range(0, 92, 13))
def test_what_the_api_answers_is_the_truth(
    account: str, day: int, vultr: VultrCloud, client: Client, clock: WorldClock
) -> None:
    """At instants of a quarter: pending sum, invoices and credits are the truth's months."""
    clock.set(datetime(2026, 9, 1, 1, 5, tzinfo=UTC) + timedelta(days=day, hours=day))
    now = clock.now()
    pending = client.get("billing/pending-charges", account).body["pending_charges"]
    stated = client.get("account", account).body["account"]["pending_charges"]
    answered = sum((Decimal(str(line["total"])) for line in pending), Decimal(0))
    assert answered == Decimal(str(stated))
    for invoice in client.all("billing/invoices", "billing_invoices", account)[:3]:
        lines = client.all(f"billing/invoices/{invoice['id']}/items", "invoice_items", account)
        amount = sum((Decimal(str(line["total"])) for line in lines), Decimal(0))
        assert amount == Decimal(str(invoice["amount"]))
        made = datetime.fromisoformat(invoice["date"])
        if month_window((made - DAY).date()).start >= datetime(2026, 9, 1, tzinfo=UTC):
            answered += amount
    for entry in client.all("billing/history", "billing_history", account):
        counts = entry["type"] in ("credit", "refund") and entry["date"] >= "2026-09"
        answered += Decimal(str(entry["amount"])) if counts else 0
    truth = vultr.cost_by_day(account, date(2026, 9, 1), date(2027, 1, 1), now)
    assert sum(truth.values()) == answered


def test_services_and_days_have_one_total(vultr: VultrCloud) -> None:
    """Two breakdowns of the same truth."""
    span = (date(2026, 9, 1), date(2026, 12, 1), NOON)
    days = vultr.cost_by_day(ACME.email, *span)
    services = vultr.cost_by_service(ACME.email, *span)
    assert sum(days.values()) == sum(services.values())
    assert "Billing history" in services
    assert len(days) == 81
