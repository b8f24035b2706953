"""Texts that are stored follow what their customer decides later: less, and for shorter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from optiinfra_core.applications.interaction import TextPolicy
from optiinfra_core.applications.privacy.rules import TextRules
from optiinfra_core.warehouse.client import Warehouse

# From what is most to what is least; the numbers are those of the column.
RANKS: Mapping[TextPolicy, int] = MappingProxyType({"none": 0, "hash": 1, "redacted": 2, "full": 3})
WITH_TEXT = RANKS["redacted"]


@dataclass(frozen=True, slots=True)
class _Rule:
    """Rows of one table that hold more than they may, and what becomes of them."""

    table: str
    beyond: str
    change: str


# A full text cannot be redacted where it lies: what goes beyond the policy is taken out whole. What
# is left of it is its hash, if the policy keeps one.
_RULES = (
    _Rule(
        "llm_interactions",
        "toInt8(text_state) > {rank:Int8}",
        "input_parts = [], output_parts = [], context_parts = [],"
        " content_sha256 = if({rank:Int8} = 0, '', content_sha256),"
        " tags = if(text_state = 'full', CAST(map(), 'Map(String, String)'), tags),"
        " text_state = CAST(least({rank:Int8}, 1), 'Enum8(\\'none\\' = 0, \\'hash\\' = 1,"
        " \\'redacted\\' = 2, \\'full\\' = 3)')",
    ),
    _Rule(
        "llm_interactions",
        "text_expires_on > day + {days:UInt16}",
        "input_parts = if(day + {days:UInt16} <= {today:Date}, [], input_parts),"
        " output_parts = if(day + {days:UInt16} <= {today:Date}, [], output_parts),"
        " context_parts = if(day + {days:UInt16} <= {today:Date}, [], context_parts),"
        " text_expires_on = day + {days:UInt16}",
    ),
    *(
        _Rule(
            table,
            f"{column} != '' AND ({{rank:Int8}} < {WITH_TEXT}"
            " OR day + {days:UInt16} <= {today:Date})",
            f"{column} = ''",
        )
        for table, column in (("application_metrics", "explanation"), ("human_labels", "comment"))
    ),
    *(
        _Rule(
            table, "text_expires_on > day + {days:UInt16}", "text_expires_on = day + {days:UInt16}"
        )
        for table in ("application_metrics", "human_labels")
    ),
)
# Identifiers and conditions come from the rules above; every value is bound.
_ROWS = """
SELECT count() AS rows FROM {table}
WHERE customer_id = {{customer_id:String}} AND application_id = {{application_id:String}}
  AND ({beyond})
"""
_CHANGE = """
ALTER TABLE {table} UPDATE {change}
WHERE customer_id = {{customer_id:String}} AND application_id = {{application_id:String}}
  AND ({beyond})
"""


def follow(
    warehouse: Warehouse, customer_id: str, application_id: str, rules: TextRules, today: date
) -> Mapping[str, int]:
    """Take out what an application's ``rules`` no longer let lie; rows that changed, by table.

    Returns once every replica has rewritten its parts; doing it again changes nothing. Longer days
    or a laxer policy bring nothing back and keep nothing longer: they are for what comes.

    Raises:
        Transient: ClickHouse does not answer; the rest follows when it is done again.
    """
    scope: dict[str, Any] = {
        "customer_id": customer_id,
        "application_id": application_id,
        "rank": RANKS[rules.policy],
        "days": rules.days,
        "today": today,
    }
    changed: dict[str, int] = {}
    for rule in _RULES:
        rows = _rows(warehouse, rule, scope)
        if rows:
            sql = _CHANGE.format(table=rule.table, change=rule.change, beyond=rule.beyond)
            warehouse.execute(sql, scope, settings={"mutations_sync": 2})
            changed[rule.table] = changed.get(rule.table, 0) + rows
    return changed


def _rows(warehouse: Warehouse, rule: _Rule, scope: Mapping[str, Any]) -> int:
    [found] = warehouse.select(_ROWS.format(table=rule.table, beyond=rule.beyond), scope)
    return int(found["rows"])
