"""Customers: added, deactivated, deleted with everything Postgres holds of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from optiinfra_core.database import Connection, Database
from optiinfra_core.database.audit import AuditEvent, append
from optiinfra_core.errors import Conflict, InvalidRequest, NotFound

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A tenant; ``slug`` is its customer_id everywhere and is never given to another.

    ``judge_budget_usd``: US dollars a month that judging its applications may cost; None means as
    the installation's settings say.
    """

    id: UUID
    slug: str
    name: str
    status: str
    created_at: datetime
    judge_budget_usd: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """How many rows of each kind a deletion took away."""

    credentials: int
    api_keys: int
    source_states: int
    tasks: int
    results: int
    applications: int = 0
    erasures: int = 0
    judging: int = 0
    events: int = 0


_ADD = """
INSERT INTO optiinfra.customers (slug, name) VALUES (%s, %s)
ON CONFLICT (slug) DO NOTHING
RETURNING id, slug, name, status, created_at, judge_budget_usd
"""
_BY_SLUG = """
SELECT id, slug, name, status, created_at, judge_budget_usd FROM optiinfra.customers
WHERE slug = %s AND status <> 'deleted'
"""
_BY_ID = """
SELECT id, slug, name, status, created_at, judge_budget_usd FROM optiinfra.customers
WHERE id = %s AND status <> 'deleted'
"""
_LIST = """
SELECT id, slug, name, status, created_at, judge_budget_usd FROM optiinfra.customers
WHERE status <> 'deleted' ORDER BY slug
"""
_SET_STATUS = """
UPDATE optiinfra.customers SET status = %s WHERE slug = %s
RETURNING id, slug, name, status, created_at, judge_budget_usd
"""
_SET_JUDGE_BUDGET = """
UPDATE optiinfra.customers SET judge_budget_usd = %s WHERE slug = %s AND status <> 'deleted'
RETURNING id, slug, name, status, created_at, judge_budget_usd
"""
_BURY = """
UPDATE optiinfra.customers SET status = 'deleted', name = '', deleted_at = clock_timestamp()
WHERE slug = %s AND status <> 'deleted'
"""
_UNBIND_KEYS = """
UPDATE optiinfra.api_keys SET customers = array_remove(customers, %(slug)s)
WHERE %(slug)s = ANY (customers) AND cardinality(customers) > 1
"""
_DELETE_KEYS = "DELETE FROM optiinfra.api_keys WHERE customers = ARRAY[%(slug)s]"
# What is deleted of a customer, under the name that it is counted by.
_DELETE_ROWS: Mapping[str, tuple[LiteralString, ...]] = {
    "credentials": ("DELETE FROM optiinfra.cloud_credentials WHERE customer_id = %(slug)s",),
    "source_states": ("DELETE FROM optiinfra.source_state WHERE customer_id = %(slug)s",),
    "tasks": ("DELETE FROM optiinfra.collection_tasks WHERE customer_id = %(slug)s",),
    "results": ("DELETE FROM optiinfra.collection_results WHERE customer_id = %(slug)s",),
    "applications": ("DELETE FROM optiinfra.applications WHERE customer_id = %(slug)s",),
    "erasures": (
        "DELETE FROM optiinfra.erasures WHERE customer_id = %(slug)s",
        "DELETE FROM optiinfra.erased_calls WHERE customer_id = %(slug)s",
    ),
    "judging": (
        "DELETE FROM optiinfra.judge_reservations WHERE customer_id = %(slug)s",
        "DELETE FROM optiinfra.judge_spending WHERE customer_id = %(slug)s",
        "DELETE FROM optiinfra.judge_batches WHERE customer_id = %(slug)s",
        "DELETE FROM optiinfra.quality_alarms WHERE customer_id = %(slug)s",
        "DELETE FROM optiinfra.judge_emissions WHERE customer_id = %(slug)s",
    ),
    "events": ("DELETE FROM optiinfra.events WHERE customer_id = %(slug)s",),
}


class Customers:
    """The tenants of this installation."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, slug: str, name: str, *, actor: str = "operator") -> Customer:
        """A new active customer.

        Raises:
            InvalidRequest: the slug is malformed, or reads as a UUID.
            Conflict: the slug is taken, or was taken by a customer that was deleted.
        """
        _check_slug(slug)
        with self._db.operator() as connection:
            added = _one(connection, _ADD, slug, name)
            if added is None:
                raise Conflict(
                    f"the customer id {slug!r} is taken, or was once",
                    remedy="Choose another: an id is never used twice, not even after deletion.",
                )
            append(connection, _event(slug, "created", actor))
        return added

    def get(self, slug_or_uuid: str) -> Customer:
        """The customer with this slug or UUID.

        Raises:
            NotFound: there is none, or it was deleted.
        """
        identity = _as_uuid(slug_or_uuid)
        with self._db.operator() as connection:
            if identity is None:
                found = _one(connection, _BY_SLUG, slug_or_uuid)
            else:
                found = _one(connection, _BY_ID, identity)
        if found is None:
            raise NotFound(f"there is no customer {slug_or_uuid!r}")
        return found

    def list(self) -> tuple[Customer, ...]:
        """Every customer that was not deleted, by slug."""
        with (
            self._db.operator() as connection,
            connection.cursor(row_factory=class_row(Customer)) as cursor,
        ):
            return tuple(cursor.execute(_LIST).fetchall())

    def deactivate(self, slug_or_uuid: str, *, actor: str = "operator") -> Customer:
        """Stop collecting for the customer; what was collected stays readable."""
        return self._set_status(slug_or_uuid, "inactive", "deactivated", actor)

    def activate(self, slug_or_uuid: str, *, actor: str = "operator") -> Customer:
        """Collect for the customer again."""
        return self._set_status(slug_or_uuid, "active", "activated", actor)

    def set_judge_budget(
        self, slug_or_uuid: str, usd: Decimal | None, *, actor: str = "operator"
    ) -> Customer:
        """What judging the customer's applications may cost a month; None: as the settings say.

        Raises:
            InvalidRequest: it is below nothing.
            NotFound: there is no such customer.
        """
        before = self.get(slug_or_uuid)
        with self._db.operator() as connection:
            changed = _one(connection, _SET_JUDGE_BUDGET, usd, before.slug)
            told = {"before": _money(before.judge_budget_usd), "after": _money(usd)}
            append(connection, _event(before.slug, "judge_budget_set", actor, told))
        if changed is None:
            raise NotFound(f"there is no customer {before.slug!r}")
        return changed

    def delete(self, slug_or_uuid: str, *, actor: str = "operator") -> Removed:
        """Remove all that Postgres holds of the customer, at once and for good.

        Its slug stays taken and its audit rows stay. Rows in ClickHouse are the caller's part.
        """
        slug = self.get(slug_or_uuid).slug
        with self._db.operator() as connection:
            # First of all: inserts of runs under way wait here, then find the customer deleted.
            if connection.execute(_BURY, (slug,)).rowcount == 0:
                raise NotFound(f"there is no customer {slug!r}")
            removed = _remove_rows(connection, slug)
            detail = {name: getattr(removed, name) for name in Removed.__slots__}
            append(connection, _event(slug, "deleted", actor, detail))
        return removed

    def _set_status(self, slug_or_uuid: str, status: str, action: str, actor: str) -> Customer:
        slug = self.get(slug_or_uuid).slug
        with self._db.operator() as connection:
            changed = _one(connection, _SET_STATUS, status, slug)
            append(connection, _event(slug, action, actor))
        if changed is None:
            raise NotFound(f"there is no customer {slug!r}")
        return changed


def _money(usd: Decimal | None) -> str | None:
    return None if usd is None else str(usd)


def _check_slug(slug: str) -> None:
    if not SLUG.fullmatch(slug) or _as_uuid(slug) is not None:
        raise InvalidRequest(
            f"{slug!r} cannot be a customer id",
            remedy="Use 1 to 63 of a-z, 0-9 and '-', beginning with a letter or digit; no UUID.",
        )


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _remove_rows(connection: Connection, slug: str) -> Removed:
    names = {"slug": slug}
    connection.execute(_UNBIND_KEYS, names)
    keys = connection.execute(_DELETE_KEYS, names).rowcount
    removed = {
        kind: sum(connection.execute(statement, names).rowcount for statement in statements)
        for kind, statements in _DELETE_ROWS.items()
    }
    return Removed(api_keys=keys, **removed)


def _one(connection: Connection, statement: LiteralString, *params: object) -> Customer | None:
    with connection.cursor(row_factory=class_row(Customer)) as cursor:
        return cursor.execute(statement, params).fetchone()


def _event(
    slug: str, action: str, actor: str, detail: Mapping[str, object] | None = None
) -> AuditEvent:
    return AuditEvent(
        subject_type="customer",
        subject_id=slug,
        customer_id=slug,
        action=action,
        actor=actor,
        detail=detail or {},
    )
