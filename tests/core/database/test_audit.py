"""The audit log can be added to and nothing else; whatever else is done to it shows."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import LiteralString

import pytest

from optiinfra_core.database import Database
from optiinfra_core.database.audit import AuditEvent, append, entries, verify_chain
from optiinfra_core.errors import ConfigurationError

TRIGGERS: tuple[LiteralString, LiteralString] = (
    "ALTER TABLE optiinfra.credential_audit_log DISABLE TRIGGER USER",
    "ALTER TABLE optiinfra.credential_audit_log ENABLE TRIGGER USER",
)


def event(action: str = "opened", customer: str | None = None) -> AuditEvent:
    """Something that happened."""
    return AuditEvent(
        subject_type="credential",
        subject_id="c-1",
        action=action,
        actor="test",
        customer_id=customer,
        detail={"revision": 1, "note": "ü"},
    )


@pytest.fixture
def written(database: Database) -> Callable[[int], None]:
    """Writes as many events."""

    def write(count: int) -> None:
        for _ in range(count):
            with database.operator() as connection:
                append(connection, event())

    return write


@contextmanager
def tampered(database: Database, *statements: LiteralString) -> Iterator[None]:
    """The log as an owner of the table changed it behind our back; put right again afterwards."""
    with database.operator() as connection:
        connection.execute(TRIGGERS[0])
        connection.execute("CREATE TABLE optiinfra.kept AS TABLE optiinfra.credential_audit_log")
        for statement in statements:
            connection.execute(statement)
    try:
        yield
    finally:
        put_right(database)


def put_right(database: Database) -> None:
    """The log as it was kept."""
    with database.operator() as connection:
        connection.execute("DELETE FROM optiinfra.credential_audit_log")
        connection.execute("INSERT INTO optiinfra.credential_audit_log TABLE optiinfra.kept")
        connection.execute("DROP TABLE optiinfra.kept")
        connection.execute(TRIGGERS[1])


def test_an_untouched_log_verifies(database: Database, written: Callable[[int], None]) -> None:
    """Every row is counted and fits; the head is told."""
    before = verify_chain(database)
    written(3)
    after = verify_chain(database, before)
    assert after.first_broken is None
    assert (after.rows, after.head_seq) == (before.rows + 3, before.head_seq + 3)
    assert len(after.head_hash) == 64


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE optiinfra.credential_audit_log SET actor = 'evil' WHERE seq = 2",
        "UPDATE optiinfra.credential_audit_log SET at = at + interval '1 us' WHERE seq = 2",
        "UPDATE optiinfra.credential_audit_log SET detail = '[1]' WHERE seq = 2",
        "UPDATE optiinfra.credential_audit_log SET customer_id = 'other' WHERE seq = 2",
        "UPDATE optiinfra.credential_audit_log SET hash = prev WHERE seq = 2",
    ],
)
def test_an_edit_is_found_where_it_was_made(
    database: Database, written: Callable[[int], None], statement: LiteralString
) -> None:
    """Any column of any row: the first row that does not fit is the edited one."""
    written(4)
    with tampered(database, statement):
        assert verify_chain(database).first_broken == 2
    assert verify_chain(database).first_broken is None


def test_a_removed_row_is_found_at_its_successor(
    database: Database, written: Callable[[int], None]
) -> None:
    """Neither the first row nor one in between can be taken out."""
    written(4)
    with tampered(database, "DELETE FROM optiinfra.credential_audit_log WHERE seq = 1"):
        assert verify_chain(database).first_broken == 2
    with tampered(database, "DELETE FROM optiinfra.credential_audit_log WHERE seq = 3"):
        assert verify_chain(database).first_broken == 4


def test_a_cut_end_shows_against_an_earlier_report(
    database: Database, written: Callable[[int], None]
) -> None:
    """Without the newest row the chain still fits, but not the head that was kept elsewhere."""
    written(3)
    anchor = verify_chain(database)
    cut: LiteralString = (
        "DELETE FROM optiinfra.credential_audit_log"
        " WHERE seq = (SELECT max(seq) FROM optiinfra.credential_audit_log)"
    )
    with tampered(database, cut):
        assert verify_chain(database).first_broken is None
        assert verify_chain(database, anchor).first_broken == anchor.head_seq


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE optiinfra.credential_audit_log SET actor = 'x'",
        "DELETE FROM optiinfra.credential_audit_log",
        "TRUNCATE optiinfra.credential_audit_log",
    ],
)
def test_rows_cannot_be_changed_or_removed(
    database: Database, written: Callable[[int], None], statement: LiteralString
) -> None:
    """The database itself refuses."""
    written(1)
    with (
        pytest.raises(ConfigurationError, match="append-only"),
        database.operator() as connection,
    ):
        connection.execute(statement)


def test_a_writer_cannot_choose_place_time_or_hash(
    database: Database, written: Callable[[int], None]
) -> None:
    """What an insert says about them is replaced."""
    written(1)
    with database.operator() as connection:
        connection.execute(
            "INSERT INTO optiinfra.credential_audit_log"
            " (seq, at, subject_type, subject_id, actor, action, prev, hash)"
            " VALUES (1, '2000-01-01', 'vault', 'x', 'x', 'forged', '', '')"
        )
        forged = entries(connection, "vault", "x")[-1]
    assert forged.at.year > 2000
    assert forged.seq == verify_chain(database).head_seq
    assert verify_chain(database).first_broken is None


def test_writers_at_once_make_one_chain(database: Database) -> None:
    """Four threads, no gap and no fork."""

    def write(_: int) -> None:
        with database.operator() as connection:
            append(connection, event())

    before = verify_chain(database).rows
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(40)))
    after = verify_chain(database)
    assert (after.rows, after.first_broken) == (before + 40, None)


def test_a_customer_reads_its_own_entries_only(database: Database, acme: str, globex: str) -> None:
    """The log is fenced like every tenant table."""
    with database.customer(acme) as connection:
        append(connection, event(customer=acme))
        assert [entry.customer_id for entry in entries(connection, "credential", "c-1")] == [acme]
    with database.customer(globex) as connection:
        assert entries(connection, "credential", "c-1") == ()
