"""Refuses query parameters that a route does not know: a mistyped filter would go unnoticed."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from optiinfra_api.dependencies.filters import TAG
from optiinfra_core.errors import InvalidRequest

Known = Mapping[tuple[str, str], frozenset[str]]


def known_parameters(description: Mapping[str, Any]) -> Known:
    """The query parameters of each method and path that an OpenAPI description names."""
    return {
        (method.upper(), path): frozenset(
            parameter["name"]
            for parameter in operation.get("parameters", ())
            if parameter["in"] == "query"
        )
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    }


async def demand_known(request: Request) -> None:
    """Return if the route knows every query parameter; ``tag.<key>`` passes as a family.

    Raises:
        InvalidRequest: it does not; keys in a URL end here too, before they are looked at.
    """
    parameters: Known = request.app.state.parameters
    path = str(getattr(request.scope.get("route"), "path_format", ""))
    known = parameters.get((request.method, path), frozenset())
    unknown = [
        name for name in request.query_params if name not in known and not name.startswith(TAG)
    ]
    if unknown:
        raise InvalidRequest(
            f"there is no query parameter {', '.join(sorted(set(unknown)))[:200]}",
            remedy=f"This path takes {', '.join(sorted(known)) or 'none'}.",
        )
