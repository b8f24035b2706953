"""Faults of the simulated Azure as clients see them: on the wire and through the SDKs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

from optiinfra_simulator.azure.accounts import ACME, GLOBEX
from optiinfra_simulator.azure.cloud import AzureCloud
from optiinfra_simulator.faults import Fault, FaultKind
from tests.simulator.azure.clients import Clients
from tests.simulator.azure.conftest import NOW
from tests.simulator.azure.test_costs import body
from tests.simulator.azure.test_monitor import batch, machines

QPU = "x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after"
QUERY = f"/subscriptions/{GLOBEX.id}/providers/Microsoft.CostManagement/query?api-version=1"
GRAPH = "/providers/Microsoft.ResourceGraph/resources?api-version=1"
INVENTORY = {"subscriptions": [GLOBEX.id], "query": "Resources | project id | order by id asc"}


@pytest.fixture
def wire(clients: Clients) -> httpx.Client:
    """Plain HTTP with the token of the second subscription's collector."""
    return clients.wire(GLOBEX.id)


def fault(cloud: AzureCloud, kind: FaultKind, service: str, **options: Any) -> None:
    """Switch a fault on for a service."""
    cloud.faults.add(Fault(kind=kind, service=service, **options))


def ask(wire: httpx.Client) -> httpx.Response:
    """The answer to a cost query."""
    return wire.post(QUERY, json=body("Meter"))


def test_throttling_comes_with_each_hint_or_none(cloud: AzureCloud, wire: httpx.Client) -> None:
    """429 with Retry-After, without any hint, and with the quota's own headers only."""
    hints = []
    for kind in (FaultKind.THROTTLE, FaultKind.THROTTLE_BARE, FaultKind.THROTTLE_QUOTA):
        fault(cloud, kind, "costmanagement", times=1)
        answer = ask(wire)
        assert answer.status_code == 429
        hints.append((answer.headers.get("retry-after"), answer.headers.get(QPU)))
    assert hints == [("3", None), (None, None), (None, "3")]
    assert ask(wire).status_code == 200


def test_resource_graph_throttles_with_its_own_header(
    cloud: AzureCloud, wire: httpx.Client
) -> None:
    """The quota of Resource Graph says when it resets."""
    fault(cloud, FaultKind.THROTTLE_QUOTA, "resourcegraph", times=1)
    answer = wire.post(GRAPH, json=INVENTORY)
    assert answer.headers["x-ms-user-quota-resets-after"] == "00:00:03"
    assert QPU not in answer.headers


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (FaultKind.ERROR_500, 500, "InternalServerError"),
        (FaultKind.DENY, 403, "RBACAccessDenied"),
        (FaultKind.EXPIRED, 401, "ExpiredAuthenticationToken"),
    ],
)
def test_refusals_have_azures_codes(
    cloud: AzureCloud, wire: httpx.Client, kind: FaultKind, status: int, code: str
) -> None:
    """Each refusal has the status and the code that Azure gives it."""
    fault(cloud, kind, "costmanagement")
    answer = ask(wire)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_token_may_end_in_the_middle_of_paging(cloud: AzureCloud, clients: Clients) -> None:
    """The first page comes, the second is refused once, the third try gets it."""
    fault(cloud, FaultKind.EXPIRED, "resourcegraph", after=1, times=1)
    graph = clients.graph()

    def page(token: str | None) -> Any:
        options = QueryRequestOptions(top=5, skip_token=token)
        return graph.resources(
            QueryRequest(subscriptions=[ACME.id], query="Resources", options=options)
        )

    first = page(None)
    with pytest.raises(HttpResponseError) as refused:
        page(first.skip_token)
    assert refused.value.status_code == 401
    assert page(first.skip_token).data[0] != first.data[0]


def test_bytes_are_spoilt_on_the_wire(cloud: AzureCloud, wire: httpx.Client) -> None:
    """A truncated answer announces more than it sends; garbage is neither JSON nor XML."""
    fault(cloud, FaultKind.TRUNCATE, "costmanagement", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        ask(wire)
    fault(cloud, FaultKind.GARBAGE, "costmanagement", times=1)
    with pytest.raises(ValueError, match="Expecting value"):
        ask(wire).json()


def test_a_connection_is_reset(cloud: AzureCloud, clients: Clients) -> None:
    """The SDK sees a connection that breaks, over TLS as elsewhere."""
    fault(cloud, FaultKind.RESET, "costmanagement", times=1)
    client = clients.costs(GLOBEX.id)
    scope = f"subscriptions/{GLOBEX.id}"
    with pytest.raises((ServiceResponseError, ConnectionError)):
        client.query.usage(scope, body("Meter"))
    assert client.query.usage(scope, body("Meter")).rows


def test_a_hang_lasts_as_long_as_it_says(cloud: AzureCloud, wire: httpx.Client) -> None:
    """Whoever waits too briefly gives up; whoever waits long enough is answered."""
    fault(cloud, FaultKind.HANG, "costmanagement", times=2, seconds=0.5)
    with pytest.raises(httpx.ReadTimeout):
        wire.post(QUERY, json=body("Meter"), timeout=httpx.Timeout(30, read=0.1))
    assert ask(wire).status_code == 200


def test_an_empty_page_of_costs_leads_to_itself(cloud: AzureCloud, wire: httpx.Client) -> None:
    """A page without rows has a link; asked again it has the rows."""
    fault(cloud, FaultKind.EMPTY_PAGE, "costmanagement", times=1)
    empty = ask(wire).json()["properties"]
    assert empty["rows"] == []
    again = wire.post(empty["nextLink"], json=body("Meter")).json()["properties"]
    assert again["rows"]
    assert again["nextLink"] is None


@pytest.mark.parametrize("kind", [FaultKind.CYCLIC_TOKEN, FaultKind.EMPTY_PAGE])
def test_tokens_of_resource_graph_go_in_circles(
    cloud: AzureCloud, wire: httpx.Client, kind: FaultKind
) -> None:
    """Every page leads to itself for as long as the fault lasts."""
    fault(cloud, kind, "resourcegraph")
    seen = []
    token = None
    for _ in range(3):
        told = wire.post(GRAPH, json=INVENTORY | {"options": {"$skipToken": token, "$top": 5}})
        token = told.json()["$skipToken"]
        seen.append((token, len(told.json()["data"])))
    assert len(set(seen)) == 1
    assert (seen[0][1] == 0) is (kind is FaultKind.EMPTY_PAGE)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (FaultKind.THROTTLE, 503, "ServerBusy"),
        (FaultKind.EXPIRED, 401, "InvalidAuthenticationInfo"),
        (FaultKind.DENY, 403, "AuthorizationPermissionMismatch"),
        (FaultKind.ERROR_500, 500, "InternalServerError"),
    ],
)
def test_blob_storage_refuses_in_its_own_words(
    cloud: AzureCloud, clients: Clients, kind: FaultKind, status: int, code: str
) -> None:
    """Storage is busy where others throttle, and says its codes in XML and in a header."""
    fault(cloud, kind, "storage")
    with pytest.raises(HttpResponseError) as refused:
        next(clients.container().list_blobs(name_starts_with="focus/").by_page())
    assert refused.value.status_code == status
    assert refused.value.response.headers["x-ms-error-code"] == code


def test_lists_of_blobs_go_in_circles(cloud: AzureCloud, clients: Clients) -> None:
    """The marker of the first page leads to the first page."""
    fault(cloud, FaultKind.CYCLIC_TOKEN, "storage", operation="ListBlobs")
    pages = clients.container().list_blobs(name_starts_with="focus/", results_per_page=2).by_page()
    first, second, third = ([one.name for one in next(pages)] for _ in range(3))
    assert first == second == third


def test_lists_of_resource_manager_lead_to_themselves(
    cloud: AzureCloud, wire: httpx.Client
) -> None:
    """A list of machines that is cut short has a link to itself."""
    fault(cloud, FaultKind.EMPTY_PAGE, "compute", times=1)
    path = f"/subscriptions/{GLOBEX.id}/providers/Microsoft.Compute/virtualMachines?api-version=1"
    empty = wire.get(path).json()
    assert empty["value"] == []
    assert len(wire.get(empty["nextLink"]).json()["value"]) == 9


def points(answers: list[Any]) -> list[float | None]:
    """The averages of the first machine's first metric."""
    return [point.average for point in answers[0].metrics[0].timeseries[0].data]


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (FaultKind.NULL_POINTS, lambda found: [None] * len(found)),
        (FaultKind.DUPLICATE_POINTS, lambda found: found[:1] + found),
    ],
)
def test_points_are_null_or_there_twice(
    cloud: AzureCloud,
    clients: Clients,
    kind: FaultKind,
    changed: Callable[[list[float | None]], list[float | None]],
) -> None:
    """Nulls stand where values were; a stamp may come twice."""
    ids = [machines(cloud)[0].arm_id]
    sound = points(batch(clients, ids, "Percentage CPU"))
    fault(cloud, kind, "metrics")
    assert points(batch(clients, ids, "Percentage CPU")) == changed(sound)


def test_one_regions_endpoint_may_be_denied_alone(cloud: AzureCloud, clients: Clients) -> None:
    """The batch endpoint of one region refuses while the others answer."""
    fault(cloud, FaultKind.DENY, "metrics", region="eastus")
    with pytest.raises(HttpResponseError) as refused:
        batch(clients, [machines(cloud)[0].arm_id], "Percentage CPU")
    assert refused.value.status_code == 403
    elsewhere = next(
        one
        for one in cloud.estate.fleet(ACME.id).at(NOW)
        if one.kind == "azure.compute.virtualmachine" and one.region == "westus2"
    )
    assert clients.metrics("westus2").query_resources(
        resource_ids=[elsewhere.arm_id],
        metric_namespace="Microsoft.Compute/virtualMachines",
        metric_names=["Percentage CPU"],
        timespan=timedelta(hours=1),
    )


def test_signing_in_fails_too(cloud: AzureCloud, clients: Clients) -> None:
    """Entra may be throttled; the fault names the tenant as its account."""
    fault(cloud, FaultKind.THROTTLE, "identity", operation="Token", account=ACME.tenant)
    url = f"/{ACME.tenant}/oauth2/v2.0/token"
    assert clients.wire(application="").post(url, data={}).status_code == 429
    other = clients.wire(application="").post(f"/{GLOBEX.tenant}/oauth2/v2.0/token", data={})
    assert other.status_code == 400


def test_calls_are_counted_by_operation_and_account(cloud: AzureCloud, clients: Clients) -> None:
    """The ledger knows which operation was called for which subscription."""
    clients.wire().get(f"/subscriptions/{ACME.id}")
    clients.wire(GLOBEX.id).get(f"/subscriptions/{GLOBEX.id}")
    clients.wire(GLOBEX.id).get("/nothing")
    told = cloud.calls.summary()
    assert isinstance(told["by_operation"], dict)
    assert told["by_operation"]["arm.GetSubscription"] == 2
    assert told["by_operation"]["identity.Token"] == 2
    assert cloud.calls.count("unknown") == 1
