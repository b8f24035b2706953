"""Every bad request is told what is wrong and what to do, in one shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.api.house import House

COSTS = "/api/v2/costs/acme/aws"
SAMPLES = "/api/v2/performance/acme/aws"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
CREDENTIAL = {"access_key_id": "AKIAEXAMPLE", "secret_access_key": "never-repeat-me"}


@dataclass(frozen=True)
class Case:
    """A request, and the problem that it is."""

    name: str
    path: str
    status: int
    problem: str
    method: str = "GET"
    params: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    key: str | None = "admin"
    says: str = ""


TRIGGER = "/api/v1/collect/trigger"
BACKFILL = "/api/v1/collect/backfill"
CREDENTIALS = "/api/v1/credentials"


def unfit(name: str, path: str, says: str, **params: str) -> Case:
    """A read whose parameters cannot be meant."""
    return Case(name, path, 422, "invalid-request", params=params, says=says)


def refused(name: str, path: str, told: tuple[int, str], says: str, **body: Any) -> Case:
    """A request about Acme's AWS, unless the body says otherwise, that is refused."""
    whole = {"customer_id": "acme", "provider": "aws", **body}
    if path == CREDENTIALS:
        whole["label"] = "x"
    return Case(name, path, *told, method="POST", body=whole, says=says)


CASES = [
    Case("no key", f"{COSTS}/total", 401, "unauthenticated", key=None),
    Case("unknown path", "/api/v9", 404, "not-found"),
    Case("wrong method", f"{COSTS}/total", 405, "method-not-allowed", method="PUT"),
    Case(
        "unknown customer",
        "/api/v2/costs/nobody/aws/total",
        404,
        "not-found",
        says="no customer 'nobody'",
    ),
    Case("unknown provider", "/api/v2/costs/acme/aol/total", 404, "not-found", says="aws"),
    unfit("naive time", f"{COSTS}/total", "zone", start="2026-11-01T00:00:00"),
    unfit("a date", f"{COSTS}/total", "zone", start="2026-11-01"),
    unfit("no time", f"{COSTS}/total", "query.start", start="yesterday"),
    unfit(
        "end before start",
        f"{COSTS}/total",
        "not after",
        start="2026-11-02T00:00:00Z",
        end="2026-11-01T00:00:00Z",
    ),
    unfit("start and days", f"{COSTS}/total", "contradict", start="2026-11-02T00:00:00Z", days="3"),
    unfit("days and hours", f"{COSTS}/total", "contradict", hours="3", days="3"),
    unfit("too long a period", f"{SAMPLES}/metrics", "400 days", days="500"),
    unfit(
        "another century",
        f"{COSTS}/total",
        "2000 to 2100",
        start="1969-01-01T00:00:00Z",
        end="1969-02-01T00:00:00Z",
    ),
    unfit("zero days", f"{COSTS}/total", "query.days", days="0"),
    unfit("huge limit", f"{COSTS}/metrics", "query.limit", limit="100000000"),
    unfit(
        "a stream's limit without a stream",
        f"{COSTS}/metrics",
        "application/x-ndjson",
        limit="5000",
    ),
    unfit("zero limit", f"{COSTS}/latest", "query.limit", limit="0"),
    unfit("unknown basis", f"{COSTS}/total", "query.cost", cost="free"),
    unfit(
        "a basis whose changes are not kept",
        f"{COSTS}/total",
        "effective",
        cost="list",
        as_known_at="2026-11-01T00:00:00Z",
    ),
    unfit(
        "filters on the past",
        f"{COSTS}/metrics",
        "as_known_at",
        sku="x",
        as_known_at="2026-11-01T00:00:00Z",
    ),
    unfit("unknown dimension", f"{COSTS}/by-type", "query.dimension", dimension="mood"),
    unfit("unknown group", f"{COSTS}/trends", "query.group_by", group_by="decade"),
    unfit("a mistyped filter", f"{COSTS}/metrics", "service", servise="x"),
    Case(
        "a key in the URL",
        f"{COSTS}/total",
        422,
        "invalid-request",
        params={"api_key": "oi_x"},
        key=None,
        says="no query parameter api_key",
    ),
    Case(
        "a tag without a key",
        f"{COSTS}/metrics",
        422,
        "invalid-request",
        params={"tag.": "x"},
        says="tag.",
    ),
    unfit("a tiny step", f"{SAMPLES}/metrics", "query.step", step="1"),
    Case("an unknown task", f"/api/v1/collect/status/{UNKNOWN_ID}", 404, "not-found"),
    Case(
        "a task that is no UUID",
        "/api/v1/collect/status/7",
        422,
        "invalid-request",
        says="path.task_id",
    ),
    Case("an unknown credential", f"/api/v1/credentials/{UNKNOWN_ID}", 404, "not-found"),
    Case("an unknown key", "/api/v1/keys/nokey", 404, "not-found", method="DELETE"),
    unfit(
        "an unknown status",
        "/api/v1/collect/history",
        "query.status",
        customer_id="acme",
        status="fine",
    ),
    Case(
        "a body that is no JSON",
        "/api/v1/customers",
        422,
        "invalid-request",
        method="POST",
        body=b"{",
        says="JSON",
    ),
    Case(
        "a body over 64 KiB",
        "/api/v1/customers",
        413,
        "content-too-large",
        method="POST",
        body={"customer_id": "x", "name": "n" * 70_000},
        says="64 KiB",
    ),
    Case(
        "a malformed customer id",
        "/api/v1/customers",
        422,
        "invalid-request",
        method="POST",
        body={"customer_id": "No Spaces", "name": "x"},
        says="customer_id",
    ),
    Case(
        "a customer that exists",
        "/api/v1/customers",
        409,
        "conflict",
        method="POST",
        body={"customer_id": "acme", "name": "x"},
    ),
    Case(
        "an unknown scope",
        "/api/v1/keys",
        422,
        "invalid-request",
        method="POST",
        body={"name": "x", "scopes": ["everything"], "customers": ["acme"]},
        says="costs:read",
    ),
    Case(
        "a key for nobody",
        "/api/v1/keys",
        404,
        "not-found",
        method="POST",
        body={"name": "x", "scopes": ["costs:read"], "customers": ["nobody"]},
    ),
    refused(
        "a field that does not exist",
        TRIGGER,
        (422, "invalid-request"),
        "body.datatypes",
        datatypes=["cost"],
    ),
    refused(
        "an unknown data type",
        TRIGGER,
        (422, "invalid-request"),
        "performance",
        data_types=["mood"],
    ),
    refused(
        "a data type that the provider does not offer",
        TRIGGER,
        (422, "not-supported"),
        "language model",
        data_types=["application"],
    ),
    refused(
        "no account to collect from",
        TRIGGER,
        (409, "conflict"),
        "POST /api/v1/credentials",
        provider="hetzner",
    ),
    refused(
        "a backfill before Dagster's days",
        BACKFILL,
        (422, "invalid-request"),
        "oldest",
        start="2020-01-01T00:00:00Z",
        end="2020-01-02T00:00:00Z",
    ),
    refused(
        "a backfill of the future",
        BACKFILL,
        (422, "invalid-request"),
        "past",
        start="2027-01-01T00:00:00Z",
        end="2027-01-02T00:00:00Z",
    ),
    refused(
        "a credential without its secret",
        CREDENTIALS,
        (422, "invalid-request"),
        "body.credential.secret_access_key",
        credential={"access_key_id": "AKIAEXAMPLE"},
    ),
    refused(
        "a credential with a field too many",
        CREDENTIALS,
        (422, "invalid-request"),
        "body.credential.pin",
        credential={**CREDENTIAL, "pin": "1"},
    ),
    refused(
        "a credential of the wrong type",
        CREDENTIALS,
        (422, "invalid-request"),
        "body.credential.cost_export.bucket",
        credential={**CREDENTIAL, "cost_export": {"prefix": "no bucket"}},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_request_is_told_what_to_do(house: House, case: Case) -> None:
    """The status, the kind of problem, a remedy and the id to ask about; never the secret."""
    content = {"content": case.body} if isinstance(case.body, bytes) else {"json": case.body}
    answer = house.client.request(
        case.method,
        case.path,
        params=case.params,
        headers={
            "Content-Type": "application/json",
            "X-Request-ID": "case-1",
            **(house.auth(case.key) if case.key else {}),
        },
        **(content if case.body is not None else {}),
    )
    problem = answer.json()
    assert answer.status_code == case.status, problem
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["type"] == f"urn:optiinfra:problem:{case.problem}"
    assert problem["status"] == case.status
    assert problem["request_id"] == answer.headers["X-Request-ID"] == "case-1"
    assert len(problem["title"]) > 3
    assert len(problem["remedy"]) > 10
    assert case.says in answer.text
    assert "never-repeat-me" not in answer.text
