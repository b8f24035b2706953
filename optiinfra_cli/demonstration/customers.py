"""Adds the demo's customers with their credentials, and makes the keys that read and collect."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from pydantic import SecretStr

from optiinfra_cli.demonstration.simulated import Account
from optiinfra_cli.office import ACTOR, Office
from optiinfra_core.errors import CredentialRejected
from optiinfra_core.tenancy.api_keys import NewKey
from optiinfra_pipelines.registry import provider
from optiinfra_pipelines.verification import verify

READING = ("costs:read", "performance:read", "resources:read", "applications:read")
COLLECTING = ("collect:trigger", *READING)
KEY_LIFE = timedelta(hours=1)

Say = Callable[[str], None]


def add(office: Office, accounts: Iterable[Account], say: Say) -> None:
    """Add what is missing of the customers and credentials, and verify each credential.

    Raises:
        CredentialRejected: a simulated cloud does not accept its own credential.
    """
    known = {customer.slug for customer in office.customers.list()}
    for account in accounts:
        if account.customer not in known:
            office.customers.add(account.customer, account.name, actor=ACTOR)
            known.add(account.customer)
        _add_credential(office, account, say)


def _add_credential(office: Office, account: Account, say: Say) -> None:
    model = provider(account.provider).credential
    credential = model.model_validate(account.credential)
    present = [
        record
        for record in office.vault.list(account.customer, account.provider)
        if record.account_id == account.account_id
    ]
    if present:  # a data directory used again, maybe with the clouds on another port
        record = office.vault.rotate(present[0].id, credential, ACTOR)
    else:
        record = office.vault.add(
            account.customer, account.provider, credential, account.label, ACTOR
        )
    record = verify(
        record.id, vault=office.vault, settings=office.settings, clock=office.clock, actor=ACTOR
    )
    if record.status != "verified":
        raise CredentialRejected(str(record.last_error))
    say(f"{account.customer}: {account.provider} account {record.account_id} verified")


def reading_key(office: Office, customers: tuple[str, ...]) -> SecretStr:
    """A key that reads the demo's customers."""
    _, token = office.keys.create(NewKey(name="demo", scopes=READING, customers=customers))
    return token


@contextmanager
def collecting_key(office: Office, customers: tuple[str, ...]) -> Iterator[SecretStr]:
    """A key that starts collections, revoked when the block ends."""
    until = office.clock.now() + KEY_LIFE
    wanted = NewKey(name="demo run", scopes=COLLECTING, customers=customers, expires_at=until)
    key, token = office.keys.create(wanted)
    try:
        yield token
    finally:
        office.keys.revoke(key.id)
