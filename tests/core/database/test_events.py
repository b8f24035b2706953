"""The event log: one order for all, bounded, fenced, and gone with the transaction it tells of."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing
from datetime import timedelta

import pytest
from psycopg import Rollback

from optiinfra_core.database import Database, events
from optiinfra_core.database.events import CHANNEL, STARTED, UPDATED, EventLog, NewEvent, append
from optiinfra_core.database.listening import rings
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.errors import NotFound
from optiinfra_core.tenancy.customers import Customers

PATIENCE = 20.0


@pytest.fixture(scope="module")
def database(postgres: PostgresEndpoint) -> Iterator[Database]:
    """A database with two customers."""
    opened = Database(postgres)
    for slug in ("acme", "globex"):
        Customers(opened).add(slug, slug.title())
    yield opened
    opened.close()


@pytest.fixture
def log(database: Database) -> EventLog:
    """The log, for those who follow."""
    return EventLog(database)


def tell(database: Database, customer: str = "acme", key: str | None = None) -> None:
    """Append one event."""
    with database.customer(customer) as connection:
        append(connection, NewEvent(customer_id=customer, kind=UPDATED, provider="aws", key=key))


def test_an_event_is_there_when_its_transaction_is(database: Database, log: EventLog) -> None:
    """What is rolled back was never told."""
    before = log.newest()
    with database.customer("acme") as connection:
        append(connection, NewEvent(customer_id="acme", kind=STARTED, provider="aws"))
        raise Rollback
    assert log.newest() == before
    tell(database)
    (event,) = log.after(before, limit=10)
    assert (event.customer_id, event.kind, event.detail) == ("acme", UPDATED, {})
    assert event.at.utcoffset() == timedelta(0)


def test_a_writer_waits_for_the_one_before_it(database: Database, log: EventLog) -> None:
    """Who appends second is seen second, also where the first one commits late: none is missed."""
    before = log.newest()
    second = threading.Thread(target=tell, args=(database, "globex"))
    with database.customer("acme") as connection:
        append(connection, NewEvent(customer_id="acme", kind=UPDATED, provider="aws"))
        second.start()
        second.join(0.3)
        assert second.is_alive()
        assert log.after(before, limit=10) == ()
    second.join(PATIENCE)
    assert [event.customer_id for event in log.after(before, limit=10)] == ["acme", "globex"]


def test_writers_at_the_same_time_leave_one_order_without_gaps(
    database: Database, log: EventLog
) -> None:
    """A follower that asks all the while sees each event once, in the order of its number."""
    position = before = log.newest()
    writers = [
        threading.Thread(target=lambda name=name: [tell(database, name) for _ in range(15)])
        for name in ("acme", "globex", "acme", "globex")
    ]
    for writer in writers:
        writer.start()
    seen: list[int] = []
    while any(writer.is_alive() for writer in writers) or log.after(position, limit=1):
        found = [event.id for event in log.after(position, limit=7)]
        seen += found
        position = found[-1] if found else position
    assert seen == [event.id for event in log.after(before, limit=1000)]
    assert len(seen) == 60


def test_the_same_key_is_told_once(database: Database, log: EventLog) -> None:
    """For each customer by itself."""
    before = log.newest()
    for customer in ("acme", "acme", "globex"):
        tell(database, customer, key="run-1")
    assert [event.customer_id for event in log.after(before, limit=9)] == ["acme", "globex"]


def test_the_newest_of_each_customer_are_kept(
    database: Database, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy customer pushes out its own events only; who missed some can tell."""
    tell(database, "globex")
    begin = log.newest()
    monkeypatch.setattr(events, "KEPT", 5)
    for _ in range(9):
        tell(database, "acme")
    kept = log.after(0, limit=100)
    assert len([event for event in kept if event.customer_id == "acme"]) == 5
    assert [event for event in kept if event.customer_id == "globex"]
    assert log.lost_after(begin, ["acme"])
    assert log.lost_after(begin)
    assert not log.lost_after(begin, ["globex"])
    assert not log.lost_after(log.newest())
    assert log.lost_after(log.newest() + 1)


def test_a_customer_sees_its_own_events_only(database: Database) -> None:
    """The fence of the database holds for this table too."""
    tell(database, "globex")
    with database.customer("acme") as connection:
        rows = connection.execute("SELECT DISTINCT customer_id FROM optiinfra.events").fetchall()
    assert [row["customer_id"] for row in rows] == ["acme"]


def test_events_go_with_their_customer(database: Database, log: EventLog) -> None:
    """And nothing more is told of it."""
    Customers(database).add("gone", "Gone")
    tell(database, "gone")
    assert Customers(database).delete("gone").events == 1
    assert "gone" not in {event.customer_id for event in log.after(0, limit=1000)}
    with pytest.raises(NotFound):
        tell(database, "gone")


def test_a_commit_wakes_who_listens_and_an_absent_server_ends_nobody(
    database: Database, postgres: PostgresEndpoint
) -> None:
    """A notification comes at once; without a server the clock alone rings."""

    async def woken(endpoint: PostgresEndpoint, every: float) -> None:
        """Hear the first ring, and another one after something was told."""
        async with aclosing(rings(endpoint, CHANNEL, every)) as heard, asyncio.timeout(PATIENCE):
            await anext(heard)
            ringing = asyncio.ensure_future(anext(heard))
            await asyncio.to_thread(tell, database)
            await ringing

    asyncio.run(woken(postgres, every=3600))
    away = PostgresEndpoint(url=type(postgres.url)("postgresql://nobody:x@127.0.0.1:1/none"))
    asyncio.run(woken(away, every=0.05))
