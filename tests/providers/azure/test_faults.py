"""What becomes of throttles, torn connections, half answers and expired tokens, call by call."""

from dataclasses import replace
from typing import Any

import pytest

from optiinfra_core.collecting.gate import CallLog
from optiinfra_core.errors import (
    ConfigurationError,
    CredentialRejected,
    Malformed,
    NotReady,
    OptiInfraError,
    Permanent,
    PermissionMissing,
    Throttled,
    Transient,
)
from optiinfra_core.testing.http_double import Fate, Reply, Reset, Stall
from optiinfra_pipelines.providers.azure.client import Azure
from optiinfra_pipelines.providers.azure.client.costs import records
from optiinfra_pipelines.providers.azure.client.inventory import resources
from tests.providers.azure.asking import ASK, QUESTION
from tests.providers.azure.conftest import SECRET, Connect, Waits
from tests.providers.azure.wire import Asked, AzureDouble, found, graph, refused, token, told

KINDS = list(ASK)
QUERY = "x-ms-ratelimit-microsoft.costmanagement-{}-retry-after"
TOKENS = "Microsoft.Entra/tokens:get"


def ledger(azure: Azure) -> list[tuple[int, bool, str]]:
    """Status, throttled and error of each recorded call but those of the sign-in."""
    log = azure.gate.ledger
    assert isinstance(log, CallLog)
    return [
        (call.status, call.throttled, call.error) for call in log.calls if call.operation != TOKENS
    ]


def throttled(**headers: str) -> Reply:
    """A refusal that asks to wait as ``headers`` say."""
    reply = refused("TooManyRequests", 429, "Please retry.")
    return replace(reply, headers={**reply.headers, **headers})


def answered(kind: str) -> tuple[int, bool, str]:
    """The ledger's line for an answer: a range of a blob is partial content."""
    return (206 if kind == "blob" else 200, False, "")


def ok(kind: str) -> Fate:
    """What an empty subscription answers, and the bytes of a blob."""
    if kind == "blob":
        headers = {"content-range": "bytes 0-3/4", "etag": '"1"', "x-ms-blob-type": "BlockBlob"}
        return Reply(status=206, body=b"data", headers=headers)
    return AzureDouble().empty(Asked(kind, None))  # type: ignore[arg-type] - none of these looks


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "met",
    [
        (throttled(**{"retry-after": "7"}), 7.0, (429, True, "")),
        (throttled(), 0.5, (429, True, "")),
        (refused("InternalServerError", 500), 0.5, (500, False, "")),
        (refused("ServiceUnavailable", 503), 0.5, (503, False, "")),
        (refused("ServerBusy", 503, retry_after="6"), 6.0, (503, False, "")),
        (Reset(), 0.5, (0, False, "ServiceResponseError")),
    ],
    ids=["429 with Retry-After", "429 without", "500", "503", "503 with Retry-After", "reset"],
)
def test_a_passing_fault_costs_one_call_and_one_wait(
    kind: str,
    met: tuple[Fate, float, tuple[int, bool, str]],
    cloud: AzureDouble,
    connect: Connect,
    waits: Waits,
) -> None:
    """No client of the SDK retries by itself: one fault is two calls, in the ledger too."""
    fate, waited, noted = met
    cloud.on(kind, fate, ok(kind))
    azure = connect()
    ASK[kind](azure)
    assert waits.slept == [waited]
    assert len(cloud.of(kind)) == 2
    assert ledger(azure) == [noted, answered(kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_lasting_throttle_takes_five_calls_and_growing_waits(
    kind: str, cloud: AzureDouble, connect: Connect, waits: Waits
) -> None:
    """Where Azure does not say how long, waits double from half a second."""
    cloud.on(kind, throttled())
    with pytest.raises(Throttled) as error:
        ASK[kind](connect())
    assert error.value.retry_after is None
    assert waits.slept == [0.5, 1.0, 2.0, 4.0]
    assert len(cloud.of(kind)) == 5


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_wait_is_handed_up_not_slept(
    kind: str, cloud: AzureDouble, connect: Connect, waits: Waits
) -> None:
    """A wait past the deadline ends the call at once; it says how long Azure wants to be left."""
    cloud.on(kind, throttled(**{"retry-after": "3600"}))
    with pytest.raises(Throttled) as error:
        ASK[kind](connect())
    assert error.value.retry_after == 3600.0
    assert waits.slept == []
    assert len(cloud.of(kind)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_lasting_fault_is_transient(
    kind: str, cloud: AzureDouble, connect: Connect, waits: Waits
) -> None:
    """Five calls, then the next tick's turn."""
    cloud.on(kind, refused("InternalServerError", 500))
    with pytest.raises(Transient, match="InternalServerError"):
        ASK[kind](connect())
    assert (len(cloud.of(kind)), len(waits.slept)) == (5, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_never_comes_is_given_up_and_asked_again(
    kind: str, cloud: AzureDouble, connect: Connect, waits: Waits
) -> None:
    """The read time-out is the deadline's, where that is shorter."""
    cloud.on(kind, Stall(), ok(kind))
    azure = connect(gate={"deadline_seconds": 1.5})
    ASK[kind](azure)
    assert waits.slept == [0.5]
    assert ledger(azure) == [(0, False, "ServiceResponseTimeoutError"), answered(kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_is_cut_short_is_asked_for_again(
    kind: str, cloud: AzureDouble, connect: Connect, waits: Waits
) -> None:
    """Fewer bytes than promised is a broken connection, not an answer."""
    whole = ok(kind)
    assert isinstance(whole, Reply)
    cloud.on(kind, replace(whole, keep=len(whole.body) // 2), whole)
    azure = connect()
    ASK[kind](azure)
    assert waits.slept == [0.5]
    assert ledger(azure) == [(0, False, "IncompleteReadError"), answered(kind)]


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({QUERY.format("entity"): "11"}, 11.0),
        ({QUERY.format("clienttype"): "3", QUERY.format("qpu"): "9"}, 9.0),
        ({QUERY.format("tenant"): "20", QUERY.format("client"): "2", "retry-after": "5"}, 20.0),
        ({QUERY.format("qpu-remaining"): "0"}, 0.0),
        ({"x-ms-ratelimit-microsoft.costmanagement-qpu-consumed": "3"}, 0.5),
        ({"x-ms-user-quota-resets-after": "00:00:05"}, 5.0),
        ({"x-ms-user-quota-resets-after": "00:01:05.5"}, 65.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:20:30 GMT"}, 30.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "soon"}, 0.5),
    ],
)
def test_the_longest_wait_that_any_quota_asks_for_is_kept(
    headers: dict[str, str], waited: float, cloud: AzureDouble, connect: Connect, waits: Waits
) -> None:
    """Cost Management has five quotas with a header each, Resource Graph one of its own."""
    cloud.on("query", throttled(**headers), ok("query"))
    list(records(connect(), QUESTION))
    assert waits.slept == [waited]


def test_a_query_says_who_asks_and_counts_its_units(cloud: AzureDouble, connect: Connect) -> None:
    """ClientType leaves the quota that all nameless clients share; units are Azure's own count."""
    answer = found([], ["Cost"])
    consumed = {"x-ms-ratelimit-microsoft.costmanagement-qpu-consumed": "3"}
    cloud.on("query", replace(answer, headers={**answer.headers, **consumed}))
    azure = connect()
    list(records(azure, QUESTION))
    assert cloud.of("query")[0].incoming.headers["clienttype"] == "OptiInfra"
    (call,) = [one for one in azure.gate.ledger.calls if one.operation != TOKENS]  # type: ignore[attr-defined]
    assert (call.operation, call.units, str(call.usd)) == (
        "Microsoft.CostManagement/query:usage", 3, "0",
    )  # fmt: skip


def paging(url: str, cloud: AzureDouble, *second: Fate) -> None:
    """A cost query of two pages; the second one meets ``second`` first."""
    link = f"{url}/subscriptions/x/providers/Microsoft.CostManagement/query?$skiptoken=2"
    names = ["Cost", "UsageDate", "Currency"]
    first = found([[1.0, 20261101, "USD"]], names, link)
    cloud.on("query", first, *second, found([[2.0, 20261102, "USD"]], names))


@pytest.mark.parametrize("fate", [Reset(), throttled(), refused("Error", 502)])
def test_a_fault_in_the_middle_of_paging_repeats_that_page_only(
    fate: Fate, endpoint: str, cloud: AzureDouble, connect: Connect
) -> None:
    """Pages that were read are not asked for again, and none is lost."""
    paging(endpoint, cloud, fate)
    rows = list(records(connect(), QUESTION))
    assert [row["Cost"] for row in rows] == [1.0, 2.0]
    assert ["skiptoken" in call.incoming.path for call in cloud.of("query")] == [False, True, True]
    assert [call.body for call in cloud.of("query")] == [QUESTION.body()] * 3


def test_a_token_that_expires_in_the_middle_of_paging_is_renewed_once(
    endpoint: str, cloud: AzureDouble, connect: Connect, waits: Waits
) -> None:
    """The page is asked for again with another token, without a wait."""
    paging(endpoint, cloud, refused("ExpiredAuthenticationToken", 401))
    cloud.on("token", token(1), token(2))
    azure = connect()
    assert [row["Cost"] for row in records(azure, QUESTION)] == [1.0, 2.0]
    used = [call.incoming.headers["authorization"] for call in cloud.of("query")]
    assert used[0] == used[1] != used[2]
    assert len(cloud.of("token")) == 2
    assert waits.slept == []
    assert [status for status, _, _ in ledger(azure)] == [200, 401, 200]


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_that_is_refused_again_is_the_credentials_fault(
    kind: str, cloud: AzureDouble, connect: Connect, waits: Waits
) -> None:
    """Two calls, two tokens, then the customer has to act."""
    cloud.on(kind, refused("InvalidAuthenticationToken", 401))
    with pytest.raises(CredentialRejected, match="InvalidAuthenticationToken") as error:
        ASK[kind](connect())
    assert not isinstance(error.value, PermissionMissing)
    assert (len(cloud.of(kind)), len(cloud.of("token")), waits.slept) == (2, 2, [])


@pytest.mark.parametrize(
    ("answer", "kind", "detail"),
    [
        (refused("AuthorizationFailed", 403), PermissionMissing, "AuthorizationFailed"),
        (refused("RBACAccessDenied", 403), PermissionMissing, "query:usage"),
        (refused("RBACAccessDenied", 401), PermissionMissing, "query:usage"),
        (refused("IndirectCostDisabled", 401), PermissionMissing, "IndirectCostDisabled"),
        (refused("SubscriptionNotFound", 404), PermissionMissing, "SubscriptionNotFound"),
        (refused("BadRequest", 400, "Invalid query definition"), Permanent, "Invalid query"),
        (refused("NotFound", 404), Permanent, "NotFound"),
        (Reply(status=403, body=b"<html>"), PermissionMissing, "HTTP 403"),
        (Reply(status=204), NotReady, "no content"),
        (told({"properties": {}}), Malformed, "without rows"),
        (found([[1.0]], ["Cost", "UsageDate"]), Malformed, "1 values for 2 columns"),
        (
            Reply(body=b"{not json", headers={"content-type": "application/json"}),
            Malformed,
            "cannot be read",
        ),
    ],
)
def test_every_refusal_has_its_name(
    answer: Fate, kind: type[OptiInfraError], detail: str, cloud: AzureDouble, connect: Connect
) -> None:
    """None of them is retried, and none reads as an empty answer."""
    cloud.on("query", answer)
    with pytest.raises(kind, match=detail) as error:
        list(records(connect(), QUESTION))
    assert type(error.value) is kind
    assert len(cloud.of("query")) == 1
    assert SECRET not in error.value.told


def test_a_missing_permission_is_named_as_azure_names_it(
    cloud: AzureDouble, connect: Connect
) -> None:
    """Azure says which action it wanted; where it does not, the request's own is named."""
    message = (
        "The client 'x' does not have authorization to perform action "
        "'Microsoft.CostManagement/query/action' over scope '/subscriptions/x'."
    )
    cloud.on("query", refused("AuthorizationFailed", 403, message), refused("Forbidden", 403))
    azure = connect()
    named = []
    for _ in range(2):
        with pytest.raises(PermissionMissing) as error:
            list(records(azure, QUESTION))
        named.append(error.value.permissions)
    assert named == [
        ("Microsoft.CostManagement/query/action",), ("Microsoft.CostManagement/query/read",),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/subscriptions/x", "http://127.0.0.1/subscriptions/x"]
)
def test_a_next_link_to_another_host_is_not_followed(
    link: str, cloud: AzureDouble, connect: Connect
) -> None:
    """The token goes to Azure only."""
    cloud.on("query", found([], ["Cost"], link))
    with pytest.raises(Malformed, match="another host"):
        list(records(connect(), QUESTION))


def test_pages_that_do_not_end_are_noticed(
    endpoint: str, cloud: AzureDouble, connect: Connect
) -> None:
    """The same link or token twice would page for ever."""
    link = f"{endpoint}/subscriptions/x/providers/Microsoft.CostManagement/query?$skiptoken=2"
    cloud.on("query", found([], ["Cost"], link))
    cloud.on("graph", graph([], "same"))
    azure = connect()
    with pytest.raises(Malformed, match="same nextLink twice"):
        list(records(azure, QUESTION))
    with pytest.raises(Malformed, match="same token twice"):
        list(resources(azure))


def test_a_cut_list_of_resources_is_no_whole_list(cloud: AzureDouble, connect: Connect) -> None:
    """Resource Graph cuts answers that cannot be paged and says so in one word."""
    body = {"totalRecords": 9, "count": 0, "resultTruncated": "true", "data": [], "facets": []}
    cloud.on("graph", told(body))
    with pytest.raises(Malformed, match="no token for the rest"):
        list(resources(connect()))


def test_a_certificate_that_nobody_vouches_for_is_a_setting(
    cloud: AzureDouble, connect: Connect
) -> None:
    """Waiting does not make a certificate good, so it is not retried."""
    azure = connect(tls_ca=None)
    with pytest.raises(ConfigurationError):
        ASK["graph"](azure)
    assert cloud.seen == []


def test_nothing_of_the_secret_is_written_down(cloud: AzureDouble, connect: Connect) -> None:
    """Entra's own words may repeat what it was sent."""
    echoed = {"error": "invalid_client", "error_description": f"AADSTS7000215: no {SECRET}"}
    cloud.on("token", told(echoed, 401))
    azure = connect()
    with pytest.raises(CredentialRejected) as error:
        ASK["graph"](azure)
    calls: Any = azure.gate.ledger
    assert SECRET not in f"{error.value.told} {error.value.remedy} {calls.calls}"
