"""Tenants: another customer's id is as unknown as one that never was, and nothing leaks."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from optiinfra_core.collecting.results import CollectionResult
from optiinfra_core.collecting.tasks import CollectionTasks, NewTask
from optiinfra_core.tenancy.api_keys import ADMIN, SCOPES
from optiinfra_core.tenancy.applications import Applications
from tests.api.house import CANARY, NOW, House

REQUIRED = {"customer_id": "acme"}
APPLICATION = "shop.search"
EVERYTHING = tuple(scope for scope in SCOPES if scope != ADMIN)


def reads(house: House) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path and declared parameters of every GET that names a customer, from the description."""
    for path, operations in house.client.get("/openapi.json").json()["paths"].items():
        if "get" not in operations:
            continue
        names = {entry["name"] for entry in operations["get"].get("parameters", ())}
        if "customer_id" in names:
            yield path, operations["get"]


def ask(house: House, path: str, customer: str, key: str) -> Any:
    """The answer of a read about ``customer``."""
    filled = path.replace("{provider}", "aws").replace("{application_id}", APPLICATION)
    if filled.endswith("/events"):
        return house.get(filled, key=key, customer_id=customer, follow=False, replay=True)
    if "{customer_id}" in filled:
        return house.get(filled.replace("{customer_id}", customer), key=key)
    return house.get(filled, key=key, customer_id=customer)


def told(answer: Any, customer: str) -> dict[str, Any]:
    """A problem without what differs from request to request."""
    problem: dict[str, Any] = answer.json()
    del problem["request_id"]
    problem["detail"] = problem["detail"].replace(customer, "<customer>")
    return problem


@pytest.mark.parametrize(("key", "under"), [("acme-all", "/api/v2"), ("acme-admin", "/api")])
def test_a_foreign_customer_is_as_unknown_as_one_that_never_was(
    house: House, key: str, under: str
) -> None:
    """Every read, by slug and by UUID: the same status, the same words, the same headers."""
    house.key("acme-all", EVERYTHING, ("acme",))
    foreign = str(house.doors.customers.get("globex").id)
    paths = [path for path, _ in reads(house) if path.startswith(under)]
    assert len(paths) > 13
    for path in paths:
        for known, unknown in (("globex", "nobody"), (foreign, str(uuid4()))):
            theirs, nobodys = (ask(house, path, customer, key) for customer in (known, unknown))
            assert theirs.status_code == nobodys.status_code == 404, path
            assert told(theirs, known) == told(nobodys, unknown), path
            names = set(theirs.headers) - {"content-length"}
            assert names == set(nobodys.headers) - {"content-length"}


def test_nothing_of_another_customer_is_in_any_answer(house: House) -> None:
    """Globex holds canaries in every table; no read of Acme's key shows one."""
    tasks = CollectionTasks(house.database)
    for customer, label in (("acme", "acme"), ("globex", CANARY)):
        Applications(house.database).seen(customer, APPLICATION, label, "aws", NOW)
        tasks.record_result(
            CollectionResult(
                run_id=f"run-of-{label}",
                customer_id=customer,
                provider="aws",
                data_type="cost",
                trigger="schedule",
                status="succeeded",
                started_at=NOW,
                finished_at=NOW,
            )
        )
    for path, _ in reads(house):
        mine = ask(house, path, "acme", "acme-admin")
        theirs = ask(house, path, "globex", "admin")
        assert mine.status_code == theirs.status_code == 200, path
        for canary in (CANARY, "globex", "222222222222", "987654"):
            assert canary not in mine.text, path


def test_lists_hold_only_what_the_key_reaches(house: House) -> None:
    """Customers, keys and figures of others are left out."""
    for path in ("/api/v1/customers", "/api/v1/keys"):
        assert "globex" in house.get(path, key="admin").text
        assert "globex" not in house.get(path, key="acme-admin").text
    assert 'customer="globex"' in house.get("/metrics", key="admin").text
    assert 'customer="globex"' not in house.get("/metrics", key="acme-admin").text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/collect/trigger", {"provider": "aws"}),
        ("/api/v2/costs/trigger-collection", {"provider": "aws"}),
        (
            "/api/v1/collect/backfill",
            {"provider": "aws", "start": "2026-11-01T00:00:00Z", "end": "2026-11-02T00:00:00Z"},
        ),
        ("/api/v1/credentials", {"provider": "aws", "label": "x", "credential": {}}),
    ],
)
def test_a_write_for_a_foreign_customer_is_not_found(
    house: House, path: str, body: dict[str, Any]
) -> None:
    """The body names the customer here; the answer is that of an unknown one."""
    theirs = house.post(path, {**body, "customer_id": "globex"}, key="acme-admin")
    nobodys = house.post(path, {**body, "customer_id": "nobody"}, key="acme-admin")
    assert theirs.status_code == nobodys.status_code == 404
    assert told(theirs, "globex") == told(nobodys, "nobody")
    assert house.dagster.state.launched == []


def test_a_foreign_task_is_not_found(house: House) -> None:
    """Under both paths, in the words of a task that never was."""
    task = CollectionTasks(house.database).create(
        NewTask(customer_id="globex", provider="aws", data_types=("cost",), trigger="api")
    )
    for path in ("/api/v1/collect/status", "/api/v2/costs/collection-status"):
        unknown = str(uuid4())
        theirs = house.get(f"{path}/{task.id}", key="acme")
        nobodys = house.get(f"{path}/{unknown}", key="acme")
        assert theirs.status_code == nobodys.status_code == 404
        assert told(theirs, str(task.id)) == told(nobodys, unknown)


def test_an_administrator_of_one_customer_grants_no_more(house: House) -> None:
    """No key for another customer, none for all, no new customer, no foreign key revoked."""
    for customers in (["globex"], ["acme", "globex"], ["*"]):
        body = {"name": "x", "scopes": ["costs:read"], "customers": customers}
        assert house.post("/api/v1/keys", body, key="acme-admin").status_code == 404
    new = {"customer_id": "mine", "name": "Mine"}
    assert house.post("/api/v1/customers", new, key="acme-admin").status_code == 403
    assert house.delete("/api/v1/customers/acme", key="acme-admin").status_code == 403
    foreign = house.key("victim", ("costs:read",), ("globex",))
    assert house.delete(f"/api/v1/keys/{foreign}", key="acme-admin").status_code == 404
    assert house.get("/api/v2/costs/globex/aws/total", key="victim").status_code == 200
