"""A person's calls: found by the keyed hash of who they are, deleted with all that came of them."""

from collections.abc import Iterable, Mapping
from typing import Any

from optiinfra_core.warehouse.client import Warehouse

CallKey = tuple[str, str, str]
# Ids travel in the URL: 2,000 are 150 KB of the 1 MB that the server takes.
AT_ONCE = 2000

_CALLS = """
SELECT DISTINCT application_id, trace_id, span_id FROM llm_interactions
WHERE customer_id = {customer_id:String} AND user_hash = {user_hash:String}
ORDER BY ALL
"""
# How a row of a call is known in each table, whatever application it was told under: a tool that
# scores has a name of its own. Names come from here, values are bound.
_BY_NAME = (
    "interaction_id IN (SELECT concat(each.1, '-', each.2)"
    " FROM (SELECT arrayJoin(arrayZip({traces:Array(String)}, {spans:Array(String)})) AS each))"
)
_BY_KEY = (
    "(trace_id, span_id) IN (SELECT each.1, each.2"
    " FROM (SELECT arrayJoin(arrayZip({traces:Array(String)}, {spans:Array(String)})) AS each))"
)
# The calls themselves go last: until then they can be found again by their person.
TABLES: Mapping[str, str] = {
    "application_metrics": _BY_NAME,
    "judge_samples": _BY_NAME,
    "human_labels": _BY_NAME,
    "llm_interactions": _BY_KEY,
}
_ROWS = "SELECT count() AS rows FROM {table} WHERE customer_id = {{customer_id:String}} AND {of}"
_DELETE = "ALTER TABLE {table} DELETE WHERE customer_id = {{customer_id:String}} AND {of}"


def calls_of(warehouse: Warehouse, customer_id: str, user_hash: str) -> tuple[CallKey, ...]:
    """The application, trace and span of every call that carries the hash, in that order."""
    asked = {"customer_id": customer_id, "user_hash": user_hash}
    return tuple(
        (each["application_id"], each["trace_id"], each["span_id"])
        for each in warehouse.select(_CALLS, asked)
    )


def erase_calls(
    warehouse: Warehouse, customer_id: str, calls: Iterable[CallKey]
) -> Mapping[str, int]:
    """Delete the calls, their scores, samples and labels; how many rows each table held.

    Every half goes, also one that does not name the person. Returns once the parts are rewritten on
    every replica; calls that are not there are no error.

    Raises:
        Transient: ClickHouse does not answer; do it again.
    """
    gone = dict.fromkeys(TABLES, 0)
    keys = sorted(set(calls))
    for start in range(0, len(keys), AT_ONCE):
        scope = _scope(customer_id, keys[start : start + AT_ONCE])
        for table, of in TABLES.items():
            [found] = warehouse.select(_ROWS.format(table=table, of=of), scope)
            if found["rows"]:
                sql = _DELETE.format(table=table, of=of)
                warehouse.execute(sql, scope, settings={"mutations_sync": 2})
                gone[table] += int(found["rows"])
    return gone


def _scope(customer_id: str, keys: list[CallKey]) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "traces": [key[1] for key in keys],
        "spans": [key[2] for key in keys],
    }
