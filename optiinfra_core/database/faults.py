"""What the Postgres driver raises -> our errors, at this one place."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class _Rule:
    """Which of the driver's errors become which of ours; the first rule that fits holds."""

    driver: tuple[type[psycopg.Error], ...]
    ours: type[OptiInfraError]
    detail: str
    remedy: str | None = None
    # libpq reports a refused log-in without an SQLSTATE (psycopg 3.3): there are only words.
    words: tuple[str, ...] = ()

    def fits(self, error: psycopg.Error, said: str) -> bool:
        if not isinstance(error, self.driver):
            return False
        if not self.words:
            return True
        return error.sqlstate is None and any(words in said for words in self.words)


_REFUSED = "Postgres refuses the connection: {said}"
_CHECK_URL = "Check user, password, host and database in OPTIINFRA_POSTGRES_URL."
_RULES = (
    _Rule((pg.UniqueViolation,), Conflict, "it exists already ({constraint})"),
    _Rule((pg.ForeignKeyViolation,), NotFound, "{said}"),
    _Rule(
        (pg.CheckViolation, pg.NotNullViolation, psycopg.DataError),
        InvalidRequest,
        "Postgres refuses the value: {said}",
    ),
    _Rule(
        (pg.UndefinedTable, pg.InvalidSchemaName, pg.UndefinedColumn, pg.UndefinedFunction),
        ConfigurationError,
        "the database lacks part of the schema: {said}",
        "Run `optiinfra migrate`, then start again.",
    ),
    _Rule(
        (pg.InvalidPassword, pg.InvalidAuthorizationSpecification, pg.InvalidCatalogName),
        ConfigurationError,
        _REFUSED,
        _CHECK_URL,
    ),
    _Rule(
        (psycopg.OperationalError,),
        ConfigurationError,
        _REFUSED,
        _CHECK_URL,
        (
            "password authentication failed",
            "no password supplied",
            "no pg_hba.conf entry",
            'database "',
            'role "',
            "Servname not supported",
        ),
    ),
    _Rule(
        (psycopg.ProgrammingError,),
        ConfigurationError,
        _REFUSED,
        _CHECK_URL,
        ('missing "="', "invalid connection option", "invalid URI", "invalid port", "URI"),
    ),
    _Rule(
        (pg.InsufficientPrivilege,),
        ConfigurationError,
        "the Postgres role lacks a right: {said}",
        "Connect as the role that owns the schema optiinfra.",
    ),
    _Rule(
        (psycopg.OperationalError, psycopg.InterfaceError),
        Transient,
        "Postgres did not answer: {said}",
        "Check that Postgres runs and is reachable; `optiinfra doctor` looks.",
    ),
    _Rule((psycopg.Error,), Permanent, "Postgres refuses the statement: {said}"),
)


def translate(error: psycopg.Error) -> OptiInfraError:
    """Our error for the driver's; its text is scrubbed."""
    said = " ".join(scrub(error.diag.message_primary or str(error)).split())
    rule = next(rule for rule in _RULES if rule.fits(error, said))
    detail = rule.detail.format(said=said, constraint=error.diag.constraint_name)
    return rule.ours(detail, remedy=rule.remedy)


@contextmanager
def translated() -> Iterator[None]:
    """Everything the driver raises inside leaves as our error."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error) from None
