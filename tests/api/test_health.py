"""Health: alive, ready or not and why; figures; what happens when a server behind is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from optiinfra_api.app import create_app
from optiinfra_core.endpoints import PostgresEndpoint, Servers
from optiinfra_core.errors import ConfigurationError
from optiinfra_core.settings import Settings
from tests.api.house import House

TOTAL = "/api/v2/costs/acme/aws/total"
NOBODY = "http://127.0.0.1:1"


@contextmanager
def served(house: House, servers: Servers) -> Iterator[TestClient]:
    """The same API before other servers."""
    app = create_app(house.settings, servers, house.clock)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_it_lives_and_is_ready(house: House) -> None:
    """Neither asks for a key; ready names what was looked at."""
    assert house.client.get("/livez").json() == {"status": "ok"}
    assert house.client.get("/readyz").json() == {
        "status": "ready",
        "checks": ["postgres", "clickhouse", "migrations", "keyring"],
    }


def test_without_clickhouse_it_lives_and_says_what_is_missing(house: House) -> None:
    """The API starts, is not ready, and a read is a 503 with Retry-After and a remedy."""
    clickhouse = replace(house.servers.clickhouse, url=NOBODY)
    with served(house, replace(house.servers, clickhouse=clickhouse)) as client:
        ready = client.get("/readyz")
        read = client.get(TOTAL, headers=house.auth("acme"))
        alive = client.get("/livez")
    assert alive.status_code == 200
    assert ready.status_code == read.status_code == 503
    assert ready.json()["detail"] == "not ready: clickhouse"
    assert read.json()["type"].endswith("unavailable")
    assert int(read.headers["Retry-After"]) >= 1
    assert read.json()["remedy"]


def test_without_postgres_nobody_is_let_in_and_nobody_is_refused(house: House) -> None:
    """Whether the key is good cannot be known: 503, not 401; addresses stay inside."""
    away = PostgresEndpoint(url=SecretStr("postgresql://u:hidden@127.0.0.1:1/x?connect_timeout=1"))
    with served(house, replace(house.servers, postgres=away)) as client:
        client.app.state.doors.database._work.timeout = 0.5  # type: ignore[attr-defined]
        ready = client.get("/readyz")
        read = client.get(TOTAL, headers=house.auth("acme"))
    assert ready.status_code == read.status_code == 503
    assert "postgres" in ready.json()["detail"]
    assert "hidden" not in ready.text + read.text
    assert "127.0.0.1" not in ready.text


def test_without_a_key_ring_it_does_not_start(house: House, tmp_path: Path) -> None:
    """It refuses, and says what to do, before it serves anything."""
    settings = house.settings.model_copy(update={"data_dir": tmp_path})
    with (
        pytest.raises(ConfigurationError),
        TestClient(create_app(settings, house.servers, house.clock)),
    ):
        pass


def test_a_fault_of_ours_tells_its_id_and_nothing_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 as a problem; the reason is in the log only."""

    def broken(*_: object) -> object:
        raise RuntimeError("internal detail with a secret")

    monkeypatch.setattr(type(house.doors.customers), "list", broken)
    client = TestClient(house.client.app, raise_server_exceptions=False)
    answer = client.get(
        "/api/v1/customers", headers={**house.auth("admin"), "X-Request-ID": "find-me"}
    )
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"] == "find-me"
    assert "internal detail" not in answer.text


def test_figures_are_prometheus_text(house: House) -> None:
    """Requests by route template, never by path; the last success of each source."""
    house.get(TOTAL)
    text = house.get("/metrics", key="admin").text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    routes = {
        sample.labels["route"] for sample in families["optiinfra_http_request_seconds"].samples
    }
    assert "/api/v2/costs/{customer_id}/{provider}/total" in routes
    assert not [route for route in routes if "acme" in route]
    successes = families["optiinfra_source_last_success_seconds"].samples
    assert {sample.labels["customer"] for sample in successes} == {"acme", "globex"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abc-123_X", True), ("a" * 65, False), ("line\tbreak", False), ("<script>", False)],
)
def test_a_request_id_is_kept_if_it_is_a_plain_one(
    house: House,
    sent: str,
    kept: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """What goes into logs and headers is letters, digits and dashes."""
    answer = house.client.get("/livez", headers={"X-Request-ID": sent})
    assert (answer.headers["X-Request-ID"] == sent) is kept
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_other_origins_are_let_in_only_by_name(house: House) -> None:
    """No CORS by default; a listed origin may read, another one not."""
    origin = {"Origin": "https://dash.example"}
    assert "access-control-allow-origin" not in house.client.get("/livez", headers=origin).headers
    settings = Settings(**{**house.settings.model_dump(), "cors_origins": (origin["Origin"],)})
    with TestClient(create_app(settings, house.servers, house.clock)) as client:
        allowed = client.get("/livez", headers=origin).headers
        other = client.get("/livez", headers={"Origin": "https://evil.example"}).headers
    assert allowed["access-control-allow-origin"] == origin["Origin"]
    assert "access-control-allow-origin" not in other


def test_a_body_that_hides_its_length_is_stopped_too(house: House) -> None:
    """Chunks are counted as they come: 64 KiB and no more."""
    answer = house.client.post(
        "/api/v1/customers",
        content=(b"x" * 8192 for _ in range(20)),
        headers={**house.auth("admin"), "Content-Type": "application/json"},
    )
    assert answer.status_code == 413
    assert "64 KiB" in answer.json()["remedy"]
