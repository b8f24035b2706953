"""What an overview looks at: which parts a key opens, over which time, on what ground."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request, Response

from optiinfra_api.dependencies.application_ground import ground_of_calls
from optiinfra_api.dependencies.application_reading import NO_CLOUD
from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.filters import Basis
from optiinfra_api.dependencies.overview_parts import View
from optiinfra_api.dependencies.period import COSTS, SAMPLES, SNAPSHOTS, next_step, window_of
from optiinfra_api.dependencies.reading import Asking, Read, TimesOf
from optiinfra_api.dependencies.standing import Ground
from optiinfra_api.dependencies.tenant import Tenant, observing
from optiinfra_api.dependencies.unchanged import demand_change, tag_of
from optiinfra_api.schemas.envelope import Coverage
from optiinfra_core.collecting.catalogue import ProviderInfo
from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE, Metric
from optiinfra_core.tenancy.api_keys import ApiKey
from optiinfra_core.windows import Window, floor

# Part of the answer -> what a key needs to read it.
SCOPES: Mapping[str, str] = {
    "costs": "costs:read",
    "performance": "performance:read",
    "resources": "resources:read",
    "applications": "applications:read",
}
NOT_COUNTED = Coverage(expected=0, committed=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is looked at: the parts that the key opens, over which time each."""

    view: View
    opened: frozenset[str]
    window: Window
    basis: str
    calls: Ground

    @property
    def before(self) -> Window:
        """As long a time before the period."""
        return Window(self.window.start - self.window.length, self.window.start)

    def recent(self, longest: timedelta) -> Window:
        """The newest part of the period, at most so long: later than now there is nothing."""
        end = min(self.window.end, next_step(self.view.now, SAMPLES.step))
        return Window(min(end - SAMPLES.step, max(self.window.start, end - longest)), end)

    @property
    def snapshot(self) -> Window:
        """The last snapshot's window and the one before."""
        at = floor(min(self.window.end, self.view.now), SNAPSHOTS.step)
        return Window(at - SNAPSHOTS.step, at + SNAPSHOTS.step)

    @property
    def providers(self) -> tuple[ProviderInfo, ...]:
        """The installed providers."""
        return self.view.asking.providers

    def read(self, metric: Metric, window: Window, **scope: object) -> Read:
        """A read of a metric type of all providers."""
        return self.view.read(
            self.view.ground(metric, *self.providers), window, NOT_COUNTED, **scope
        )


async def asked_of(
    request: Request, response: Response, doors: DoorsOf, customer: Tenant
) -> Asking:
    """What the overview asks with: all providers."""
    providers = tuple((await doors.providers()).values())
    return Asking(request, response, doors, customer, providers)


async def sight_of(
    asking: Annotated[Asking, Depends(asked_of)],
    key: Annotated[ApiKey, Depends(observing)],
    asked: TimesOf,
    basis: Basis = "effective",
) -> Sight:
    """What the caller may see, found to be changed.

    Raises:
        Unchanged: the caller holds the answer; ClickHouse was not asked.
    """
    doors, customer = asking.doors, asking.customer
    now = doors.clock.now()
    slugs = (*(info.slug for info in asking.providers), NO_CLOUD)
    view = View(asking=asking, states=await doors.states_of(customer.slug), now=now)
    sight = Sight(
        view=view,
        opened=frozenset(part for part, scope in SCOPES.items() if key.may(scope)),
        window=window_of(asked, COSTS, doors.clock),
        basis=basis,
        calls=await ground_of_calls(doors, customer.slug, slugs, now, everything=True),
    )
    tag = tag_of(*parts_of_tag(sight))
    demand_change(asking.request.headers, tag)
    asking.response.headers["ETag"] = tag
    return replace(sight, view=replace(view, tag=tag))


def parts_of_tag(sight: Sight) -> list[object]:
    """Everything that the answer depends on."""
    view = sight.view
    grounds = [
        view.ground(metric, info)
        for metric in (COST, PERFORMANCE, RESOURCE)
        for info in sight.providers
    ]
    return [
        view.asking.request.url.path,
        sorted(view.asking.request.query_params.multi_items()),
        sorted(sight.opened),
        [info.slug for info in sight.providers],
        *map(str, (sight.window, sight.recent(SAMPLES.default), sight.snapshot)),
        *[(ground.version, ground.stale) for ground in (*grounds, sight.calls)],
        [state.consecutive_failures for state in view.states],
    ]


SightOf = Annotated[Sight, Depends(sight_of)]
