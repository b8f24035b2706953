"""What the Postgres driver raises -> our errors, at this one place."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors as pg

from optiinfra_core.errors import (
    ConfigurationError,
    Conflict,
    InvalidRequest,
    NotFound,
    OptiInfraError,
    Permanent,
    Transient,
)
from optiinfra_core.redaction import scrub

_REFUSED_AT_THE_DOOR = (
    pg.InvalidPassword,
    pg.InvalidAuthorizationSpecification,
    pg.InvalidCatalogName,
)
# libpq reports a refused log-in without an SQLSTATE (psycopg 3.3, connection errors), by words.
_DOOR_WORDS = (
    "password authentication failed",
    "no pg_hba.conf entry",
    "does not exist",
    "invalid connection option",
    "invalid URI",
    'missing "="',
)
_SCHEMA_MISSING = (
    pg.UndefinedTable,
    pg.InvalidSchemaName,
    pg.UndefinedColumn,
    pg.UndefinedFunction,
)
_PASSING = (psycopg.OperationalError, psycopg.InterfaceError)


def translate(error: psycopg.Error) -> OptiInfraError:
    """Our error for the driver's; its text is scrubbed."""
    said = scrub(error.diag.message_primary or str(error)).strip()
    if isinstance(error, pg.UniqueViolation):
        return Conflict(f"it exists already ({error.diag.constraint_name})")
    if isinstance(error, pg.ForeignKeyViolation):
        return NotFound(f"Postgres: {said}")
    if isinstance(error, (pg.CheckViolation, pg.NotNullViolation, psycopg.DataError)):
        return InvalidRequest(f"Postgres refuses the value: {said}")
    if isinstance(error, _SCHEMA_MISSING):
        return ConfigurationError(
            f"the database lacks part of the schema: {said}",
            remedy="Run `optiinfra migrate`, then start again.",
        )
    if isinstance(error, _REFUSED_AT_THE_DOOR) or _says_refused(error, said):
        return ConfigurationError(
            f"Postgres refuses the connection: {said}",
            remedy="Check user, password, host and database in OPTIINFRA_POSTGRES_URL.",
        )
    if isinstance(error, pg.InsufficientPrivilege):
        return ConfigurationError(
            f"the Postgres role lacks a right: {said}",
            remedy="Connect as the role that owns the schema optiinfra.",
        )
    if isinstance(error, _PASSING):
        return Transient(
            f"Postgres did not answer: {said}",
            remedy="Check that Postgres runs and is reachable; `optiinfra doctor` looks.",
        )
    return Permanent(f"Postgres refuses the statement: {said}")


def _says_refused(error: psycopg.Error, said: str) -> bool:
    connecting = isinstance(error, psycopg.OperationalError) and error.sqlstate is None
    malformed = isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None
    return (connecting or malformed) and any(words in said for words in _DOOR_WORDS)


@contextmanager
def translated() -> Iterator[None]:
    """Everything the driver raises inside leaves as our error."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error) from None
