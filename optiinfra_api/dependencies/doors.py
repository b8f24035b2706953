"""Everything a process of the API holds open, made once and handed to handlers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from optiinfra_api.auth.keys import Authenticator
from optiinfra_api.auth.limits import RateLimiter
from optiinfra_api.auth.oidc import TokenVerifier
from optiinfra_api.dependencies.cursor import Cursors
from optiinfra_api.dependencies.event_hub import EventHub
from optiinfra_api.dependencies.event_marks import Marks
from optiinfra_api.dependencies.gate import Gate
from optiinfra_api.dependencies.intake import Intake
from optiinfra_api.dependencies.warehouse import WarehouseDoor
from optiinfra_api.gateway import DagsterGateway
from optiinfra_api.recent import Recent
from optiinfra_api.schemas.envelope import Coverage
from optiinfra_api.schemas.health import Ready
from optiinfra_core.applications.privacy.names import Redactors
from optiinfra_core.collecting.catalogue import ProviderCatalogue, ProviderInfo
from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.collecting.tasks import CollectionTasks
from optiinfra_core.database import Database
from optiinfra_core.database.events import EventLog
from optiinfra_core.endpoints import Servers
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.api_keys import ApiKeys
from optiinfra_core.tenancy.applications import Applications
from optiinfra_core.tenancy.customers import Customer, Customers
from optiinfra_core.tenancy.erasures import Erasures
from optiinfra_core.vault.credentials import Vault
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.windows import Clock

CATALOGUE_SECONDS = 30
CUSTOMER_SECONDS = 10
STATES_SECONDS = 1
READINESS_SECONDS = 2
ROWS_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The servers behind the API and what is remembered of them."""

    settings: Settings
    clock: Clock
    servers: Servers
    keyring: KeyRing
    database: Database
    warehouse: WarehouseDoor
    writer: Warehouse
    gateway: DagsterGateway
    customers: Customers
    api_keys: ApiKeys
    vault: Vault
    states: SourceStates
    tasks: CollectionTasks
    catalogue: ProviderCatalogue
    applications: Applications
    erasures: Erasures
    intake: Intake
    gate: Gate
    authenticator: Authenticator
    limiter: RateLimiter
    cursors: Cursors
    events: EventHub
    marks: Marks
    recent_providers: Recent[str, Mapping[str, ProviderInfo]]
    recent_customers: Recent[str, Customer]
    recent_states: Recent[str, tuple[SourceState, ...]]
    recent_coverage: Recent[tuple[str, ...], Coverage]
    recent_rows: Recent[tuple[str, ...], list[Any]]
    recent_readiness: Recent[str, Ready]

    async def providers(self) -> Mapping[str, ProviderInfo]:
        """The installed providers, as the pipelines published them within 30 s."""
        return await self.recent_providers.get("all", lambda: run_in_threadpool(self.catalogue.all))

    async def customer(self, slug_or_uuid: str) -> Customer:
        """The customer.

        Raises:
            NotFound: there is none.
        """
        return await self.recent_customers.get(
            slug_or_uuid, lambda: run_in_threadpool(self.customers.get, slug_or_uuid)
        )

    async def states_of(self, customer: str) -> tuple[SourceState, ...]:
        """The state of every source of a customer, as of at most a second ago."""

        async def load() -> tuple[SourceState, ...]:
            return await run_in_threadpool(self.states.list, customer)

        return await self.recent_states.get(customer, load)

    async def close(self) -> None:
        """Let go of every connection."""
        await self.events.close()
        await self.gateway.close()
        await self.warehouse.close()
        await run_in_threadpool(self.writer.close)
        await run_in_threadpool(self.database.close)


def open_doors(
    settings: Settings, servers: Servers, clock: Clock, gateway: DagsterGateway
) -> Doors:
    """Everything, none of it connected yet: a server that is down does not keep the API down.

    Raises:
        ConfigurationError: there is no key ring or no pepper.
    """
    keyring = KeyRing.load(settings)
    pepper = keyring.pepper
    database = Database(servers.postgres)
    api_keys = ApiKeys(database, pepper, settings.environment, clock)
    applications, erasures = Applications(database), Erasures(database)
    writer = Warehouse(servers.clickhouse)
    return Doors(
        settings=settings,
        clock=clock,
        servers=servers,
        keyring=keyring,
        database=database,
        warehouse=WarehouseDoor(servers.clickhouse),
        writer=writer,
        gateway=gateway,
        customers=Customers(database),
        api_keys=api_keys,
        vault=Vault(database, keyring, clock),
        states=SourceStates(database),
        tasks=CollectionTasks(database),
        catalogue=ProviderCatalogue(database),
        applications=applications,
        erasures=erasures,
        intake=Intake(
            settings=settings,
            clock=clock,
            redactors=Redactors.of(settings, pepper),
            warehouse=writer,
            applications=applications,
            erasures=erasures,
        ),
        gate=Gate(),
        authenticator=Authenticator(api_keys, clock, TokenVerifier.of(settings, clock)),
        limiter=RateLimiter(clock, settings.rate_limit_per_minute),
        cursors=Cursors(pepper.get_secret_value()),
        events=EventHub(EventLog(database), servers.postgres),
        marks=Marks(pepper.get_secret_value()),
        recent_providers=Recent(clock, seconds=CATALOGUE_SECONDS, size=1),
        recent_customers=Recent(clock, seconds=CUSTOMER_SECONDS, size=10_000),
        recent_states=Recent(clock, seconds=STATES_SECONDS, size=10_000),
        recent_coverage=Recent(clock, seconds=3600, size=10_000),
        recent_rows=Recent(clock, seconds=ROWS_SECONDS, size=1000),
        recent_readiness=Recent(clock, seconds=READINESS_SECONDS, size=1),
    )


async def doors_of(request: Request) -> Doors:
    """The doors of the application that handles ``request``."""
    doors: Doors = request.app.state.doors
    return doors


DoorsOf = Annotated[Doors, Depends(doors_of)]
