"""Real Azure SDK clients for the simulated cloud, made as a customer's credential says."""

import ssl
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from azure.identity import ClientSecretCredential
from azure.mgmt.costmanagement import CostManagementClient
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.monitor.querymetrics import MetricsClient
from azure.storage.blob import ContainerClient

from optiinfra_simulator.azure.accounts import ACME
from optiinfra_simulator.azure.cloud import AzureCloud

ARM_SCOPE = "https://management.azure.com/.default"


class Clients:
    """Makes clients for one cloud and closes them at the end; none of them retries."""

    def __init__(self, cloud: AzureCloud, folder: Path) -> None:
        self.cloud = cloud
        self.ca = folder / "azure-ca.pem"
        self.ca.write_text(cloud.tls_ca)
        self._open = ExitStack()
        self._credentials: dict[tuple[str, str], Any] = {}

    @property
    def shared(self) -> dict[str, Any]:
        """What every client is given."""
        return {"connection_verify": str(self.ca), "retry_total": 0}

    def credential(self, account: str = ACME.id, application: str = "collector") -> Any:
        """The credential of an application in an account's tenant."""
        found = self._credentials.get((account, application))
        if found is None:
            one = self.cloud.identities.application(account, application)
            found = ClientSecretCredential(
                one.principal.tenant,
                one.principal.app,
                one.secret,
                authority=self.cloud.url,
                disable_instance_discovery=True,
                **self.shared,
            )
            self._credentials[account, application] = self._open.enter_context(found)
        return found

    def arm(self, kind: type[Any], *given: str, account: str = ACME.id, **options: Any) -> Any:
        """A client of Resource Manager."""
        application = options.pop("application", "collector")
        client = kind(
            self.credential(account, application),
            *given,
            base_url=self.cloud.url,
            credential_scopes=[ARM_SCOPE],
            **self.shared,
            **options,
        )
        return self._open.enter_context(client)

    def costs(self, account: str = ACME.id, **options: Any) -> Any:
        """The client of Cost Management."""
        return self.arm(CostManagementClient, account=account, **options)

    def graph(self, account: str = ACME.id, **options: Any) -> Any:
        """The client of Resource Graph."""
        return self.arm(ResourceGraphClient, account=account, **options)

    def monitor(self, account: str = ACME.id, **options: Any) -> Any:
        """The client of Azure Monitor in Resource Manager."""
        return self.arm(MonitorManagementClient, account, account=account, **options)

    def metrics(self, region: str = "eastus", account: str = ACME.id) -> Any:
        """The client of a region's metrics endpoint."""
        template = self.cloud.credential(account)["endpoints"]["metrics"]
        client = MetricsClient(
            template.replace("{region}", region), self.credential(account), **self.shared
        )
        return self._open.enter_context(client)

    def container(self, application: str = "collector") -> Any:
        """The client of the container that holds the export."""
        place = self.cloud.credential(ACME.id)["cost_export"]
        client = ContainerClient(
            place["account_url"],
            place["container"],
            credential=self.credential(ACME.id, application),
            **self.shared,
        )
        return self._open.enter_context(client)

    def wire(self, account: str = ACME.id, application: str = "collector") -> httpx.Client:
        """A plain HTTP client that sends the token of an application, or none."""
        headers = {}
        if application:
            token = self.credential(account, application).get_token(ARM_SCOPE).token
            headers["Authorization"] = f"Bearer {token}"
        client = httpx.Client(
            base_url=self.cloud.url,
            verify=ssl.create_default_context(cafile=str(self.ca)),
            headers=headers,
            timeout=30,
        )
        return self._open.enter_context(client)

    def close(self) -> None:
        """Close every connection."""
        self._open.close()
