"""Query parameters as they travel in BigQuery's REST API, and the SQL that each stands for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from optiinfra_simulator.google.rest.errors import GoogleError

_SCALARS = frozenset(
    {
        "STRING", "INT64", "INTEGER", "FLOAT64", "FLOAT", "NUMERIC", "BIGNUMERIC", "BOOL",
        "BOOLEAN", "DATE", "DATETIME", "TIME", "TIMESTAMP", "BYTES", "JSON",
    }
)  # fmt: skip


def substituted(tree: Any, parameters: Sequence[Mapping[str, Any]]) -> Any:
    """The statement with each ``@name`` or ``?`` replaced by its typed value.

    Raises:
        GoogleError: a parameter is missing, or its type is none of BigQuery's.
    """
    from sqlglot import exp  # noqa: PLC0415 - loads with the first query

    named = {str(one["name"]).lower(): one for one in parameters if one.get("name")}
    positional = iter([one for one in parameters if not one.get("name")])

    def replaced(node: Any) -> Any:
        if isinstance(node, exp.Parameter):
            name = node.name.lower()
            if name not in named:
                raise _invalid(f"Query parameter '{node.name}' not found")
            return _value(named[name])
        if isinstance(node, exp.Placeholder):
            return _value(_next(positional))
        return node

    return tree.transform(replaced)


def _next(positional: Iterator[Mapping[str, Any]]) -> Mapping[str, Any]:
    found = next(positional, None)
    if found is None:
        raise _invalid("Query parameter number is out of range of the given parameters")
    return found


def _invalid(message: str) -> GoogleError:
    return GoogleError(400, message, "invalidQuery")


def _value(parameter: Mapping[str, Any]) -> Any:
    import sqlglot  # noqa: PLC0415 - as above

    text = _written(parameter["parameterType"], parameter.get("parameterValue") or {})
    return sqlglot.parse_one(text, read="bigquery")


def _written(kind: Mapping[str, Any], value: Mapping[str, Any]) -> str:
    """A value in BigQuery's SQL."""
    name = str(kind.get("type", "")).upper()
    if name == "ARRAY":
        inner = kind["arrayType"]
        items = ", ".join(_written(inner, one) for one in value.get("arrayValues") or ())
        return f"CAST([{items}] AS ARRAY<{_type(inner)}>)"
    if name == "STRUCT":
        held = value.get("structValues") or {}
        fields = (
            f"{_written(one['type'], held.get(one['name']) or {})} AS `{one['name']}`"
            for one in kind["structTypes"]
        )
        return f"STRUCT({', '.join(fields)})"
    if name not in _SCALARS:
        raise _invalid(f"Invalid parameter type {name}")
    told = value.get("value")
    if name == "BYTES" and told is not None:
        return f"FROM_BASE64({_quoted(str(told))})"
    return f"CAST({'NULL' if told is None else _quoted(str(told))} AS {_type(kind)})"


def _type(kind: Mapping[str, Any]) -> str:
    name = str(kind.get("type", "")).upper()
    if name == "ARRAY":
        return f"ARRAY<{_type(kind['arrayType'])}>"
    if name == "STRUCT":
        fields = (f"`{one['name']}` {_type(one['type'])}" for one in kind["structTypes"])
        return f"STRUCT<{', '.join(fields)}>"
    return {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}.get(name, name)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
