"""An API key opens what it was made for, for as long as it lives."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from pydantic import SecretBytes

from optiinfra_core.database import Database
from optiinfra_core.database.audit import entries
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.errors import CredentialRejected, InvalidRequest, NotFound
from optiinfra_core.redaction import scrub
from optiinfra_core.tenancy.api_keys import SCOPES, TOKEN, ApiKey, ApiKeys, NewKey
from optiinfra_core.windows import FixedClock

PEPPER = SecretBytes(b"p" * 32)


@pytest.fixture
def keys(database: Database, clock: FixedClock) -> ApiKeys:
    """The module's keys."""
    return ApiKeys(database, PEPPER, "test", clock)


@pytest.fixture
def wanted(acme: str) -> NewKey:
    """A key for one customer's costs."""
    return NewKey(name="dashboard", scopes=("costs:read",), customers=(acme,))


def test_a_token_authenticates_as_its_key(keys: ApiKeys, wanted: NewKey) -> None:
    """The token has the documented shape and does not print by accident."""
    key, token = keys.create(wanted)
    told = token.get_secret_value()
    shape = TOKEN.fullmatch(told)
    assert shape is not None
    assert shape.groups()[:2] == ("test", key.id)
    assert replace(keys.authenticate(told), last_used_at=None) == key
    assert told not in f"{token!r} {key!r}"
    assert told[-20:] not in scrub(f"GET /x authorization: Bearer {told}")


def test_scopes_and_customers_bind(keys: ApiKeys, wanted: NewKey, acme: str, globex: str) -> None:
    """A key may what it says; admin may everything; the star reaches everyone."""
    key, _ = keys.create(wanted)
    assert [scope for scope in SCOPES if key.may(scope)] == ["costs:read"]
    assert (key.reaches(acme), key.reaches(globex)) == (True, False)
    admin, _ = keys.create(replace(wanted, scopes=("admin",), customers=("*",)))
    assert all(admin.may(scope) for scope in SCOPES)
    assert admin.reaches(globex)


def test_nothing_in_the_table_opens_anything(
    keys: ApiKeys, wanted: NewKey, postgres: PostgresEndpoint
) -> None:
    """The secret is not stored, and the digest of one key copied to another does not help."""
    key, token = keys.create(wanted)
    other, _ = keys.create(wanted)
    secret = token.get_secret_value().rsplit("_", 1)[-1]
    with psycopg.connect(postgres.url.get_secret_value()) as connection:
        connection.execute("SELECT set_config('optiinfra.operator', 'on', false)")
        rows = str(connection.execute("SELECT k::text FROM optiinfra.api_keys AS k").fetchall())
        assert key.id in rows
        assert secret not in rows
        connection.execute(
            "UPDATE optiinfra.api_keys AS mine SET digest = theirs.digest"
            " FROM optiinfra.api_keys AS theirs WHERE mine.id = %s AND theirs.id = %s",
            (other.id, key.id),
        )
    with pytest.raises(CredentialRejected):
        keys.authenticate(token.get_secret_value().replace(key.id, other.id))


def test_another_pepper_opens_nothing(
    keys: ApiKeys, wanted: NewKey, database: Database, clock: FixedClock
) -> None:
    """Whoever has the table but not the pepper cannot make a digest that fits."""
    _, token = keys.create(wanted)
    stranger = ApiKeys(database, SecretBytes(b"q" * 32), "test", clock)
    with pytest.raises(CredentialRejected, match="not valid"):
        stranger.authenticate(token.get_secret_value())


def test_malformed_and_unknown_tokens_are_refused(keys: ApiKeys, wanted: NewKey) -> None:
    """Each kind of wrong token, in the same words as far as the caller may know."""
    _, token = keys.create(wanted)
    good = token.get_secret_value()
    for wrong in ("", "x", good[:-1], good + "A", f" {good}", good.upper(), f"{good}\n"):
        with pytest.raises(CredentialRejected, match="no API key of this installation"):
            keys.authenticate(wrong)
    with pytest.raises(CredentialRejected, match="no API key of this installation"):
        keys.authenticate(good.replace("oi_test_", "oi_prod_"))
    for wrong in (good[:-1] + ("A" if good[-1] != "A" else "B"), f"oi_test_{'0' * 12}_{'A' * 43}"):
        with pytest.raises(CredentialRejected, match="not valid"):
            keys.authenticate(wrong)


def test_a_key_expires_at_its_instant(keys: ApiKeys, wanted: NewKey, clock: FixedClock) -> None:
    """One second before it works, at the instant it does not."""
    end = clock.now() + timedelta(hours=1)
    _, token = keys.create(replace(wanted, expires_at=end))
    clock.advance(timedelta(minutes=59, seconds=59))
    keys.authenticate(token.get_secret_value())
    clock.advance(timedelta(seconds=1))
    with pytest.raises(CredentialRejected, match="expired"):
        keys.authenticate(token.get_secret_value())


def test_a_revoked_key_is_refused(keys: ApiKeys, wanted: NewKey, clock: FixedClock) -> None:
    """At once; revoking again keeps the first instant."""
    key, token = keys.create(wanted)
    revoked = keys.revoke(key.id)
    assert revoked.revoked_at == clock.now()
    clock.advance(timedelta(hours=1))
    assert keys.revoke(key.id) == revoked
    with pytest.raises(CredentialRejected, match="revoked"):
        keys.authenticate(token.get_secret_value())
    with pytest.raises(NotFound):
        keys.revoke("0" * 12)


def test_who_lacks_the_secret_does_not_learn_that_a_key_was_revoked(
    keys: ApiKeys, wanted: NewKey
) -> None:
    """A guess at a revoked key is told like any other guess."""
    key, _ = keys.create(wanted)
    keys.revoke(key.id)
    with pytest.raises(CredentialRejected, match="not valid"):
        keys.authenticate(f"oi_test_{key.id}_{'A' * 43}")


def test_use_is_noted_once_in_fifteen_minutes(
    keys: ApiKeys, wanted: NewKey, clock: FixedClock
) -> None:
    """Not every request writes."""
    key, token = keys.create(wanted)
    first = clock.now()
    for _ in range(3):
        keys.authenticate(token.get_secret_value())
        clock.advance(timedelta(minutes=5))
        assert keys.get(key.id).last_used_at == first
    keys.authenticate(token.get_secret_value())
    assert keys.get(key.id).last_used_at == clock.now()


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"scopes": ()},
        {"scopes": ("costs:write",)},
        {"customers": ()},
    ],
)
def test_a_key_without_meaning_is_not_made(
    keys: ApiKeys, wanted: NewKey, change: dict[str, tuple[str, ...]]
) -> None:
    """A name, known scopes and customers are needed."""
    with pytest.raises(InvalidRequest):
        keys.create(replace(wanted, **change))  # type: ignore[arg-type]


def test_a_key_for_nobody_or_for_yesterday_is_not_made(
    keys: ApiKeys, wanted: NewKey, clock: FixedClock
) -> None:
    """The customer must exist, and the end must lie ahead."""
    with pytest.raises(NotFound, match="'nobody'"):
        keys.create(replace(wanted, customers=(*wanted.customers, "nobody")))
    with pytest.raises(InvalidRequest):
        keys.create(replace(wanted, expires_at=clock.now()))


def test_creation_and_revocation_are_on_record(
    keys: ApiKeys, wanted: NewKey, database: Database
) -> None:
    """Who made the key, for what, and who ended it; listed with all others."""
    key, _ = keys.create(wanted, actor="ann")
    revoked: ApiKey = keys.revoke(key.id, actor="bob")
    assert revoked in keys.list()
    with database.operator() as connection:
        told = entries(connection, "api_key", key.id)
    assert [(entry.actor, entry.action) for entry in told] == [
        ("ann", "created"), ("bob", "revoked"),
    ]  # fmt: skip
    assert told[0].detail == {"scopes": ["costs:read"], "customers": list(wanted.customers)}
