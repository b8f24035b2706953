"""Compute Engine v1: lists across all zones and regions of a project, a page at a time.

Paging, scopes and warnings after docs.cloud.google.com/compute/docs/reference/rest/v1.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optiinfra_simulator.google.rest import compute_shapes as shapes
from optiinfra_simulator.google.rest.compute_shapes import BASE
from optiinfra_simulator.google.rest.paging import page
from optiinfra_simulator.google.rest.requests import Call, Operation
from optiinfra_simulator.google.world.places import (
    EMPTY_REGIONS,
    EMPTY_ZONES,
    GLOBAL,
    REGIONS,
    ZONES,
)
from optiinfra_simulator.google.world.skus import MACHINES
from optiinfra_simulator.google.world.things import Address, Disk, Machine, Rule, Snapshot

_MOST = 500
_ALL_ZONES = tuple(f"zones/{zone}" for zones in ZONES.values() for zone in zones)
ZONAL = tuple(sorted((*_ALL_ZONES, *(f"zones/{zone}" for zone in EMPTY_ZONES))))
REGIONAL = tuple(sorted((GLOBAL, *(f"regions/{one}" for one in (*REGIONS, *EMPTY_REGIONS)))))


@dataclass(frozen=True, slots=True)
class Placed:
    """Something to list: its scope, its name, and how it looks."""

    scope: str
    name: str
    shape: Callable[[], Mapping[str, Any]]

    @property
    def key(self) -> str:
        """Its place in the order of lists."""
        return f"{self.scope}/{self.name}"


Source = Callable[[Call], Iterable[Placed]]


@dataclass(frozen=True, slots=True)
class Aggregated:
    """An aggregated list: the noun of its items, its scopes and where the items come from."""

    noun: str
    kind: str
    scopes: Sequence[str]
    source: Source

    def __call__(self, call: Call) -> Mapping[str, Any]:
        """A page of items in the scopes that have them; a warning in all others."""
        placed = sorted(self.source(call), key=lambda one: one.key)
        shown, token = page(placed, lambda one: one.key, call.request.query.get("pageToken"),
                            _size(call))  # fmt: skip
        items: dict[str, Any] = {}
        for one in shown:
            items.setdefault(one.scope, {self.noun: []})[self.noun].append(one.shape())
        for scope in self.scopes:
            items.setdefault(scope, {"warning": empty(scope)})
        path = f"projects/{call.project}/aggregated/{self.noun}"
        return _document(f"compute#{self.kind}AggregatedList", path, items, token)


def _size(call: Call) -> int:
    return call.number("maxResults", call.state.limits.listed, min(_MOST, call.state.limits.listed))


def _document(kind: str, path: str, items: Any, token: str | None) -> Mapping[str, Any]:
    link = f"{BASE.removesuffix('/projects')}/{path}"
    found = {"kind": kind, "id": path, "items": items, "selfLink": link}
    return found | ({"nextPageToken": token} if token else {})


def empty(scope: str) -> Mapping[str, Any]:
    """The warning of a scope that has nothing on a page."""
    return {
        "code": "NO_RESULTS_ON_PAGE",
        "message": f"No results for the scope '{scope}'.",
        "data": [{"key": "scope", "value": scope}],
    }


def unreachable(document: Mapping[str, Any], *, opted: bool) -> Mapping[str, Any]:
    """An aggregated list in which the first scope with items could not be asked."""
    items = dict(document["items"])
    scope = next((name for name, held in sorted(items.items()) if "warning" not in held), None)
    if scope is None:
        return document
    items[scope] = {
        "warning": {
            "code": "UNREACHABLE",
            "message": f"The scope '{scope}' could not be reached.",
            "data": [{"key": "scope", "value": scope}],
        }
    }
    return {**document, "items": items} | ({"unreachables": [scope]} if opted else {})


def _instances(call: Call) -> Iterable[Placed]:
    for one in call.state.fleets[call.project].of(Machine, call.now):
        yield Placed(f"zones/{one.zone}", one.name,
                     lambda one=one: shapes.instance(one, call.now))  # type: ignore[misc] # fmt: skip


def _disks(call: Call) -> Iterable[Placed]:
    for one in call.state.fleets[call.project].of(Disk, call.now):
        yield Placed(f"zones/{one.zone}", one.name, lambda one=one: shapes.disk(one))  # type: ignore[misc]


def _addresses(call: Call) -> Iterable[Placed]:
    for one in call.state.fleets[call.project].of(Address, call.now):
        scope = GLOBAL if one.region == GLOBAL else f"regions/{one.region}"
        yield Placed(scope, one.name, lambda one=one: shapes.address(one))  # type: ignore[misc]


def _rules(call: Call) -> Iterable[Placed]:
    for one in call.state.fleets[call.project].of(Rule, call.now):
        yield Placed(f"regions/{one.region}", one.name, lambda one=one: shapes.rule(one))  # type: ignore[misc]


def _machine_types(call: Call) -> Iterable[Placed]:
    for scope in _ALL_ZONES:
        zone = scope.removeprefix("zones/")
        for name, shape in MACHINES.items():
            yield Placed(scope, name, lambda zone=zone, name=name, shape=shape: shapes.machine_type(
                call.project, zone, name, shape))  # type: ignore[misc] # fmt: skip


def snapshots(call: Call) -> Mapping[str, Any]:
    """A page of the project's snapshots; without items the key is left out."""
    found = sorted(call.state.fleets[call.project].of(Snapshot, call.now), key=lambda one: one.name)
    token = call.request.query.get("pageToken")
    shown, following = page(found, lambda one: one.name, token, _size(call))
    path = f"projects/{call.project}/global/snapshots"
    document = dict(_document("compute#snapshotList", path, [], following))
    document["items"] = [shapes.snapshot(one) for one in shown]
    if not shown:
        del document["items"]
    return document


def _aggregated(noun: str, kind: str, scopes: Sequence[str], source: Source) -> Operation:
    handler = Aggregated(noun, kind, scopes, source)
    name = f"{noun}.aggregatedList"
    return Operation("compute", name, f"compute.{noun}.list", handler, items="items")


OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("GET", f"/compute/v1/projects/{{project}}/aggregated/{operation.name.partition('.')[0]}"): (
        operation
    )
    for operation in (
        _aggregated("instances", "instance", ZONAL, _instances),
        _aggregated("disks", "disk", ZONAL, _disks),
        _aggregated("addresses", "address", REGIONAL, _addresses),
        _aggregated("forwardingRules", "forwardingRule", REGIONAL, _rules),
        _aggregated("machineTypes", "machineType", ZONAL, _machine_types),
    )
} | {
    ("GET", "/compute/v1/projects/{project}/global/snapshots"): Operation(
        "compute", "snapshots.list", "compute.snapshots.list", snapshots, items="items"
    ),
}
