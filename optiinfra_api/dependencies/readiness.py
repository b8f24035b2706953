"""Looks whether everything the API needs answers, each within a second."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import Doors
from optiinfra_api.schemas.health import Ready
from optiinfra_core.database import pending_migrations
from optiinfra_core.errors import ConfigurationError, OptiInfraError, Transient

log = structlog.get_logger(__name__)

BUDGET_SECONDS = 1.0

Probe = Callable[[Doors], Awaitable[object]]


async def postgres(doors: Doors) -> None:
    """Postgres answers."""
    await run_in_threadpool(doors.database.ping)


async def clickhouse(doors: Doors) -> None:
    """ClickHouse answers."""
    await doors.warehouse.ping()


async def migrations(doors: Doors) -> None:
    """Both schemas are those of this version."""
    pending = await run_in_threadpool(pending_migrations, doors.servers.postgres)
    if pending:
        raise ConfigurationError(
            f"Postgres lacks the migrations {', '.join(pending)}", remedy="Run `optiinfra up`."
        )


async def keyring(doors: Doors) -> None:
    """The key ring can be read."""
    await run_in_threadpool(doors.keyring.primary)


PROBES: Mapping[str, Probe] = {
    "postgres": postgres,
    "clickhouse": clickhouse,
    "migrations": migrations,
    "keyring": keyring,
}


async def fault(name: str, probe: Probe, doors: Doors) -> OptiInfraError | None:
    """What keeps one of them from working; slower than a second counts as not at all."""
    try:
        async with asyncio.timeout(BUDGET_SECONDS):
            await probe(doors)
    except TimeoutError:
        return Transient(f"{name} did not answer within a second", remedy=f"Look at {name}.")
    except OptiInfraError as error:
        log.warning("readiness.failed", check=name, detail=error.detail)
        return error
    return None


async def readiness(doors: Doors) -> Ready:
    """Make every check at once.

    Raises:
        Transient: some failed; it names them and not the addresses, for anyone may ask.
    """
    found = await asyncio.gather(*(fault(name, probe, doors) for name, probe in PROBES.items()))
    faults = {name: error for name, error in zip(PROBES, found, strict=True) if error}
    if faults:
        raise Transient(
            f"not ready: {', '.join(faults)}",
            remedy=" ".join(f"{name}: {error.remedy}" for name, error in faults.items()),
        )
    return Ready(checks=list(PROBES))
