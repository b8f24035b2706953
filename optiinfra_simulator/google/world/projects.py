"""The projects of customers and where their billing is exported to."""

from dataclasses import dataclass
from decimal import Decimal

from optiinfra_core.errors import NotFound

DETAILED, STANDARD, FOCUS = "detailed", "standard", "focus"

# Table names after docs.cloud.google.com/billing/docs/how-to/export-data-bigquery-tables.
TABLES = {
    DETAILED: "gcp_billing_export_resource_v1_",
    STANDARD: "gcp_billing_export_v1_",
    FOCUS: "gcp_billing_export_focus_",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A customer's home project.

    ``kind`` is the export that OptiInfra is given; the other two exist beside it. ``discount`` is
    the negotiated share off list prices, ``tax`` the share added to charges.
    """

    id: str
    number: str
    name: str
    customer: str
    customer_name: str
    billing_account: str
    kind: str
    tax: Decimal
    discount: Decimal

    @property
    def dataset(self) -> str:
        """The dataset that holds the export OptiInfra is given."""
        return self.dataset_of(self.kind)

    def dataset_of(self, kind: str) -> str:
        """The dataset of an export; Google names that of FOCUS itself."""
        if kind == FOCUS:
            return f"gcp_billing_immutable_{self._suffix}_us"
        return "billing_export"

    def table(self, kind: str) -> str:
        """The table of an export."""
        return TABLES[kind] + self._suffix

    @property
    def _suffix(self) -> str:
        return self.billing_account.replace("-", "_")


ACME = Project(
    id="acme-prod-314159",
    number="314159265358",
    name="Acme production",
    customer="acme",
    customer_name="Acme Industries",
    billing_account="01A2B3-4C5D6E-7F8091",
    kind=DETAILED,
    tax=Decimal("0.08"),
    discount=Decimal(0),
)
GLOBEX = Project(
    id="globex-platform-271828",
    number="271828182845",
    name="Globex platform",
    customer="globex",
    customer_name="Globex Corporation",
    billing_account="0F1E2D-3C4B5A-697887",
    kind=FOCUS,
    tax=Decimal("0.19"),
    discount=Decimal("0.05"),
)
PROJECTS = (ACME, GLOBEX)


def project(project_id: str) -> Project:
    """The customer's project of that id.

    Raises:
        NotFound: no customer has it.
    """
    for one in PROJECTS:
        if one.id == project_id:
            return one
    raise NotFound(f"the simulated Google Cloud has no project {project_id}")
