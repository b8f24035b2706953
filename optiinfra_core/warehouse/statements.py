"""Statements whose columns come from the catalogue; identifiers only, every value is bound.

The texts are files in ``sql/write`` with ``${...}`` where a catalogue's names belong, so that a
new metric type needs none of its own.
"""

from collections.abc import Mapping
from functools import cache
from string import Template
from typing import Any

from optiinfra_core.metrics import COST, Kind, Metric
from optiinfra_core.warehouse.question import FOLDER, uncommented

# The number of the row in its batch: where a key comes twice, the later row wins.
ORDINAL = "row_ordinal"

# With these the server forms one block, and so one part, of whatever one statement inserts:
# 2 M rows tried. A part becomes visible at once.
ONE_PART: Mapping[str, Any] = {
    "min_insert_block_size_rows": 100_000_000,
    "min_insert_block_size_bytes": 0,
    "max_insert_threads": 1,
    "max_threads": 1,
    "insert_deduplicate": 0,
    "prefer_column_name_to_alias": 1,
}

# Metric types whose rewritten money is remembered, and the statement that compares old and new.
RESTATED = {COST.name: "restate_cost.sql"}


@cache
def statement(file: str, metric: Metric) -> str:
    """The text of ``sql/write/<file>`` for one metric type."""
    template = Template(uncommented((FOLDER / "write" / file).read_text(encoding="utf-8")))
    return template.substitute(names(metric))


def names(metric: Metric) -> dict[str, str]:
    """What the files leave open."""
    columns = [column.name for column in metric.columns]
    kept = [c.name for c in metric.columns if c.name not in (*metric.key, *metric.additive)]
    last = ", ".join(kept) or ORDINAL
    grouped = [_grouped(metric, name) for name in metric.key]
    summed = [_summed(metric, name) for name in metric.additive]
    hashed = f"tuple({', '.join(_comparable(metric, name) for name in metric.key)})"
    measured = [
        f"sumIf({name}, version = {{version:UInt64}}) AS sum_{name}" for name in metric.additive
    ]
    return {
        "TABLE": metric.table,
        "DAILY": metric.daily_table,
        "INSTANT": metric.instant,
        "PART": metric.part,
        "COLUMNS": ", ".join(columns),
        "WRITTEN": ", ".join([*columns, metric.digest] if metric.digest else columns),
        "GIVEN": ", ".join([*columns, f"sipHash64({hashed})"] if metric.digest else columns),
        "OLD_LINE": _line(metric, metric.digest or f"sipHash128({hashed})"),
        "NEW_LINE": _line(metric, f"sipHash{64 if metric.digest else 128}({hashed})"),
        "GATHERED": ", ".join([*grouped, *summed, f"argMax(tuple({last}), {ORDINAL}) AS kept"]),
        "UNPACKED": ", ".join(_unpacked(metric, kept, c.name) for c in metric.columns),
        "MEASURES": ", ".join(["countIf(version = {version:UInt64}) AS written", *measured]),
    }


def _line(metric: Metric, hashed: str) -> str:
    """What tells one row of a span from another, beside its source."""
    return f"{metric.instant}, {hashed}"


def _is_map(metric: Metric, name: str) -> bool:
    return metric.by_name()[name].kind is Kind.TAGS


def _comparable(metric: Metric, name: str) -> str:
    return f"mapSort({name})" if _is_map(metric, name) else name


def _grouped(metric: Metric, name: str) -> str:
    return f"mapSort({name}) AS key_{name}" if _is_map(metric, name) else f"{name} AS key_{name}"


def _summed(metric: Metric, name: str) -> str:
    kind = metric.by_name()[name].kind
    if kind in (Kind.OPTIONAL_MONEY, Kind.QUANTITY):
        # One unknown part makes the sum unknown; it is never counted as nothing.
        return f"if(countIf(isNull({name})) > 0, NULL, sum({name})) AS sum_{name}"
    return f"sum({name}) AS sum_{name}"


def _unpacked(metric: Metric, kept: list[str], name: str) -> str:
    if name in metric.key:
        return f"key_{name} AS {name}"
    if name in metric.additive:
        return f"sum_{name} AS {name}"
    return f"kept.{kept.index(name) + 1} AS {name}"


def structure(metric: Metric) -> str:
    """A batch's columns as ClickHouse reads them out of the stream that brings it."""
    columns = ", ".join(f"{column.name} {column.kind.value}" for column in metric.columns)
    return f"{columns}, {ORDINAL} UInt64"
