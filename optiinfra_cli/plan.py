"""Which processes make an installation, in what order, and how each shows that it is ready."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from optiinfra_cli import environment
from optiinfra_cli.supervisor.ports import Ports
from optiinfra_cli.supervisor.probes import accepts, answers
from optiinfra_cli.supervisor.service import Probe, Service
from optiinfra_core.embedded import clickhouse, keeper, postgres
from optiinfra_core.settings import Settings

Told = Callable[[], Mapping[str, str]]

DEMO_ENVIRONMENT: Mapping[str, str] = {
    # The simulated clouds listen on loopback.
    "OPTIINFRA_ALLOW_PRIVATE_ENDPOINTS": "true",
    # A fault of a simulated cloud is planned; nobody wants to watch a minute of patience.
    "OPTIINFRA_RETRY_DELAY_SECONDS": "1",
}


def installation(settings: Settings, ports: Ports, *, demo: bool) -> tuple[Service, ...]:
    """The services of ``settings``: embedded servers where none are configured."""
    servers = _servers(settings)
    names = tuple(server.name for server in servers)
    told = environment.of_servers(settings)
    simulator = _simulator(settings, ports) if demo else ()
    judge = environment.of_simulated_judge(ports, told) if demo else told
    upkeep = _dagster_upkeep(settings, names, told)
    return (
        *servers,
        *simulator,
        Service(
            name="migrate",
            command=_python("optiinfra_cli", "migrate", "--skip-dagster"),
            after=names,
            task=True,
            late_environment=told,
        ),
        *upkeep,
        *_dagster(settings, ports, told, judge, tuple(task.name for task in upkeep)),
        Service(
            name="api",
            command=_python("optiinfra_api"),
            after=("publish",),
            # Not /readyz: what it looks at is ready before the API starts, and it takes a second.
            ready=answers(ports.api, "/livez"),
            late_environment=judge,
        ),
    )


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    # -P: nothing in the working folder is to be imported.
    return (sys.executable, "-P", "-m", module, *arguments)


def _dagster_python(module: str, *arguments: str) -> tuple[str, ...]:
    # No -P: Dagster takes the first entry of sys.path away before it loads definitions, whatever
    # it is; without -P that is the working folder, the logs'.
    return (sys.executable, "-m", module, *arguments)


def _servers(settings: Settings) -> tuple[Service, ...]:
    kinds = (
        (settings.postgres_url, postgres.KIND),
        (settings.clickhouse_url, clickhouse.KIND),
    )
    return tuple(
        _keeper(settings.data_dir, kind) for configured, kind in kinds if configured is None
    )


def _keeper(data_dir: Path, kind: keeper.Kind) -> Service:
    return Service(
        name=kind.name,
        command=_python(kind.module, "serve", str(data_dir), "--die-with-parent"),
        ready=_kept(data_dir, kind),
        late_environment=_ours_alone(data_dir, kind),
    )


def _kept(data_dir: Path, kind: keeper.Kind) -> Probe:
    """Ready when the server that the folder's record names lets us in."""

    def probe() -> bool:
        record = kind.directory(data_dir).record()
        return record is not None and kind.answers(record)

    return probe


def _ours_alone(data_dir: Path, kind: keeper.Kind) -> Told:
    """Before a keeper starts, end one that another command left running in the background."""

    def stop_other() -> Mapping[str, str]:
        keeper.stop(kind, data_dir)
        return {}

    return stop_other


def _simulator(settings: Settings, ports: Ports) -> tuple[Service, ...]:
    return (
        Service(
            name="simulator",
            command=_python(
                "optiinfra_simulator", "serve",
                "--port", str(ports.simulator), "--cloud-ports", str(ports.clouds),
                "--state", str(settings.data_dir / "simulator"),
            ),
            ready=answers(ports.simulator, "/_simulator/health"),
        ),
    )  # fmt: skip


def _dagster_upkeep(
    settings: Settings, servers: tuple[str, ...], told: Told
) -> tuple[Service, ...]:
    """What Dagster needs before it starts; nothing on a first start, and its tables only rarely.

    Dagster makes its tables by itself where there are none. Each task costs 3 CPU seconds.
    """
    tables = Service(
        name="migrate-dagster",
        command=_dagster_python("dagster", "instance", "migrate"),
        after=servers,
        task=True,
        late_environment=told,
    )
    # What a killed supervisor left unfinished holds pool slots until somebody says so.
    reaper = Service(
        name="reaper",
        command=_python("optiinfra_pipelines.reaper"),
        after=servers,
        task=True,
        late_environment=told,
    )
    match environment.dagster_tables(settings):
        case environment.Tables.ABSENT:
            return ()
        case environment.Tables.CURRENT:
            return (reaper,)
        case _:
            return (tables, replace(reaper, after=(tables.name,)))


def _dagster(
    settings: Settings,
    ports: Ports,
    told: Told,
    judge: Told,
    upkeep: tuple[str, ...],
) -> tuple[Service, ...]:
    """Dagster's own processes; the code server, whose runs ask the judge, is told of it."""
    workspace = str(environment.dagster_home(settings) / "workspace.yaml")
    code = ("--host", "127.0.0.1", "--port", str(ports.code))
    web = ("--host", "127.0.0.1", "--port", str(ports.dagster), "--workspace", workspace)
    tables = tuple(name for name in upkeep if name != "reaper")
    return (
        Service(
            name="code",
            command=_dagster_python(
                "dagster", "api", "grpc", *code,
                "--module-name", f"{environment.LOCATION}.definitions",
                "--location-name", environment.LOCATION,
                # Workers start as this interpreter, not as whatever `dagster` is on PATH.
                "--use-python-environment-entry-point", "--empty-working-directory",
            ),
            after=("migrate", *tables, *(("simulator",) if judge is not told else ())),
            ready=accepts(ports.code),
            late_environment=judge,
        ),
        Service(
            name="publish",
            command=_python("optiinfra_pipelines.publish"),
            after=("migrate",),
            task=True,
            late_environment=told,
        ),
        Service(
            name="webserver",
            command=_dagster_python("dagster_webserver", *web),
            after=("code",),
            before=("migrate",),
            ready=answers(ports.dagster, "/server_info"),
            late_environment=told,
        ),
        Service(
            name="daemon",
            command=_dagster_python("dagster._daemon", "run", "--workspace", workspace),
            after=("code", *upkeep),
            before=("migrate",),
            late_environment=told,
        ),
    )  # fmt: skip
