"""The plan of an installation: which processes, behind what, and what each is told."""

import os
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from optiinfra_cli import environment, plan
from optiinfra_cli.options import load_settings
from optiinfra_cli.supervisor import ports as ports_of
from optiinfra_cli.supervisor.ports import Ports
from optiinfra_cli.supervisor.service import in_order
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.errors import ConfigurationError
from optiinfra_core.settings import Settings

PORTS = Ports.block(18080)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The defaults, in an empty data directory."""
    return load_settings(data_dir=tmp_path)


def names(settings: Settings, *, demo: bool = False) -> list[str]:
    """The processes in the order they may start in."""
    return [service.name for service in in_order(plan.installation(settings, PORTS, demo=demo))]


def test_servers_come_first_and_the_daemon_behind_the_code(settings: Settings) -> None:
    """Nothing starts before what it needs."""
    order = names(settings, demo=True)
    assert {"postgres", "clickhouse", "simulator"} == set(order[:3])
    for first, then in (("migrate", "code"), ("migrate", "publish"), ("publish", "api"),
                        ("code", "webserver"), ("code", "daemon")):  # fmt: skip
        assert order.index(first) < order.index(then)


def test_configured_servers_are_not_started(tmp_path: Path) -> None:
    """With URLs set, no server of ours runs and Dagster's tables are always looked at."""
    order = names(
        load_settings(
            data_dir=tmp_path,
            clickhouse_url="http://clickhouse:8123",
            postgres_url="postgresql://user:password@postgres/optiinfra",
        )
    )
    assert not {"clickhouse", "postgres", "simulator"} & set(order)
    assert "migrate-dagster" in order


def test_dagsters_tables_are_migrated_only_when_they_may_be_old(settings: Settings) -> None:
    """A first start makes them, the same version leaves them, another version migrates."""
    assert environment.dagster_tables(settings) is environment.Tables.ABSENT
    server = settings.data_dir / "postgres"
    server.mkdir()
    (server / "server.json").write_text('{"port": 1, "secrets": {}}')
    assert environment.dagster_tables(settings) is environment.Tables.UNKNOWN
    assert {"migrate-dagster", "reaper"} < set(names(settings))
    environment.dagster_home(settings).mkdir()
    environment.remember_dagster_tables(settings)
    assert environment.dagster_tables(settings) is environment.Tables.CURRENT
    assert "migrate-dagster" not in names(settings)
    assert "reaper" in names(settings)


def test_dagster_finds_the_code_server_that_is_kept(settings: Settings) -> None:
    """The workspace names our port and location; dagster.yaml is the one of the checkout."""
    environment.write_dagster_home(settings, PORTS)
    home = environment.dagster_home(settings)
    workspace = yaml.safe_load((home / "workspace.yaml").read_text())
    (location,) = workspace["load_from"]
    assert location["grpc_server"]["port"] == PORTS.code
    assert location["grpc_server"]["location_name"] == "optiinfra_pipelines"
    root = Path(__file__).parents[2]
    assert (home / "dagster.yaml").read_text() == (root / "dagster.yaml").read_text()


def test_dagster_keeps_its_tables_out_of_our_schema() -> None:
    """The URL names the driver that Dagster brings and the schema public, whoever logs in."""
    endpoint = PostgresEndpoint(
        url=SecretStr("postgresql://optiinfra:pw@127.0.0.1:5432/db?sslmode=require")
    )
    url = environment.dagster_postgres_url(endpoint)
    assert url.startswith("postgresql+psycopg2://optiinfra:pw@127.0.0.1:5432/db?sslmode=require&")
    assert url.endswith("options=-csearch_path%3Dpublic")


def test_the_bytecode_switch_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children write bytecode even where the caller's shell forbids it."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in environment.inherited()


def test_a_demo_ignores_the_settings_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A configured server is not touched by a demo that is started next to it."""
    monkeypatch.setenv("OPTIINFRA_POSTGRES_URL", "postgresql://somebody:else@there/db")
    for name, value in dict(os.environ).items():  # noqa: TID251 - given back after the test
        monkeypatch.setenv(name, value)
    environment.forget_settings()
    assert load_settings().postgres_url is None
    assert not [name for name in os.environ if name.startswith("OPTIINFRA_")]  # noqa: TID251 - the point


def test_a_taken_port_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block is used whole or not at all; the first free one is found by itself."""
    monkeypatch.setattr(ports_of, "is_free", lambda port: port not in {18081, 18093})
    with pytest.raises(ConfigurationError, match="18081 is taken"):
        ports_of.exactly(18080)
    assert ports_of.first_free(18080) == Ports.block(18100)
    assert ports_of.exactly(18100) == Ports.block(18100)


def test_the_code_location_starts_from_a_checkout() -> None:
    """workspace.yaml at the root names a module that exists and the location of the gateway."""
    root = Path(__file__).parents[2]
    (location,) = yaml.safe_load((root / "workspace.yaml").read_text())["load_from"]
    assert location["python_module"]["location_name"] == environment.LOCATION
    module = location["python_module"]["module_name"].replace(".", "/")
    assert (root / f"{module}.py").is_file()
