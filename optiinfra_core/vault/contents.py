"""What one revision of a credential holds, on its way into and out of the database."""

import json
from dataclasses import dataclass
from typing import TypeVar

from psycopg.types.json import Jsonb
from pydantic import BaseModel

from optiinfra_core.database import Connection
from optiinfra_core.errors import Permanent
from optiinfra_core.redaction import register_secret
from optiinfra_core.vault import payload
from optiinfra_core.vault import statements as sql
from optiinfra_core.vault.envelope import Identity, Sealed, seal, unseal
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.vault.payload import Plain
from optiinfra_core.vault.records import CredentialRecord

C = TypeVar("C", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Contents:
    """The two halves of a credential. Both are sealed; the configuration is kept in clear as well.

    A copy in clear that was edited (an endpoint, say, that would receive the secret) is found
    against the sealed one.
    """

    configuration: Plain
    secrets: Plain
    fingerprint: str

    @classmethod
    def of(cls, credential: BaseModel, ring: KeyRing) -> "Contents":
        """The halves of ``credential``; redaction knows its secrets from here on."""
        configuration, secrets = payload.split(credential)
        return cls(
            configuration=configuration,
            secrets=_made_known(secrets),
            fingerprint=payload.fingerprint(ring.primary()[1], secrets),
        )

    def joined(self, credential_type: type[C]) -> C:
        """The credential again."""
        return payload.join(credential_type, self.configuration, self.secrets)


def store_revision(
    connection: Connection, ring: KeyRing, record: CredentialRecord, contents: Contents
) -> None:
    """Seal ``contents`` as the record's current revision."""
    both = {"configuration": contents.configuration, "secrets": contents.secrets}
    sealed = seal(ring, payload.canonical(both), identity_of(record, record.revision))
    values = {
        "id": record.id,
        "revision": record.revision,
        "customer": record.customer_id,
        "kek_id": sealed.kek_id,
        "wrapped_dek": sealed.wrapped_dek,
        "blob": sealed.blob,
        "fingerprint": contents.fingerprint,
        "configuration": Jsonb(contents.configuration),
    }
    connection.execute(sql.ADD_REVISION, values)


def open_revision(
    connection: Connection,
    ring: KeyRing,
    record: CredentialRecord,
    revision: int | None = None,
) -> Contents:
    """The contents of a revision, by default the current one.

    Raises:
        ConfigurationError: the key ring lacks the key.
        Permanent: the row is gone or was altered.
    """
    number = record.revision if revision is None else revision
    row = connection.execute(sql.SEALED, (record.id, number)).fetchone()
    if row is None:
        raise Permanent(
            f"the sealed secret of credential {record.id} is gone",
            remedy="Enter the credential again with `optiinfra credentials rotate`.",
        )
    sealed = Sealed(kek_id=row["kek_id"], wrapped_dek=row["wrapped_dek"], blob=row["blob"])
    both = json.loads(unseal(ring, sealed, identity_of(record, number)))
    shown = record.configuration if revision is None else row["configuration"]
    if both["configuration"] != shown:
        raise Permanent(
            f"the configuration of credential {record.id} was edited outside the vault",
            remedy="Enter the credential again with `optiinfra credentials rotate`.",
        )
    return Contents(
        configuration=both["configuration"],
        secrets=_made_known(both["secrets"]),
        fingerprint=row["fingerprint"],
    )


def identity_of(record: CredentialRecord, revision: int) -> Identity:
    """Whose secret a revision is."""
    return Identity(
        customer_id=record.customer_id,
        credential_id=str(record.id),
        provider=record.provider,
        revision=revision,
    )


def _made_known(secrets: Plain) -> Plain:
    for value in payload.values(secrets):
        register_secret(value)
    return secrets
