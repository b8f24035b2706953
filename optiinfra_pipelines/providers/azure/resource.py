"""Azure inventory: everything of the supported kinds that a subscription has."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import partial

from typing_extensions import override

from optiinfra_core.collecting.contract import Collector, Rhythm, Typical
from optiinfra_core.collecting.parts import PartFailures
from optiinfra_core.collecting.payloads import understood
from optiinfra_core.collecting.spreading import Job
from optiinfra_core.errors import Malformed, PartFailure
from optiinfra_core.metrics import RESOURCE, ResourceRow
from optiinfra_core.windows import QUARTER_HOUR, Window
from optiinfra_pipelines.providers.azure.client import Azure
from optiinfra_pipelines.providers.azure.client.inventory import Payload, Size, resources, sizes
from optiinfra_pipelines.providers.azure.performance import system
from optiinfra_pipelines.providers.azure.resource_rows import (
    MACHINES,
    READINGS,
    Place,
    kind_of,
    region_of,
    to_row,
)

LISTED = Rhythm(min_interval=QUARTER_HOUR, lag=timedelta(0), reread=timedelta(0), history=None)


class ResourceCollector(Collector[Azure]):
    """Everything of the supported kinds in the subscription, by one question."""

    metric = RESOURCE
    # One question, and the sizes of machines for each of three regions.
    typical = Typical(rhythm=LISTED, calls_per_day=Decimal(4))

    @override
    def source(self, connection: Azure) -> str:
        """Resource Graph; what it shows is some minutes old."""
        return "resource_graph"

    @override
    def rhythm(self, connection: Azure) -> Rhythm:
        """What exists now; the past cannot be asked for."""
        return LISTED

    @override
    def collect(
        self, connection: Azure, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[ResourceRow | PartFailure]:
        """Every resource, as of now, stamped with the start of ``span``."""
        failures = PartFailures()
        found = [
            one
            for one in resources(connection)
            if kind_of(one) in READINGS
            and not system(one)
            and (parts is None or region_of(one) in parts)
        ]
        place = Place(ts=span.start, sizes=_sizes(connection, found, failures))
        for payload in found:
            if kind_of(payload) == MACHINES and region_of(payload) not in place.sizes:
                continue  # its cores would be unknown now and known later: a change that is none
            row = understood(partial(to_row, payload, place), payload)
            if isinstance(row, Malformed):
                failures.add(region_of(payload), row)
            else:
                yield row
        yield from failures


def _sizes(
    azure: Azure, found: list[Payload], failures: PartFailures
) -> Mapping[str, Mapping[str, Size]]:
    places = sorted({region_of(one) for one in found if kind_of(one) == MACHINES})
    jobs = (Job(part=region, work=partial(sizes, azure, region)) for region in places)
    told: dict[str, Mapping[str, Size]] = {}
    for outcome in azure.spread(jobs):
        if outcome.error is not None:
            failures.add(outcome.part, outcome.error)
        else:
            told[outcome.part] = outcome.value or {}
    return told
