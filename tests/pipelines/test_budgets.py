"""What collecting may cost: spending that nears the budget slows the cadence and fails nothing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiinfra_core.collecting.contract import Changes, Provider, Rhythm
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE, Metric
from optiinfra_core.warehouse.questions.calls import Spending
from optiinfra_core.windows import DAY, QUARTER_HOUR, FixedClock, day_window, month_window
from optiinfra_pipelines.collection.budget import slowed_until
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.collection.outcome import Outcome
from tests.pipelines.conftest import NOON, Tenants
from tests.pipelines.scripted import Script
from tests.pipelines.test_collection import once

OFTEN = Rhythm(min_interval=QUARTER_HOUR, lag=DAY, reread=2 * DAY, history=90 * DAY)
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)


def spending(spent: str, typical: str = "0.01", last_paid: datetime = NOON) -> Spending:
    """An account that collects one data set."""
    amount = Decimal(spent)
    return Spending(
        spent=amount,
        recent_usd=amount or Decimal(1),
        recent_on_dataset=amount or Decimal(1),
        typical=Decimal(typical),
        last_paid=last_paid,
    )


def test_a_budget_that_lasts_slows_nothing() -> None:
    """One cent each quarter of an hour for eight days is less than ten dollars."""
    assert slowed_until(Decimal(20), spending("5"), NOON + QUARTER_HOUR) is None


def test_what_is_left_is_spread_over_the_rest_of_the_month() -> None:
    """Eight days and a half with one dollar left: a cent each two hours, not each quarter."""
    until = slowed_until(Decimal(10), spending("9"), NOON + QUARTER_HOUR)
    assert until is not None
    assert until - NOON == pytest.approx((END - NOON) / 100, abs=QUARTER_HOUR)
    assert slowed_until(Decimal(10), spending("9"), until) is None


def test_a_budget_that_is_used_up_waits_for_the_next_month() -> None:
    """Nothing paid until December, and then at once."""
    assert slowed_until(Decimal(10), spending("10"), NOON) == END
    assert slowed_until(Decimal(10), spending("0"), END) is None


def test_data_that_costs_nothing_is_never_slowed() -> None:
    """An inventory is free at every cloud, whatever cost data has spent."""
    assert slowed_until(Decimal(1), spending("5", typical="0"), NOON) is None


@given(
    budget=st.integers(1, 100),
    price=st.decimals("0.0001", "0.5", places=4),
    start=st.integers(0, 29 * 96),
)
def test_ticks_never_spend_more_than_the_budget_and_use_all_of_it(
    budget: int, price: Decimal, start: int
) -> None:
    """A month of ticks from any moment on: at most one collection above, and none left unused.

    Unused is only what the natural cadence would not have spent either.
    """
    now = BEGIN + start * QUARTER_HOUR
    limit, spent, last, ticks = Decimal(budget), Decimal(0), None, 0
    while now < END:
        ticks += 1
        known = spending(str(spent), typical=str(price), last_paid=last or BEGIN)
        if last is None or slowed_until(limit, known, now) is None:
            spent, last = spent + price, now
        now += QUARTER_HOUR
    assert spent <= limit + price
    assert spent >= min(limit, ticks * price) * Decimal("0.4") - 2 * price


class Spender:
    """A customer with a budget whose every collection costs a dollar."""

    def __init__(self, doors: Doors, cloud: Provider, script: Script, tenants: Tenants) -> None:
        self.doors, self.cloud, self.script = doors, cloud, script
        self.customer = tenants.add()
        (self.record,) = doors.vault.list(self.customer)
        script.prices = {"cost": "1", "performance": "1", "resource": "0"}
        script.rhythms["cost"] = OFTEN
        self._runs = 0

    def budget(self, amount: str | None) -> None:
        """Set the budget."""
        limit = None if amount is None else Decimal(amount)
        self.doors.vault.set_budget(self.record.id, limit, "test")

    def tick(self, metric: Metric = COST, **fields: object) -> Outcome:
        """The next tick, a quarter of an hour later."""
        clock = self.doors.clock
        assert isinstance(clock, FixedClock)
        clock.advance(QUARTER_HOUR)
        self._runs += 1
        given = {"run_id": f"run-{self._runs}", "days": (clock.now().date(),)}
        return once(self.doors, self.cloud, metric, self.customer, **(given | fields))

    def state(self, metric: Metric = COST) -> SourceState:
        """What is remembered."""
        (state,) = self.doors.states.list(self.customer, "toy", metric.name)
        return state


@pytest.fixture
def spender(doors: Doors, cloud: Provider, script: Script, tenants: Tenants) -> Spender:
    """Who spends."""
    return Spender(doors, cloud, script, tenants)


def test_a_budget_slows_paid_calls_and_says_until_when(spender: Spender) -> None:
    """Five dollars for the rest of the month: the second collection comes two days later."""
    spender.budget("5")
    first = spender.tick()
    assert (first.status, first.usd) == ("succeeded", 1)
    until = spender.state().slowed_until
    assert until is not None
    success = spender.state().last_success_at
    slowed = spender.tick()
    assert (slowed.status, slowed.calls, slowed.ok) == ("skipped", 0, True)
    assert slowed.reason == f"slowed by the budget until {until:%Y-%m-%dT%H:%MZ}"
    assert spender.state().reason == slowed.reason
    assert spender.state().slowed_until == until
    assert spender.state().last_success_at == success
    clock = spender.doors.clock
    assert isinstance(clock, FixedClock)
    clock.instant = until
    caught_up = spender.tick()
    assert caught_up.status == "succeeded"
    assert caught_up.windows


def test_a_slowed_tick_opens_no_credential_where_it_could_not_learn_anything(
    spender: Spender, script: Script
) -> None:
    """The secret stays sealed."""
    spender.budget("0")
    spender.tick(PERFORMANCE)
    opened = script.opened
    assert spender.tick(PERFORMANCE).postponed
    assert script.opened == opened


def test_free_questions_go_on_while_paid_answers_wait(spender: Spender, script: Script) -> None:
    """A source that is unchanged is known to be fresh; one that changed says what waits."""
    spender.budget("0")
    answer = Changes(version="v1", spans=())
    script.changes["cost"] = lambda _, __: answer
    assert spender.tick().status == "succeeded"
    unchanged = spender.tick()
    assert unchanged.reason == "the source is unchanged since 2026-11-22T12:16Z"
    assert spender.state().last_success_at == unchanged.finished
    answer = Changes(version="v2", spans=(day_window(NOON.date()),))
    waits = spender.tick()
    assert "slowed by the budget until 2026-12-01" in waits.reason
    assert spender.state().source_version == "v1"


def test_free_data_is_collected_whatever_was_spent(spender: Spender) -> None:
    """The inventory costs nothing."""
    spender.budget("0")
    spender.tick()
    for _ in range(2):
        assert spender.tick(RESOURCE).status == "succeeded"


def test_what_somebody_asks_for_is_collected_and_says_that_it_is_slowed(spender: Spender) -> None:
    """A human decides to spend more; the history tells."""
    spender.budget("1")
    spender.tick()
    forced = spender.tick(trigger="api")
    assert forced.status == "succeeded"
    assert forced.reason == "on demand; slowed by the budget until 2026-12-01T00:00Z otherwise"
    assert spender.tick().status == "skipped"


def test_a_higher_budget_counts_from_the_next_tick_on(spender: Spender) -> None:
    """Nobody waits for an interval that was reckoned with the old one."""
    spender.budget("1")
    spender.tick()
    assert spender.tick().postponed
    spender.budget("100000")
    assert spender.tick().status == "succeeded"
    assert spender.state().slowed_until is None


def test_spending_starts_anew_with_the_month(spender: Spender) -> None:
    """What November used up is not missing in December."""
    spender.budget("1")
    spender.tick()
    clock = spender.doors.clock
    assert isinstance(clock, FixedClock)
    clock.instant = month_window((NOON + 20 * DAY).date()).start - timedelta(minutes=14)
    assert spender.tick().status == "succeeded"
