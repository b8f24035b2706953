"""What a customer enters to connect an Azure subscription: a principal, and where its cost is."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from optiinfra_core.collecting.contract import Credential

GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


class CostExport(BaseModel):
    """Where a Cost Management export writes FOCUS files in Blob storage."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account_url: str = Field(
        pattern=r"^https://[^/?#@\s]+(/[^?#@\s]*)?$",
        description="https://<account>.blob.core.windows.net",
    )
    container: str = Field(
        pattern=r"^[a-z0-9$](-?[a-z0-9]){2,62}$", description="Name of the container."
    )
    directory: str = Field(
        default="", max_length=512, description="Directory given to the export; may be empty."
    )
    name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,260}$", description="Name of the export.")


class Endpoints(BaseModel):
    """A simulator on a loopback or private address, where the installation allows it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    authority: str = Field(description="In place of https://login.microsoftonline.com.")
    resource_manager: str = Field(description="In place of https://management.azure.com.")
    metrics: str = Field(
        description="In place of https://{region}.metrics.monitor.azure.com; {region} is optional."
    )


class AzureCredential(Credential):
    """A service principal or managed identity, and the subscription that it may read."""

    tenant_id: str = Field(pattern=GUID, description="Directory (tenant) id.")
    client_id: str = Field(pattern=GUID, description="Application (client) id.")
    client_secret: SecretStr | None = Field(default=None, description="Secret of the application.")
    certificate: SecretStr | None = Field(
        default=None, description="Certificate and its private key of the application, PEM."
    )
    federated_token_file: SecretStr | None = Field(
        default=None, description="Token file of a workload identity, where the operator put it."
    )
    managed_identity: bool = Field(
        default=False, description="client_id is a managed identity of this machine or pod."
    )
    subscription_id: str = Field(pattern=GUID, description="The subscription to collect.")
    locations: tuple[str, ...] | None = Field(
        default=None, description="Locations of resources to collect; unset: all."
    )
    cost_export: CostExport | None = Field(
        default=None, description="Cost from this export; unset: from the Cost Management query."
    )
    cost_query: bool = Field(
        default=True, description="Allow the Cost Management query without an export."
    )
    endpoints: Endpoints | None = Field(default=None, description="A simulator.")
    tls_ca: str | None = Field(
        default=None, description="Certificate authority of the simulator, PEM; not secret."
    )

    @model_validator(mode="after")
    def opens_something(self) -> Self:
        """Exactly one way to prove who it is; a CA is for endpoints."""
        ways = (
            self.client_secret, self.certificate, self.federated_token_file,
            self.managed_identity or None,
        )  # fmt: skip
        if sum(way is not None for way in ways) != 1:
            raise ValueError(
                "give one of client_secret, certificate, federated_token_file, managed_identity"
            )
        if self.tls_ca is not None and self.endpoints is None:
            raise ValueError("tls_ca is for endpoints, which are missing")
        return self
