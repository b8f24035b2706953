"""The door to Google Cloud: the only place that loads its SDKs, and only when a request is made."""

from optiinfra_pipelines.providers.gcp.client.connection import Gcp

__all__ = ["Gcp"]
