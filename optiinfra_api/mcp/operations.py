"""The API's own read operations as they can be offered: path, parameters, scopes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from optiinfra_api.dependencies.filters import tags_of
from optiinfra_api.dependencies.tenant import OBSERVERS, observing
from optiinfra_api.mcp.left_out import LEFT_OUT
from optiinfra_api.routers import ROUTERS
from optiinfra_core.tenancy.api_keys import ApiKey

JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One GET of the API; ``demanded`` scopes are all needed, of ``accepted`` ones any."""

    name: str
    path: str
    summary: str
    description: str
    tag: str
    parameters: tuple[Mapping[str, Any], ...]
    demanded: frozenset[str]
    accepted: frozenset[str]
    takes_tags: bool

    def open_to(self, key: ApiKey) -> bool:
        """Whether the key's scopes allow it."""
        some = not self.accepted or any(key.may(scope) for scope in self.accepted)
        return some and all(key.may(scope) for scope in self.demanded)

    @property
    def in_path(self) -> frozenset[str]:
        """The parameters that are part of the path."""
        return frozenset(one["name"] for one in self.parameters if one["in"] == "path")

    @property
    def repeated(self) -> frozenset[str]:
        """The parameters that may stand several times."""
        return frozenset(
            one["name"] for one in self.parameters if one["schema"].get("type") == "array"
        )

    @property
    def paged(self) -> bool:
        """Whether more rows are had with a cursor."""
        return any(one["name"] == "cursor" for one in self.parameters)


def operations_of(description: Mapping[str, Any]) -> Mapping[str, Operation]:
    """Every read of an OpenAPI description that is offered, by name, in its order."""
    routes = {route.name: route for route in routes_of()}
    found = (
        to_operation(path, told, routes[told["operationId"]])
        for path, told in reads_of(description)
        if told["operationId"] not in LEFT_OUT
    )
    return {each.name: each for each in found}


def routes_of() -> Iterator[APIRoute]:
    """Every route with a handler of ours."""
    for router in ROUTERS:
        yield from (route for route in router.routes if isinstance(route, APIRoute))


def reads_of(description: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Path and description of each GET that answers JSON and is not on its way out."""
    for path, methods in description["paths"].items():
        told = methods.get("get", {})
        answer = told.get("responses", {}).get("200", {})
        if JSON in answer.get("content", {}) and not told.get("deprecated"):
            yield path, told


def to_operation(path: str, told: Mapping[str, Any], route: APIRoute) -> Operation:
    """The operation of a route, with what the description says of it."""
    calls = list(calls_of([route.dependant]))
    asked = frozenset(scope for each in calls for scope in each.own_oauth_scopes or ())
    return Operation(
        name=told["operationId"],
        path=path,
        summary=told["summary"],
        description=told.get("description", ""),
        tag=next(iter(told.get("tags", ())), ""),
        parameters=tuple(one for one in told.get("parameters", ()) if is_plain(one)),
        demanded=asked,
        accepted=frozenset(OBSERVERS if any(one.call is observing for one in calls) else ()),
        takes_tags=any(one.call is tags_of for one in calls),
    )


def is_plain(parameter: Mapping[str, Any]) -> bool:
    """Whether an agent gives it by its name: not a header, nor a family of names."""
    return parameter["in"] != "header" and "propertyNames" not in parameter["schema"]


def calls_of(dependants: Iterable[Dependant]) -> Iterator[Dependant]:
    """A tree of dependencies, one by one."""
    for each in dependants:
        yield each
        yield from calls_of(each.dependencies)
