"""A free, read-only look at an account: does the credential work, and what does it lack."""

from contextlib import closing
from uuid import UUID

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.errors import CredentialRejected
from optiinfra_core.settings import Settings
from optiinfra_core.vault.credentials import CredentialRecord, Vault
from optiinfra_core.windows import Clock
from optiinfra_pipelines.registry import provider


def verify(
    credential_id: UUID, *, vault: Vault, settings: Settings, clock: Clock, actor: str
) -> CredentialRecord:
    """Ask the provider who the credential is, and remember the answer; see ``identify``.

    Raises:
        NotFound: there is no such credential or provider.
    """
    record = vault.get(credential_id)
    cloud = provider(record.provider)
    return identify(cloud, record, vault=vault, gate=gate_of(settings, clock), actor=actor)


def identify(
    cloud: Provider, record: CredentialRecord, *, vault: Vault, gate: Gate, actor: str
) -> CredentialRecord:
    """The credential as it stands after asking ``cloud`` who it is.

    A refusal is remembered and returned as status ``rejected``; a passing fault is raised, because
    it says nothing about the credential.

    Raises:
        Transient: the provider did not answer.
    """
    try:
        with (
            vault.open(record.id, cloud.credential, actor=actor) as credential,
            closing(cloud.connect(credential, gate)) as connection,
        ):
            found = cloud.verify(connection)
    except CredentialRejected as refusal:
        return vault.record_verification(record.id, refusal, actor=actor)
    return vault.record_verification(record.id, found, actor=actor)


def gate_of(settings: Settings, clock: Clock, log: CallLog | None = None) -> Gate:
    """A gate with the limits of this installation."""
    return Gate(
        ledger=log if log is not None else CallLog(),
        clock=clock,
        private_endpoints=settings.allow_private_endpoints,
    )
