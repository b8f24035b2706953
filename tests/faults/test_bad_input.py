"""What AWS does wrong, through boto3 and the runner into ClickHouse: told, survived, made good."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE, Metric
from optiinfra_core.windows import FixedClock
from optiinfra_simulator.faults import Fault, FaultKind
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.accounts import ACME, GLOBEX, Account
from tests.faults.connected import Connected

HOUR = timedelta(hours=1)
FAR = "us-west-2"
REGIONS = ("eu-west-1", "us-east-1", "us-west-2")


@dataclass(frozen=True)
class Case:
    """A fault of the cloud, and how it must be told."""

    name: str
    fault: Fault
    metric: Metric
    code: str
    says: str
    parts: tuple[str, ...] = ()
    account: Account = ACME


def on(kind: FaultKind, service: str, operation: str = "*", region: str = "*") -> Fault:
    """A fault on a route, until it is cleared."""
    return Fault(kind=kind, service=service, operation=operation, region=region)


CASES = [
    Case(
        "a missing permission",
        on(FaultKind.DENY, "lambda", "ListFunctions"),
        RESOURCE,
        "permission-missing",
        "lambda:ListFunctions",
        parts=REGIONS,
    ),
    Case(
        "a missing permission for samples",
        on(FaultKind.DENY, "cloudwatch", "GetMetricData"),
        PERFORMANCE,
        "permission-missing",
        "cloudwatch:GetMetricData",
        parts=("us-east-1", "us-west-2"),
    ),
    Case(
        "a missing permission for cost",
        on(FaultKind.DENY, "ce"),
        COST,
        "permission-missing",
        "ce:GetCostAndUsage",
    ),
    Case(
        "throttled in a region",
        on(FaultKind.THROTTLE, "cloudwatch", "GetMetricData", FAR),
        PERFORMANCE,
        "throttled",
        "Rate exceeded",
        parts=(FAR,),
    ),
    Case("throttled for cost", on(FaultKind.THROTTLE, "ce"), COST, "throttled", "Rate exceeded"),
    Case(
        "half a page",
        on(FaultKind.TRUNCATE, "ec2", "DescribeInstances", FAR),
        RESOURCE,
        "transient",
        "cut short",
        parts=(FAR,),
    ),
    Case("half a page of cost", on(FaultKind.TRUNCATE, "ce"), COST, "transient", "cut short"),
    Case(
        "pages in a circle",
        on(FaultKind.CYCLIC_TOKEN, "ec2", "DescribeVolumes", FAR),
        RESOURCE,
        "malformed",
        "same NextToken twice",
        parts=(FAR,),
    ),
    Case(
        "garbage for JSON",
        on(FaultKind.GARBAGE, "lambda", "ListFunctions", "us-east-1"),
        RESOURCE,
        "malformed",
        "answered without Functions",
        parts=("us-east-1",),
    ),
    Case(
        "garbage for XML",
        on(FaultKind.GARBAGE, "ec2", "DescribeVolumes", FAR),
        RESOURCE,
        "malformed",
        "cannot be read",
        parts=(FAR,),
    ),
    Case(
        "garbage for samples",
        on(FaultKind.GARBAGE, "cloudwatch", "GetMetricData", FAR),
        PERFORMANCE,
        "malformed",
        "MetricDataResults",
        parts=(FAR,),
    ),
    Case(
        "garbage for cost",
        on(FaultKind.GARBAGE, "ce"),
        COST,
        "malformed",
        "answered without ResultsByTime",
    ),
    Case(
        "half a file of an export",
        on(FaultKind.TRUNCATE, "s3", "GetObject"),
        COST,
        "transient",
        "broke off",
        account=GLOBEX,
    ),
    Case(
        "garbage for an export",
        on(FaultKind.GARBAGE, "s3", "GetObject"),
        COST,
        "malformed",
        "no list of data files",
        account=GLOBEX,
    ),
    Case(
        "an export denied",
        on(FaultKind.DENY, "s3", "GetObject"),
        COST,
        "permission-missing",
        "s3:GetObject",
        account=GLOBEX,
    ),
    Case(
        "one region denied",
        on(FaultKind.DENY, "*", region=FAR),
        RESOURCE,
        "permission-missing",
        "ec2:DescribeInstances",
        parts=(FAR,),
    ),
    Case(
        "one region denied for samples",
        on(FaultKind.DENY, "*", region=FAR),
        PERFORMANCE,
        "permission-missing",
        "ec2:DescribeInstances",
        parts=(FAR,),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_is_told_and_nothing_is_lost(
    case: Case, connect: Callable[..., Connected], simulator: SimulatorServer, clock: FixedClock
) -> None:
    """Code, remedy and parts are told; the rest is collected; afterwards all is as in the cloud."""
    account = connect(case.account)
    assert account.tick(case.metric).status == "succeeded"
    account.whole(case.metric)
    before: Any = account.served(case.metric)
    clock.advance(timedelta(hours=8))
    simulator.faults.add(case.fault)

    outcome = account.tick(case.metric)
    fault = account.told(case.metric, outcome)
    assert fault.code == case.code
    assert case.says in fault.detail
    assert outcome.status == ("partial" if case.parts else "failed")
    assert {failure.part for failure in outcome.failures} == set(case.parts)
    assert {failure.code for failure in outcome.failures} <= {case.code}
    assert account.state(case.metric).last_error_remedy == fault.remedy
    newest = account.commits(case.metric)[-1]
    assert newest.complete is not bool(case.parts)
    assert set(newest.failed_parts) == set(case.parts)
    rest(case, account, before)

    simulator.faults.clear()
    clock.advance(HOUR)
    assert account.tick(case.metric).status == "succeeded"
    account.whole(case.metric)


def rest(case: Case, account: Connected, before: Any) -> None:
    """What the fault does not concern is there; what was known before it is still served."""
    served: Any = account.served(case.metric)
    if case.metric is COST:
        assert served == before
    elif case.metric is PERFORMANCE:
        assert before <= served < account.true(PERFORMANCE)
        assert served > before or set(case.parts) == {"us-east-1", "us-west-2"}
    else:
        true: Any = account.true(RESOURCE)
        lacking = true - served
        assert served - true == type(true)()
        assert {region for region, _ in lacking} <= set(case.parts)
        assert served


@pytest.mark.parametrize(
    ("fault", "metric", "failed"),
    [
        (on(FaultKind.THROTTLE, "ce"), COST, 1),
        (on(FaultKind.TRUNCATE, "ec2", "DescribeVolumes", FAR), RESOURCE, 1),
        (on(FaultKind.RESET, "cloudwatch", "GetMetricData", FAR), PERFORMANCE, 1),
        (on(FaultKind.EMPTY_PAGE, "ec2", "DescribeInstances"), RESOURCE, 0),
        (on(FaultKind.DUPLICATE_POINTS, "cloudwatch"), PERFORMANCE, 0),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Fault) else "",
)
def test_a_fault_that_passes_is_made_good_in_the_same_run(
    fault: Fault,
    metric: Metric,
    failed: int,
    connect: Callable[..., Connected],
    simulator: SimulatorServer,
) -> None:
    """One throttle, one broken answer, one odd page: all is as in the cloud, the call is noted."""
    account = connect()
    simulator.faults.add(replace(fault, times=1))
    outcome = account.tick(metric)
    assert outcome.status == "succeeded"
    assert simulator.faults.listed()[0]["struck"] == 1
    account.whole(metric)
    calls = account.calls()
    assert sum(one.failed for one in calls) == failed
    assert sum(one.throttled for one in calls) == (fault.kind is FaultKind.THROTTLE)
