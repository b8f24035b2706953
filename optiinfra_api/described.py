"""What the description of the API says beside what routes say themselves: 304, and examples."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from optiinfra_api.dependencies.overview_sight import sight_of
from optiinfra_api.dependencies.reading import asking

EXAMPLES = Path(__file__).parent / "examples.json"
JSON = "application/json"

# Reads that are made of these carry an ETag, and are compared with the one that a caller holds.
CONDITIONAL = (asking, sight_of)
HELD: Mapping[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of an answer that is held: it is 304 while that is what would come.",
    "schema": {"type": "string", "maxLength": 4096},
}
TAG: Mapping[str, Any] = {
    "ETag": {
        "description": "Names the answer; changes with its data, also where it became stale.",
        "schema": {"type": "string"},
    }
}
UNCHANGED: Mapping[str, Any] = {
    "description": "What the caller holds is what would come.",
    "headers": TAG,
}


def complete(description: dict[str, Any], routers: Iterable[APIRouter]) -> None:
    """Add to ``description`` what the routes' declarations do not tell."""
    found = operations(description)
    routes = (route for router in routers for route in router.routes)
    for route in routes:
        if isinstance(route, APIRoute) and route.name in found and is_conditional(route):
            operation = found[route.name]
            operation.setdefault("parameters", []).append(dict(HELD))
            operation["responses"]["200"]["headers"] = dict(TAG)
            operation["responses"]["304"] = dict(UNCHANGED)
    for name, example in json.loads(EXAMPLES.read_text(encoding="utf-8")).items():
        found[name]["responses"]["200"]["content"][JSON]["example"] = example["answer"]


def operations(description: Mapping[str, Any]) -> Mapping[str, dict[str, Any]]:
    """The operations of a description, by name."""
    return {
        operation["operationId"]: operation
        for methods in description["paths"].values()
        for operation in methods.values()
    }


def is_conditional(route: APIRoute) -> bool:
    """Whether a route answers 304 to a caller that holds its answer."""
    return any(call in CONDITIONAL for call in calls_of(route.dependant))


def calls_of(dependant: Dependant) -> Iterator[Any]:
    """Everything that a route depends on, and what that depends on."""
    for each in dependant.dependencies:
        yield each.call
        yield from calls_of(each)
