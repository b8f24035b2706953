"""Clients of the Azure SDKs, made when first used: one transport, no retries of their own."""

import threading
from collections.abc import Callable
from typing import Any

from optiinfra_pipelines.providers.azure.client.credentials import Tokens
from optiinfra_pipelines.providers.azure.credential import AzureCredential

RESOURCE_MANAGER = "https://management.azure.com"
METRICS = "https://{region}.metrics.monitor.azure.com"
ARM_SCOPE = "https://management.azure.com/.default"
METRICS_SCOPE = "https://metrics.monitor.azure.com/.default"

# Without it requests share the quota of all clients of the tenant that do not name theirs.
CLIENT_TYPE = {"ClientType": "OptiInfra"}


class Clients:
    """The SDK's clients of one connection; threads may ask at the same time."""

    def __init__(self, credential: AzureCredential, tokens: Tokens, transport: Any) -> None:
        endpoints = credential.endpoints
        self._tokens = tokens
        self._transport = transport
        self._subscription = credential.subscription_id
        self._metrics = endpoints.metrics if endpoints else METRICS
        self._made: dict[tuple[str, str], Any] = {}
        self._making = threading.Lock()
        self.resource_manager = (
            endpoints.resource_manager.rstrip("/") if endpoints else RESOURCE_MANAGER
        )

    def cost(self) -> Any:
        """The client of Cost Management."""

        def make() -> Any:
            from azure.mgmt.costmanagement import CostManagementClient  # noqa: PLC0415 - the SDK

            return CostManagementClient(
                self._tokens, base_url=self.resource_manager, **self._shared(ARM_SCOPE, CLIENT_TYPE)
            )

        return self._once("cost", "", make)

    def graph(self) -> Any:
        """The client of Resource Graph."""

        def make() -> Any:
            from azure.mgmt.resourcegraph import ResourceGraphClient  # noqa: PLC0415 - the SDK

            return ResourceGraphClient(
                self._tokens, base_url=self.resource_manager, **self._shared(ARM_SCOPE)
            )

        return self._once("graph", "", make)

    def monitor(self) -> Any:
        """The client of Azure Monitor in Resource Manager."""

        def make() -> Any:
            from azure.mgmt.monitor import MonitorManagementClient  # noqa: PLC0415 - the SDK

            return MonitorManagementClient(
                self._tokens,
                self._subscription,
                base_url=self.resource_manager,
                **self._shared(ARM_SCOPE),
            )

        return self._once("monitor", "", make)

    def metrics(self, region: str) -> Any:
        """The client of a region's metrics endpoint."""

        def make() -> Any:
            from azure.monitor.querymetrics import MetricsClient  # noqa: PLC0415 - the SDK

            endpoint = self._metrics.replace("{region}", region).rstrip("/")
            return MetricsClient(endpoint, self._tokens, **self._shared(METRICS_SCOPE))

        return self._once("metrics", region, make)

    def container(self, account_url: str, container: str) -> Any:
        """The client of a Blob container."""

        def make() -> Any:
            from azure.storage.blob import ContainerClient  # noqa: PLC0415 - loads the SDK

            return ContainerClient(
                account_url, container, credential=self._tokens, transport=self._transport,
                retry_total=0,
            )  # fmt: skip

        return self._once("container", f"{account_url}/{container}", make)

    def get(self, url: str) -> Any:
        """The JSON that Resource Manager answers to a GET of ``url``."""
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - loads the SDK

        def make() -> Any:
            from azure.mgmt.core import ARMPipelineClient  # noqa: PLC0415 - loads the SDK

            return ARMPipelineClient(self.resource_manager, **self._shared(ARM_SCOPE))

        answer = self._once("arm", "", make).send_request(HttpRequest("GET", url))
        answer.raise_for_status()
        return answer.json()

    def _once(self, kind: str, where: str, make: Callable[[], Any]) -> Any:
        with self._making:
            client = self._made.get((kind, where))
            if client is None:
                client = self._made[kind, where] = make()
            return client

    def _shared(self, scope: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """The transport, and the SDK's policies without those that retry or redirect.

        The policy that registers missing resource providers is out too: we change no account.
        """
        from azure.core.pipeline import policies  # noqa: PLC0415 - loads the SDK
        from azure.mgmt.core.policies import (  # noqa: PLC0415 - loads the SDK
            ARMChallengeAuthenticationPolicy,
        )

        return {
            "transport": self._transport,
            "policies": [
                policies.RequestIdPolicy(),
                policies.HeadersPolicy(base_headers=headers or {}),
                policies.UserAgentPolicy(base_user_agent="optiinfra"),
                policies.ContentDecodePolicy(),
                policies.CustomHookPolicy(),
                ARMChallengeAuthenticationPolicy(self._tokens, scope),
            ],
        }
