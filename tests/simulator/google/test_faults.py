"""Faults strike where they are told to, in Google's own words, and leave when they are spent."""

import json

import grpc
import pytest
import requests
from google.api_core.exceptions import GoogleAPICallError

from optiinfra_simulator.faults import Fault, FaultKind
from optiinfra_simulator.google.cloud import GoogleCloud
from optiinfra_simulator.google.world.projects import ACME
from tests.simulator.google.clients import Clients, series
from tests.simulator.google.test_monitoring import END, START

LIST = "instances.aggregatedList"


def _add(cloud: GoogleCloud, kind: FaultKind, **more: object) -> None:
    """Switch a fault on for the list of instances."""
    document = {"kind": kind.value, "service": "compute", "operation": LIST, **more}
    cloud.faults.add(Fault.read(document))


@pytest.mark.parametrize(
    ("kind", "status", "reason", "patience"),
    [
        (FaultKind.THROTTLE, 429, "rateLimitExceeded", "2"),
        (FaultKind.THROTTLE_BARE, 429, "rateLimitExceeded", None),
        (FaultKind.ERROR_500, 500, "backendError", None),
        (FaultKind.DENY, 403, "forbidden", None),
    ],
)
def test_a_refusal_has_status_reason_and_patience(
    cloud: GoogleCloud, acme: Clients, kind: FaultKind, status: int, *, reason: str,
    patience: str | None,
) -> None:  # fmt: skip
    """Only one of the two throttles says how long to wait; a spent fault is gone."""
    _add(cloud, kind, times=1)
    token = cloud.identities.issue(cloud.identities.account(ACME))
    url = f"{cloud.url}/compute/v1/projects/{ACME.id}/aggregated/instances"
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(url, headers=headers, timeout=10)
    assert answer.status_code == status
    assert answer.json()["error"]["errors"][0]["reason"] == reason
    assert answer.headers.get("Retry-After") == patience
    assert requests.get(url, headers=headers, timeout=10).status_code == 200
    assert cloud.calls.count("compute", LIST) == 2


def test_a_token_that_expires_between_pages_is_renewed(cloud: GoogleCloud, acme: Clients) -> None:
    """The library asks for another one and the second page comes after all."""
    first = acme.listed("instances", maxResults=5).json()
    _add(cloud, FaultKind.EXPIRED, times=1)
    second = acme.listed("instances", maxResults=5, pageToken=first["nextPageToken"])
    assert second.status_code == 200
    assert cloud.calls.count("oauth2", "token") == 2


def test_broken_answers_break(cloud: GoogleCloud, acme: Clients) -> None:
    """Truncated, garbage, and reset: each as a client sees it."""
    _add(cloud, FaultKind.TRUNCATE, times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        acme.listed("instances")
    _add(cloud, FaultKind.GARBAGE, times=1)
    with pytest.raises(json.JSONDecodeError):
        acme.listed("instances").json()
    _add(cloud, FaultKind.RESET, times=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        acme.listed("instances")
    assert acme.listed("instances").status_code == 200


def test_a_hang_lasts_as_long_as_it_is_told(cloud: GoogleCloud, acme: Clients) -> None:
    """A client that waits less gives up; the hang ends with the fault's seconds."""
    acme.listed("disks")
    _add(cloud, FaultKind.HANG, times=1, seconds=1.0)
    url = f"{cloud.url}/compute/v1/projects/{ACME.id}/aggregated/instances"
    with pytest.raises(requests.exceptions.ReadTimeout):
        acme.session.get(url, timeout=0.2)


def test_pages_can_be_empty_or_go_round(cloud: GoogleCloud, acme: Clients) -> None:
    """An empty page names the page that was asked for; a cyclic token never ends."""
    _add(cloud, FaultKind.EMPTY_PAGE, times=1)
    empty = acme.listed("instances").json()
    assert empty["items"] == {}
    assert acme.listed("instances", pageToken=empty["nextPageToken"]).json()["items"]
    _add(cloud, FaultKind.CYCLIC_TOKEN)
    first = acme.listed("instances", maxResults=2).json()["nextPageToken"]
    again = acme.listed("instances", maxResults=2, pageToken=first).json()["nextPageToken"]
    assert first == again


def test_one_zone_can_be_unreachable(cloud: GoogleCloud, acme: Clients) -> None:
    """The scope carries a warning, and is listed as unreachable for those who opt in."""
    whole = acme.listed("instances").json()["items"]
    _add(cloud, FaultKind.UNREACHABLE)
    partial = acme.listed("instances", returnPartialSuccess="true").json()
    (lost,) = partial["unreachables"]
    assert partial["items"][lost]["warning"]["code"] == "UNREACHABLE"
    assert "instances" in whole[lost]
    assert "unreachables" not in acme.listed("instances").json()


def test_sql_and_clusters_name_what_is_missing(cloud: GoogleCloud, acme: Clients) -> None:
    """Warnings with REGION_UNREACHABLE, and missingZones."""
    cloud.faults.add(Fault(kind=FaultKind.UNREACHABLE))
    databases = acme.get(f"/v1/projects/{ACME.id}/instances").json()
    assert databases["warnings"][0]["code"] == "REGION_UNREACHABLE"
    clusters = acme.get(f"/v1/projects/{ACME.id}/locations/-/clusters").json()
    assert clusters["missingZones"] == ["us-central1"]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (FaultKind.THROTTLE, grpc.StatusCode.RESOURCE_EXHAUSTED),
        (FaultKind.ERROR_500, grpc.StatusCode.INTERNAL),
        (FaultKind.DENY, grpc.StatusCode.PERMISSION_DENIED),
        (FaultKind.EXPIRED, grpc.StatusCode.UNAUTHENTICATED),
        (FaultKind.GARBAGE, grpc.StatusCode.INTERNAL),
    ],
)
def test_monitoring_fails_by_status(
    cloud: GoogleCloud, acme: Clients, kind: FaultKind, code: grpc.StatusCode
) -> None:
    """Each fault is a status of gRPC; THROTTLE brings how long to wait."""
    cloud.faults.add(Fault(kind=kind, service="monitoring"))
    with acme.monitoring() as client, pytest.raises(GoogleAPICallError) as caught:
        client.list_time_series(
            request=series(ACME.id, START, END), metadata=acme.authorization(), retry=None
        )
    assert caught.value.grpc_status_code is code
    if kind is FaultKind.THROTTLE:
        assert caught.value.details[0].retry_delay.seconds == 2


def test_points_can_come_twice(cloud: GoogleCloud, acme: Clients) -> None:
    """One point of each series is repeated on the same page."""
    cloud.faults.add(Fault(kind=FaultKind.DUPLICATE_POINTS, service="monitoring"))
    with acme.monitoring() as client:
        found = list(
            client.list_time_series(
                request=series(ACME.id, START, END), metadata=acme.authorization()
            )
        )
    for one in found:
        ends = [point.interval.end_time for point in one.points]
        assert len(ends) == len(set(ends)) + 1
