"""A free, read-only look at an account: does the credential work, and what does it lack."""

from contextlib import closing
from uuid import UUID

from optiinfra_core.vault.credentials import CredentialRecord, Vault

from optiinfra_core.collecting.contract import Provider, Verification
from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.errors import CredentialRejected
from optiinfra_core.settings import Settings
from optiinfra_core.windows import Clock
from optiinfra_pipelines.registry import provider


def verify(
    credential_id: UUID, *, vault: Vault, settings: Settings, clock: Clock, actor: str
) -> CredentialRecord:
    """Ask the provider who the credential is, and remember the answer.

    Returns the credential as it stands afterwards. A refusal is remembered and returned as status
    ``rejected``; a passing fault is raised, because it says nothing about the credential.

    Raises:
        Transient: the provider did not answer.
        NotFound: there is no such credential or provider.
    """
    record = vault.get(credential_id)
    cloud = provider(record.provider)
    try:
        found = look(cloud, record, vault=vault, gate=gate_of(settings, clock), actor=actor)
    except CredentialRejected as refusal:
        vault.record_verification(record.id, refusal, actor=actor)
    else:
        vault.record_verification(record.id, found, actor=actor)
    return vault.get(credential_id)


def look(
    cloud: Provider, record: CredentialRecord, *, vault: Vault, gate: Gate, actor: str
) -> Verification:
    """What the provider says of the credential; nothing is remembered."""
    with (
        vault.open(record.id, cloud.credential, actor=actor) as credential,
        closing(cloud.connect(credential, gate)) as connection,
    ):
        return cloud.verify(connection)


def gate_of(settings: Settings, clock: Clock, log: CallLog | None = None) -> Gate:
    """A gate with the limits of this installation."""
    return Gate(
        ledger=log if log is not None else CallLog(),
        clock=clock,
        private_endpoints=settings.allow_private_endpoints,
    )
