"""Refuses query parameters that a route does not know: a mistyped filter would go unnoticed."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request

from optiinfra_core.errors import InvalidRequest


@dataclass(frozen=True)
class Accepted:
    """The query parameters of one operation: names, and families by what people call them."""

    names: frozenset[str] = frozenset()
    families: Mapping[str, re.Pattern[str]] = field(default_factory=dict)

    def knows(self, name: str) -> bool:
        """Whether ``name`` is one of them."""
        return name in self.names or any(family.search(name) for family in self.families.values())


Known = Mapping[tuple[str, str], Accepted]
NONE = Accepted()


def known_parameters(description: Mapping[str, Any]) -> Known:
    """The query parameters of each method and path that an OpenAPI description names."""
    return {
        (method.upper(), path): accepted(
            parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "query"
        )
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    }


def accepted(parameters: Iterable[Mapping[str, Any]]) -> Accepted:
    """What of a query these parameters describe; an object stands for a family of names."""
    names, families = set(), {}
    for parameter in parameters:
        family = parameter["schema"].get("propertyNames")
        if family:
            families[str(parameter["schema"]["title"])] = re.compile(family["pattern"])
        else:
            names.add(parameter["name"])
    return Accepted(frozenset(names), families)


async def demand_known(request: Request) -> None:
    """Return if the route knows every query parameter; ``tag.<key>`` is a family of them.

    Raises:
        InvalidRequest: it does not; keys in a URL end here too, before they are looked at.
    """
    parameters: Known = request.app.state.parameters
    path = str(getattr(request.scope.get("route"), "path_format", ""))
    known = parameters.get((request.method, path), NONE)
    unknown = {name for name in request.query_params if not known.knows(name)}
    if unknown:
        taken = ", ".join([*sorted(known.names), *known.families])
        raise InvalidRequest(
            f"there is no query parameter {', '.join(sorted(unknown))[:200]}",
            remedy=f"This path takes {taken or 'none'}.",
        )
