"""Every simulated cloud with its customers in the vault, and what the warehouse serves of them."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from secrets import token_hex

from optiinfra_core.metrics import Metric
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.warehouse.questions.cost import (
    RESTATEMENTS,
    TOTAL,
    TOTAL_AS_KNOWN,
    Restatement,
)
from optiinfra_core.windows import FixedClock, Window
from optiinfra_pipelines.collection.customer import collect
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.collection.outcome import Outcome
from optiinfra_pipelines.collection.runner import Request
from optiinfra_pipelines.registry import provider
from optiinfra_simulator.clouds import Holder, SimulatedCloud
from optiinfra_simulator.installed import OTHERS, others
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.world import World

SLUGS = ("aws", *OTHERS)
CHANGES = ("restated", "appeared", "vanished", "source")


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer at one cloud."""

    cloud: SimulatedCloud
    holder: Holder
    customer: str

    def true_cost(self, span: Window, as_of: datetime) -> Decimal:
        """What the days of ``span`` cost, as the provider tells it at ``as_of``."""
        days = self.cloud.cost_by_day(
            self.holder.account_id, span.first_day, span.end.date(), as_of
        )
        return sum(days.values(), Decimal(0))


@dataclass(frozen=True, slots=True)
class Clouds:
    """All simulated clouds and their customers, who are fresh in this installation."""

    doors: Doors
    tenants: tuple[Tenant, ...]

    def collect(
        self, tenant: Tenant, metric: Metric, days: Sequence[date], run: str, trigger: str
    ) -> Outcome:
        """One collection of one customer."""
        request = Request(
            customer_id=tenant.customer, days=tuple(days), run_id=run, trigger=trigger
        )
        cloud = provider(tenant.cloud.slug)
        ((_, (outcome,)),) = collect(self.doors, cloud, metric, [request])
        return outcome

    def served(self, tenant: Tenant, span: Window) -> Decimal:
        """What the warehouse says the span cost."""
        rows = self.doors.warehouse.rows(TOTAL, self._about(tenant, span))
        return sum((row.cost or Decimal(0) for row in rows), Decimal(0))

    def as_known(self, tenant: Tenant, span: Window, at: datetime) -> Decimal:
        """What it served for the span at ``at``, worked out now."""
        about = {**self._about(tenant, span), "known_at": at}
        rows = self.doors.warehouse.rows(TOTAL_AS_KNOWN, about)
        return sum((row.cost for row in rows), Decimal(0))

    def restatements(self, tenant: Tenant, span: Window, since: datetime) -> list[Restatement]:
        """The changes found at ``since`` or later."""
        about = {
            **self._about(tenant, span),
            "detected_after": since,
            "changes": list(CHANGES),
            "has_after": False,
            "after_detected": since,
            "after_provider": "",
            "after_account": "",
            "after_line": 0,
            "after_version": 0,
            "limit": 1_000_000,
        }
        return self.doors.warehouse.rows(RESTATEMENTS, about)

    @staticmethod
    def _about(tenant: Tenant, span: Window) -> dict[str, object]:
        return {
            "customer_id": tenant.customer,
            "providers": [tenant.cloud.slug],
            "start": span.start,
            "end": span.end,
            "basis": "billed",
        }


@contextmanager
def clouds(
    doors: Doors,
    clock: FixedClock,
    *,
    instances: int,
    only: Collection[str] = SLUGS,
) -> Iterator[Clouds]:
    """The clouds over one small world on ``clock``; its customers are new ones."""
    world = World(seed=11, clock=clock, instances=instances, hourly_export=False)
    with SimulatorServer(world, others=others(world, only=only)) as server:
        suffix = token_hex(3)
        # Sessions of roles expire by the clock that the collector asks.
        server.gateway.cloud.identities.wall = clock
        tenants = tuple(
            _tenant(doors, cloud, holder, f"{holder.customer}-{suffix}")
            for cloud in server.clouds
            if cloud.slug in only
            for holder in cloud.holders()
        )
        yield Clouds(doors, tenants)


def _tenant(doors: Doors, cloud: SimulatedCloud, holder: Holder, customer: str) -> Tenant:
    if customer not in {known.slug for known in Customers(doors.database).list()}:
        Customers(doors.database).add(customer, holder.customer_name)
    entered = provider(cloud.slug).credential.model_validate(
        dict(cloud.credential(holder.account_id))
    )
    doors.vault.add(customer, cloud.slug, entered, holder.label, "test")
    return Tenant(cloud, holder, customer)
