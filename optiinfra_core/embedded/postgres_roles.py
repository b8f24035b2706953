"""The roles and the database inside the embedded Postgres, and the way in."""

from urllib.parse import quote

import psycopg
from psycopg import sql

from optiinfra_core.embedded.directory import HOST, Record
from optiinfra_core.embedded.postgres_cluster import SUPERUSER

# Not a superuser: row-level security does not bind one, not even when it is forced.
OWNER = "optiinfra"
DATABASE = "optiinfra"


def owner_url(record: Record, database: str = DATABASE) -> str:
    """The URL of the role that owns the database."""
    return _url(OWNER, record.secrets["password"], record.port, database)


def superuser_url(record: Record) -> str:
    """The URL of the superuser, for the keeper and for backups."""
    return _url(SUPERUSER, record.secrets["superuser_password"], record.port, "postgres")


def answers(record: Record) -> bool:
    """Whether our server listens there and our role may enter its database."""
    try:
        with psycopg.connect(owner_url(record), connect_timeout=2) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.Error:
        return False


def accepts(record: Record) -> bool:
    """Whether the server lets its superuser in: it has recovered and listens."""
    try:
        psycopg.connect(superuser_url(record), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def provision(record: Record) -> None:
    """Create the owner role and its database unless they exist."""
    with psycopg.connect(superuser_url(record), autocommit=True) as connection:
        owner = sql.Identifier(OWNER)
        if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", OWNER):
            # The verifier, not the password, goes over the wire: no log can hold it.
            verifier = connection.pgconn.encrypt_password(
                record.secrets["password"].encode(), OWNER.encode(), b"scram-sha-256"
            )
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                    owner, sql.Literal(verifier.decode())
                )
            )
        if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), owner)
            )


def _exists(connection: psycopg.Connection, question: str, name: str) -> bool:
    return connection.execute(question.encode(), [name]).fetchone() is not None


def _url(user: str, password: str, port: int, database: str) -> str:
    return f"postgresql://{user}:{quote(password)}@{HOST}:{port}/{database}"
