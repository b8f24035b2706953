"""A purse in memory holds its cap whatever happens to the calls and however many threads ask."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from optiinfra_pipelines.judging.spending import BudgetSpent, Purse, Reservation

CENT = Decimal("0.01")


def test_what_is_put_aside_cannot_be_spent_twice() -> None:
    """Two reservations of a half fill the cap; the third is refused and changes nothing."""
    purse = Purse(CENT)
    first = purse.reserve(CENT / 2)
    purse.reserve(CENT / 2)
    with pytest.raises(BudgetSpent):
        purse.reserve(Decimal("0.000000000001"))
    purse.release(first)
    assert purse.reserve(CENT / 2).usd == CENT / 2
    assert purse.spent_usd == 0


def test_a_settled_call_frees_what_it_did_not_need() -> None:
    """An unknown cost counts as all that was put aside; settling again changes nothing."""
    purse = Purse(CENT)
    known, unknown = purse.reserve(CENT / 2), purse.reserve(CENT / 2)
    purse.settle(known, CENT / 10)
    purse.settle(known, CENT)
    purse.release(known)
    assert purse.spent_usd == CENT / 10
    purse.settle(unknown, None)
    assert purse.spent_usd == CENT * 6 / 10
    assert purse.reserve(CENT * 4 / 10).usd == CENT * 4 / 10


def test_a_purse_knows_only_its_own_reservations() -> None:
    """One of another purse takes nothing and gives nothing back."""
    purse = Purse(CENT)
    purse.settle(Reservation("elsewhere", CENT), CENT)
    assert purse.spent_usd == 0


def test_threads_do_not_pass_the_cap() -> None:
    """Of 200 attempts at a tenth of the cap ten succeed."""
    purse = Purse(CENT)

    def one(_: int) -> bool:
        try:
            purse.settle(purse.reserve(CENT / 10), CENT / 10)
        except BudgetSpent:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(200))) == 10
    assert purse.spent_usd == CENT


def test_a_price_nobody_knows_is_held_by_no_cap() -> None:
    """Nothing is put aside for it, also where the cap is 0."""
    purse = Purse(Decimal(0))
    purse.settle(purse.reserve(Decimal(0)), None)
    assert purse.spent_usd == 0
