"""What the vault tells about a credential: everything but the secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from psycopg.rows import DictRow

from optiinfra_core.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRecord:
    """One credential as an operator may see it.

    ``status`` is unverified, verified, rejected or deleted. ``configuration`` holds the fields
    that are not secret. ``last_error`` has code, detail and remedy, None after a success.
    ``budget_usd`` is what calls for its account may cost a month, None: the installation's default.
    """

    id: UUID
    customer_id: str
    provider: str
    label: str
    revision: int
    status: str
    account_id: str | None
    principal: str | None
    fingerprint: str
    configuration: Mapping[str, Any]
    permissions_found: tuple[str, ...]
    permissions_missing: tuple[str, ...]
    created_at: datetime
    rotated_at: datetime | None
    last_used_at: datetime | None
    last_verified_at: datetime | None
    expires_at: datetime | None
    deleted_at: datetime | None
    last_error: Mapping[str, str] | None
    budget_usd: Decimal | None


class Verified(Protocol):
    """What a provider's verification found; permissions in the provider's spelling."""

    @property
    def account_id(self) -> str: ...
    @property
    def principal(self) -> str: ...
    @property
    def permissions_found(self) -> tuple[str, ...]: ...
    @property
    def permissions_missing(self) -> tuple[str, ...]: ...
    @property
    def expires_at(self) -> datetime | None: ...


def record_of(row: DictRow) -> CredentialRecord:
    """The record in a row of ``cloud_credentials``."""
    told = {name: row[name] for name in CredentialRecord.__slots__}
    told["permissions_found"] = tuple(row["permissions_found"])
    told["permissions_missing"] = tuple(row["permissions_missing"])
    return CredentialRecord(**told)


def credential_uuid(credential_id: UUID | str) -> UUID:
    """The identifier as stored.

    Raises:
        NotFound: it is not a UUID, so no credential has it.
    """
    if isinstance(credential_id, UUID):
        return credential_id
    try:
        return UUID(credential_id)
    except ValueError:
        raise NotFound(f"there is no credential {credential_id!r}") from None


def found(row: DictRow | None, credential_id: object) -> CredentialRecord:
    """The record in ``row``.

    Raises:
        NotFound: there is no row.
    """
    if row is None:
        raise NotFound(f"there is no credential {credential_id}")
    return record_of(row)
