"""No cap on judging is passed by more than one call, whoever reserves at the same time."""

import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from secrets import token_hex

import pytest

from optiinfra_core.applications.spending import BudgetSpent
from optiinfra_core.database import Database
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.tenancy.judge_spending import (
    BATCH_HOLDER,
    Caps,
    JudgeSpending,
    caps_of,
    settle_dead,
    spent_by,
)
from optiinfra_core.windows import FixedClock

ROOT = Path(__file__).parents[3]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2026, 11, 22)
CENT = Decimal("0.01")
PLENTY = Decimal(100)

# One of four runs: it buys calls of a cent that cost more than was put aside, until refused.
PROGRAM = """
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pydantic import SecretStr
from optiinfra_core.applications.spending import BudgetSpent
from optiinfra_core.database import Database
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.tenancy.judge_spending import Caps, JudgeSpending
from optiinfra_core.windows import FixedClock
url, customer, application, run = sys.argv[1:]
db = Database(PostgresEndpoint(url=SecretStr(url)))
clock = FixedClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
caps = Caps(Decimal("0.25"), Decimal("0.25"))
spending = JudgeSpending(db, clock, (customer, application), caps, run)
made = 0
while True:
    try:
        reserved = spending.reserve(Decimal("0.01"))
    except BudgetSpent:
        break
    spending.settle(reserved, Decimal("0.01"))
    made += 1
db.close()
print(made)
"""


@pytest.fixture
def customer(database: Database) -> str:
    """A customer nobody else has."""
    slug = f"c{token_hex(4)}"
    Customers(database).add(slug, slug)
    return slug


def purse(database: Database, customer: str, day: str = "1", month: str = "20") -> JudgeSpending:
    """The purse of the customer's one application, under these caps."""
    caps = Caps(Decimal(day), Decimal(month))
    of = (customer, "support.assistant")
    return JudgeSpending(database, FixedClock(NOON), of, caps, "run")


def standing(
    database: Database, customer: str
) -> dict[str, tuple[Decimal | int, Decimal | int, int]]:
    """(reserved, spent, calls) of each scope."""
    return {
        each.scope: (each.reserved_usd, each.spent_usd, each.calls)
        for each in spent_by(database, customer, TODAY)
    }


def test_what_is_settled_is_what_the_call_cost(database: Database, customer: str) -> None:
    """The reservation is gone, the price counts, in the day and in the month."""
    spending = purse(database, customer)
    spending.settle(spending.reserve(CENT), Decimal("0.004"))
    told = (Decimal(0), Decimal("0.004"), 1)
    assert standing(database, customer) == {"application_day": told, "customer_month": told}


def test_a_price_nobody_knows_counts_as_put_aside(database: Database, customer: str) -> None:
    """A time-out may have been billed."""
    spending = purse(database, customer)
    spending.settle(spending.reserve(CENT), None)
    assert standing(database, customer)["application_day"] == (0, CENT, 1)


def test_a_released_call_costs_nothing(database: Database, customer: str) -> None:
    """Nothing was sent: neither dollars nor a call are counted."""
    spending = purse(database, customer)
    spending.release(spending.reserve(CENT))
    assert standing(database, customer)["customer_month"] == (0, 0, 0)


def test_settling_twice_counts_once(database: Database, customer: str) -> None:
    """A repeated settlement finds no reservation."""
    spending = purse(database, customer)
    reserved = spending.reserve(CENT)
    spending.settle(reserved, CENT)
    spending.settle(reserved, CENT)
    spending.release(reserved)
    assert standing(database, customer)["application_day"] == (0, CENT, 1)


@pytest.mark.parametrize(("day", "month"), [("0.02", "20"), ("20", "0.02")])
def test_either_cap_refuses_and_nothing_is_put_aside(
    database: Database, customer: str, day: str, month: str
) -> None:
    """The third cent passes the day's cap of two, or the month's."""
    spending = purse(database, customer, day, month)
    spending.settle(spending.reserve(CENT), CENT)
    spending.reserve(CENT)
    with pytest.raises(BudgetSpent, match=r"0\.02 US dollars"):
        spending.reserve(CENT)
    assert standing(database, customer)["application_day"][0] == CENT
    assert standing(database, customer)["customer_month"][0] == CENT


def test_the_next_day_has_a_budget_of_its_own(database: Database, customer: str) -> None:
    """The day's cap begins anew, the month's does not."""
    clock = FixedClock(NOON)
    caps = Caps(CENT, 2 * CENT)
    spending = JudgeSpending(database, clock, (customer, "support.assistant"), caps, "run")
    spending.settle(spending.reserve(CENT), CENT)
    with pytest.raises(BudgetSpent):
        spending.reserve(CENT)
    clock.advance(timedelta(days=1))
    spending.settle(spending.reserve(CENT), CENT)
    clock.advance(timedelta(days=1))
    with pytest.raises(BudgetSpent):
        spending.reserve(CENT)


def test_four_processes_at_once_stay_under_the_cap(
    database: Database, customer: str, postgres: PostgresEndpoint
) -> None:
    """25 calls of a cent are made under a cap of 25 cents, by all four together."""
    url = postgres.url.get_secret_value()
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, url, customer, f"app.{number}", f"run-{number}"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    made = [int(run.communicate(timeout=60)[0]) for run in runs]
    assert sum(made) == 25
    assert standing(database, customer)["customer_month"] == (0, Decimal("0.25"), 25)


def test_a_call_dearer_than_put_aside_passes_a_cap_by_that_call_at_most(
    database: Database, customer: str
) -> None:
    """What it cost counts for the next reservation, which is refused."""
    spending = purse(database, customer, "0.10")
    for _ in range(3):
        spending.settle(spending.reserve(CENT), Decimal("0.04"))
    with pytest.raises(BudgetSpent):
        spending.reserve(CENT)
    assert standing(database, customer)["application_day"] == (0, Decimal("0.12"), 3)


def test_threads_at_once_reserve_no_more_than_the_cap(database: Database, customer: str) -> None:
    """Eight threads put aside ten cents together and not one more."""
    spending = purse(database, customer, "0.10")
    taken: list[str] = []

    def reserve() -> None:
        with suppress(BudgetSpent):
            while True:
                taken.append(spending.reserve(CENT).id)

    threads = [threading.Thread(target=reserve) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(taken)) == 10


def test_what_a_dead_run_had_put_aside_counts_as_spent(database: Database, customer: str) -> None:
    """Its call may have been made: the cap holds only if it counts."""
    purse(database, customer).reserve(CENT)
    asked: list[str] = []

    def alive(run: str) -> bool:
        asked.append(run)
        return False

    settle_dead(database, NOON + timedelta(minutes=1), alive)
    assert standing(database, customer)["application_day"] == (0, CENT, 1)
    assert "run" in asked


def test_what_a_living_run_or_a_batch_has_put_aside_stays(
    database: Database, customer: str
) -> None:
    """A batch is under way for a day after its run has ended."""
    purse(database, customer).reserve(CENT)
    caps = Caps(PLENTY, PLENTY)
    of = (customer, "support.assistant")
    batch = JudgeSpending(database, FixedClock(NOON), of, caps, f"{BATCH_HOLDER}run")
    batch.reserve(2 * CENT)
    settle_dead(database, NOON, lambda _: False)
    settle_dead(database, NOON + timedelta(minutes=1), lambda _: True)
    assert standing(database, customer)["application_day"] == (3 * CENT, 0, 0)


def test_caps_are_the_applications_own_or_the_installations(
    database: Database, customer: str
) -> None:
    """An application with a budget has that one; the customer's month follows the settings."""
    own = "INSERT INTO optiinfra.applications (customer_id, application_id, name,"
    with database.customer(customer) as connection:
        connection.execute(
            f"{own} daily_budget_usd, created_at, updated_at)"
            " VALUES (%s, 'support.assistant', 'Support', 3, now(), now())",
            (customer,),
        )
    settings = Settings(judge_daily_budget_usd=Decimal(1), judge_monthly_budget_usd=Decimal(7))
    assert caps_of(database, settings, customer, "support.assistant") == Caps(
        Decimal(3), Decimal(7)
    )
    assert caps_of(database, settings, customer, "unknown") == Caps(Decimal(1), Decimal(7))


def test_a_customers_own_month_wins_and_zero_is_a_cap(database: Database, customer: str) -> None:
    """Zero dollars are no dollars, not no limit."""
    with database.operator() as connection:
        connection.execute(
            "UPDATE optiinfra.customers SET judge_budget_usd = 0 WHERE slug = %s", (customer,)
        )
    caps = caps_of(database, Settings(), customer, "support.assistant")
    spending = JudgeSpending(
        database, FixedClock(NOON), (customer, "support.assistant"), caps, "run"
    )
    with pytest.raises(BudgetSpent, match="customer of the month"):
        spending.reserve(CENT)
