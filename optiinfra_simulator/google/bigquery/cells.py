"""Results in BigQuery's JSON: every value a string, structures as ``f`` and ``v``."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NINE = 9


def schema(arrow: Any) -> list[Mapping[str, Any]]:
    """The fields of a result."""
    return [_field(field.name, field.type) for field in arrow]


def _field(name: str, kind: Any) -> Mapping[str, Any]:
    import pyarrow as pa  # noqa: PLC0415 - loads with the first query

    if pa.types.is_list(kind):
        return {**_field(name, kind.value_type), "mode": "REPEATED"}
    if pa.types.is_struct(kind):
        fields = [_field(kind.field(at).name, kind.field(at).type) for at in range(kind.num_fields)]
        return {"name": name, "type": "RECORD", "mode": "NULLABLE", "fields": fields}
    return {"name": name, "type": _type(kind), "mode": "NULLABLE"}


def _type(kind: Any) -> str:
    import pyarrow as pa  # noqa: PLC0415 - as above

    types = pa.types
    if types.is_decimal(kind):
        return _decimal(kind)
    if types.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz else "DATETIME"
    if types.is_integer(kind) or types.is_null(kind):
        return "INTEGER"
    for test, name in (
        (types.is_floating, "FLOAT"),
        (types.is_boolean, "BOOLEAN"),
        (types.is_date, "DATE"),
        (types.is_time, "TIME"),
        (types.is_binary, "BYTES"),
    ):
        if test(kind):
            return name
    return "STRING"


def _decimal(kind: Any) -> str:
    # DuckDB sums whole numbers into 128 bits, which arrive as decimals without places.
    if kind.scale == 0:
        return "INTEGER"
    return "NUMERIC" if kind.scale <= _NINE else "BIGNUMERIC"


def rows(
    table: Any, fields: Sequence[Mapping[str, Any]], *, whole_stamps: bool
) -> list[Mapping[str, Any]]:
    """The rows of a result; timestamps in microseconds, or as seconds with a point."""
    names = [str(field["name"]) for field in fields]
    return [
        {"f": [_cell(record[name], field, whole=whole_stamps)
               for name, field in zip(names, fields, strict=True)]}
        for record in table.to_pylist()
    ]  # fmt: skip


def _cell(value: Any, field: Mapping[str, Any], *, whole: bool) -> Mapping[str, Any]:
    if field["mode"] == "REPEATED":
        inner = {**field, "mode": "NULLABLE"}
        return {"v": [_cell(one, inner, whole=whole) for one in value or ()]}
    if value is None:
        return {"v": None}
    if field["type"] == "RECORD":
        held = [_cell(value[one["name"]], one, whole=whole) for one in field["fields"]]
        return {"v": {"f": held}}
    return {"v": _text(value, whole=whole)}


def _text(value: Any, *, whole: bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.isoformat()
        micros = (value - _EPOCH) // (_EPOCH.resolution)
        return str(micros) if whole else repr(micros / 1e6)
    if isinstance(value, Decimal):
        return _plain(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
