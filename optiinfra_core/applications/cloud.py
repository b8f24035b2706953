"""Which cloud hosts an application, in our slugs, from what resources say."""

import re
from collections.abc import Mapping

from optiinfra_core.applications.dialects.values import lower

# OpenTelemetry's well-known values of cloud.provider, and what people write instead.
SLUGS: Mapping[str, str] = {
    "amazon": "aws",
    "amazon_web_services": "aws",
    "amazonaws": "aws",
    "google": "gcp",
    "google_cloud": "gcp",
    "google_cloud_platform": "gcp",
    "microsoft": "azure",
    "microsoft_azure": "azure",
    "azure_cloud": "azure",
    "vultr_cloud": "vultr",
}
OTHER = re.compile(r"[^a-z0-9]+")
LONGEST = 63
# A platform's name begins with its cloud's: aws_lambda, gcp_cloud_run, azure.functions.
PLATFORMS = ("aws", "azure", "gcp")


def provider(resource: Mapping[str, object]) -> str:
    """The slug of ``cloud.provider``, else of ``cloud.platform``'s cloud; empty: not told."""
    told = OTHER.sub("_", lower(resource.get("cloud.provider"))).strip("_")
    if told:
        return SLUGS.get(told, told.replace("_", "-"))[:LONGEST].rstrip("-")
    platform = lower(resource.get("cloud.platform"))
    return next((each for each in PLATFORMS if platform.startswith(each)), "")
