"""One authorised call of one operation, and the table of those the simulator answers itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from optiinfra_simulator.aws.dialects import AwsError
from optiinfra_simulator.aws.identities import Identities, Principal
from optiinfra_simulator.cost.totals import Totals
from optiinfra_simulator.world.things import Thing
from optiinfra_simulator.world.world import World

K = TypeVar("K", bound=Thing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much fits into one answer; real values, lowered by tests that page."""

    explorer_groups: int = 1_000
    datapoints: int = 100_800
    queries: int = 500
    listed_metrics: int = 500
    functions: int = 50
    instances: int = 1_000
    disks: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """What handlers share: the world, who may enter it, its charges added up.

    ``watched`` remembers, for each account, the metrics (``namespace/metric``) that were asked for.
    """

    world: World
    identities: Identities
    totals: Totals
    limits: Limits
    watched: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: what is asked, where, by whom."""

    cloud: Cloud
    principal: Principal
    region: str
    parameters: Mapping[str, Any]
    now: datetime

    @property
    def account(self) -> str:
        """The account that the key belongs to; nothing of any other is seen."""
        return self.principal.account

    def things(self, kind: type[K]) -> list[K]:
        """The account's resources of a kind in the region, in the order of their identifiers."""
        return self.cloud.world.fleet(self.account).of(kind, self.region, self.now)

    def number(self, name: str, default: int) -> int:
        """A whole-number parameter."""
        value = self.parameters.get(name)
        return default if value is None else int(value)


Handler = Callable[[Call], Mapping[str, Any]]


def page(items: list[K], token: str | None, size: int) -> tuple[list[K], str | None]:
    """The items after the one that ``token`` names, and the token of the next page.

    Tokens name the last item given out, so that a page never repeats or skips an item when
    resources come and go in between.
    """
    first = 0
    if token:
        first = sum(1 for item in items if item.id <= token)
    shown = items[first : first + size]
    return shown, (shown[-1].id if first + size < len(items) else None)


def within(value: int, least: int, most: int, error: AwsError) -> int:
    """The value, or the error where it is out of bounds."""
    if not least <= value <= most:
        raise error
    return value
