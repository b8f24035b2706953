"""IAM policies: whether a set of statements lets a principal do something."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

# What a read-only role for OptiInfra allows; the provider's page in the docs lists the same.
READ_ONLY = (
    "ec2:Describe*",
    "rds:Describe*",
    "rds:ListTagsForResource",
    "elasticloadbalancing:Describe*",
    "lambda:ListFunctions",
    "lambda:ListTags",
    "eks:ListClusters",
    "eks:DescribeCluster",
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "ce:GetCostAndUsage",
    "s3:GetBucketLocation",
    "s3:ListBucket",
    "s3:GetObject",
    "tag:GetResources",
    "iam:SimulatePrincipalPolicy",
    "bcm-data-exports:ListExports",
    "bcm-data-exports:GetExport",
)


@dataclass(frozen=True, slots=True)
class Statement:
    """Actions allowed (or denied) on resources; ``*`` and ``?`` match as in IAM."""

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    allow: bool = True

    def speaks_of(self, action: str, resource: str) -> bool:
        """Whether it says anything about this action on this resource."""
        return any(
            fnmatchcase(action.lower(), pattern.lower()) for pattern in self.actions
        ) and any(fnmatchcase(resource, pattern) for pattern in self.resources)


def allowed(statements: Iterable[Statement], action: str, resource: str) -> bool:
    """Whether something allows it and nothing denies it."""
    said = [one.allow for one in statements if one.speaks_of(action, resource)]
    return bool(said) and all(said)


@dataclass(frozen=True, slots=True)
class Trust:
    """Who may assume a role, and with which external id (None: with any or none)."""

    principals: tuple[str, ...]
    external_id: str | None

    def trusts(self, principal: str, parameters: Mapping[str, str]) -> bool:
        """Whether this principal may assume the role with these parameters."""
        if principal not in self.principals:
            return False
        return self.external_id is None or parameters.get("ExternalId") == self.external_id


# IAM's prefix where it differs from the name of the client.
_PREFIXES = {"elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing"}
_ACTIONS = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
}


def action(service: str, operation: str) -> str:
    """The IAM action that an operation needs."""
    name = f"{_PREFIXES.get(service, service)}:{operation}"
    return _ACTIONS.get(name, name)
