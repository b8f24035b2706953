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
    Case(
        "naive time",
        f"{COSTS}/total",
        422,
        "invalid-request",
        params={"start": "2026-11-01T00:00:00"},
        says="zone",
    ),
    Case(
        "a date",
        f"{COSTS}/total",
        422,
        "invalid-request",
        params={"start": "2026-11-01"},
        says="zone",
    ),
    Case(
        "no time",
        f"{COSTS}/total",
        422,
        "invalid-request",
        params={"start": "yesterday"},
        says="query.start",
    ),
    Case(
        "end before start",
        f"{COSTS}/total",
        422,
        "invalid-request",
        params={"start": "2026-11-02T00:00:00Z", "end": "2026-11-01T00:00:00Z"},
        says="not after",
    ),
    Case(
        "start and days",
        f"{COSTS}/total",
        422,
        "invalid-request",
        params={"start": "2026-11-02T00:00:00Z", "days": "3"},
        says="contradict",
    ),
    Case(
        "days and hours",
        f"{COSTS}/total",
        422,
        "invalid-request",
        params={"hours": "3", "days": "3"},
        says="contradict",
    ),
    Case(
        "too long a period",
        f"{SAMPLES}/metrics",
        422,
        "invalid-request",
        params={"days": "500"},
        says="400 days",
    ),
    Case(
        "another century",
        f"{COSTS}/total",
        422,
        "invalid-request",
        params={"start": "1969-01-01T00:00:00Z", "end": "1969-02-01T00:00:00Z"},
        says="2000 to 2100",
    ),
    Case(
        "zero days",
        f"{COSTS}/total",
        422,
        "invalid-request",
        params={"days": "0"},
        says="query.days",
    ),
    Case(
        "huge limit",
        f"{COSTS}/metrics",
        422,
        "invalid-request",
        params={"limit": "100000000"},
        says="query.limit",
    ),
    Case(
        "a stream's limit without a stream",
        f"{COSTS}/metrics",
        422,
        "invalid-request",
        params={"limit": "5000"},
        says="application/x-ndjson",
    ),
    Case(
        "zero limit",
        f"{COSTS}/latest",
        422,
        "invalid-request",
        params={"limit": "0"},
        says="query.limit",
    ),
    Case(
        "unknown basis",
        f"{COSTS}/total",
        422,
        "invalid-request",
        params={"cost": "free"},
        says="query.cost",
    ),
    Case(
        "a basis whose changes are not kept",
        f"{COSTS}/total",
        422,
        "invalid-request",
        params={"cost": "list", "as_known_at": "2026-11-01T00:00:00Z"},
        says="effective",
    ),
    Case(
        "filters on the past",
        f"{COSTS}/metrics",
        422,
        "invalid-request",
        params={"service": "x", "as_known_at": "2026-11-01T00:00:00Z"},
        says="as_known_at",
    ),
    Case(
        "unknown dimension",
        f"{COSTS}/by-type",
        422,
        "invalid-request",
        params={"dimension": "mood"},
        says="query.dimension",
    ),
    Case(
        "unknown group",
        f"{COSTS}/trends",
        422,
        "invalid-request",
        params={"group_by": "decade"},
        says="query.group_by",
    ),
    Case(
        "a mistyped filter",
        f"{COSTS}/metrics",
        422,
        "invalid-request",
        params={"servise": "x"},
        says="service",
    ),
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
    Case(
        "a tiny step",
        f"{SAMPLES}/metrics",
        422,
        "invalid-request",
        params={"step": "1"},
        says="query.step",
    ),
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
    Case(
        "an unknown status",
        "/api/v1/collect/history",
        422,
        "invalid-request",
        params={"customer_id": "acme", "status": "fine"},
        says="query.status",
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
    Case(
        "a field that does not exist",
        "/api/v1/collect/trigger",
        422,
        "invalid-request",
        method="POST",
        body={"customer_id": "acme", "provider": "aws", "datatypes": ["cost"]},
        says="body.datatypes",
    ),
    Case(
        "an unknown data type",
        "/api/v1/collect/trigger",
        422,
        "invalid-request",
        method="POST",
        body={"customer_id": "acme", "provider": "aws", "data_types": ["mood"]},
        says="performance",
    ),
    Case(
        "a data type that the provider does not offer",
        "/api/v1/collect/trigger",
        422,
        "not-supported",
        method="POST",
        body={"customer_id": "acme", "provider": "aws", "data_types": ["application"]},
        says="language model",
    ),
    Case(
        "no account to collect from",
        "/api/v1/collect/trigger",
        409,
        "conflict",
        method="POST",
        body={"customer_id": "acme", "provider": "hetzner"},
        says="POST /api/v1/credentials",
    ),
    Case(
        "a backfill before Dagster's days",
        "/api/v1/collect/backfill",
        422,
        "invalid-request",
        method="POST",
        body={
            "customer_id": "acme",
            "provider": "aws",
            "start": "2020-01-01T00:00:00Z",
            "end": "2020-01-02T00:00:00Z",
        },
        says="oldest",
    ),
    Case(
        "a backfill of the future",
        "/api/v1/collect/backfill",
        422,
        "invalid-request",
        method="POST",
        body={
            "customer_id": "acme",
            "provider": "aws",
            "start": "2027-01-01T00:00:00Z",
            "end": "2027-01-02T00:00:00Z",
        },
        says="past",
    ),
    Case(
        "a credential without its secret",
        "/api/v1/credentials",
        422,
        "invalid-request",
        method="POST",
        body={
            "customer_id": "acme",
            "provider": "aws",
            "label": "x",
            "credential": {"access_key_id": "AKIAEXAMPLE"},
        },
        says="body.credential.secret_access_key",
    ),
    Case(
        "a credential with a field too many",
        "/api/v1/credentials",
        422,
        "invalid-request",
        method="POST",
        body={
            "customer_id": "acme",
            "provider": "aws",
            "label": "x",
            "credential": {**CREDENTIAL, "pin": "1"},
        },
        says="body.credential.pin",
    ),
    Case(
        "a credential of the wrong type",
        "/api/v1/credentials",
        422,
        "invalid-request",
        method="POST",
        body={
            "customer_id": "acme",
            "provider": "aws",
            "label": "x",
            "credential": {**CREDENTIAL, "cost_export": {"prefix": "no bucket"}},
        },
        says="body.credential.cost_export.bucket",
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
