"""A snapshot of everything a Vultr account owns; its listings cover all regions at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial

from typing_extensions import override

from optiinfra_core.collecting.contract import Collector, Rhythm, Typical
from optiinfra_core.collecting.parts import PartFailures
from optiinfra_core.collecting.payloads import understood
from optiinfra_core.collecting.spreading import Job
from optiinfra_core.errors import Malformed, NotFound, NotReady, PartFailure, PermissionMissing
from optiinfra_core.metrics import RESOURCE, ResourceRow
from optiinfra_core.windows import QUARTER_HOUR, Window
from optiinfra_pipelines.providers.vultr.client import Vultr, inventory
from optiinfra_pipelines.providers.vultr.client.calls import Operation, Payload
from optiinfra_pipelines.providers.vultr.kinds import KINDS, Kind, Seen

PRESENT = Rhythm(min_interval=QUARTER_HOUR, lag=timedelta(0), reread=timedelta(0), history=None)

LISTINGS: tuple[Operation, ...] = tuple(dict.fromkeys(kind.listing for kind in KINDS))
PLANS = (inventory.PLANS, inventory.METAL_PLANS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A payload with the kind it was read as."""

    kind: Kind
    payload: Payload
    row: ResourceRow | Malformed


class ResourceCollector(Collector[Vultr]):
    """Everything the account owns now.

    A listing that fails for a time fails the snapshot: it holds things of every region. One that
    the user may not read is a part of its own, named by its path, and the rest is collected.
    """

    metric = RESOURCE
    # A page of each listing and of both lists of plans.
    typical = Typical(rhythm=PRESENT, calls_per_span=Decimal(len(LISTINGS) + len(PLANS)))

    @override
    def source(self, connection: Vultr) -> str:
        """The listings of API v2."""
        return "listings"

    @override
    def rhythm(self, connection: Vultr) -> Rhythm:
        """Free calls, and only the present can be asked for."""
        return PRESENT

    @override
    def collect(
        self, connection: Vultr, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[ResourceRow | PartFailure]:
        """Everything that exists; ``parts`` keeps the rows of those regions."""
        failures = PartFailures()
        for found in everything(connection, Seen(ts=span.start), failures):
            row = found.row
            if isinstance(row, Malformed):
                failures.add(str(found.payload.get("region") or found.kind.listing.path), row)
            elif parts is None or row.region in parts:
                yield row
        for path in sorted((parts or frozenset()) & {one.path for one in LISTINGS}):
            # Its rows are of regions that this write does not replace.
            failures.add(path, NotReady("the next snapshot holds what this listing shows now"))
        yield from failures


def everything(vultr: Vultr, seen: Seen, failures: PartFailures) -> Iterator[Found]:
    """Every resource of the account, read; listings that are not allowed are failures.

    Raises:
        Transient: a listing failed otherwise.
    """
    plans = _plans(vultr)
    told = Seen(ts=seen.ts, plans=plans)
    listings = dict(_listings(vultr, LISTINGS, failures))
    for kind in KINDS:
        for payload in listings.get(kind.listing.path, ()):
            for one in kind.inner(payload) if kind.inner else (payload,):
                row = understood(partial(kind.to_row, one, told), one)
                yield Found(kind=kind, payload=one, row=row)


def _plans(vultr: Vultr) -> dict[str, Payload]:
    """The plans on sale; they need no permission, and without them sizes are still known."""
    listings = _listings(vultr, PLANS, PartFailures())
    return {str(plan.get("id")): plan for _, plans in listings for plan in plans}


def _listings(
    vultr: Vultr, wanted: Iterable[Operation], failures: PartFailures
) -> Iterator[tuple[str, list[Payload]]]:
    jobs = (
        Job(part=one.path, work=lambda one=one: list(inventory.listed(vultr, one)))  # type: ignore[misc]
        for one in wanted
    )
    for outcome in vultr.spread(jobs):
        if isinstance(outcome.error, (PermissionMissing, NotFound)):
            # What Vultr does not offer this account answers 404.
            failures.add(outcome.part, outcome.error)
        elif outcome.error is not None:
            raise outcome.error
        else:
            yield outcome.part, outcome.value or []
