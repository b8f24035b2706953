"""Roles and what they allow, after docs.cloud.google.com/iam/docs/roles-permissions."""

from collections.abc import Mapping
from types import MappingProxyType

VIEWER = "roles/compute.viewer"
MONITORING = "roles/monitoring.viewer"
JOBS, DATA = "roles/bigquery.jobUser", "roles/bigquery.dataViewer"
SQL, KUBERNETES = "roles/cloudsql.viewer", "roles/container.clusterViewer"
BILLING, BROWSER = "roles/billing.viewer", "roles/browser"
IMPERSONATE = "roles/iam.serviceAccountTokenCreator"

ROLES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        VIEWER: frozenset(
            f"compute.{noun}.list"
            for noun in (
                "instances", "disks", "addresses", "globalAddresses", "forwardingRules",
                "machineTypes", "snapshots", "zones", "regions",
            )
        ),
        MONITORING: frozenset(
            {
                "monitoring.timeSeries.list",
                "monitoring.metricDescriptors.list",
                "monitoring.metricDescriptors.get",
            }
        ),
        JOBS: frozenset({"bigquery.jobs.create"}),
        DATA: frozenset(
            {
                "bigquery.datasets.get",
                "bigquery.tables.get",
                "bigquery.tables.getData",
                "bigquery.tables.list",
            }
        ),
        SQL: frozenset({"cloudsql.instances.list", "cloudsql.instances.get"}),
        KUBERNETES: frozenset({"container.clusters.list", "container.clusters.get"}),
        BILLING: frozenset({"billing.accounts.get", "billing.accounts.list"}),
        BROWSER: frozenset({"resourcemanager.projects.get"}),
        IMPERSONATE: frozenset({"iam.serviceAccounts.getAccessToken"}),
    }
)  # fmt: skip
READ_ONLY = (VIEWER, MONITORING, JOBS, DATA, SQL, KUBERNETES, BILLING, BROWSER)


def allowed(roles: tuple[str, ...]) -> frozenset[str]:
    """What roles allow together."""
    return frozenset().union(*(ROLES[role] for role in roles))
