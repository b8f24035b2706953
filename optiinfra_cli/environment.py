"""The environment that the processes of an installation run in, and the files Dagster reads."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from optiinfra_cli.supervisor.ports import Ports
from optiinfra_cli.supervisor.process import MARK
from optiinfra_core.embedded import postgres
from optiinfra_core.embedded.servers import resolve
from optiinfra_core.endpoints import PostgresEndpoint, Servers
from optiinfra_core.errors import ConfigurationError, Transient
from optiinfra_core.redaction import scrub
from optiinfra_core.settings import Settings

# What a wheel carries beside the packages, a checkout carries at its root.
_HERE = Path(__file__).resolve().parent
LOCATION = "optiinfra_pipelines"
_STAMP = "tables-of-version"


def inherited() -> dict[str, str]:
    """Our own environment, for handing on; programs of our virtual environment come first."""
    environment = dict(os.environ)  # noqa: TID251 - handed to children, not read
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # it doubles what every Dagster run costs
    here = str(Path(sys.executable).parent)
    environment["PATH"] = os.pathsep.join((here, environment.get("PATH", os.defpath)))
    return environment


def forget_settings() -> None:
    """Take every setting out of our environment: a demo is the same wherever it runs."""
    for name in [name for name in os.environ if name.startswith("OPTIINFRA_")]:  # noqa: TID251 - ours
        del os.environ[name]  # noqa: TID251 - as above


def shared_file(name: str) -> Path:
    """A file that belongs to the program: beside the package in a wheel, at a checkout's root.

    Raises:
        ConfigurationError: this installation lacks it.
    """
    for folder in (_HERE, _HERE.parent):
        if (folder / name).is_file():
            return folder / name
    raise ConfigurationError(f"{name} is missing", remedy="Install the program again.")


def dagster_home(settings: Settings) -> Path:
    """Where Dagster keeps what is not in Postgres: compute logs, and the files below."""
    return settings.data_dir / "dagster"


def write_dagster_home(settings: Settings, ports: Ports) -> None:
    """Write dagster.yaml and workspace.yaml for this installation; the same text every time."""
    home = dagster_home(settings)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (home / "dagster.yaml").write_text(shared_file("dagster.yaml").read_text())
    (home / "workspace.yaml").write_text(
        "load_from:\n"
        "  - grpc_server:\n"
        "      host: 127.0.0.1\n"
        f"      port: {ports.code}\n"
        f"      location_name: {LOCATION}\n"
    )


class Tables(StrEnum):
    """How Dagster's tables stand before it starts."""

    ABSENT = "absent"
    CURRENT = "current"
    UNKNOWN = "unknown"


def dagster_tables(settings: Settings) -> Tables:
    """What is known of Dagster's tables without asking Postgres; of your own Postgres, nothing."""
    if settings.postgres_url is not None:
        return Tables.UNKNOWN
    if postgres.KIND.directory(settings.data_dir).record() is None:
        return Tables.ABSENT
    stamp = dagster_home(settings) / _STAMP
    if stamp.is_file() and stamp.read_text() == version("dagster"):
        return Tables.CURRENT
    return Tables.UNKNOWN


def remember_dagster_tables(settings: Settings) -> None:
    """Dagster of this version runs on its tables: it need not look at them at the next start."""
    (dagster_home(settings) / _STAMP).write_text(version("dagster"))


def of_installation(settings: Settings, ports: Ports) -> dict[str, str]:
    """What every process of the installation is told; nothing in it is secret."""
    return {
        MARK: str(settings.data_dir),
        "OPTIINFRA_DATA_DIR": str(settings.data_dir),
        "OPTIINFRA_API_PORT": str(ports.api),
        "OPTIINFRA_API_URL": f"http://127.0.0.1:{ports.api}",
        "OPTIINFRA_DAGSTER_URL": f"http://127.0.0.1:{ports.dagster}",
        "DAGSTER_HOME": str(dagster_home(settings)),
        # Off by default; with the pool it makes 1,000 partition events twelve times cheaper.
        "DAGSTER_EVENT_BATCH_SIZE": "1000",
    }


def dagster_postgres_url(endpoint: PostgresEndpoint) -> str:
    """The database as Dagster's SQLAlchemy wants it; holds the password.

    Dagster's tables live in ``public``. It has to be said: a user called like our schema would
    find ours first, and Dagster would take our ``alembic_version`` for its own.
    """
    parts = urlsplit(endpoint.url.get_secret_value())
    query = [*parse_qsl(parts.query), ("options", "-csearch_path=public")]
    return urlunsplit(parts._replace(scheme="postgresql+psycopg2", query=urlencode(query)))


def of_servers(settings: Settings) -> Callable[[], Mapping[str, str]]:
    """What is known once the two servers answer: addresses and passwords, asked for once.

    The children get them in their environment so that none of them starts a server by itself
    while the supervisor is restarting it.
    """

    @cache
    def known() -> Mapping[str, str]:
        return _told(resolve(settings))

    return known


def of_simulated_judge(
    ports: Ports, servers: Callable[[], Mapping[str, str]]
) -> Callable[[], Mapping[str, str]]:
    """What ``servers`` tell, and the judge of the simulated applications besides."""

    def known() -> Mapping[str, str]:
        from optiinfra_cli.demonstration.simulated import Simulated  # noqa: PLC0415 - loads httpx

        # It runs as soon as anything does; the key is asked for, so that no file holds it.
        judge = Simulated(f"http://127.0.0.1:{ports.simulator}").judge()
        return {
            **servers(),
            "OPTIINFRA_JUDGE_BASE_URL": f"{judge.base_url}/openai/v1",
            "OPTIINFRA_JUDGE_API_KEY": judge.api_key.get_secret_value(),
        }

    return known


def _told(servers: Servers) -> Mapping[str, str]:
    clickhouse, url = servers.clickhouse, servers.postgres.url.get_secret_value()
    return {
        "OPTIINFRA_CLICKHOUSE_URL": clickhouse.url,
        "OPTIINFRA_CLICKHOUSE_DATABASE": clickhouse.database,
        "OPTIINFRA_CLICKHOUSE_USER": clickhouse.user,
        "OPTIINFRA_CLICKHOUSE_PASSWORD": clickhouse.password.get_secret_value(),
        "OPTIINFRA_CLICKHOUSE_READER_USER": clickhouse.reader_user,
        "OPTIINFRA_CLICKHOUSE_READER_PASSWORD": clickhouse.reader_password.get_secret_value(),
        "OPTIINFRA_POSTGRES_URL": url,
        "DAGSTER_POSTGRES_URL": dagster_postgres_url(servers.postgres),
    }


def migrate_dagster(settings: Settings, servers: Servers) -> None:
    """Bring Dagster's tables up to its release.

    Raises:
        Transient: Dagster refuses; the detail holds the end of what it said.
    """
    home = dagster_home(settings)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (home / "dagster.yaml").write_text(shared_file("dagster.yaml").read_text())
    told = {
        "DAGSTER_HOME": str(home),
        "DAGSTER_POSTGRES_URL": dagster_postgres_url(servers.postgres),
    }
    answer = subprocess.run(
        (sys.executable, "-P", "-m", "dagster", "instance", "migrate"),
        env={**inherited(), **told},
        cwd=home,
        check=False,
        capture_output=True,
        text=True,
    )
    if answer.returncode:
        raise Transient(
            f"Dagster cannot migrate its tables: {scrub(answer.stderr[-1000:])}",
            remedy="Check that Postgres answers, then run `optiinfra migrate` again.",
        )
