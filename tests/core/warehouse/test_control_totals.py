"""Sums that the provider states are held against the rows before anything is written."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_core.errors import Permanent
from optiinfra_core.metrics import ControlTotal
from optiinfra_core.warehouse.questions.controls import HELD, Held
from tests.core.warehouse.scene import TODAY, Scene, charge, day_span, denied

YESTERDAY = TODAY - timedelta(days=1)
TWO = day_span(YESTERDAY, 2)


def states(amount: str, **fields: Any) -> ControlTotal:
    """The provider's own sum of today's charges."""
    given = {"name": "statement", "span": day_span(TODAY), "amount": Decimal(amount)}
    return ControlTotal(**{**given, **fields})


def kept(scene: Scene) -> list[tuple[Any, ...]]:
    """The statements that are kept: name, invoice, stated, collected."""
    return scene.stored("control_totals", "name", "invoice_id", "stated", "collected")


def test_rows_that_agree_are_written_and_the_statement_is_kept(scene: Scene) -> None:
    """Whether it comes before or after the rows."""
    written = scene.costs(states("3"), charge("1"), charge("2", resource_id="b"), states("3"))
    assert written.rows == 2
    assert kept(scene) == [("statement", "", 3, 3)]


def test_rows_that_do_not_agree_are_refused_with_both_figures(scene: Scene) -> None:
    """A wrong number is never served: what was served before stays."""
    scene.costs(charge("7"))
    with pytest.raises(Permanent) as refused:
        scene.costs(charge("1"), states("1.01"))
    assert "states 1.01 USD of billed_cost" in refused.value.detail
    assert "add up to 1.000000000000" in refused.value.detail
    assert "Nothing was written" in refused.value.remedy
    assert scene.stored("cost_metrics", "billed_cost") == [(7,)]
    assert kept(scene) == []


def test_no_rows_at_all_do_not_agree_with_a_statement(scene: Scene) -> None:
    """An empty answer is not what an invoice of five dollars says."""
    with pytest.raises(Permanent, match="states 5 USD"):
        scene.costs(states("5"))


@pytest.mark.parametrize(("amount", "passes"), [("1.02", True), ("1.03", False)])
def test_a_provider_that_rounds_may_be_apart_by_its_tolerance(
    scene: Scene, amount: str, *, passes: bool
) -> None:
    """Cent for cent where it rounds each line to cents, and no further."""
    rows = (charge("1"), states(amount, tolerance=Decimal("0.02")))
    if passes:
        assert scene.costs(*rows).rows == 1
        return
    with pytest.raises(Permanent):
        scene.costs(*rows)


def test_only_rows_of_the_invoice_currency_column_and_span_count(scene: Scene) -> None:
    """An invoice says nothing about another one, nor about another currency or day."""
    today = day_span(TODAY)
    scene.costs(
        charge("1", invoice_id="i-1", effective_cost=Decimal(9)),
        charge("2", invoice_id="i-2"),
        charge("4", invoice_id="i-1", billing_currency="EUR"),
        charge("8", YESTERDAY, invoice_id="i-1"),
        states("1", name="invoice", invoice_id="i-1", span=today),
        states("4", name="invoice", invoice_id="i-1", currency="EUR", span=today),
        states("9", name="invoice", invoice_id="i-1", column="effective_cost", span=today),
        states("2", name="invoice", invoice_id="i-2", span=day_span(YESTERDAY, 2)),
        span=day_span(YESTERDAY, 2),
    )
    assert len(kept(scene)) == 4


def test_a_failed_region_makes_a_sum_of_all_regions_meaningless(scene: Scene) -> None:
    """Two regions are written, the third failed: the sum of three is no objection."""
    scene.costs(charge("1"), states("3"), denied("eu-west-1"))
    assert scene.stored("cost_metrics", "billed_cost") == [(1,)]
    assert kept(scene) == []


def test_a_retry_of_one_region_is_not_held_against_the_sum_of_all(scene: Scene) -> None:
    """The statement speaks of the whole account, the batch of one region."""
    scene.costs(charge("1"), denied("eu-west-1"))
    scene.costs(charge("2", region_id="eu-west-1"), states("3"), parts=frozenset({"eu-west-1"}))
    assert scene.stored("cost_metrics", "billed_cost") == [(1,), (2,)]


def test_statements_of_a_span_are_replaced_with_its_rows(scene: Scene) -> None:
    """An invoice that is issued anew under another number counts once."""

    def invoice(number: str, amount: str) -> ControlTotal:
        return states(amount, name="invoice", invoice_id=number)

    scene.costs(charge("1", invoice_id="i-1"), invoice("i-1", "1"))
    scene.costs(charge("2", invoice_id="i-2"), invoice("i-2", "2"))
    assert kept(scene) == [("invoice", "i-2", 2, 2)]
    scene.costs(charge("2", invoice_id="i-2"))
    assert kept(scene) == []


def test_a_statement_about_a_whole_month_outlives_the_writing_of_a_day(scene: Scene) -> None:
    """The invoice still stands when a day of its month is read again."""
    span = day_span(YESTERDAY, 2)
    invoice = states("3", name="invoice", invoice_id="i-1", span=span)
    rows = [charge("1", YESTERDAY, invoice_id="i-1"), charge("2", invoice_id="i-1")]
    scene.costs(*rows, invoice, span=span)
    scene.costs(charge("2", invoice_id="i-1"))
    assert kept(scene) == [("invoice", "i-1", 3, 3)]


def test_a_statement_about_other_days_or_columns_is_a_fault_of_the_collector(
    scene: Scene,
) -> None:
    """It could not be held against anything."""
    with pytest.raises(Permanent, match="speaks of"):
        scene.costs(charge("1"), states("1", span=day_span(YESTERDAY)))
    with pytest.raises(Permanent, match="no column that adds up"):
        scene.costs(charge("1"), states("1", column="tags"))


def test_sums_are_exact_over_many_chunks(scene: Scene) -> None:
    """25,000 lines of a third of a cent are what they are, to the twelfth place."""
    line = Decimal("0.003333333333")
    rows = [charge(str(line), resource_id=f"r{n}") for n in range(25_000)]
    assert scene.costs(*rows, states(str(line * 25_000))).rows == 25_000
    with pytest.raises(Permanent):
        scene.costs(*rows, states(str(line * 25_000 + Decimal("0.000000000001"))))


def held(scene: Scene, **params: Any) -> list[Held]:
    """What the provider stated of November beside what is served."""
    month = {"start": datetime(2026, 11, 1, tzinfo=UTC), "end": datetime(2026, 12, 1, tzinfo=UTC)}
    return scene.ask(HELD, **{**month, "only_invoices": True, **params})


def invoiced(amount: str, number: str = "i-1", **fields: Any) -> ControlTotal:
    """An invoice over two days."""
    return states(amount, **{"name": "invoice", "invoice_id": number, "span": TWO} | fields)


def test_an_invoice_is_told_beside_what_is_served(scene: Scene) -> None:
    """To the cent, with how final its charges are."""
    scene.costs(
        charge("1.10", YESTERDAY, invoice_id="i-1", finality="final"),
        charge("2.20", invoice_id="i-1", finality="closing"),
        invoiced("3.31", tolerance=Decimal("0.01")),
        span=TWO,
    )
    [invoice] = held(scene)
    assert (invoice.stated, invoice.served, invoice.difference) == (
        Decimal("3.31"), Decimal("3.30"), Decimal("-0.01"),
    )  # fmt: skip
    assert (invoice.agrees, invoice.finality, invoice.charges) == (True, "closing", 2)
    assert (invoice.span_start, invoice.span_end) == (TWO.start, TWO.end)
    assert not invoice.contradicted


def test_an_invoice_that_only_charges_name_states_nothing(scene: Scene) -> None:
    """Its sum is told, agreement is not claimed."""
    scene.costs(charge("5", invoice_id="i-9"), charge("7"))
    [invoice] = held(scene)
    assert (invoice.invoice_id, invoice.stated, invoice.served) == ("i-9", None, 5)
    assert (invoice.agrees, invoice.difference) == (None, None)


def test_charges_that_move_away_from_their_invoice_contradict_it(scene: Scene) -> None:
    """A later write of one day changed an invoiced charge: both figures are told."""
    rows = [charge("1", YESTERDAY, invoice_id="i-1"), charge("2", invoice_id="i-1")]
    scene.costs(*rows, invoiced("3"), span=TWO)
    scene.costs(charge("2.50", invoice_id="i-1"))
    [invoice] = held(scene)
    assert (invoice.stated, invoice.served, invoice.difference) == (3, Decimal("3.5"), 0.5)
    assert invoice.contradicted


def test_charges_of_another_currency_or_account_are_not_the_invoices(scene: Scene) -> None:
    """The number of an invoice is its account's own."""
    euro = charge("4", invoice_id="i-1", billing_currency="EUR")
    scene.costs(charge("1", invoice_id="i-1"), euro, invoiced("1", span=day_span(TODAY)))
    scene.costs(charge("9", invoice_id="i-1"), account_id="222222222222")
    assert [(i.account_id, i.currency, i.stated, i.served) for i in held(scene)] == [
        ("111111111111", "EUR", None, 4),
        ("111111111111", "USD", 1, 1),
        ("222222222222", "USD", None, 9),
    ]
    assert len(held(scene, account="222222222222")) == 1


def test_a_sum_of_data_that_was_written_again_says_nothing_any_more(scene: Scene) -> None:
    """A manifest speaks of one delivery; an invoice outlives the next one."""
    scene.costs(charge("1", YESTERDAY), charge("2"), states("3", span=TWO), span=TWO)
    [current] = held(scene, only_invoices=False)
    assert (current.agrees, current.rewritten) == (True, False)
    scene.costs(charge("9"))
    [outdated] = held(scene, only_invoices=False)
    assert (outdated.agrees, outdated.rewritten, outdated.contradicted) == (False, True, False)


def test_a_time_that_lacks_a_region_contradicts_nothing(scene: Scene) -> None:
    """What is missing is known to be missing; it is no wrong figure."""
    rows = [charge("1", YESTERDAY, invoice_id="i-1"), charge("2", invoice_id="i-1")]
    scene.costs(*rows, invoiced("3"), span=TWO)
    scene.costs(charge("1", invoice_id="i-1"), denied("eu-west-1"))
    [invoice] = held(scene)
    assert (invoice.complete, invoice.agrees, invoice.contradicted) == (False, False, False)


def test_any_basis_can_be_stated(scene: Scene) -> None:
    """Amortised sums are held against amortised charges."""
    row = charge("1", effective_cost=Decimal(4), list_cost=Decimal(6), contracted_cost=Decimal(5))
    bases = {"billed_cost": 1, "effective_cost": 4, "list_cost": 6, "contracted_cost": 5}
    scene.costs(row, *(states(str(n), name=name, column=name) for name, n in bases.items()))
    assert {each.measure: each.served for each in held(scene, only_invoices=False)} == bases
