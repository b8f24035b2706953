"""The Vultr accounts of the simulated world: who holds them and with which keys they open."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from optiinfra_simulator.world import dice

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_KEY_LENGTH = 36

# What a user may be allowed, as the console and vultr-cli's `user create --acl` name it.
ACLS = (
    "manage_users", "subscriptions_view", "subscriptions", "billing", "support", "provisioning",
    "dns", "abuse", "upgrade", "firewall", "alerts", "objstore", "loadbalancer",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class VultrAccount:
    """An account; ``watched``: its machines run node_exporter, and a Prometheus scrapes them.

    ``tax`` is the share that an invoice adds, named ``tax_name``.
    """

    email: str
    customer: str
    customer_name: str
    label: str
    tax: Decimal
    tax_name: str
    watched: bool
    acls: tuple[str, ...] = ACLS

    def key(self, seed: int) -> str:
        """The API key of the account's user."""
        return dice.letters(_LETTERS, _KEY_LENGTH, seed, self.email, "vultr-key")

    def metrics_token(self, seed: int) -> str:
        """The bearer token of its Prometheus."""
        return "prom-" + dice.hexadecimal(32, seed, self.email, "vultr-prometheus")


ACME = VultrAccount(
    email="billing@acme.example",
    customer="acme",
    customer_name="Acme Industries",
    label="acme vultr",
    tax=Decimal("0.08"),
    tax_name="Sales tax",
    watched=True,
)
GLOBEX = VultrAccount(
    email="ops@globex.example",
    customer="globex",
    customer_name="Globex Corporation",
    label="globex vultr",
    tax=Decimal("0.19"),
    tax_name="VAT",
    watched=False,
    acls=("subscriptions_view", "billing"),
)
ACCOUNTS: Sequence[VultrAccount] = (ACME, GLOBEX)


def account_of(email: str) -> VultrAccount | None:
    """The account of that e-mail address, None where no customer has it."""
    return next((one for one in ACCOUNTS if one.email == email), None)
