"""A full snapshot of what the projects of a credential hold now."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial

import structlog
from typing_extensions import override

from optiinfra_core.collecting.contract import Collector, Rhythm, Typical
from optiinfra_core.collecting.parts import PartFailures
from optiinfra_core.collecting.payloads import understood
from optiinfra_core.collecting.spreading import Job
from optiinfra_core.errors import Malformed, NotSupported, PartFailure
from optiinfra_core.metrics import RESOURCE, ResourceRow
from optiinfra_core.windows import QUARTER_HOUR, Window
from optiinfra_pipelines.providers.gcp import resource_rows
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.client.inventory import (
    ADDRESSES,
    CLUSTERS,
    DATABASES,
    DISKS,
    FORWARDING_RULES,
    INSTANCES,
    SNAPSHOTS,
)
from optiinfra_pipelines.providers.gcp.client.rest import Listing, Payload, Unreached, listed
from optiinfra_pipelines.providers.gcp.client.sizes import sizes
from optiinfra_pipelines.providers.gcp.identifiers import region_of
from optiinfra_pipelines.providers.gcp.resource_rows import Place

log = structlog.get_logger(__name__)

Item = ResourceRow | Malformed | Unreached


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of resource: its listing, and what a payload means."""

    listing: Listing
    to_row: Callable[[Payload, Place], ResourceRow]
    sized: bool = False


KINDS: tuple[Kind, ...] = (
    Kind(listing=INSTANCES, to_row=resource_rows.instance, sized=True),
    Kind(listing=DISKS, to_row=resource_rows.disk),
    Kind(listing=SNAPSHOTS, to_row=resource_rows.snapshot),
    Kind(listing=ADDRESSES, to_row=resource_rows.address),
    Kind(listing=FORWARDING_RULES, to_row=resource_rows.forwarding_rule),
    Kind(listing=DATABASES, to_row=resource_rows.database),
    Kind(listing=CLUSTERS, to_row=resource_rows.cluster),
)

PRESENT = Rhythm(min_interval=QUARTER_HOUR, lag=timedelta(0), reread=timedelta(0), history=None)


class ResourceCollector(Collector[Gcp]):
    """Machines, disks, snapshots, addresses, load balancers, databases and clusters."""

    metric = RESOURCE
    # A page of each listing, whatever the number of regions; the calls are free.
    typical = Typical(rhythm=PRESENT, calls_per_span=Decimal(len(KINDS)))

    @override
    def source(self, connection: Gcp) -> str:
        """The listings of each API."""
        return "list"

    @override
    def rhythm(self, connection: Gcp) -> Rhythm:
        """Free calls, and only the present can be asked for."""
        return PRESENT

    @override
    def collect(
        self, connection: Gcp, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[ResourceRow | PartFailure]:
        """Everything that exists; a region that a listing could not reach is a failed part.

        A listing spans all regions: where one is refused as a whole, no region's snapshot would be
        whole, so the collection fails. An API that is off has nothing to list, and is left out.
        """
        failures = PartFailures()
        jobs = (
            Job(part=project, work=partial(_snapshot, connection, kind, project, span))
            for project in connection.projects
            for kind in KINDS
        )
        for outcome in connection.spread(jobs):
            if outcome.error is not None:
                raise outcome.error
            for item in outcome.value or ():
                if isinstance(item, ResourceRow):
                    if connection.covers(item.region, parts):
                        yield item
                elif isinstance(item, Unreached):
                    failures.add(region_of(item.scope), item.error)
                else:
                    raise item
        yield from (one for one in failures if connection.covers(one.part, parts))


def _snapshot(gcp: Gcp, kind: Kind, project: str, span: Window) -> list[Item]:
    try:
        found = list(listed(gcp, kind.listing, project))
    except NotSupported as off:
        log.warning("inventory.api_off", project=project, detail=off.detail, remedy=off.remedy)
        return []
    payloads = [one for one in found if not isinstance(one, Unreached)]
    known = sizes(gcp, project, payloads) if kind.sized else {}
    place = Place(ts=span.start, project=project, sizes=known)
    rows = [understood(partial(kind.to_row, one, place), one) for one in payloads]
    return [*rows, *(one for one in found if isinstance(one, Unreached))]
