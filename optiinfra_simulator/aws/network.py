"""The private network that every account has in every region: the same ids each time."""

from collections.abc import Mapping

from optiinfra_simulator.world import dice


def vpc(account: str, region: str) -> str:
    """The VPC in which everything lives."""
    return "vpc-0" + dice.hexadecimal(16, account, region, "vpc")


def subnet(account: str, zone: str) -> str:
    """The subnet of a zone."""
    return "subnet-0" + dice.hexadecimal(16, account, zone, "subnet")


def security_group(account: str, region: str) -> str:
    """The security group that everything is in."""
    return "sg-0" + dice.hexadecimal(16, account, region, "group")


def tag_list(tags: Mapping[str, str]) -> list[Mapping[str, str]]:
    """Tags as EC2, RDS and ELB write them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
