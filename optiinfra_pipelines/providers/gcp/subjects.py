"""Whose samples a series holds: from Google's labels to the resource as the inventory has it."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from optiinfra_pipelines.providers.gcp import identifiers
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.client.inventory import FORWARDING_RULES, INSTANCES
from optiinfra_pipelines.providers.gcp.client.monitoring import Series
from optiinfra_pipelines.providers.gcp.client.rest import Listing, Unreached, listed
from optiinfra_pipelines.providers.gcp.identifiers import last_part, region_of
from optiinfra_pipelines.providers.gcp.samples import DATABASE, INSTANCE

Names = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The resource that is measured."""

    region: str
    resource_type: str
    resource_id: str
    resource_name: str = ""


class Directory:
    """Knows resources by name, from listings that are made only when a series needs them."""

    def __init__(self, gcp: Gcp) -> None:
        self._gcp = gcp
        self._known: dict[tuple[str, str], Names] = {}
        self._lock = threading.Lock()

    def subject(self, kind: str, project: str, series: Series) -> Subject | None:
        """The resource of ``series``; None where its labels name none that exists."""
        labels = {"project_id": project, **series.resource}
        if kind == INSTANCE:
            return self._machine(labels, series.metric)
        return _database(labels) if kind == DATABASE else self._rule(labels)

    def _machine(self, labels: Mapping[str, str], metric: Mapping[str, str]) -> Subject | None:
        project, zone = labels["project_id"], labels.get("zone", "")
        name, number = metric.get("instance_name", ""), labels.get("instance_id", "")
        if not number:
            # Seen in recorded answers: the series has the machine's name and no number.
            number = self._names(INSTANCES, project).get((zone, name), "")
        if not number or not zone:
            return None
        return Subject(
            region=region_of(zone),
            resource_type="gcp.compute.instance",
            resource_id=identifiers.instance(project, zone, number),
            resource_name=name,
        )

    def _rule(self, labels: Mapping[str, str]) -> Subject | None:
        project, name = labels["project_id"], labels.get("forwarding_rule_name", "")
        region = labels.get("region") or identifiers.GLOBAL
        where = identifiers.GLOBAL if region == identifiers.GLOBAL else f"regions/{region}"
        number = self._names(FORWARDING_RULES, project).get((region, name))
        if not number:
            return None
        return Subject(
            region=region,
            resource_type="gcp.compute.forwarding_rule",
            resource_id=identifiers.located(project, where, "forwardingRules", number),
            resource_name=name,
        )

    def _names(self, listing: Listing, project: str) -> Names:
        with self._lock:
            key = (listing.items, project)
            if key not in self._known:
                found = listed(self._gcp, listing, project)
                self._known[key] = {
                    (_place(one), str(one["name"])): str(one["id"])
                    for one in found
                    if not isinstance(one, Unreached)
                }
            return self._known[key]


def _place(payload: Mapping[str, object]) -> str:
    told = payload.get("zone") or payload.get("region") or identifiers.GLOBAL
    return last_part(str(told))


def _database(labels: Mapping[str, str]) -> Subject | None:
    # database_id is PROJECT:NAME, and a project's id may hold a colon itself.
    project, _, name = labels.get("database_id", "").rpartition(":")
    if not name:
        return None
    return Subject(
        region=labels.get("region") or identifiers.GLOBAL,
        resource_type="gcp.sql.instance",
        resource_id=identifiers.database(project or labels["project_id"], name),
        resource_name=name,
    )
