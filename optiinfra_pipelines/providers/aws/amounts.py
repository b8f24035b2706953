"""AWS resource identifiers in bills, as the inventory has them."""

import re
from typing import Any

from optiinfra_core.collecting.amounts import text

# EC2 resources that the inventory names without their ARN.
_BARE = re.compile(r"arn:aws[\w-]*:ec2:[^:]*:\d*:[\w-]+/((?:i|vol|snap|eipalloc)-\w+)")


def resource(value: Any) -> str:
    """A resource's identifier as the inventory has it, so that cost and inventory join."""
    told = text(value)
    bare = _BARE.fullmatch(told)
    return bare[1] if bare else told
