"""The subscriptions of the simulated Azure, their tenants and where their costs are exported."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from optiinfra_core.errors import NotFound


@dataclass(frozen=True, slots=True)
class ExportPlace:
    """Where Cost Management delivers a FOCUS export: an account's container and a folder."""

    storage_account: str
    container: str
    directory: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription. ``discount`` is the negotiated share off list prices."""

    id: str
    tenant: str
    customer: str
    customer_name: str
    label: str
    billing_account: str
    discount: Decimal
    export: ExportPlace | None = None


ACME = Subscription(
    id="a0000000-0000-4000-8000-000000000001",
    tenant="7e000000-0000-4000-8000-000000000001",
    customer="acme",
    customer_name="Acme Industries",
    label="acme production",
    billing_account="8611001",
    discount=Decimal(0),
    export=ExportPlace("acmecostexports", "exports", "focus", "optiinfra-focus"),
)
GLOBEX = Subscription(
    id="a0000000-0000-4000-8000-000000000002",
    tenant="7e000000-0000-4000-8000-000000000002",
    customer="globex",
    customer_name="Globex Corporation",
    label="globex platform",
    billing_account="8611002",
    discount=Decimal("0.08"),
)
SUBSCRIPTIONS: Mapping[str, Subscription] = MappingProxyType(
    {one.id: one for one in (ACME, GLOBEX)}
)


def subscription(identifier: str) -> Subscription:
    """The subscription with that identifier.

    Raises:
        NotFound: no customer has it.
    """
    found = SUBSCRIPTIONS.get(identifier.lower())
    if found is None:
        raise NotFound(f"the simulated Azure has no subscription {identifier}")
    return found
