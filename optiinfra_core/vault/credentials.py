"""The vault: seals, opens, rotates and shreds the credentials of customers' cloud accounts."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from typing import LiteralString, TypeVar
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb
from pydantic import BaseModel

from optiinfra_core.database import Connection, Database, audit, events
from optiinfra_core.database.audit import AuditEntry, AuditEvent, AuditReport
from optiinfra_core.database.events import NewEvent
from optiinfra_core.errors import (
    Conflict,
    CredentialRejected,
    InvalidRequest,
    OptiInfraError,
    PermissionMissing,
)
from optiinfra_core.redaction import scrub
from optiinfra_core.vault import rewrapping
from optiinfra_core.vault import statements as sql
from optiinfra_core.vault.contents import Contents, open_revision, store_revision
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.vault.records import (
    CredentialRecord,
    Verified,
    credential_uuid,
    found,
    record_of,
)
from optiinfra_core.windows import Clock

C = TypeVar("C", bound=BaseModel)

__all__ = ["CredentialRecord", "Vault"]


class Vault:
    """The credentials of every customer. Safe for threads; every opening is on record.

    Where a method takes ``customer``, the database itself refuses other customers' credentials;
    without it the caller is the operator. An unknown or deleted credential is NotFound.
    """

    def __init__(self, db: Database, keyring: KeyRing, clock: Clock) -> None:
        self._db = db
        self._ring = keyring
        self._clock = clock

    def add(
        self, customer: str, provider_slug: str, credential: BaseModel, label: str, actor: str
    ) -> CredentialRecord:
        """Seal a new credential; its status is unverified.

        Raises:
            NotFound: there is no such customer.
        """
        if not label.strip():
            raise InvalidRequest("a credential needs a label", remedy="Name it, e.g. production.")
        contents = Contents.of(credential, self._ring)
        values = {
            "id": uuid4(),
            "customer": customer,
            "provider": provider_slug,
            "label": label,
            "fingerprint": contents.fingerprint,
            "configuration": Jsonb(contents.configuration),
            "now": self._clock.now(),
        }
        with self._db.customer(customer) as connection:
            connection.execute(sql.SEALING)
            record = _one(connection, sql.ADD_CREDENTIAL, values)
            store_revision(connection, self._ring, record, contents)
            _note(connection, record, "created", actor)
        return record

    def get(self, credential_id: UUID | str, *, customer: str | None = None) -> CredentialRecord:
        """What is known about a credential; deleted ones too, with status deleted."""
        identity = credential_uuid(credential_id)
        with self._scope(customer) as connection:
            return _one(connection, sql.GET, {"id": identity, "customer": customer})

    def list(
        self, customer: str | None = None, provider: str | None = None
    ) -> tuple[CredentialRecord, ...]:
        """Every credential that was not deleted, of one customer or of all."""
        with self._scope(customer) as connection:
            rows = connection.execute(
                sql.LIST, {"customer": customer, "provider": provider}
            ).fetchall()
        return tuple(record_of(row) for row in rows)

    def for_provider(self, provider: str) -> tuple[CredentialRecord, ...]:
        """The credentials of active customers at ``provider``, whatever their status."""
        with self._db.operator() as connection:
            rows = connection.execute(sql.FOR_PROVIDER, (provider,)).fetchall()
        return tuple(record_of(row) for row in rows)

    @contextmanager
    def open(self, credential_id: UUID | str, credential_type: type[C], actor: str) -> Iterator[C]:
        """The credential itself, for the length of the block.

        Its secrets are known to redaction before anyone else sees them. The opening is in the
        audit log before the block begins; a failed one is there as ``open_refused``.

        Raises:
            ConfigurationError: the key ring lacks the key, or the fields no longer fit.
            Permanent: the sealed row was altered.
        """
        record = self._live(credential_id)
        try:
            credential = self._opened(record.id, credential_type, actor)
        except OptiInfraError as error:
            if not error.retryable:
                with self._db.operator() as connection:
                    _note(connection, record, "open_refused", actor, {"code": error.code})
            raise
        yield credential

    def rotate(
        self, credential_id: UUID | str, credential: BaseModel, actor: str
    ) -> CredentialRecord:
        """Put a new secret in place; status is unverified again.

        The last verified secret is kept, for ``revert``, until the new one was verified.
        """
        contents = Contents.of(credential, self._ring)
        with self._db.operator() as connection:
            connection.execute(sql.SEALING)
            before = self._locked(connection, credential_id)
            record = self._turn(connection, before, contents)
            _note(connection, record, "rotated", actor)
        return record

    def revert(self, credential_id: UUID | str, actor: str) -> CredentialRecord:
        """Undo a rotation that was never verified: the secret before it is sealed anew.

        Raises:
            Conflict: there is no earlier verified secret.
        """
        with self._db.operator() as connection:
            connection.execute(sql.SEALING)
            before = self._locked(connection, credential_id)
            kept = connection.execute(
                sql.LAST_VERIFIED_REVISION, (before.id, before.revision)
            ).fetchone()
            if kept is None or kept["revision"] is None:
                raise Conflict(
                    f"credential {before.id} has no earlier verified secret",
                    remedy="Enter a secret with `optiinfra credentials rotate`.",
                )
            contents = open_revision(connection, self._ring, before, kept["revision"])
            record = self._turn(connection, before, contents)
            _note(connection, record, "reverted", actor)
        return record

    def delete(self, credential_id: UUID | str, actor: str, *, customer: str | None = None) -> None:
        """Destroy the sealed secret and its wrapped key; record and audit log stay."""
        with self._scope(customer) as connection:
            record = self._locked(connection, credential_id, customer)
            connection.execute(sql.DROP_ALL, (record.id,))
            connection.execute(sql.DELETE, (self._clock.now(), record.id))
            _note(connection, record, "deleted", actor)

    def record_verification(
        self,
        credential_id: UUID | str,
        outcome: Verified | OptiInfraError,
        *,
        actor: str = "verification",
    ) -> CredentialRecord:
        """Write down what a look at the account found, or why it failed.

        A CredentialRejected rejects the credential. Missing permissions and faults that pass
        leave its status as it is: what can be collected still is.

        Raises:
            CredentialRejected: it opens another account than it did before; this is written down.
        """
        if isinstance(outcome, OptiInfraError):
            return self._record_failure(credential_id, outcome, actor)
        known = self._live(credential_id).account_id
        if known is not None and known != outcome.account_id:
            moved = CredentialRejected(
                f"the credential opens account {outcome.account_id}, it was added for {known}",
                remedy="Add it as a new credential: data of two accounts must not mix.",
            )
            self._record_failure(credential_id, moved, actor)
            raise moved
        return self._record_success(credential_id, outcome, actor)

    def set_budget(
        self,
        credential_id: UUID | str,
        budget_usd: Decimal | None,
        actor: str,
        *,
        customer: str | None = None,
    ) -> CredentialRecord:
        """Limit what calls for its account may cost a month; None: the installation's default."""
        with self._scope(customer) as connection:
            before = self._locked(connection, credential_id, customer)
            record = _one(connection, sql.SET_BUDGET, {"id": before.id, "budget": budget_usd})
            told = None if budget_usd is None else f"{budget_usd:f}"
            _note(connection, record, "budget_set", actor, {"budget_usd": told})
        return record

    def audit(
        self, credential_id: UUID | str, *, customer: str | None = None
    ) -> tuple[AuditEntry, ...]:
        """Everything that was done to a credential, oldest first; also after its deletion."""
        record = self.get(credential_id, customer=customer)
        with self._scope(customer) as connection:
            return audit.entries(connection, "credential", str(record.id))

    def verify_audit_chain(self, anchor: AuditReport | None = None) -> AuditReport:
        """Whether the audit log is whole; ``anchor``: an earlier report that was kept elsewhere."""
        return audit.verify_chain(self._db, anchor)

    def keys_in_use(self) -> Mapping[str, int]:
        """Sealed revisions by the key that wraps them."""
        return rewrapping.keys_in_use(self._db)

    def rewrap(self, actor: str, *, batch: int = 100) -> int:
        """Wrap every data key with the primary key; blobs stay as they are. Returns how many.

        Each batch commits by itself: after an interruption the next call does the rest.
        """
        return rewrapping.rewrap(self._db, self._ring, actor, batch)

    def retire(self, kek_id: str, actor: str) -> None:
        """Take a key out of the ring's file.

        Raises:
            Conflict: a stored credential still needs it, or it is the primary key.
        """
        rewrapping.retire(self._db, self._ring, kek_id, actor)

    def _scope(self, customer: str | None) -> AbstractContextManager[Connection]:
        return self._db.operator() if customer is None else self._db.customer(customer)

    def _live(self, credential_id: UUID | str) -> CredentialRecord:
        record = self.get(credential_id)
        return found(None, record.id) if record.status == "deleted" else record

    def _locked(
        self, connection: Connection, credential_id: UUID | str, customer: str | None = None
    ) -> CredentialRecord:
        values = {"id": credential_uuid(credential_id), "customer": customer}
        return _one(connection, sql.GET_FOR_UPDATE, values)

    def _opened(self, identity: UUID, credential_type: type[C], actor: str) -> C:
        with self._db.operator() as connection:
            # Locked: a rotation that is verified meanwhile would take the revision away.
            record = self._locked(connection, identity)
            credential = open_revision(connection, self._ring, record).joined(credential_type)
            connection.execute(sql.TOUCH, {"id": identity, "now": self._clock.now()})
            _note(connection, record, "opened", actor)
        return credential

    def _turn(
        self, connection: Connection, before: CredentialRecord, contents: Contents
    ) -> CredentialRecord:
        values = {
            "id": before.id,
            "revision": before.revision + 1,
            "fingerprint": contents.fingerprint,
            "configuration": Jsonb(contents.configuration),
            "now": self._clock.now(),
        }
        connection.execute(sql.DROP_UNVERIFIED, (before.id,))
        record = _one(connection, sql.TURN_TO_REVISION, values)
        store_revision(connection, self._ring, record, contents)
        return record

    def _record_success(
        self, credential_id: UUID | str, outcome: Verified, actor: str
    ) -> CredentialRecord:
        values = {
            "id": credential_uuid(credential_id),
            "account_id": outcome.account_id,
            "principal": outcome.principal,
            "found": list(outcome.permissions_found),
            "missing": list(outcome.permissions_missing),
            "expires_at": outcome.expires_at,
            "now": self._clock.now(),
        }
        with self._db.operator() as connection:
            self._locked(connection, credential_id)
            record = _one(connection, sql.RECORD_SUCCESS, values)
            connection.execute(sql.MARK_REVISION_VERIFIED, (record.id, record.revision))
            connection.execute(sql.DROP_OTHERS, (record.id, record.revision))
            _note(connection, record, "verified", actor)
        return record

    def _record_failure(
        self, credential_id: UUID | str, error: OptiInfraError, actor: str
    ) -> CredentialRecord:
        lacking = isinstance(error, PermissionMissing)
        told = {
            "code": error.code,
            "detail": scrub(error.detail),
            "remedy": scrub(error.remedy),
        }
        values = {
            "id": credential_uuid(credential_id),
            "rejected": isinstance(error, CredentialRejected) and not lacking,
            "missing": list(error.permissions) if isinstance(error, PermissionMissing) else None,
            "error": Jsonb(told),
        }
        with self._db.operator() as connection:
            before = self._locked(connection, credential_id)
            record = _one(connection, sql.RECORD_FAILURE, values)
            if record.status == "rejected" != before.status:
                events.append(connection, _refused(record, told))
            _note(connection, record, "verification_failed", actor, {"code": error.code})
        return record


def _one(
    connection: Connection, statement: LiteralString, values: Mapping[str, object]
) -> CredentialRecord:
    return found(connection.execute(statement, values).fetchone(), values["id"])


def _refused(record: CredentialRecord, error: Mapping[str, str]) -> NewEvent:
    detail = {"credential_id": str(record.id), "label": record.label, "error": dict(error)}
    return NewEvent(
        customer_id=record.customer_id,
        kind=events.INVALID,
        provider=record.provider,
        detail={**detail, "account_id": record.account_id},
    )


def _note(
    connection: Connection,
    record: CredentialRecord,
    action: str,
    actor: str,
    detail: Mapping[str, object] | None = None,
) -> None:
    event = AuditEvent(
        subject_type="credential",
        subject_id=str(record.id),
        customer_id=record.customer_id,
        action=action,
        actor=actor,
        detail={"provider": record.provider, "revision": record.revision, **(detail or {})},
    )
    audit.append(connection, event)
