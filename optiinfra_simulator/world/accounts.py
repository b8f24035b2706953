"""The accounts of the simulated cloud: who owns them and how OptiInfra enters them."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ExportPlace:
    """Where AWS Data Exports delivers an account's FOCUS export."""

    bucket: str
    prefix: str
    name: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A cloud account.

    ``discount`` is the negotiated share off list prices, ``tax`` the share added to charges.
    ``external_id`` is set where the account is entered by assuming its role; elsewhere a user
    of the account holds the keys.
    """

    id: str
    customer: str
    customer_name: str
    label: str
    discount: Decimal
    tax: Decimal
    external_id: str | None = None
    export: ExportPlace | None = None


# The account in which OptiInfra itself runs; roles elsewhere trust its collector.
OPERATOR = "999999999999"

ACME = Account(
    id="111111111111",
    customer="acme",
    customer_name="Acme Industries",
    label="acme production",
    discount=Decimal(0),
    tax=Decimal("0.08"),
    external_id="optiinfra-acme-7f3c",
)
GLOBEX = Account(
    id="222222222222",
    customer="globex",
    customer_name="Globex Corporation",
    label="globex platform",
    discount=Decimal("0.05"),
    tax=Decimal("0.19"),
    export=ExportPlace("globex-billing-exports", "billing", "optiinfra-focus", "us-east-1"),
)
ACCOUNTS = (ACME, GLOBEX)
