"""The door to AWS: the only place that loads its SDK, and only when a request is made."""

from optiinfra_pipelines.providers.aws.client.connection import Aws

__all__ = ["Aws"]
