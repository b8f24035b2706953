"""Sums that the provider states are held against the rows before anything is written."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_core.errors import Permanent
from optiinfra_core.metrics import ControlTotal
from tests.core.warehouse.scene import TODAY, Scene, charge, day_span, denied

YESTERDAY = TODAY - timedelta(days=1)


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
