"""The door to Vultr: the only place that loads httpx, and only when a request is made."""

from optiinfra_pipelines.providers.vultr.client.connection import Vultr

__all__ = ["Vultr"]
