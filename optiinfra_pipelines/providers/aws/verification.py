"""What a credential may do, found by calls that are free and read nothing of weight."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from optiinfra_core.collecting.contract import Verification
from optiinfra_core.collecting.spreading import Job
from optiinfra_core.errors import OptiInfraError, PermissionMissing
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.client import inventory as listings
from optiinfra_pipelines.providers.aws.client.calls import Request
from optiinfra_pipelines.providers.aws.client.connection import REGIONS

LIST_METRICS = Request(service="cloudwatch", operation="ListMetrics", answer="Metrics")

# Cost Explorer charges for every request, GetMetricData for every metric: not to be spent unasked.
NOT_PROBED_CE = "ce:GetCostAndUsage: not probed, a request costs 0.01 USD"
NOT_PROBED_METRICS = "cloudwatch:GetMetricData: not probed, a metric costs 0.00001 USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One permission and the request that shows whether it is granted."""

    permission: str
    ask: Callable[[Aws, str], object]


def _dry(request: Request) -> Callable[[Aws, str], object]:
    return lambda aws, region: aws.calls.permits(request, region)


def _few(request: Request, **params: Any) -> Callable[[Aws, str], object]:
    small = Request(
        service=request.service, operation=request.operation, answer=request.answer, params=params
    )
    return lambda aws, region: aws.calls.ask(small, region)


_EC2 = (listings.INSTANCES, listings.VOLUMES, listings.SNAPSHOTS, listings.ADDRESSES)

PROBES: tuple[Probe, ...] = (
    Probe(permission="ec2:DescribeRegions", ask=_dry(REGIONS)),
    *(
        Probe(permission=f"ec2:{one.request.operation}", ask=_dry(one.request))
        for one in (*_EC2, listings.INSTANCE_TYPES)
    ),
    Probe(
        permission="elasticloadbalancing:DescribeLoadBalancers",
        ask=_few(listings.LOAD_BALANCERS.request, PageSize=1),
    ),
    Probe(
        permission="rds:DescribeDBInstances", ask=_few(listings.DATABASES.request, MaxRecords=20)
    ),
    Probe(permission="lambda:ListFunctions", ask=_few(listings.FUNCTIONS.request, MaxItems=1)),
    Probe(permission="eks:ListClusters", ask=_few(listings.CLUSTER_NAMES.request, maxResults=1)),
    Probe(permission="cloudwatch:ListMetrics", ask=_few(LIST_METRICS)),
)


def verify(aws: Aws) -> Verification:
    """Whose account it is, and which permissions collecting will find granted or missing.

    Raises:
        CredentialRejected: the keys are wrong, expired, or may not assume the role.
    """
    identity = aws.identity
    home = aws.credential.home_region
    probes = (*PROBES, *_export_probe(aws))
    found: list[str] = []
    missing: dict[str, None] = {}
    jobs = (Job(part=probe.permission, work=partial(probe.ask, aws, home)) for probe in probes)
    for outcome in aws.spread(jobs):
        if outcome.error is None:
            found.append(outcome.part)
        else:
            missing.update(dict.fromkeys(_lacking(outcome.error)))
    return Verification(
        account_id=identity.account_id,
        principal=identity.arn,
        permissions_found=tuple(found),
        permissions_missing=tuple(missing),
        not_probed=_not_probed(aws),
    )


def _lacking(error: OptiInfraError) -> tuple[str, ...]:
    if isinstance(error, PermissionMissing):
        return error.permissions
    raise error


def _not_probed(aws: Aws) -> tuple[str, ...]:
    explorer = aws.credential.cost_explorer and aws.credential.cost_export is None
    return (NOT_PROBED_METRICS, NOT_PROBED_CE) if explorer else (NOT_PROBED_METRICS,)


def _export_probe(aws: Aws) -> tuple[Probe, ...]:
    export = aws.credential.cost_export
    if export is None:
        return ()
    request = Request(
        service="s3",
        operation="ListObjectsV2",
        answer="KeyCount",
        params={"Bucket": export.bucket, "Prefix": export.prefix, "MaxKeys": 1},
    )
    return (
        Probe(
            permission="s3:ListBucket",
            ask=lambda connection, _home: connection.calls.ask(request, export.region),
        ),
    )
