"""API keys: made once, stored as a keyed hash, bound to scopes and customers."""

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from psycopg.rows import DictRow
from pydantic import SecretBytes, SecretStr

from optiinfra_core.database import Connection, Database
from optiinfra_core.database.audit import AuditEvent, append
from optiinfra_core.errors import CredentialRejected, InvalidRequest, NotFound
from optiinfra_core.windows import Clock

ADMIN = "admin"
ALL_CUSTOMERS = "*"
SCOPES = (
    "costs:read",
    "performance:read",
    "resources:read",
    "applications:read",
    "applications:text",
    "applications:write",
    "collect:trigger",
    "credentials:write",
    "analytics:read",
    "metrics:read",
    ADMIN,
)

TOKEN = re.compile(r"oi_([a-z0-9]{1,12})_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
PROVIDER = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_ID_LETTERS = string.ascii_lowercase + string.digits
_ID_LENGTH = 12
_SECRET_BYTES = 32
_REMEDY = "Send a key that is neither revoked nor expired; `optiinfra keys create` makes one."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key to be made. ``customers``: slugs, or ("*",) for all, also those added later.

    ``default_provider``: the cloud of applications whose calls do not tell theirs; empty for none.
    """

    name: str
    scopes: tuple[str, ...]
    customers: tuple[str, ...]
    expires_at: datetime | None = None
    default_provider: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What a key may do; the secret is not in here."""

    id: str
    name: str
    scopes: tuple[str, ...]
    customers: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    default_provider: str = ""

    def may(self, scope: str) -> bool:
        """Whether the key has the scope; ``admin`` has every scope."""
        return scope in self.scopes or ADMIN in self.scopes

    def reaches(self, customer_slug: str) -> bool:
        """Whether the key is bound to the customer, or to all."""
        return customer_slug in self.customers or ALL_CUSTOMERS in self.customers


_ADD = """
INSERT INTO optiinfra.api_keys
    (id, name, digest, scopes, customers, created_at, expires_at, default_provider)
VALUES
    (%(id)s, %(name)s, %(digest)s, %(scopes)s, %(customers)s, %(now)s, %(expires_at)s,
     %(default_provider)s)
RETURNING *
"""
_UNKNOWN_CUSTOMERS = """
SELECT asked.slug FROM unnest(%s::text[]) AS asked (slug)
WHERE NOT EXISTS (
    SELECT FROM optiinfra.customers AS known
    WHERE known.slug = asked.slug AND known.status <> 'deleted'
)
"""
_GET = "SELECT * FROM optiinfra.api_keys WHERE id = %s"
_LIST = "SELECT * FROM optiinfra.api_keys ORDER BY created_at, id"
_REVOKE = """
UPDATE optiinfra.api_keys SET revoked_at = coalesce(revoked_at, %s) WHERE id = %s RETURNING *
"""
_TOUCH = """
UPDATE optiinfra.api_keys SET last_used_at = %(now)s
WHERE id = %(id)s AND (last_used_at IS NULL OR last_used_at <= %(now)s - interval '15 minutes')
"""


class ApiKeys:
    """The API keys of this installation; ``pepper`` keeps a stolen table from being of use."""

    def __init__(self, db: Database, pepper: SecretBytes, environment: str, clock: Clock) -> None:
        self._db = db
        self._pepper = pepper
        self._environment = environment
        self._clock = clock

    def create(self, new: NewKey, *, actor: str = "operator") -> tuple[ApiKey, SecretStr]:
        """The key and its token; the token is shown now or never.

        Raises:
            InvalidRequest: no scope or customer, an unknown scope, an end in the past.
            NotFound: a customer that does not exist.
        """
        self._check(new)
        key_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        values = {
            "id": key_id,
            "name": new.name,
            "digest": self._digest(key_id, secret),
            "scopes": list(dict.fromkeys(new.scopes)),
            "customers": list(dict.fromkeys(new.customers)),
            "now": self._clock.now(),
            "expires_at": new.expires_at,
            "default_provider": new.default_provider,
        }
        with self._db.operator() as connection:
            _check_customers(connection, new.customers)
            key = _one(connection, _ADD, values)
            detail = {"scopes": list(key.scopes), "customers": list(key.customers)}
            append(connection, _event(key, "created", actor, detail))
        return key, SecretStr(f"oi_{self._environment}_{key_id}_{secret}")

    def authenticate(self, token: str) -> ApiKey:
        """The key that ``token`` is.

        Raises:
            CredentialRejected: it is malformed, unknown, revoked or expired. Only who holds the
                right secret learns which of the last two.
        """
        shape = TOKEN.fullmatch(token)
        environment, key_id, secret = shape.groups() if shape else ("", "", "")
        if environment != self._environment:
            raise CredentialRejected("this is no API key of this installation", remedy=_REMEDY)
        with self._db.operator() as connection:
            row = connection.execute(_GET, (key_id,)).fetchone()
            due = row["digest"] if row else bytes(hashlib.sha256().digest_size)
            if not hmac.compare_digest(due, self._digest(key_id, secret)) or row is None:
                raise CredentialRejected("the API key is not valid", remedy=_REMEDY)
            key = _key_of(row)
            self._check_alive(key)
            connection.execute(_TOUCH, {"id": key.id, "now": self._clock.now()})
        return key

    def get(self, key_id: str) -> ApiKey:
        """The key with this id; revoked and expired ones too.

        Raises:
            NotFound: there is none.
        """
        with self._db.operator() as connection:
            return _found(connection.execute(_GET, (key_id,)).fetchone(), key_id)

    def list(self) -> tuple[ApiKey, ...]:
        """Every key, also revoked and expired ones, oldest first."""
        with self._db.operator() as connection:
            return tuple(_key_of(row) for row in connection.execute(_LIST).fetchall())

    def revoke(self, key_id: str, *, actor: str = "operator") -> ApiKey:
        """End a key now; revoking it again changes nothing.

        Raises:
            NotFound: there is none with this id.
        """
        with self._db.operator() as connection:
            before = _found(connection.execute(_GET, (key_id,)).fetchone(), key_id)
            if before.revoked_at is not None:
                return before
            row = connection.execute(_REVOKE, (self._clock.now(), key_id)).fetchone()
            key = _found(row, key_id)
            append(connection, _event(key, "revoked", actor, {}))
        return key

    def _digest(self, key_id: str, secret: str) -> bytes:
        # The id is hashed along: a digest copied onto another key's row does not open it.
        return hmac.digest(self._pepper.get_secret_value(), f"{key_id}:{secret}".encode(), "sha256")

    def _check(self, new: NewKey) -> None:
        if not new.name.strip() or not new.scopes or not new.customers:
            raise InvalidRequest(
                "a key needs a name, a scope and a customer",
                remedy=f"Scopes are {', '.join(SCOPES)}; the customer '*' means all.",
            )
        unknown = [scope for scope in new.scopes if scope not in SCOPES]
        if unknown:
            raise InvalidRequest(
                f"there is no scope {', '.join(map(repr, unknown))}",
                remedy=f"Use {', '.join(SCOPES)}.",
            )
        if new.default_provider and not PROVIDER.fullmatch(new.default_provider):
            raise InvalidRequest(
                f"{new.default_provider[:64]!r} cannot be a provider",
                remedy="Name one by its slug: aws, azure, gcp, vultr.",
            )
        if new.expires_at is not None and new.expires_at <= self._clock.now():
            raise InvalidRequest("the key would have expired already", remedy="Name a later end.")

    def _check_alive(self, key: ApiKey) -> None:
        if key.revoked_at is not None:
            raise CredentialRejected("the API key was revoked", remedy=_REMEDY)
        if key.expires_at is not None and key.expires_at <= self._clock.now():
            raise CredentialRejected("the API key has expired", remedy=_REMEDY)


def _check_customers(connection: Connection, customers: tuple[str, ...]) -> None:
    named = [slug for slug in customers if slug != ALL_CUSTOMERS]
    unknown = connection.execute(_UNKNOWN_CUSTOMERS, (named,)).fetchall()
    if unknown:
        raise NotFound(f"there is no customer {', '.join(repr(row['slug']) for row in unknown)}")


def _key_of(row: DictRow) -> ApiKey:
    told = {name: row[name] for name in ApiKey.__slots__}
    told["scopes"], told["customers"] = tuple(row["scopes"]), tuple(row["customers"])
    return ApiKey(**told)


def _found(row: DictRow | None, key_id: str) -> ApiKey:
    if row is None:
        raise NotFound(f"there is no API key {key_id!r}")
    return _key_of(row)


def _one(connection: Connection, statement: LiteralString, values: Mapping[str, object]) -> ApiKey:
    return _found(connection.execute(statement, values).fetchone(), str(values["id"]))


def _event(key: ApiKey, action: str, actor: str, detail: Mapping[str, object]) -> AuditEvent:
    return AuditEvent(
        subject_type="api_key", subject_id=key.id, action=action, actor=actor, detail=detail
    )
