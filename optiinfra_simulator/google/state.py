"""What every part of the simulated Google Cloud shares: the world, who may enter it, its books."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from optiinfra_simulator.google.cost.book import Book
from optiinfra_simulator.google.cost.ledger import Ledger
from optiinfra_simulator.google.rest.identities import Identities
from optiinfra_simulator.google.world.fleet import Fleet
from optiinfra_simulator.google.world.projects import PROJECTS
from optiinfra_simulator.world.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much fits into one answer; real values, lowered by tests that page."""

    listed: int = 500
    queried: int = 10_000
    points: int = 100_000


@dataclass
class State:
    """One world, seen as Google Cloud."""

    world: World
    identities: Identities
    limits: Limits = field(default_factory=Limits)
    fleets: Mapping[str, Fleet] = field(init=False)
    books: Mapping[str, Book] = field(init=False)
    watched: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        world = self.world
        self.fleets = {one.id: Fleet(world.seed, one.id, world.instances) for one in PROJECTS}
        self.books = {
            one.id: Book(Ledger(world.seed, one, self.fleets[one.id], hourly=world.hourly_export))
            for one in PROJECTS
        }

    @property
    def now(self) -> datetime:
        """The present instant of the simulated cloud."""
        return self.world.clock.now()
