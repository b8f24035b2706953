"""Credentials go in and come out for their owner; everything that is done to them is on record."""

import json
from dataclasses import fields
from datetime import timedelta
from typing import LiteralString

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from optiinfra_core.collecting.contract import Verification
from optiinfra_core.database import Database
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.errors import (
    ConfigurationError,
    Conflict,
    CredentialRejected,
    InvalidRequest,
    NotFound,
    Permanent,
    PermissionMissing,
    Transient,
)
from optiinfra_core.redaction import scrub
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.vault.credentials import CredentialRecord, Vault
from optiinfra_core.windows import FixedClock
from tests.core.vault.cloud_key import PLANTED, CloudKey, cloud_key

FOUND = Verification(
    account_id="111111111111",
    principal="arn:aws:iam::111111111111:user/reader",
    permissions_found=("ec2:Describe*",),
    permissions_missing=("ce:GetCostAndUsage",),
)


@pytest.fixture
def record(vault: Vault, acme: str) -> CredentialRecord:
    """A credential that was just added."""
    return vault.add(acme, "aws", cloud_key(), "production", "ann")


def opened(vault: Vault, record: CredentialRecord) -> str:
    """The secret that the vault gives out now."""
    with vault.open(record.id, CloudKey, "test") as credential:
        return credential.secret.get_secret_value()


def actions(vault: Vault, record: CredentialRecord) -> list[str]:
    """What the audit log says was done."""
    return [entry.action for entry in vault.audit(record.id)]


def sealed_rows(database: Database, record: CredentialRecord) -> list[tuple[int, bytes, str]]:
    """(revision, blob, key id) of what is sealed for a credential."""
    with database.operator() as connection:
        found = connection.execute(
            "SELECT revision, blob, kek_id FROM optiinfra.credential_revisions"
            " WHERE credential_id = %s ORDER BY revision",
            (record.id,),
        ).fetchall()
    return [(row["revision"], bytes(row["blob"]), row["kek_id"]) for row in found]


def test_what_was_added_opens_again(vault: Vault, record: CredentialRecord) -> None:
    """Whole, with its nested parts, under its own type."""
    with vault.open(str(record.id), CloudKey, "run-1") as credential:
        assert credential == cloud_key()


def test_a_record_tells_everything_but_the_secret(vault: Vault, record: CredentialRecord) -> None:
    """New credentials are unverified; no field of the record holds a secret."""
    assert (record.status, record.revision, record.label) == ("unverified", 1, "production")
    assert record.configuration["export"] == {"bucket": "bills"}
    assert vault.get(record.id) == record
    told = json.dumps({field.name: str(getattr(record, field.name)) for field in fields(record)})
    assert not any(secret in told for secret in PLANTED)


def test_no_secret_is_readable_in_the_database(
    record: CredentialRecord, postgres: PostgresEndpoint
) -> None:
    """Every column of every table of ours, as the owner reads them."""
    with psycopg.connect(postgres.url.get_secret_value()) as connection:
        connection.execute("SELECT set_config('optiinfra.operator', 'on', false)")
        tables = connection.execute(
            "SELECT relname FROM pg_class"
            " WHERE relnamespace = 'optiinfra'::regnamespace AND relkind = 'r'"
        ).fetchall()
        read = SQL("SELECT coalesce(string_agg(t::text, ''), '') FROM optiinfra.{} AS t")
        written = "".join(
            str(connection.execute(read.format(Identifier(name))).fetchall()) for (name,) in tables
        )
    assert len(tables) >= 9
    assert str(record.id) in written
    for secret in PLANTED:
        assert secret not in written
        assert secret.encode().hex() not in written


def test_an_unknown_customer_gets_no_credential(vault: Vault) -> None:
    """Nothing is written for a customer that does not exist."""
    with pytest.raises(NotFound):
        vault.add("nobody", "aws", cloud_key(), "x", "ann")
    with pytest.raises(InvalidRequest):
        vault.add("nobody", "aws", cloud_key(), " ", "ann")


def test_customers_reach_their_own_credentials_only(
    vault: Vault, record: CredentialRecord, acme: str, globex: str
) -> None:
    """Another customer's credential does not exist, whatever is tried."""
    assert vault.get(record.id, customer=acme) == record
    assert vault.list(acme) == (record,)
    assert vault.list(globex) == ()
    for attempt in (vault.get, vault.audit):
        with pytest.raises(NotFound):
            attempt(record.id, customer=globex)
    with pytest.raises(NotFound):
        vault.delete(record.id, "eve", customer=globex)
    assert opened(vault, record) == PLANTED[0]


@pytest.mark.parametrize("name", ["not-a-uuid", "", "0a78eba4-c4ca-478b-a75e-24e99bdbe536"])
def test_an_unknown_credential_is_not_found(vault: Vault, name: str) -> None:
    """Malformed ids are unknown ids."""
    with pytest.raises(NotFound):
        vault.get(name)
    with pytest.raises(NotFound), vault.open(name, CloudKey, "x"):
        pytest.fail("opened")


def test_a_row_swapped_with_anothers_does_not_open(
    vault: Vault, record: CredentialRecord, globex: str, database: Database
) -> None:
    """Copying the sealed columns of one customer's row into another's gives nothing away."""
    other = vault.add(globex, "aws", cloud_key("other-secret-value"), "x", "bob")
    with database.operator() as connection:
        connection.execute(
            "UPDATE optiinfra.credential_revisions AS mine"
            " SET blob = theirs.blob, wrapped_dek = theirs.wrapped_dek, kek_id = theirs.kek_id"
            " FROM optiinfra.credential_revisions AS theirs"
            " WHERE mine.credential_id = %s AND theirs.credential_id = %s",
            (other.id, record.id),
        )
    with pytest.raises(ConfigurationError), vault.open(other.id, CloudKey, "run-1"):
        pytest.fail("opened")
    assert actions(vault, other) == ["created", "open_refused"]


@pytest.mark.parametrize(
    "edit",
    [
        """UPDATE optiinfra.cloud_credentials
           SET configuration = configuration || '{"key_id": "elsewhere"}' WHERE id = %s""",
        """UPDATE optiinfra.credential_revisions
           SET blob = set_byte(blob, 20, 255 - get_byte(blob, 20)) WHERE credential_id = %s""",
        "DELETE FROM optiinfra.credential_revisions WHERE credential_id = %s",
    ],
)
def test_an_edited_row_does_not_open(
    vault: Vault, record: CredentialRecord, database: Database, edit: LiteralString
) -> None:
    """Neither the sealed bytes nor the configuration beside them can be changed unnoticed."""
    with database.operator() as connection:
        connection.execute(edit, (record.id,))
    with pytest.raises(Permanent, match=str(record.id)), vault.open(record.id, CloudKey, "x"):
        pytest.fail("opened")


def test_an_opened_secret_is_known_to_redaction(vault: Vault, acme: str) -> None:
    """Text that holds it is clean from then on, also for secrets without a known shape."""
    record = vault.add(acme, "aws", cloud_key("correct horse battery"), "x", "ann")
    with vault.open(record.id, CloudKey, "x") as credential:
        said = scrub(f"provider said: {credential.secret.get_secret_value()} is wrong")
    assert said == "provider said: [redacted] is wrong"


def test_use_is_noted_once_in_fifteen_minutes(
    vault: Vault, record: CredentialRecord, clock: FixedClock
) -> None:
    """Every opening is audited, the time of use is written sparingly."""
    first = clock.now()
    opened(vault, record)
    clock.advance(timedelta(minutes=14))
    opened(vault, record)
    assert vault.get(record.id).last_used_at == first
    clock.advance(timedelta(minutes=1))
    opened(vault, record)
    assert vault.get(record.id).last_used_at == clock.now()
    assert actions(vault, record) == ["created", "opened", "opened", "opened"]


def test_a_verification_is_written_down(
    vault: Vault, record: CredentialRecord, clock: FixedClock
) -> None:
    """Account, principal and permissions of a success."""
    seen = vault.record_verification(record.id, FOUND)
    assert (seen.status, seen.account_id, seen.principal) == (
        "verified", FOUND.account_id, FOUND.principal,
    )  # fmt: skip
    assert seen.permissions_found == FOUND.permissions_found
    assert seen.permissions_missing == FOUND.permissions_missing
    assert (seen.last_verified_at, seen.last_error) == (clock.now(), None)


def test_a_refusal_rejects_and_a_success_restores(vault: Vault, record: CredentialRecord) -> None:
    """The error is kept with its remedy until the next success."""
    refused = vault.record_verification(record.id, CredentialRejected("revoked", remedy="renew"))
    assert refused.status == "rejected"
    assert refused.last_error == {
        "code": "credential-rejected", "detail": "revoked", "remedy": "renew",
    }  # fmt: skip
    assert vault.record_verification(record.id, FOUND).last_error is None


@pytest.mark.parametrize(
    "error", [Transient("timed out"), PermissionMissing("denied", permissions=("ce:Get",))]
)
def test_what_does_not_speak_against_the_secret_leaves_the_status(
    vault: Vault, record: CredentialRecord, error: Transient | PermissionMissing
) -> None:
    """A fault that passes and a missing permission are noted; the credential stays in use."""
    vault.record_verification(record.id, FOUND)
    seen = vault.record_verification(record.id, error)
    assert seen.status == "verified"
    assert seen.last_error is not None
    assert seen.last_error["code"] == error.code
    lacking = isinstance(error, PermissionMissing)
    assert seen.permissions_missing == (("ce:Get",) if lacking else FOUND.permissions_missing)


def test_an_error_text_is_scrubbed_before_it_is_kept(
    vault: Vault, record: CredentialRecord
) -> None:
    """A provider that echoes the secret does not get it into our tables."""
    opened(vault, record)
    seen = vault.record_verification(record.id, CredentialRejected(f"{PLANTED[0]} is unknown"))
    assert seen.last_error is not None
    assert seen.last_error["detail"] == "[redacted] is unknown"


def test_a_credential_that_opens_another_account_is_rejected(
    vault: Vault, record: CredentialRecord
) -> None:
    """Data of two accounts must not mix under one credential."""
    vault.record_verification(record.id, FOUND)
    vault.rotate(record.id, cloud_key(), "ann")
    moved = Verification(account_id="222222222222", principal="p")
    with pytest.raises(CredentialRejected, match="222222222222"):
        vault.record_verification(record.id, moved)
    seen = vault.get(record.id)
    assert (seen.status, seen.account_id) == ("rejected", FOUND.account_id)


def test_a_rotation_replaces_the_secret_and_sheds_the_old_once_verified(
    vault: Vault, record: CredentialRecord, database: Database
) -> None:
    """The old blob stays until the new secret has worked once."""
    vault.record_verification(record.id, FOUND)
    rotated = vault.rotate(record.id, cloud_key("second-secret-value"), "ann")
    assert (rotated.revision, rotated.status) == (2, "unverified")
    assert rotated.fingerprint != record.fingerprint
    assert opened(vault, record) == "second-secret-value"
    assert [row[0] for row in sealed_rows(database, record)] == [1, 2]
    vault.record_verification(record.id, FOUND)
    assert [row[0] for row in sealed_rows(database, record)] == [2]
    with pytest.raises(Conflict):
        vault.revert(record.id, "ann")


def test_a_bad_rotation_can_be_reverted(
    vault: Vault, record: CredentialRecord, database: Database
) -> None:
    """However many secrets failed, the last verified one comes back as a new revision."""
    vault.record_verification(record.id, FOUND)
    for wrong in ("wrong-secret-one", "wrong-secret-two"):
        vault.rotate(record.id, cloud_key(wrong), "ann")
        vault.record_verification(record.id, CredentialRejected("wrong"))
    reverted = vault.revert(record.id, "ann")
    assert (reverted.revision, reverted.status) == (4, "unverified")
    assert opened(vault, record) == PLANTED[0]
    assert vault.record_verification(record.id, FOUND).status == "verified"
    assert [row[0] for row in sealed_rows(database, record)] == [4]


def test_a_deleted_credential_is_shredded_and_stays_on_record(
    vault: Vault, record: CredentialRecord, database: Database
) -> None:
    """Blob and wrapped key are gone, the record and its history are not."""
    vault.delete(record.id, "ann")
    assert sealed_rows(database, record) == []
    assert vault.get(record.id).status == "deleted"
    assert vault.list(record.customer_id) == ()
    assert actions(vault, record) == ["created", "deleted"]
    for attempt in (
        lambda: opened(vault, record),
        lambda: vault.delete(record.id, "ann"),
        lambda: vault.rotate(record.id, cloud_key(), "ann"),
        lambda: vault.record_verification(record.id, FOUND),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_a_providers_credentials_are_those_of_active_customers(
    vault: Vault, record: CredentialRecord, globex: str, database: Database
) -> None:
    """Rejected ones are told too; who plans decides."""
    provider = f"p-{record.customer_id}"
    mine = vault.add(record.customer_id, provider, cloud_key(), "x", "ann")
    vault.record_verification(mine.id, CredentialRejected("no"))
    theirs = vault.add(globex, provider, cloud_key(), "x", "ann")
    assert {seen.id for seen in vault.for_provider(provider)} == {mine.id, theirs.id}
    Customers(database).deactivate(globex)
    assert [seen.id for seen in vault.for_provider(provider)] == [mine.id]


def test_every_act_names_its_actor(vault: Vault, record: CredentialRecord) -> None:
    """The log of a credential reads as its life."""
    opened(vault, record)
    told = [(entry.actor, entry.action, entry.customer_id) for entry in vault.audit(record.id)]
    assert told == [
        ("ann", "created", record.customer_id), ("test", "opened", record.customer_id),
    ]  # fmt: skip
    assert vault.verify_audit_chain().first_broken is None
