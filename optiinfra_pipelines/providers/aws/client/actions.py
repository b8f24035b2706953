"""What each request is called in IAM and what it costs: the only table of names and prices."""

from decimal import Decimal

# IAM spells the service of a request in its own way; the SDK's name stands where both agree.
PREFIXES = {"elbv2": "elasticloadbalancing", "elb": "elasticloadbalancing"}

# Requests whose IAM action has another name (Service Authorization Reference).
ACTIONS = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:GetObject": "s3:GetObject",
}

# US dollars for one unit of a request; a request that is not here is free of charge.
# ce: aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing, 0.01 a request, each page.
# cloudwatch: aws.amazon.com/cloudwatch/pricing, 0.01 per 1,000 metrics that a request names.
# s3: aws.amazon.com/s3/pricing, Standard, us-east-1: 0.005 per 1,000 lists, 0.0004 per 1,000 gets.
PRICES = {
    "ce:GetCostAndUsage": Decimal("0.01"),
    "cloudwatch:GetMetricData": Decimal("0.00001"),
    "s3:ListObjectsV2": Decimal("0.000005"),
    "s3:GetObject": Decimal("0.0000004"),
}

# The parameter whose length AWS bills, where it is not the request itself.
BILLED_BY = {"cloudwatch:GetMetricData": "MetricDataQueries"}


def called(service: str, operation: str) -> str:
    """The name of a request in the ledger, for example ``ce:GetCostAndUsage``."""
    return f"{PREFIXES.get(service, service)}:{operation}"


def action(service: str, operation: str) -> str:
    """The IAM action that allows a request, for example ``s3:ListBucket``."""
    name = called(service, operation)
    return ACTIONS.get(name, name)


def price(name: str, units: int) -> Decimal:
    """US dollars that ``units`` of the request ``name`` cost at list price."""
    return PRICES.get(name, Decimal(0)) * units
