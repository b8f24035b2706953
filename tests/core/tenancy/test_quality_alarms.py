"""An alarm is raised once, found by its customer alone, and not raised again once cleared."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from optiinfra_core.database import Database
from optiinfra_core.errors import NotFound
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.tenancy.quality_alarms import QualityAlarm, QualityAlarms, Series, new_id
from optiinfra_core.windows import FixedClock


@pytest.fixture
def alarms(database: Database) -> QualityAlarms:
    """The module's alarms."""
    return QualityAlarms(database)


def alarm(customer: str, clock: FixedClock, **told: Any) -> QualityAlarm:
    """A series of the customer's assistant that got worse six hours ago."""
    series = Series(
        customer_id=customer, application_id="support", environment="prod", metric_name="quality",
        judge="groq", judge_model="m", rubric_version="1-a",
    )  # fmt: skip
    given: dict[str, Any] = {
        "id": new_id(), "series": series, "provider": "aws", "raised_at": clock.now(),
        "began_at": clock.now() - timedelta(hours=6), "baseline_rate": 0.1, "current_rate": 0.25,
        "evidence": 140.0, "judged": 120, "attributed_to": "service_version",
        "attributed_value": "2.0", "detail": "told",
    }  # fmt: skip
    return QualityAlarm(**{**given, **told})


def test_an_alarm_is_read_as_it_was_raised(
    alarms: QualityAlarms, clock: FixedClock, acme: str
) -> None:
    """Every number and word of it."""
    raised = alarm(acme, clock)
    assert alarms.raise_once(raised)
    assert alarms.list(acme) == (raised,)


def test_an_open_alarm_is_not_raised_again(
    alarms: QualityAlarms, clock: FixedClock, acme: str
) -> None:
    """Nor by two runs at the same moment; another series has its own."""
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda: results.append(alarms.raise_once(alarm(acme, clock))))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(results) == [False] * 5 + [True]
    first = alarm(acme, clock)
    other = replace(first, series=replace(first.series, environment="staging"))
    assert alarms.raise_once(other)
    assert len(alarms.list(acme)) == 2


def test_what_was_cleared_needs_new_items(
    alarms: QualityAlarms, clock: FixedClock, acme: str
) -> None:
    """The stretch that had been cleared raises nothing; one that begins later does."""
    first = alarm(acme, clock)
    alarms.raise_once(first)
    clock.advance(timedelta(hours=1))
    assert alarms.clear(acme, first.id, clock.now()).cleared_at == clock.now()
    assert not alarms.raise_once(alarm(acme, clock))
    later = alarm(acme, clock, began_at=clock.now() + timedelta(minutes=1))
    assert alarms.raise_once(later)
    assert alarms.list(acme, open_only=True) == (later,)


def test_clearing_twice_keeps_the_first_time(
    alarms: QualityAlarms, clock: FixedClock, acme: str
) -> None:
    """It ended when it ended."""
    raised = alarm(acme, clock)
    alarms.raise_once(raised)
    ended = alarms.clear(acme, raised.id, clock.now()).cleared_at
    assert alarms.clear(acme, raised.id, clock.now() + timedelta(days=1)).cleared_at == ended


def test_another_customer_sees_and_clears_nothing(
    alarms: QualityAlarms, clock: FixedClock, acme: str, globex: str
) -> None:
    """As if the alarm did not exist."""
    raised = alarm(acme, clock)
    alarms.raise_once(raised)
    assert alarms.list(globex) == ()
    for customer, name in ((globex, raised.id), (acme, uuid4())):
        with pytest.raises(NotFound):
            alarms.clear(customer, name, clock.now())
    assert alarms.list(acme, "support") == (raised,)
    assert alarms.list(acme, "search") == ()


def test_a_deleted_customer_gets_no_alarm(
    alarms: QualityAlarms, database: Database, clock: FixedClock, acme: str
) -> None:
    """A run under way cannot bring it back."""
    Customers(database).delete(acme)
    with pytest.raises(NotFound):
        alarms.raise_once(alarm(acme, clock))
