"""Cloud Monitoring over gRPC: every page once, and what becomes of each way it can fail."""

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import grpc
import pytest
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from optiinfra_core.errors import (
    CredentialRejected,
    Malformed,
    NotFound,
    NotSupported,
    OptiInfraError,
    Permanent,
    PermissionMissing,
    Throttled,
    Transient,
)
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.client.monitoring import Query, Series
from tests.providers.gcp.conftest import Connect
from tests.providers.gcp.series import page, series
from tests.providers.gcp.wire import PROJECT, MonitoringDouble

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
QUERY = Query(
    project=PROJECT,
    filter='metric.type = "compute.googleapis.com/instance/cpu/utilization"'
    ' AND resource.type = "gce_instance"',
    align="mean",
    period=timedelta(minutes=5),
    span=Window(START, START + timedelta(minutes=15)),
)
Code = grpc.StatusCode


def other(number: int) -> Mapping[str, str]:
    """The labels of another machine."""
    return {"project_id": PROJECT, "zone": "us-central1-a", "instance_id": str(number)}


def two_pages(request: Any) -> Any:
    """A machine on each of two pages."""
    if request.page_token == "two":  # noqa: S105 - the token of a page
        return page(series(request, [0.3], other(2)))
    return page(series(request, [0.1], other(1)), token="two")  # noqa: S106 - the token of a page


@pytest.fixture
def gcp(connect: Connect, monitored: MonitoringDouble, monitoring_endpoint: str) -> Iterator[Gcp]:
    """A connection to two pages of series."""
    monitored.answer = two_pages
    return connect(monitoring_endpoint=monitoring_endpoint)


def read(gcp: Gcp) -> list[Series]:
    """Every series of the query."""
    return list(gcp.monitoring.series(QUERY))


def test_every_page_is_read_and_priced(gcp: Gcp, monitored: MonitoringDouble) -> None:
    """One metric type, aligned to five minutes, 100,000 points a page; a series is 0.0000005."""
    assert [one.resource["instance_id"] for one in read(gcp)] == ["1", "2"]
    first, second = monitored.asked
    assert (first.page_token, second.page_token) == ("", "two")
    assert (first.name, first.page_size) == (f"projects/{PROJECT}", 100_000)
    assert first.aggregation.alignment_period == timedelta(seconds=300)
    assert first.aggregation.per_series_aligner.name == "ALIGN_MEAN"
    assert first.interval.end_time == QUERY.span.end
    calls = [call for call in gcp.gate.ledger.calls if call.operation.startswith("monitoring")]
    assert [(call.units, call.usd) for call in calls] == [(1, Decimal("0.0000005"))] * 2


def test_a_sample_is_dated_by_the_start_of_its_interval(gcp: Gcp) -> None:
    """An aligned gauge's point has an interval without length, at the end of what it measured."""
    assert read(gcp)[0].samples == ((START + timedelta(minutes=10), 0.1),)


PASSING = {
    "resource exhausted": Code.RESOURCE_EXHAUSTED,
    "internal": Code.INTERNAL,
    "unavailable": Code.UNAVAILABLE,
    "unknown": Code.UNKNOWN,
    "aborted": Code.ABORTED,
}


@pytest.mark.parametrize("code", PASSING)
def test_what_passes_is_asked_again_a_page_at_a_time(
    code: str, gcp: Gcp, monitored: MonitoringDouble
) -> None:
    """The second page fails once: three calls, one wait, and every series once."""
    monitored.fates = [None, (PASSING[code], "later")]
    assert len(read(gcp)) == 2
    assert [one.page_token for one in monitored.asked] == ["", "two", "two"]
    assert gcp.gate.sleep.seconds == [0.5]
    failed = [call for call in gcp.gate.ledger.calls if call.error]
    assert [(call.usd, call.throttled) for call in failed] == [
        (Decimal(0), code == "resource exhausted")
    ]


def test_five_attempts_are_all_there_are(gcp: Gcp, monitored: MonitoringDouble) -> None:
    """Neither the SDK nor gRPC adds attempts of its own."""
    monitored.fates = [(Code.UNAVAILABLE, "down")] * 9
    with pytest.raises(Transient):
        read(gcp)
    assert len(monitored.asked) == 5
    assert gcp.gate.sleep.seconds == [0.5, 1.0, 2.0, 4.0]


def detailed(message: Any, code: Code) -> status_pb2.Status:
    """A status with a detail, as Google sends it in its trailers."""
    packed = any_pb2.Any()
    packed.Pack(message)
    return status_pb2.Status(code=code.value[0], message="told", details=[packed])


def test_a_wait_that_google_names_is_obeyed(gcp: Gcp, monitored: MonitoringDouble) -> None:
    """RetryInfo in the status's details."""
    delay = error_details_pb2.RetryInfo(
        retry_delay=duration_pb2.Duration(seconds=2, nanos=500_000_000)
    )
    monitored.fates = [detailed(delay, Code.RESOURCE_EXHAUSTED)]
    assert len(read(gcp)) == 2
    assert gcp.gate.sleep.seconds == [2.5]


def test_a_wait_beyond_the_deadline_is_given_back(gcp: Gcp, monitored: MonitoringDouble) -> None:
    """The caller learns how long."""
    delay = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=600))
    monitored.fates = [detailed(delay, Code.RESOURCE_EXHAUSTED)]
    with pytest.raises(Throttled) as told:
        read(gcp)
    assert told.value.retry_after == 600.0
    assert len(monitored.asked) == 1


def test_a_token_that_ends_in_the_middle_of_pages_costs_one_page(
    gcp: Gcp, monitored: MonitoringDouble
) -> None:
    """No wait; only the last call carries the new token."""
    monitored.fates = [None, (Code.UNAUTHENTICATED, "expired")]
    assert len(read(gcp)) == 2
    assert monitored.bearers == [
        "Bearer token-1-of-the-test",
        "Bearer token-1-of-the-test",
        "Bearer token-2-of-the-test",
    ]
    assert gcp.gate.sleep.seconds == []


def test_a_server_that_hangs_is_given_up(
    connect: Connect, monitored: MonitoringDouble, monitoring_endpoint: str
) -> None:
    """The call has a deadline; two fit into the gate's."""
    monitored.stalled = threading.Event()
    gcp = connect(monitoring_endpoint=monitoring_endpoint, gate={"deadline_seconds": 0.6})
    with pytest.raises(Transient, match="504"):
        read(gcp)
    monitored.stalled.set()
    assert gcp.gate.sleep.seconds == [0.5]


LASTING: Mapping[str, tuple[Any, type[OptiInfraError]]] = {
    "denied": ((Code.PERMISSION_DENIED, "no"), PermissionMissing),
    "invalid": ((Code.INVALID_ARGUMENT, "bad filter"), Permanent),
    "no such metric": ((Code.NOT_FOUND, "Cannot find metric(s) that match type"), NotFound),
    "api off": (
        detailed(
            error_details_pb2.ErrorInfo(
                reason="SERVICE_DISABLED", metadata={"service": "monitoring.googleapis.com"}
            ),
            Code.PERMISSION_DENIED,
        ),
        NotSupported,
    ),
}


@pytest.mark.parametrize("case", LASTING)
def test_what_lasts_is_said_at_once(case: str, gcp: Gcp, monitored: MonitoringDouble) -> None:
    """One call, no wait."""
    fate, error = LASTING[case]
    monitored.fates = [fate]
    with pytest.raises(error) as told:
        read(gcp)
    assert type(told.value) is error
    assert len(monitored.asked) == 1
    if isinstance(told.value, PermissionMissing):
        assert told.value.permissions == ("monitoring.timeSeries.list",)


def test_a_token_that_stays_refused_is_a_rejected_credential(
    gcp: Gcp, monitored: MonitoringDouble
) -> None:
    """Two calls."""
    monitored.fates = [(Code.UNAUTHENTICATED, "no")] * 3
    with pytest.raises(CredentialRejected):
        read(gcp)
    assert len(monitored.asked) == 2


def test_pages_that_never_end_are_noticed(gcp: Gcp, monitored: MonitoringDouble) -> None:
    """The same token twice."""
    monitored.answer = lambda _request: page(token="again")  # noqa: S106 - the token of a page
    with pytest.raises(Malformed, match="twice"):
        read(gcp)


def test_an_answer_of_more_than_4_mib_is_read(gcp: Gcp, monitored: MonitoringDouble) -> None:
    """The default of gRPC would refuse a day of 1,000 machines."""
    name = {"instance_name": "x" * 1000}
    monitored.answer = lambda request: page(
        *(series(request, [0.1], other(number), name) for number in range(5000))
    )
    assert len(read(gcp)) == 5000
