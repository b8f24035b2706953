"""docker-compose.yml: valid, locked down, and no secret in it."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCHEMA = Path(__file__).parent / "fixtures/compose-spec/compose-spec.json"
FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"migrate", "reaper", "cli"}
OBSERVING = {"prometheus", "grafana"}
STAYING = sorted(SERVICES.keys() - ONE_SHOT)


@pytest.fixture(scope="module")
def specification() -> jsonschema.Draft7Validator:
    """The Compose Specification's own schema."""
    return jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))


def strings(value: object) -> Iterator[str]:
    """Every string in a YAML value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def test_the_file_follows_the_compose_specification(
    specification: jsonschema.Draft7Validator,
) -> None:
    """Docker and Podman read it the same way."""
    assert [error.message for error in specification.iter_errors(COMPOSE)] == []


def test_a_mistyped_key_is_found(specification: jsonschema.Draft7Validator) -> None:
    """The check above can fail."""
    wrong = deepcopy(COMPOSE)
    wrong["services"]["api"]["heathcheck"] = {}
    assert list(specification.iter_errors(wrong))


def test_the_services_are_those_of_the_design() -> None:
    """Two servers, Dagster's three processes, the API, what runs once, and what looks on."""
    staying = {"postgres", "clickhouse", "code", "daemon", "webserver", "api"}
    assert set(SERVICES) == staying | ONE_SHOT | OBSERVING


def test_who_looks_on_is_started_only_when_asked_for() -> None:
    """Prometheus and Grafana are a profile; nothing else waits for them."""
    for name in OBSERVING:
        assert SERVICES[name]["profiles"] == ["observability"]
    for service in SERVICES.values():
        assert not OBSERVING & set(service.get("depends_on", {}))


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_locked_down(name: str) -> None:
    """No root, no capability, no way to gain one, and a file system that cannot be written."""
    service = SERVICES[name]
    user, _, group = service["user"].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.keys() & {"privileged", "cap_add", "devices", "pid", "ipc", "network_mode"}


@pytest.mark.parametrize("name", STAYING)
def test_a_service_that_stays_says_how_it_is(name: str) -> None:
    """A health check that asks often while it starts, a restart, and time to end."""
    service = SERVICES[name]
    assert service["healthcheck"]["start_interval"]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"
    assert service["stop_grace_period"]


@pytest.mark.parametrize("name", sorted(ONE_SHOT))
def test_what_runs_once_is_not_started_again(name: str) -> None:
    """A failed migration stays failed until somebody reads why."""
    assert SERVICES[name]["restart"] == "no"
    assert SERVICES[name]["healthcheck"] == {"disable": True}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_ports_are_published_on_loopback_only(name: str) -> None:
    """Dagster's UI has no login, and the API belongs behind a proxy that speaks TLS."""
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


def test_the_two_servers_are_out_of_reach() -> None:
    """They are on one network, which has no way out, and publish no port."""
    for name in ("postgres", "clickhouse"):
        assert SERVICES[name]["networks"] == ["data"]
        assert "ports" not in SERVICES[name]
    assert COMPOSE["networks"]["data"] == {"internal": True}


def test_only_who_needs_it_reaches_outside() -> None:
    """Collection and the command line call clouds; the others publish a port."""
    outside = {name for name in SERVICES if "edge" in SERVICES[name]["networks"]}
    assert outside == {"code", "cli", "webserver", "api"} | OBSERVING


def test_no_service_gets_the_container_engine() -> None:
    """Whoever has its socket is root on the host."""
    assert "docker.sock" not in FILE.read_text()


def test_the_host_lends_configuration_only() -> None:
    """Folders of the host that are mounted are ours in deploy/, and read-only."""
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source, _, rest = mount.partition(":")
            if source in COMPOSE["volumes"]:
                continue
            assert source.startswith("./deploy/")
            assert (ROOT / source).exists()
            assert rest.endswith(":ro")


def test_no_secret_stands_in_the_file() -> None:
    """Neither a password variable with a value, nor a URL with a password, nor a default key."""
    for service in SERVICES.values():
        for name in service.get("environment", {}):
            assert not re.search(r"PASSWORD|KEY|TOKEN|PEPPER|POSTGRES_URL", name) or (
                name.endswith("_FILE")
            )
    assert not [text for text in strings(COMPOSE) if re.search(r"://[^/\s]*:[^/\s]*@", text)]
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())


@pytest.mark.parametrize("name", ["daemon", "webserver"])
def test_dagsters_own_processes_hold_no_credential(name: str) -> None:
    """They know Dagster's database, and neither the vault's keys nor our databases."""
    assert SERVICES[name]["secrets"] == ["dagster_postgres_url"]


def test_the_api_does_not_know_dagsters_database() -> None:
    """It asks Dagster over GraphQL."""
    assert "dagster_postgres_url" not in SERVICES["api"]["secrets"]


def test_things_start_in_order() -> None:
    """Servers, tables, code, and then those who start runs."""
    healthy = {"condition": "service_healthy"}
    migrated = {"migrate": {"condition": "service_completed_successfully"}}
    assert SERVICES["migrate"]["depends_on"] == {"postgres": healthy, "clickhouse": healthy}
    assert SERVICES["code"]["depends_on"] == SERVICES["api"]["depends_on"] == migrated
    assert SERVICES["webserver"]["depends_on"] == {"code": healthy}


def test_runs_of_a_crash_are_reaped_before_the_daemon_starts() -> None:
    """After the code server: the daemon drops a retry whose definitions it cannot reach."""
    assert SERVICES["reaper"]["command"][-3:] == ["optiinfra_pipelines.reaper", "--grace", "30"]
    assert SERVICES["reaper"]["depends_on"] == {"code": {"condition": "service_healthy"}}
    reaped = {"condition": "service_completed_successfully"}
    assert SERVICES["daemon"]["depends_on"]["reaper"] == reaped


def test_the_workspace_names_the_code_server() -> None:
    """Host and port of deploy/dagster/workspace.yaml are those of the service."""
    workspace = yaml.safe_load((ROOT / "deploy/dagster/workspace.yaml").read_text())
    (server,) = (entry["grpc_server"] for entry in workspace["load_from"])
    command = SERVICES["code"]["command"]
    assert server["host"] in SERVICES
    assert f"--port={server['port']}" in command
    assert f"--location-name={server['location_name']}" in command


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_images_have_a_tag(name: str) -> None:
    """An image without one changes under a restart."""
    image = SERVICES[name]["image"].rstrip("}").rpartition(":")[2]
    assert re.match(r"v?\d", image)
