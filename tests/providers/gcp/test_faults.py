"""What each client of the REST APIs does when Google throttles, fails, hangs, tears or cuts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from optiinfra_core.errors import (
    CredentialRejected,
    Malformed,
    NotSupported,
    OptiInfraError,
    Permanent,
    PermissionMissing,
    Throttled,
    Transient,
)
from optiinfra_core.testing.http_double import Fate, Reply, Reset, Stall
from optiinfra_core.windows import day_window
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.client.inventory import INSTANCES
from optiinfra_pipelines.providers.gcp.client.operations import Asked
from optiinfra_pipelines.providers.gcp.client.rest import listed
from optiinfra_pipelines.providers.gcp.cost import CostCollector
from tests.providers.gcp.bigquery import refusal, reply
from tests.providers.gcp.conftest import BILLING_ACCOUNT, EXPORT, Connect
from tests.providers.gcp.exports import DAY, export_of, usage
from tests.providers.gcp.inventories import INSTANCE, aggregated
from tests.providers.gcp.wire import PROJECT, GoogleDouble, parameters

COST = CostCollector()


@dataclass(frozen=True)
class Client:
    """One client: where its requests go, what to ask of it, and the answer of an empty project."""

    ending: str
    ask: Callable[[Gcp], Any]
    answer: Mapping[str, Any]


SKU = {
    "skuId": "2E27-4F75-95CD",
    "pricingInfo": [
        {
            "pricingExpression": {
                "usageUnit": "h",
                "tieredRates": [{"unitPrice": {"currencyCode": "USD", "nanos": 31611000}}],
            }
        }
    ],
}
CLIENTS = {
    "rest": Client(
        "/aggregated/instances",
        lambda gcp: list(listed(gcp, INSTANCES, PROJECT)),
        aggregated("instances", zones__us_central1_a=[INSTANCE]),
    ),
    "billing-account": Client(
        f"/billingAccounts/{BILLING_ACCOUNT}",
        lambda gcp: gcp.billing.account(BILLING_ACCOUNT),
        {"name": f"billingAccounts/{BILLING_ACCOUNT}", "open": True, "displayName": "Acme"},
    ),
    "billing-catalogue": Client(
        "/services/6F81-5844-456A/skus",
        lambda gcp: list(gcp.billing.prices("6F81-5844-456A")),
        {"skus": [SKU]},
    ),
    "bigquery-table": Client(
        "/tables/export",
        lambda gcp: gcp.warehouse.table(gcp.credential.billing_export),
        {"lastModifiedTime": "5", "creationTime": "0", "timePartitioning": {"type": "DAY"}},
    ),
    "bigquery-query": Client(
        "/queries",
        lambda gcp: list(
            gcp.warehouse.ask(
                "control_usage",
                gcp.credential.billing_export,
                gcp.warehouse.table(gcp.credential.billing_export),
                {"start": DAY, "end": DAY, "partition": DAY},
            )
        ),
        {
            "jobComplete": True,
            "jobReference": {"projectId": "p", "jobId": "j", "location": "US"},
            "schema": {"fields": [{"name": "currency", "type": "STRING"}]},
            "totalRows": "1",
            "rows": [{"f": [{"v": "USD"}]}],
        },
    ),
    "token": Client(
        "/token",
        lambda gcp: gcp.calls.ask(Asked(operation=INSTANCES.operation, about="p"), lambda: True),
        {"access_token": "a-fresh-token", "expires_in": 3599, "token_type": "Bearer"},
    ),
}
CUT = Reply(body=b'{"items": {"zones/us-central1-a": {}}}', keep=12)
RETRY_INFO = reply(
    {
        "error": {
            "code": 429,
            "message": "slow down",
            "status": "RESOURCE_EXHAUSTED",
            "details": [
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3.5s"}
            ],
        }
    },
    429,
)
FAULTS: Mapping[str, tuple[Fate, float]] = {
    "429 with Retry-After": (refusal(429, "rateLimitExceeded", **{"retry-after": "7"}), 7.0),
    "429 without": (refusal(429, "rateLimitExceeded"), 0.5),
    "429 with RetryInfo": (RETRY_INFO, 3.5),
    "500": (refusal(500, "internalError"), 0.5),
    "502 in HTML": (Reply(status=502, body=b"<html>bad gateway</html>"), 0.5),
    "reset": (Reset(), 0.5),
    "cut short": (CUT, 0.5),
    "hang": (Stall(), 0.5),
}


def prepared(client: Client, cloud: GoogleDouble, *fates: Fate) -> None:
    """The client's requests meet ``fates``, then the answer."""
    if client.ending == "/queries":
        cloud.on("/tables/export", CLIENTS["bigquery-table"].answer)
    cloud.on(client.ending, *fates, client.answer)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", CLIENTS)
def test_what_passes_is_asked_once_more(
    kind: str, fault: str, cloud: GoogleDouble, connect: Connect
) -> None:
    """Two requests and one wait, as long as Google says, for every client alike."""
    client, (fate, wait) = CLIENTS[kind], FAULTS[fault]
    prepared(client, cloud, fate)
    gcp = connect(
        gate={"deadline_seconds": 0.6 if fault == "hang" else 120.0}, billing_export=EXPORT
    )
    assert client.ask(gcp)
    assert cloud.count(client.ending) == 2
    assert gcp.gate.sleep.seconds == [wait]
    called = [call for call in gcp.gate.ledger.calls if call.error or call.status != 200]
    assert len(called) == 1
    assert called[0].throttled == fault.startswith("429")


@pytest.mark.parametrize("kind", CLIENTS)
def test_five_attempts_are_all_there_are(kind: str, cloud: GoogleDouble, connect: Connect) -> None:
    """Waits double from half a second; the SDKs add no attempts of their own."""
    client = CLIENTS[kind]
    prepared(client, cloud, *[refusal(503, "backendError")] * 9)
    gcp = connect(billing_export=EXPORT)
    with pytest.raises(Transient):
        client.ask(gcp)
    assert cloud.count(client.ending) == 5
    assert gcp.gate.sleep.seconds == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize("kind", CLIENTS)
def test_a_wait_beyond_the_deadline_is_given_back(
    kind: str, cloud: GoogleDouble, connect: Connect
) -> None:
    """One request, no wait: the window is due again after what Google asked for."""
    client = CLIENTS[kind]
    prepared(client, cloud, refusal(429, "rateLimitExceeded", **{"retry-after": "300"}))
    gcp = connect(billing_export=EXPORT)
    with pytest.raises(Throttled) as told:
        client.ask(gcp)
    assert told.value.retry_after == 300.0
    assert cloud.count(client.ending) == 1
    assert gcp.gate.sleep.seconds == []


@pytest.mark.parametrize("kind", [name for name in CLIENTS if name != "token"])
def test_a_refused_token_is_renewed_once(kind: str, cloud: GoogleDouble, connect: Connect) -> None:
    """No wait; the second request carries the new token."""
    client = CLIENTS[kind]
    prepared(client, cloud, refusal(401, "UNAUTHENTICATED"))
    gcp = connect(billing_export=EXPORT)
    assert client.ask(gcp)
    carried = [
        one.headers["authorization"]
        for one in cloud.seen
        if one.path.partition("?")[0].endswith(client.ending)
    ]
    assert carried == ["Bearer token-1-of-the-test", "Bearer token-2-of-the-test"]
    assert gcp.gate.sleep.seconds == []


@pytest.mark.parametrize("kind", CLIENTS)
def test_an_answer_that_is_no_json_is_malformed(
    kind: str, cloud: GoogleDouble, connect: Connect
) -> None:
    """One request, which is in the ledger; a login page is not an empty project."""
    client = CLIENTS[kind]
    prepared(client, cloud, Reply(body=b"<html>log in</html>"))
    gcp = connect(billing_export=EXPORT)
    with pytest.raises(Malformed):
        client.ask(gcp)
    assert cloud.count(client.ending) == 1
    assert gcp.gate.ledger.calls[-1].status == 200


def test_a_token_that_stays_refused_is_a_rejected_credential(
    cloud: GoogleDouble, connect: Connect
) -> None:
    """Two requests, and the operator is told to make a new key."""
    cloud.on("/aggregated/instances", refusal(401, "UNAUTHENTICATED"))
    with pytest.raises(CredentialRejected, match="401"):
        list(listed(connect(), INSTANCES, PROJECT))
    assert cloud.count("/aggregated/instances") == 2


def test_a_token_that_ends_in_the_middle_of_pages_costs_one_page(
    cloud: GoogleDouble, connect: Connect
) -> None:
    """Page two is asked twice, page one once."""
    first = {**aggregated("instances", zones__us_central1_a=[INSTANCE]), "nextPageToken": "two"}
    second = aggregated("instances", zones__us_east1_b=[{**INSTANCE, "id": "124"}])
    cloud.on("/aggregated/instances", reply(first), refusal(401, "UNAUTHENTICATED"), reply(second))
    found = list(listed(connect(), INSTANCES, PROJECT))
    assert [one["id"] for one in found if isinstance(one, Mapping)] == ["123", "124"]
    told = [parameters(one).get("pageToken") for one in cloud.seen if "aggregated" in one.path]
    assert told == [None, "two", "two"]
    assert cloud.tokens == 2


def test_a_page_of_an_answer_that_fails_is_read_again_alone(
    cloud: GoogleDouble, connect: Connect
) -> None:
    """BigQuery is not asked, and not paid, again for what it has answered."""
    cloud.bigquery = export = export_of("detailed", page=10)
    export.insert([usage(sku={"id": f"sku-{n}", "description": "s"}) for n in range(35)])
    broken: list[Fate] = [refusal(500, "internalError"), Reset(), refusal(401, "UNAUTHENTICATED")]

    def flaky(incoming: Any) -> Fate | None:
        return broken.pop() if "pageToken" in incoming.path and broken else None

    cloud.script["/queries/job1"] = flaky
    gcp = connect(billing_export=EXPORT)
    items = list(COST.collect(gcp, day_window(DAY.date())))
    assert len(items) == 36
    assert len(export.asked) == 3
    assert gcp.gate.sleep.seconds == [0.5, 1.0]


MEANINGS: Mapping[str, tuple[Reply, type[OptiInfraError], str]] = {
    "permission": (
        refusal(403, "forbidden", "Required 'compute.instances.list' permission for 'projects/p'"),
        PermissionMissing,
        "compute.instances.list",
    ),
    "permission not named": (
        refusal(403, "PERMISSION_DENIED", "The caller does not have permission"),
        PermissionMissing,
        "compute.instances.list",
    ),
    "api off, as of old": (
        refusal(403, "accessNotConfigured", "Compute Engine API has not been used in project 1"),
        NotSupported,
        f"gcloud services enable compute.googleapis.com --project {PROJECT}",
    ),
    "api off": (
        reply(
            {
                "error": {
                    "code": 403,
                    "message": "off",
                    "details": [
                        {
                            "reason": "SERVICE_DISABLED",
                            "metadata": {"service": "compute.googleapis.com"},
                        }
                    ],
                }
            },
            403,
        ),
        NotSupported,
        "gcloud services enable compute.googleapis.com",
    ),
    "bad request": (refusal(400, "invalid", "Invalid value"), Permanent, "Read the detail"),
    "not JSON": (Reply(body=b"<html>login</html>"), Malformed, "sample"),
    "redirect": (
        Reply(status=302, headers={"location": "http://127.0.0.1:9/"}),
        Permanent,
        "Read the detail",
    ),
}


@pytest.mark.parametrize("meaning", MEANINGS)
def test_what_lasts_is_said_at_once(meaning: str, cloud: GoogleDouble, connect: Connect) -> None:
    """One request; the remedy names the permission or the API."""
    fate, error, remedy = MEANINGS[meaning]
    cloud.on("/aggregated/instances", fate)
    with pytest.raises(error) as told:
        list(listed(connect(), INSTANCES, PROJECT))
    assert type(told.value) is error
    assert remedy in told.value.remedy
    assert cloud.count("/aggregated/instances") == 1


def test_a_quota_told_by_403_is_throttling(cloud: GoogleDouble, connect: Connect) -> None:
    """Compute says rateLimitExceeded with 403, BigQuery quotaExceeded."""
    answer = reply(aggregated("instances", zones__us_central1_a=[INSTANCE]))
    cloud.on("/aggregated/instances", refusal(403, "rateLimitExceeded"), answer)
    gcp = connect()
    assert len(list(listed(gcp, INSTANCES, PROJECT))) == 1
    assert gcp.gate.sleep.seconds == [0.5]


def test_a_question_that_would_cost_too_much_is_not_asked_again(
    cloud: GoogleDouble, connect: Connect
) -> None:
    """The remedy names the ceiling."""
    cloud.bigquery = export_of("detailed")
    message = "Query exceeded limit for bytes billed: 107374182400"
    cloud.on("/queries", refusal(400, "bytesBilledLimitExceeded", message))
    with pytest.raises(Permanent) as told:
        list(COST.collect(connect(billing_export=EXPORT), day_window(DAY.date())))
    assert "maximum_gib" in told.value.remedy
    assert cloud.count("/queries") == 1


def test_pages_that_never_end_are_noticed(cloud: GoogleDouble, connect: Connect) -> None:
    """The same token twice."""
    cloud.on("/aggregated/instances", {"items": {}, "nextPageToken": "again"})
    with pytest.raises(Malformed, match="twice"):
        list(listed(connect(), INSTANCES, PROJECT))
    assert cloud.count("/aggregated/instances") == 2


def test_no_refusal_repeats_a_secret(cloud: GoogleDouble, connect: Connect) -> None:
    """What Google echoes is scrubbed: its access tokens, and the key."""
    said = "bad token ya29.canarycanarycanarycanary and token-1-of-the-test"
    cloud.on("/aggregated/instances", refusal(400, "invalid", said))
    with pytest.raises(Permanent) as told:
        list(listed(connect(), INSTANCES, PROJECT))
    assert "canary" not in told.value.detail
    assert "token-1-of-the-test" not in told.value.detail
