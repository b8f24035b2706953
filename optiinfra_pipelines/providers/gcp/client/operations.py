"""What each request is called, which permission allows it, which API it is of: the only table."""

from dataclasses import dataclass

from typing_extensions import override


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A kind of request; names are those of audit logs, permissions those of IAM."""

    name: str
    permission: str
    api: str

    @property
    def host(self) -> str:
        """Where the API answers."""
        return f"https://{self.api}"


def _compute(noun: str) -> Operation:
    name = f"compute.{noun}.list"
    return Operation(name=name, permission=name, api="compute.googleapis.com")


INSTANCES = _compute("instances")
DISKS = _compute("disks")
SNAPSHOTS = _compute("snapshots")
ADDRESSES = _compute("addresses")
FORWARDING_RULES = _compute("forwardingRules")
MACHINE_TYPES = _compute("machineTypes")
DATABASES = Operation(
    name="cloudsql.instances.list",
    permission="cloudsql.instances.list",
    api="sqladmin.googleapis.com",
)
CLUSTERS = Operation(
    name="container.clusters.list",
    permission="container.clusters.list",
    api="container.googleapis.com",
)
TIME_SERIES = Operation(
    name="monitoring.timeSeries.list",
    permission="monitoring.timeSeries.list",
    api="monitoring.googleapis.com",
)
TABLE = Operation(
    name="bigquery.tables.get", permission="bigquery.tables.get", api="bigquery.googleapis.com"
)
# Rows are read by the job; the table's own permission is bigquery.tables.getData.
QUERY = Operation(
    name="bigquery.jobs.query", permission="bigquery.jobs.create", api="bigquery.googleapis.com"
)
BILLING_ACCOUNT = Operation(
    name="billing.accounts.get",
    permission="billing.accounts.get",
    api="cloudbilling.googleapis.com",
)
SKUS = Operation(name="billing.skus.list", permission="", api="cloudbilling.googleapis.com")
PERMISSIONS = Operation(
    name="resourcemanager.projects.testIamPermissions",
    permission="",
    api="cloudresourcemanager.googleapis.com",
)
TOKEN = Operation(name="oauth2.token", permission="", api="oauth2.googleapis.com")

# What a project must grant; those of the billing export are asked for where the export is.
OF_PROJECT = (
    INSTANCES, DISKS, SNAPSHOTS, ADDRESSES, FORWARDING_RULES, MACHINE_TYPES, DATABASES, CLUSTERS,
    TIME_SERIES,
)  # fmt: skip
TABLE_DATA = "bigquery.tables.getData"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request to be made: which, and about which project or table."""

    operation: Operation
    about: str

    @override
    def __str__(self) -> str:
        return f"{self.operation.name} of {self.about}"
