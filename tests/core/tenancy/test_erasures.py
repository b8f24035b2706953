"""Who was erased stays erased, whichever half of a call comes back."""

import pytest

from optiinfra_core.database import Database
from optiinfra_core.database.audit import entries
from optiinfra_core.tenancy.erasures import Erasures, Gone
from optiinfra_core.windows import FixedClock

CALL = ("support.assistant", "a" * 32, "b" * 16)
OTHER = ("support.assistant", "a" * 32, "c" * 16)


@pytest.fixture
def erasures(database: Database) -> Erasures:
    """The module's erasures."""
    return Erasures(database)


def test_nobody_is_gone_before_anybody_asked(erasures: Erasures, acme: str) -> None:
    """The usual case, which costs one look."""
    assert not erasures.gone(acme, ["x"], [CALL])


def test_a_person_and_their_calls_are_gone(
    erasures: Erasures, acme: str, globex: str, clock: FixedClock
) -> None:
    """For this customer, and nobody else of it."""
    erasures.ask(acme, "x", "test", clock.now())
    erasures.remember(acme, [CALL, CALL], clock.now())
    erasures.remember(acme, [CALL], clock.now())
    assert erasures.gone(acme, ["x", "y"], [CALL, OTHER]) == Gone(
        users=frozenset({"x"}), calls=frozenset({CALL})
    )
    assert not erasures.gone(globex, ["x"], [CALL])


def test_it_is_written_down_who_asked_and_what_it_took(
    database: Database, erasures: Erasures, acme: str, clock: FixedClock
) -> None:
    """In the table and in the audit log, without the person's name."""
    erasure = erasures.ask(acme, "x", "api-key:1", clock.now())
    erasures.done(acme, erasure, 12, clock.now())
    with database.operator() as connection:
        row = connection.execute(
            "SELECT * FROM optiinfra.erasures WHERE customer_id = %s", (acme,)
        ).fetchone()
        told = entries(connection, "customer", acme)
    assert row is not None
    assert (row["id"], row["rows"], row["asked_by"]) == (erasure, 12, "api-key:1")
    assert row["done_at"] == clock.now()
    [entry] = [each for each in told if "erased" in each.action]
    assert entry.detail == {"erasure": str(erasure)}
