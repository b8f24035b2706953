"""OTLP/JSON read by ourselves: ids in hex, 64-bit integers as text or numbers, nothing trusted.

The protobuf library's JSON reader is ten times slower and takes ids in base64, where OTLP has hex
(https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
"""

import base64
import binascii
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, cast

from optiinfra_core.applications.dialects.values import parsed
from optiinfra_core.applications.interaction import Rejected
from optiinfra_core.applications.otlp.counting import MOST_EVENTS, counted
from optiinfra_core.applications.otlp.records import (
    Event,
    Logs,
    Record,
    RecordGroup,
    Span,
    SpanGroup,
    Traces,
)
from optiinfra_core.errors import InvalidRequest

DEEPEST = 40  # values in values; protobuf's own bound on messages in messages comes to about this
FAILED = (2, "STATUS_CODE_ERROR")
UINT64 = 1 << 64
DIGITS = 20  # of the longest, with a sign
Item = TypeVar("Item")
Fields = Mapping[str, object]


class Unreadable(Exception):
    """One item that is not of OTLP's form; the rest of the batch is read."""


def traces(body: bytes) -> Traces:
    """The spans of a request.

    Raises:
        InvalidRequest: it is no JSON object, or values nest too deep.
        TooLarge: it holds more items than memory should.
    """
    request = _request(body)
    groups: list[SpanGroup] = []
    rejected = _misplaced(request, ("resourceLogs", "scopeLogs", "logRecords"), "/v1/logs")
    for resource, items, whys in _groups(request, ("resourceSpans", "scopeSpans", "spans")):
        rejected += whys
        groups.append(SpanGroup(resource, [_read(_span, item) for item in items]))
    return Traces(groups, rejected)


def logs(body: bytes) -> Logs:
    """The log records of a request; raises as ``traces`` does."""
    request = _request(body)
    groups: list[RecordGroup] = []
    rejected = _misplaced(request, ("resourceSpans", "scopeSpans", "spans"), "/v1/traces")
    for resource, items, whys in _groups(request, ("resourceLogs", "scopeLogs", "logRecords")):
        rejected += whys
        groups.append(RecordGroup(resource, [_read(_record, item) for item in items]))
    return Logs(groups, rejected)


def _request(body: bytes) -> Fields:
    if not body.strip():
        return {}
    try:
        found = parsed(body)
    except ValueError:
        raise InvalidRequest(
            "the body is not JSON, or nests deeper than a reader follows"
        ) from None
    if not isinstance(found, Mapping):
        raise InvalidRequest("the body is JSON, but not the object that OTLP sends")
    return found


Path = tuple[str, str, str]
Group = tuple[Mapping[str, object], list[object], list[Rejected]]


def _groups(request: Fields, path: Path) -> list[Group]:
    """Each resource with its items and what of it cannot be read."""
    of_resources, of_scopes, items = path
    groups: list[Group] = []
    listed = request.get(of_resources)
    if listed is None:
        return []
    if not isinstance(listed, list):
        raise InvalidRequest(f"{of_resources} is not a list")
    found = counted(len(listed))
    for of_resource in listed:
        held: list[object] = []
        try:
            fields = _object(of_resource)
            for scope in _list(fields, of_scopes):
                told = _list(_object(scope), items)
                found = counted(found + 1 + len(told))
                held += told
            resource = _attributes(_object(fields.get("resource")))
        except Unreadable as error:
            groups.append(({}, [], [Rejected(max(1, len(held)), str(error))]))
        else:
            groups.append((resource, held, []))
    return groups


def _misplaced(request: Fields, path: Path, door: str) -> list[Rejected]:
    """Items of the other signal, which came through the wrong door."""
    if path[0] not in request:
        return []
    records = sum(len(items) or len(whys) for _, items, whys in _groups(request, path))
    return [Rejected(max(1, records), f"{path[0]} belongs to {door}")]


def _read(read: Callable[[Fields], Item], item: object) -> Item | Rejected:
    try:
        return read(_object(item))
    except Unreadable as error:
        return Rejected(1, str(error))


def _span(fields: Fields) -> Span:
    status = _object(fields.get("status"))
    return Span(
        trace_id=_text(fields, "traceId"),
        span_id=_text(fields, "spanId"),
        name=_text(fields, "name"),
        started=_unsigned(fields, "startTimeUnixNano"),
        ended=_unsigned(fields, "endTimeUnixNano"),
        attributes=_attributes(fields),
        events=[_event(_object(each)) for each in _list(fields, "events")[:MOST_EVENTS]],
        failed=status.get("code") in FAILED,
    )


def _event(fields: Fields) -> Event:
    return Event(_text(fields, "name"), _unsigned(fields, "timeUnixNano"), _attributes(fields))


def _record(fields: Fields) -> Record:
    return Record(
        trace_id=_text(fields, "traceId"),
        span_id=_text(fields, "spanId"),
        name=_text(fields, "eventName"),
        at=_unsigned(fields, "timeUnixNano") or _unsigned(fields, "observedTimeUnixNano"),
        attributes=_attributes(fields),
        body=_value(fields.get("body"), DEEPEST),
    )


def _attributes(fields: Fields, depth: int = DEEPEST, key: str = "attributes") -> dict[str, object]:
    pairs = [_object(each) for each in _list(fields, key)]
    return {_text(pair, "key"): _value(pair.get("value"), depth) for pair in pairs}


def _value(value: object, depth: int) -> object:
    """An AnyValue: an object with one of the fields below; unknown fields tell nothing."""
    if depth == 0:
        raise InvalidRequest(f"values nest deeper than {DEEPEST}")
    fields = _object(value)
    for key, told in fields.items():
        if told is not None and key in VALUES:
            return VALUES[key](told, depth)
    return None


def _string(value: object, depth: int) -> object:
    del depth
    return _kept(value, str, "stringValue")


def _boolean(value: object, depth: int) -> object:
    del depth
    return _kept(value, bool, "boolValue")


def _integer(value: object, depth: int) -> object:
    del depth
    found = _whole(value)
    if found is None or not -(1 << 63) <= found < 1 << 63:
        raise Unreadable("an intValue that is no integer of 64 bits")
    return found


def _double(value: object, depth: int) -> object:
    del depth
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, OverflowError):
            pass
    raise Unreadable("a doubleValue that is no number")


def _array(value: object, depth: int) -> object:
    return [_value(each, depth - 1) for each in _list(_object(value), "values")]


def _pairs(value: object, depth: int) -> object:
    return _attributes(_object(value), depth - 1, "values")


def _bytes(value: object, depth: int) -> object:
    """Bytes as the same base64, whichever of its alphabets they came in."""
    del depth
    text = str(_kept(value, str, "bytesValue")).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64encode(base64.b64decode(text + "=" * (-len(text) % 4))).decode()
    except (binascii.Error, ValueError):
        raise Unreadable("a bytesValue that is no base64") from None


VALUES: Mapping[str, Callable[[object, int], object]] = {
    "stringValue": _string,
    "boolValue": _boolean,
    "intValue": _integer,
    "doubleValue": _double,
    "arrayValue": _array,
    "kvlistValue": _pairs,
    "bytesValue": _bytes,
}


def _object(value: object) -> Fields:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Unreadable("something else stands where OTLP has an object")
    return cast("Fields", value)


def _list(fields: Fields, key: str) -> Sequence[object]:
    value = fields.get(key)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Unreadable(f"{key} is not a list")
    return value


def _text(fields: Fields, key: str) -> str:
    return str(_kept(fields.get(key) or "", str, key))


def _kept(value: object, kind: type, key: str) -> object:
    if not isinstance(value, kind):
        raise Unreadable(f"{key} is not of its type")
    return value


def _unsigned(fields: Fields, key: str) -> int:
    found = _whole(fields.get(key) or 0)
    if found is None or not 0 <= found < UINT64:
        raise Unreadable(f"{key} is no unsigned integer of 64 bits")
    return found


def _whole(value: object) -> int | None:
    """An integer, which OTLP has as text or as a number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value == int(value) else None
    if isinstance(value, str) and len(value) <= DIGITS and value.isascii():
        return int(value) if value.removeprefix("-").isdigit() else None
    return None
