"""The part of Kusto that inventories use: where, project, extend, order, summarize, take."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any

from optiinfra_simulator.azure.kusto_lexing import Word, invalid, words
from optiinfra_simulator.azure.kusto_values import Reader, Row, Value

Rows = list[Row]


def run(query: str, table: Iterable[Row]) -> Rows:
    """The rows that a query over the table of resources gives.

    Raises:
        AzureError: 400, the query cannot be read.
    """
    source, *operators = _split(words(query), "|")
    if [word.said.lower() for word in source] != ["resources"]:
        raise invalid("It has to begin with the table Resources.")
    rows = list(table)
    for operator in operators:
        name = operator[0].said.lower() if operator else ""
        run_one = _OPERATORS.get(name)
        if run_one is None:
            raise invalid(f"The operator {name!r} is not known.")
        rows = run_one(Reader(operator, 1), rows)
    return rows


def _split(given: Sequence[Word], sign: str) -> list[list[Word]]:
    found: list[list[Word]] = [[]]
    for word in given:
        if word.kind == "sign" and word.said == sign:
            found.append([])
        else:
            found[-1].append(word)
    return found


def _where(reader: Reader, rows: Rows) -> Rows:
    test = reader.expression()
    return [row for row in rows if test(row)]


def _project(reader: Reader, rows: Rows) -> Rows:
    columns = _columns(reader)
    return [{name: value(row) for name, value in columns} for row in rows]


def _extend(reader: Reader, rows: Rows) -> Rows:
    columns = _columns(reader)
    for name, value in columns:
        rows = [{**row, name: value(row)} for row in rows]
    return rows


def _columns(reader: Reader) -> list[tuple[str, Value]]:
    """Columns as ``name = expression`` or as a path, which names itself with underscores."""
    found: list[tuple[str, Value]] = []
    while reader.peek():
        start = reader.place
        word = reader.take()
        if word.kind == "name" and reader.takes("="):
            found.append((word.said, reader.expression()))
        else:
            reader.place = start
            value = reader.expression()
            said = [one.said for one in reader.words[start : reader.place] if one.kind != "sign"]
            found.append(("_".join(said), value))
        if not reader.takes(",") and reader.peek():
            raise invalid(f"A comma is missing before {reader.peek()!r}.")
    return found


def _order(reader: Reader, rows: Rows) -> Rows:
    reader.want("by")
    keys: list[tuple[Value, bool]] = []
    while reader.peek():
        value = reader.expression()
        descending = not reader.takes("asc")
        reader.takes("desc")
        keys.append((value, descending))
        reader.takes(",")
    for value, descending in reversed(keys):
        rows = sorted(rows, key=_sortable(value), reverse=descending)
    return rows


def _sortable(value: Value) -> Callable[[Row], tuple[bool, Any]]:
    def key(row: Row) -> tuple[bool, Any]:
        found = value(row)
        return found is not None, found if isinstance(found, int | float) else str(found or "")

    return key


def _take(reader: Reader, rows: Rows) -> Rows:
    return rows[: int(reader.take().said)]


def _count(_: Reader, rows: Rows) -> Rows:
    return [{"Count": len(rows)}]


def _summarize(reader: Reader, rows: Rows) -> Rows:
    """``[name =] count() by`` columns: the one sum that inventories ask for."""
    name = "count_"
    if reader.peek().lower() != "count":
        name = reader.take().said
        reader.want("=")
    for said in ("count", "(", ")"):
        reader.want(said)
    columns = _columns(reader) if reader.takes("by") else []

    def key(row: Row) -> tuple[str, ...]:
        return tuple(str(value(row)) for _, value in columns)

    return [
        {**{column: value(group[0]) for column, value in columns}, name: len(group)}
        for _, found in groupby(sorted(rows, key=key), key=key)
        if (group := list(found))
    ]


_OPERATORS: Mapping[str, Callable[[Reader, Rows], Rows]] = MappingProxyType(
    {
        "where": _where,
        "project": _project,
        "extend": _extend,
        "order": _order,
        "sort": _order,
        "take": _take,
        "limit": _take,
        "count": _count,
        "summarize": _summarize,
    }
)
