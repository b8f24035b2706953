"""Identifiers of resources: billing data and inventory must name one thing alike."""

import pytest

from optiinfra_pipelines.providers.aws.amounts import resource


@pytest.mark.parametrize(
    ("billed", "listed"),
    [
        ("i-0abc", "i-0abc"),
        ("arn:aws:ec2:us-east-1:111111111111:instance/i-0abc", "i-0abc"),
        ("arn:aws:ec2:us-east-1:111111111111:volume/vol-0abc", "vol-0abc"),
        ("arn:aws:ec2:us-east-1:111111111111:snapshot/snap-0abc", "snap-0abc"),
        ("arn:aws-cn:ec2:cn-north-1:111111111111:elastic-ip/eipalloc-0abc", "eipalloc-0abc"),
        (
            "arn:aws:rds:us-east-1:111111111111:db:prod",
            "arn:aws:rds:us-east-1:111111111111:db:prod",
        ),
        ("arn:aws:ec2:us-east-1:111111111111:natgateway/nat-0abc",) * 2,
        (None, ""),
    ],
)
def test_billed_resources_carry_the_identifier_of_the_inventory(
    billed: str | None, listed: str
) -> None:
    """Only what the inventory names without an ARN loses its ARN."""
    assert resource(billed) == listed
