"""The door to Azure: the only place that loads its SDKs, and only when a request is made."""

from optiinfra_pipelines.providers.azure.client.connection import Azure

__all__ = ["Azure"]
