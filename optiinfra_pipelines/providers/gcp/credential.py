"""What a customer enters to connect a Google Cloud project: a key, or a workload identity."""

import json
import re
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from optiinfra_core.collecting.contract import Credential

# Project ids may carry a domain in front (example.com:project), as old ones do.
PROJECT = r"^(?:[a-z0-9.-]{1,253}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$"

Kind = Literal["detailed", "standard", "focus"]

# Table names after "Understand the Cloud Billing data tables in BigQuery" (Cloud Billing docs).
TABLES: dict[Kind, str] = {
    "detailed": "gcp_billing_export_resource_v1_",
    "standard": "gcp_billing_export_v1_",
    "focus": "gcp_billing_export_focus_",
}


class BillingExport(BaseModel):
    """The BigQuery table (or view over it) that Cloud Billing exports to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: str = Field(pattern=PROJECT, description="Project that holds the dataset.")
    dataset: str = Field(
        pattern=r"^[A-Za-z0-9_]+$", max_length=1024, description="Dataset of the export."
    )
    table: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]+$",
        max_length=1024,
        description="Table or view; unset: Google's own name of the export.",
    )
    billing_account_id: str = Field(
        pattern=r"^[0-9A-Z]{6}-[0-9A-Z]{6}-[0-9A-Z]{6}$", description="01A2B3-C4D5E6-F7A8B9"
    )
    kind: Kind = Field(default="detailed", description="detailed, standard or focus.")
    maximum_gib: int = Field(
        default=100, ge=1, le=100_000, description="Most GiB that one query may be billed for."
    )

    @property
    def reference(self) -> str:
        """The table as project.dataset.table; every part is checked to be an identifier."""
        table = self.table or TABLES[self.kind] + self.billing_account_id.replace("-", "_")
        return f"{self.project}.{self.dataset}.{table}"


class GcpCredential(Credential):
    """A service account's key, or the configuration of a workload identity, and what to read."""

    service_account_key: SecretStr | None = Field(
        default=None, description="The JSON key of a service account, whole."
    )
    workload_identity: SecretStr | None = Field(
        default=None, description="The JSON configuration of an external account, whole."
    )
    project_id: str | None = Field(
        default=None, pattern=PROJECT, description="Home project; unset: the key's."
    )
    projects: tuple[str, ...] = Field(default=(), description="Further projects to collect.")
    billing_export: BillingExport | None = Field(
        default=None, description="Cost from this export; unset: no cost."
    )
    locations: tuple[str, ...] | None = Field(
        default=None, description="Regions to collect (and `global`); unset: all."
    )
    endpoint_url: str | None = Field(
        default=None,
        description="A simulator of the REST APIs on a loopback or private address.",
    )
    monitoring_endpoint: str | None = Field(
        default=None, description="A simulator of Cloud Monitoring, as grpc://127.0.0.1:8086."
    )

    @model_validator(mode="after")
    def opens_something(self) -> Self:
        """Exactly one identity, of the right type, and a project it is at home in."""
        if (self.service_account_key is None) == (self.workload_identity is None):
            raise ValueError("give service_account_key or workload_identity, and not both")
        kind = "service_account" if self.service_account_key else "external_account"
        if self.identity.get("type") != kind:
            raise ValueError(f"the JSON is not of the type {kind}")
        for project in (self.home, *self.projects):
            if not re.fullmatch(PROJECT, project):
                raise ValueError("project_id is missing, or a project's id is not one")
        return self

    @property
    def identity(self) -> dict[str, Any]:
        """The JSON that was entered; a secret."""
        secret = self.service_account_key or self.workload_identity
        try:
            told = json.loads(secret.get_secret_value()) if secret else None
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise ValueError("the key is not the JSON that Google gives out")  # noqa: TRY004
        return told

    @property
    def home(self) -> str:
        """The project that the account is known by."""
        return self.project_id or str(self.identity.get("project_id", ""))

    @property
    def every_project(self) -> tuple[str, ...]:
        """The home project and the further ones, each once."""
        return tuple(dict.fromkeys((self.home, *self.projects)))
