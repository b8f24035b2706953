"""The two servers: do they answer, are their tables of this release, do their clocks agree."""

import time
from collections.abc import Iterator

from optiinfra_cli.examination.finding import Finding, failure, warning, well
from optiinfra_core.database import Database, pending_migrations
from optiinfra_core.embedded import clickhouse, postgres
from optiinfra_core.embedded.servers import resolve
from optiinfra_core.endpoints import Servers
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.settings import Settings
from optiinfra_core.warehouse.client import Warehouse

# Windows are a quarter of an hour; a skew of seconds already moves rows to a neighbour.
LARGEST_SKEW_SECONDS = 2.0


def running(settings: Settings) -> Servers | None:
    """The two servers if both are configured or running; looking starts none."""
    kinds = (
        (settings.clickhouse_url, clickhouse.KIND),
        (settings.postgres_url, postgres.KIND),
    )
    for configured, kind in kinds:
        if configured is None and kind.directory(settings.data_dir).keeper() is None:
            return None
    return resolve(settings)


def examine(servers: Servers | None) -> Iterator[Finding]:
    """Both servers, or that they do not run."""
    if servers is None:
        yield warning("servers", "the embedded servers do not run", "optiinfra up")
        return
    yield from _postgres(servers)
    yield from _clickhouse(servers)


def _postgres(servers: Servers) -> Iterator[Finding]:
    database = Database(servers.postgres)
    try:
        with database.operator() as connection:
            row = connection.execute(
                "SELECT version() AS version, extract(epoch FROM clock_timestamp()) AS now"
            ).fetchone() or {"version": "unknown", "now": time.time()}
        yield well("postgres", str(row["version"]).split(" on ")[0])
        yield _clock("postgres clock", float(row["now"]))
        yield _migrations(servers)
        if not database.row_security_holds():
            yield failure(
                "row security",
                "the Postgres user may read past row security",
                "Use a user that is neither superuser nor BYPASSRLS.",
            )
    except OptiInfraError as error:
        yield failure("postgres", error.detail, error.remedy)
    finally:
        database.close()


def _migrations(servers: Servers) -> Finding:
    pending = pending_migrations(servers.postgres)
    if pending:
        return failure("migrations", f"missing: {', '.join(pending)}", "optiinfra migrate")
    return well("migrations", "up to date")


def _clickhouse(servers: Servers) -> Iterator[Finding]:
    try:
        with Warehouse(servers.clickhouse) as warehouse:
            (row,) = warehouse.select(
                "SELECT version() AS version, toUnixTimestamp64Milli(now64(3)) / 1000 AS now"
            )
        yield well("clickhouse", str(row["version"]))
        yield _clock("clickhouse clock", float(row["now"]))
    except OptiInfraError as error:
        yield failure("clickhouse", error.detail, error.remedy)


def _clock(check: str, now: float) -> Finding:
    skew = now - time.time()
    seen = f"{skew:+.1f} s from this machine"
    if abs(skew) > LARGEST_SKEW_SECONDS:
        return failure(check, seen, "Synchronise the clocks (chrony, systemd-timesyncd).")
    return well(check, seen)
