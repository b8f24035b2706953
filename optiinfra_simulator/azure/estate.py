"""The subscriptions over a world: what each owns, what it costs, and what is true of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from optiinfra_core.windows import DAY, Window
from optiinfra_simulator.azure.accounts import SUBSCRIPTIONS, subscription
from optiinfra_simulator.azure.billing import Billing
from optiinfra_simulator.azure.charges import ZERO, Charge
from optiinfra_simulator.azure.fleet import Fleet
from optiinfra_simulator.azure.publication import refresh_at, run_at
from optiinfra_simulator.azure.signals import NAMESPACES
from optiinfra_simulator.azure.things import KINDS, Resource
from optiinfra_simulator.world.world import World


@dataclass
class Estate:
    """Everything of the simulated Azure that does not depend on a request.

    ``watched`` is what clients have asked for so far: (namespace, metric) by subscription.
    """

    world: World
    watched: dict[str, set[tuple[str, str]]] = field(default_factory=dict)

    @cached_property
    def _fleets(self) -> Mapping[str, Fleet]:
        world = self.world
        return {name: Fleet(world.seed, name, world.instances) for name in SUBSCRIPTIONS}

    @cached_property
    def _billings(self) -> Mapping[str, Billing]:
        return {name: Billing(one, self._fleets[name]) for name, one in SUBSCRIPTIONS.items()}

    def fleet(self, account: str) -> Fleet:
        """What a subscription owns."""
        return self._fleets[subscription(account).id]

    def billing(self, account: str) -> Billing:
        """What a subscription is charged."""
        return self._billings[subscription(account).id]

    def charges(self, account: str, days: tuple[date, date], as_of: datetime) -> Iterator[Charge]:
        """The charges of [first, end) as the subscription's cost source tells them."""
        exported = subscription(account).export is not None
        refresh = run_at(as_of) if exported else refresh_at(as_of)
        day, end = days
        while day < end:
            yield from self.billing(account).charges(day, refresh)
            day += DAY

    def cost_by_day(
        self, account: str, days: tuple[date, date], as_of: datetime
    ) -> Mapping[date, Decimal]:
        """Billed cost of each day; a day without charges is not there."""
        found: dict[date, Decimal] = {}
        for charge in self.charges(account, days, as_of):
            if charge.actual:
                found[charge.day] = found.get(charge.day, ZERO) + charge.billed
        return found

    def cost_by_service(
        self, account: str, days: tuple[date, date], as_of: datetime
    ) -> Mapping[str, Decimal]:
        """Billed cost by service, named as in FOCUS where costs are exported."""
        exported = subscription(account).export is not None
        found: dict[str, Decimal] = {}
        for charge in self.charges(account, days, as_of):
            service = charge.meter.service
            name = service.focus_name if exported else service.name
            found[name] = found.get(name, ZERO) + charge.billed
        return found

    def resources(self, account: str, at: datetime) -> Mapping[str, tuple[str, ...]]:
        """Identifiers of what exists at an instant, by resource type."""
        found: dict[str, list[str]] = {kind.kind: [] for kind in KINDS}
        for thing in self.fleet(account).at(at):
            found[thing.kind].append(thing.id)
        return {kind: tuple(sorted(names)) for kind, names in found.items()}

    def points(self, account: str, span: Window, as_of: datetime) -> Mapping[str, int]:
        """Samples of five minutes of the watched metrics, by resource."""
        watched = self.watched.get(account, set())
        return {
            thing.id: self._count(thing, watched, span, as_of)
            for thing in self.fleet(account).things(span)
        }

    def _count(
        self, thing: Resource, watched: set[tuple[str, str]], span: Window, as_of: datetime
    ) -> int:
        return sum(
            self.world.series(thing, metric.signal).count(span.start, span.end, as_of)
            for metric in NAMESPACES.get(type(thing), ())
            if (thing.arm_type.lower(), metric.name) in watched and not metric.silent
        )
