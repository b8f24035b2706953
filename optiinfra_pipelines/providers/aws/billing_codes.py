"""From the billing code in front of a usage type (USE2-BoxUsage) to the region it names."""

import re
from collections.abc import Mapping
from types import MappingProxyType

# docs.aws.amazon.com/global-infrastructure/latest/regions/aws-region-billing-codes.html;
# EU is Ireland's first code, which old usage types still carry.
REGIONS: Mapping[str, str] = MappingProxyType(
    {
        "AFS1": "af-south-1",
        "APE1": "ap-east-1",
        "APN1": "ap-northeast-1",
        "APN2": "ap-northeast-2",
        "APN3": "ap-northeast-3",
        "APS1": "ap-southeast-1",
        "APS2": "ap-southeast-2",
        "APS3": "ap-south-1",
        "APS4": "ap-southeast-3",
        "APS5": "ap-south-2",
        "APS6": "ap-southeast-4",
        "APS7": "ap-southeast-5",
        "APS8": "ap-southeast-7",
        "CAN1": "ca-central-1",
        "CAN2": "ca-west-1",
        "EU": "eu-west-1",
        "EUC1": "eu-central-1",
        "EUC2": "eu-central-2",
        "EUN1": "eu-north-1",
        "EUS1": "eu-south-1",
        "EUS2": "eu-south-2",
        "EUW1": "eu-west-1",
        "EUW2": "eu-west-2",
        "EUW3": "eu-west-3",
        "ILC1": "il-central-1",
        "MEC1": "me-central-1",
        "MES1": "me-south-1",
        "MXC1": "mx-central-1",
        "SAE1": "sa-east-1",
        "UGE1": "us-gov-east-1",
        "UGW1": "us-gov-west-1",
        "USE1": "us-east-1",
        "USE2": "us-east-2",
        "USW1": "us-west-1",
        "USW2": "us-west-2",
    }
)

# Services that bill without a region; CloudFront's US and EU are groups of edge locations.
WITHOUT_REGION = frozenset(
    {
        "Amazon CloudFront",
        "Amazon Route 53",
        "Amazon Registrar",
        "AWS Cost Explorer",
        "AWS Global Accelerator",
        "AWS Identity and Access Management",
        "AWS Support (Basic)",
        "AWS Support (Business)",
        "AWS Support (Developer)",
        "AWS Support (Enterprise)",
        "Tax",
    }
)

_CODE = re.compile(r"^([A-Z]{2,4}\d{1,2}|EU)-")


def region_of(service: str, usage_type: str) -> str:
    """The region a usage type was billed in: no code means us-east-1, an unknown one no region."""
    if service in WITHOUT_REGION or usage_type.startswith("Global-"):
        return ""
    code = _CODE.match(usage_type)
    return "us-east-1" if code is None else REGIONS.get(code[1], "")
