"""Brings the schema `optiinfra` up to date: numbered steps, forward only, one process at a time."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from optiinfra_core.database.faults import translate
from optiinfra_core.endpoints import PostgresEndpoint

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection

SCHEMA = "optiinfra"
STEPS = Path(__file__).parent / "migrations"

# Any fixed number will do: whoever migrates holds this advisory lock until the commit.
MIGRATION_LOCK = 7_117_143_042


def migrate(endpoint: PostgresEndpoint) -> None:
    """Apply every step that is missing, all in one transaction.

    Safe when several processes start at once: they wait for each other. Needs a role that may
    create a schema in the database, or owns the schema already.

    Raises:
        Transient: Postgres does not answer.
        ConfigurationError: it refuses the role, or the role may not create the schema.
    """
    _run(endpoint, _upgrade)


def pending_migrations(endpoint: PostgresEndpoint) -> tuple[str, ...]:
    """The steps that this version knows and the database lacks, oldest first."""
    found: tuple[str, ...] = _run(endpoint, _pending)
    return found


def _run(endpoint: PostgresEndpoint, work: Any) -> Any:
    # Alembic and SQLAlchemy take 0.3 s to import, and only who migrates needs them.
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    url = endpoint.url.get_secret_value()
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(url, connect_timeout=5, application_name="optiinfra"),
        poolclass=NullPool,
    )
    try:
        with engine.begin() as connection:
            return work(connection)
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.Error):
            raise translate(error.orig) from None
        raise
    except psycopg.Error as error:
        raise translate(error) from None


def _scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see _run

    return ScriptDirectory(str(STEPS), version_locations=[str(STEPS)])


def _upgrade(connection: "Connection") -> None:
    from alembic.operations import Operations  # noqa: PLC0415 - see _run
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
    if connection.exec_driver_sql("SELECT to_regnamespace('optiinfra')").scalar() is None:
        connection.exec_driver_sql("CREATE SCHEMA optiinfra")
    scripts = _scripts()
    context = MigrationContext.configure(
        connection,
        opts={
            "version_table_schema": SCHEMA,
            # What alembic.command.upgrade does, without an alembic.ini and an env.py on disk.
            "fn": lambda applied, _: scripts._upgrade_revs("head", applied),  # noqa: SLF001
        },
    )
    with Operations.context(context):
        context.run_migrations()


def _pending(connection: "Connection") -> tuple[str, ...]:
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - see _run

    context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
    applied = set(context.get_current_heads())
    steps = list(_scripts().walk_revisions())
    missing = []
    for step in steps:  # newest first
        if step.revision in applied:
            break
        missing.append(step.revision)
    return tuple(reversed(missing))
