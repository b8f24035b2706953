"""A tool's arguments: what it takes, in JSON Schema, and where in a request each one goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from optiinfra_api.dependencies.filters import TAG
from optiinfra_api.dependencies.tenant import ALL
from optiinfra_api.mcp.operations import Operation
from optiinfra_core.errors import InvalidRequest
from optiinfra_core.tenancy.api_keys import ALL_CUSTOMERS, ApiKey

ROWS = 20
MOST_ROWS = 200
LONGEST_IN_PATH = 200
# What an agent may leave out, though the path of the API has it.
CUSTOMER, PROVIDER, LIMIT = "customer_id", "provider", "limit"
# A part of a path that says where in the API it is would be another read than the tool's.
ELSEWHERE = frozenset("/\\?#%")

SAID_HERE: Mapping[str, Mapping[str, Any]] = {
    CUSTOMER: {
        "type": "string",
        "description": "Slug or UUID of the customer; may be left out with a key that is bound"
        " to exactly one (get_me lists them).",
        "maxLength": 64,
    },
    PROVIDER: {
        "type": "string",
        "description": "A cloud's slug (list_providers), or `all`, the default where a sum over"
        " clouds makes sense.",
        "maxLength": 64,
    },
    LIMIT: {
        "type": "integer",
        "description": "Rows in the answer.",
        "minimum": 1,
        "maximum": MOST_ROWS,
        "default": ROWS,
    },
}
TAGS = {
    "^tag\\..+": {"type": "string", "description": "Only what has this tag: tag.<key>=<value>."}
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A path and its query."""

    path: str
    query: Mapping[str, Any]


def schema_of(operation: Operation) -> dict[str, Any]:
    """The JSON Schema of a tool's arguments; it allows no others."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            one["name"]: dict(SAID_HERE[one["name"]])
            if one["name"] in left_out_of(operation)
            else property_of(one)
            for one in operation.parameters
        },
        "additionalProperties": False,
    }
    demanded = [
        one["name"]
        for one in operation.parameters
        if one.get("required") and one["name"] not in left_out_of(operation)
    ]
    if demanded:
        schema["required"] = demanded
    if operation.takes_tags:
        schema["patternProperties"] = TAGS
    return schema


def left_out_of(operation: Operation) -> frozenset[str]:
    """What a caller may leave out because it is known here."""
    both = operation.in_path >= {CUSTOMER, PROVIDER}
    return frozenset(
        {CUSTOMER, *((PROVIDER,) if both else ()), *((LIMIT,) if operation.paged else ())}
    )


def property_of(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """One parameter as a property: an alternative null means it may be left out."""
    schema = dict(parameter["schema"])
    real = [one for one in schema.pop("anyOf", ()) if one.get("type") != "null"]
    for each in real[:1]:
        schema.update(each)
    # A choice says all that its pattern does; an empty default is that of leaving it out.
    unsaid = {"title", "maxLength", *(("pattern",) if "enum" in schema else ())}
    unsaid |= {"default"} if schema.get("default") in ("", []) else set()
    schema = {name: told for name, told in schema.items() if name not in unsaid}
    if parameter.get("description"):
        schema["description"] = parameter["description"]
    return schema


def asked_of(operation: Operation, arguments: Mapping[str, Any], key: ApiKey) -> Asked:
    """The request that a call of the tool means.

    Raises:
        InvalidRequest: an argument is unknown, no plain value, or no part of a path.
    """
    given = {**defaults(operation, key), **{k: v for k, v in arguments.items() if v is not None}}
    demand_known(operation, given)
    missing = sorted(operation.in_path - given.keys())
    if missing:
        raise InvalidRequest(
            f"{operation.name} needs {', '.join(missing)}",
            remedy="get_me lists the customers that the key reaches, list_providers the clouds.",
        )
    path = operation.path
    for name in operation.in_path:
        path = path.replace(f"{{{name}}}", part_of_path(name, plain(name, given[name])))
    query = {
        name: [plain(name, each) for each in value]
        if isinstance(value, list) and name in operation.repeated
        else plain(name, value)
        for name, value in given.items()
        if name not in operation.in_path
    }
    return Asked(path=path, query=query)


def defaults(operation: Operation, key: ApiKey) -> dict[str, Any]:
    """What stands where an argument is left out."""
    taken = {one["name"] for one in operation.parameters} & left_out_of(operation)
    own = key.customers[0] if len(key.customers) == 1 else ALL_CUSTOMERS
    told = {LIMIT: ROWS, PROVIDER: ALL, CUSTOMER: None if own == ALL_CUSTOMERS else own}
    return {name: value for name, value in told.items() if name in taken and value is not None}


def demand_known(operation: Operation, given: Mapping[str, Any]) -> None:
    """Return if the tool takes each argument, and no page that is too long for an agent.

    Raises:
        InvalidRequest: it does not.
    """
    taken = {one["name"] for one in operation.parameters}
    unknown = [
        name[:60]
        for name in given
        if name not in taken and not (operation.takes_tags and name.startswith(TAG))
    ]
    if unknown:
        raise InvalidRequest(
            f"{operation.name} takes no argument {', '.join(sorted(unknown))[:200]}",
            remedy=f"It takes {', '.join(sorted(taken)) or 'none'}.",
        )
    limit = given.get(LIMIT)
    if operation.paged and isinstance(limit, int) and limit > MOST_ROWS:
        raise InvalidRequest(
            f"limit {limit} is over {MOST_ROWS}",
            remedy="Ask for fewer rows and follow next_cursor, or use a tool that sums.",
        )


def plain(name: str, value: object) -> str:
    """A value as a query has it.

    Raises:
        InvalidRequest: it is an object or a list.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise InvalidRequest(f"{name} is no plain value", remedy="Send a string, a number or a truth.")


def part_of_path(name: str, value: str) -> str:
    """The value, quoted.

    Raises:
        InvalidRequest: it would lead to another path.
    """
    odd = not value.strip(".") or not value.isprintable() or ELSEWHERE.intersection(value)
    if odd or len(value) > LONGEST_IN_PATH:
        raise InvalidRequest(f"{name} is no name", remedy="get_me and list_providers tell names.")
    return quote(value, safe="")
