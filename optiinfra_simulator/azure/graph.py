"""Resource Graph: Kusto over the resources of subscriptions, a page at a time."""

from collections.abc import Mapping
from typing import Any

from optiinfra_simulator.azure import kusto, shapes
from optiinfra_simulator.azure.accounts import SUBSCRIPTIONS
from optiinfra_simulator.azure.answers import Answer, AzureError, whole
from optiinfra_simulator.azure.arm import offset, token
from optiinfra_simulator.azure.calls import Call
from optiinfra_simulator.azure.mischief import FIRST_PAGE

_TYPES: Mapping[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def resources(call: Call) -> Answer:
    """The rows of a query; resources that the principal may not read are not among them."""
    body = call.document()
    headers = call.azure.graph_quota.spend(call.principal.app, call.now)
    options = {
        str(name).lstrip("$").lower(): value for name, value in (body.get("options") or {}).items()
    }
    rows = kusto.run(str(body.get("query") or ""), _table(call, body.get("subscriptions")))
    most = call.azure.limits.graph_rows
    size = min(whole(options.get("top"), most, "$top"), most)
    asked = options.get("skiptoken")
    first = 0 if asked == FIRST_PAGE else offset(asked) or whole(options.get("skip"), 0, "$skip")
    shown = rows[first : first + size]
    table = str(options.get("resultformat", "objectArray")).lower() == "table"
    document: dict[str, Any] = {
        "totalRecords": len(rows),
        "count": len(shown),
        "data": _tabled(shown) if table else shown,
        "facets": [],
        "resultTruncated": "false",
    }
    if first + size < len(rows):
        # Without the id among the columns Resource Graph cannot go on, and only says so.
        if any("id" not in row for row in shown):
            document["resultTruncated"] = "true"
        else:
            document["$skipToken"] = token(first + size)
    return Answer(document, headers)


def _table(call: Call, wanted: Any) -> list[Mapping[str, Any]]:
    names = [str(one).lower() for one in wanted or call.principal.grants]
    for name in names:
        if name not in SUBSCRIPTIONS or not call.principal.roles(name):
            message = f"Subscription scope is not accessible: {name}."
            raise AzureError(403, "Forbidden", message)
    return [
        shapes.record(thing, call.now)
        for name in names
        for thing in call.azure.estate.fleet(name).at(call.now)
        if _readable(call, name, thing.arm_type)
    ]


def _readable(call: Call, subscription: str, arm_type: str) -> bool:
    roles = call.principal.roles(subscription)
    return any(role.allows(f"{arm_type}/read") for role in roles)


def _tabled(rows: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    names = list(rows[0]) if rows else []
    columns = [{"name": name, "type": _TYPES.get(type(rows[0][name]), "object")} for name in names]
    return {"columns": columns, "rows": [[row[name] for name in names] for row in rows]}
