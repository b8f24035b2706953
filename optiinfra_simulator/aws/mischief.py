"""Carries out faults: refusals before a call, odd answers after it, broken bytes on the wire."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optiinfra_simulator.aws.dialects import AwsError, Dialect
from optiinfra_simulator.aws.explorer import FIRST_PAGE as EXPLORER_FIRST_PAGE
from optiinfra_simulator.aws.monitoring import FIRST_PAGE as MONITORING_FIRST_PAGE
from optiinfra_simulator.faults import Fault, FaultKind


@dataclass(frozen=True, slots=True)
class _Paging:
    """Where an answer holds its items and its next token, and what asks for the first page."""

    items: str
    token: str
    asked: str
    first: str = "0"


_PAGING: Mapping[tuple[str, str], _Paging] = {
    ("ce", "GetCostAndUsage"): _Paging(
        "ResultsByTime", "NextPageToken", "NextPageToken", EXPLORER_FIRST_PAGE
    ),
    ("cloudwatch", "GetMetricData"): _Paging(
        "MetricDataResults", "NextToken", "NextToken", MONITORING_FIRST_PAGE
    ),
    ("cloudwatch", "ListMetrics"): _Paging(
        "Metrics", "NextToken", "NextToken", MONITORING_FIRST_PAGE
    ),
    ("ec2", "DescribeInstances"): _Paging("Reservations", "NextToken", "NextToken"),
    ("ec2", "DescribeVolumes"): _Paging("Volumes", "NextToken", "NextToken"),
    ("ec2", "DescribeSnapshots"): _Paging("Snapshots", "NextToken", "NextToken"),
    ("ec2", "DescribeInstanceTypes"): _Paging("InstanceTypes", "NextToken", "NextToken"),
    ("rds", "DescribeDBInstances"): _Paging("DBInstances", "Marker", "Marker"),
    ("elbv2", "DescribeLoadBalancers"): _Paging("LoadBalancers", "NextMarker", "Marker"),
    ("lambda", "ListFunctions"): _Paging("Functions", "NextMarker", "Marker"),
    ("eks", "ListClusters"): _Paging("clusters", "nextToken", "nextToken"),
}


def refusal(fault: Fault, speaks: Dialect, arn: str, action: str) -> AwsError | None:
    """The refusal that the fault calls for, in the words of the service."""
    match fault.kind:
        case FaultKind.THROTTLE:
            return AwsError.of(speaks.throttled, "Rate exceeded")
        case FaultKind.ERROR_500:
            return AwsError.of(speaks.broken, "An internal error occurred")
        case FaultKind.DENY:
            return denial(speaks, arn, action)
        case FaultKind.EXPIRED:
            message = "The security token included in the request is expired"
            return AwsError.of(speaks.expired, message)
        case _:
            return None


def denial(speaks: Dialect, arn: str, action: str) -> AwsError:
    """The refusal of an action that no policy of the principal allows."""
    return AwsError.of(
        speaks.denied,
        f"User: {arn} is not authorized to perform: {action} because no identity-based policy "
        f"allows the {action} action",
    )


def twist(
    fault: Fault,
    route: tuple[str, str],
    asked: Mapping[str, Any],
    result: Mapping[str, Any],
) -> Mapping[str, Any]:
    """The answer as the fault makes it."""
    paging = _PAGING.get(route)
    if fault.kind in (FaultKind.EMPTY_PAGE, FaultKind.CYCLIC_TOKEN) and paging:
        token = asked.get(paging.asked) or paging.first
        if fault.kind is FaultKind.EMPTY_PAGE:
            return {**result, paging.items: [], paging.token: token}
        return {**result, paging.token: token}
    if fault.kind in (FaultKind.DUPLICATE_POINTS, FaultKind.NAN_POINTS):
        series = result.get("MetricDataResults") or []
        return {**result, "MetricDataResults": [_spoilt(fault.kind, one) for one in series]}
    return result


def _spoilt(kind: FaultKind, series: Mapping[str, Any]) -> Mapping[str, Any]:
    stamps, values = series["Timestamps"], series["Values"]
    if kind is FaultKind.NAN_POINTS:
        return {**series, "Values": [math.nan, *values[1:]] if values else []}
    return {**series, "Timestamps": stamps[:1] + stamps, "Values": values[:1] + values}
