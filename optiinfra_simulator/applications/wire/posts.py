"""Calls as bodies of HTTP requests: batched, and where told twice, shuffled and in pieces."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from optiinfra_core.errors import InvalidRequest
from optiinfra_simulator.applications.calls import Call
from optiinfra_simulator.applications.wire import otlp_json, otlp_protobuf
from optiinfra_simulator.applications.wire.dialects import tell
from optiinfra_simulator.applications.wire.records import Line, Record, Span, Told
from optiinfra_simulator.applications.wire.splitting import halves
from optiinfra_simulator.world import dice

ENCODINGS = ("protobuf", "json")
JSON, PROTOBUF, LINES = "application/json", "application/x-protobuf", "application/x-ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How calls travel.

    ``copies`` sends everything that often; ``shuffle`` is the seed of an order, None for that of
    time; ``split`` tells each call in two pieces; ``dialect`` is everybody's, none for their own.
    """

    encoding: str = "protobuf"
    compressed: bool = True
    batch: int = 250
    copies: int = 1
    shuffle: int | None = None
    split: bool = False
    dialect: str = ""

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Delivery":
        """The delivery that a control request describes.

        Raises:
            InvalidRequest: it cannot be meant.
        """
        try:
            made = cls(**document)
            sound = made.encoding in ENCODINGS and made.batch > 0 and made.copies > 0
        except TypeError as error:
            raise InvalidRequest(str(error)) from None
        if not sound:
            raise InvalidRequest(f"an encoding is one of {', '.join(ENCODINGS)}, counts above 0")
        return made


@dataclass(frozen=True, slots=True)
class Post:
    """One request to send: its path below the API's root and its bytes; ``items`` are in it."""

    path: str
    content_type: str
    encoding: str
    body: bytes = field(repr=False)
    items: int = 0


def posts(calls: Iterable[Call], delivery: Delivery | None = None) -> Iterator[Post]:
    """The requests that deliver ``calls``."""
    how = delivery or Delivery()
    told: Iterable[Told] = chain.from_iterable(tell(call, how.dialect) for call in calls)
    if how.split:
        told = chain.from_iterable(map(halves, told))
    if how.copies > 1 or how.shuffle is not None:
        told = _jumbled(list(told), how)
    yield from _batched(told, how)


def _jumbled(told: list[Told], how: Delivery) -> Sequence[Told]:
    sent = told * how.copies
    if how.shuffle is None:
        return sent
    order = sorted(range(len(sent)), key=lambda at: dice.number(how.shuffle, at))
    return [sent[at] for at in order]


def _batched(told: Iterable[Told], how: Delivery) -> Iterator[Post]:
    waiting: dict[type[Told], list[Any]] = {Span: [], Record: [], Line: []}
    for one in told:
        found = waiting[type(one)]
        found.append(one)
        if len(found) >= how.batch:
            yield _post(type(one), found, how)
            waiting[type(one)] = []
    for kind, left in waiting.items():
        if left:
            yield _post(kind, left, how)


def _post(kind: type[Told], found: Sequence[Any], how: Delivery) -> Post:
    path, content_type, body = _FORMS[kind](found, how)
    if how.compressed:
        return Post(path, content_type, "gzip", gzip.compress(body, 1, mtime=0), len(found))
    return Post(path, content_type, "", body, len(found))


def _traces(found: Sequence[Span], how: Delivery) -> tuple[str, str, bytes]:
    document = otlp_json.traces(found)
    if how.encoding == "json":
        return "/v1/traces", JSON, json.dumps(document).encode()
    return "/v1/traces", PROTOBUF, otlp_protobuf.traces(document)


def _logs(found: Sequence[Record], how: Delivery) -> tuple[str, str, bytes]:
    document = otlp_json.logs(found)
    if how.encoding == "json":
        return "/v1/logs", JSON, json.dumps(document).encode()
    return "/v1/logs", PROTOBUF, otlp_protobuf.logs(document)


def _lines(found: Sequence[Line], _: Delivery) -> tuple[str, str, bytes]:
    body = "\n".join(json.dumps(one.document, ensure_ascii=False) for one in found)
    return "/api/v2/applications/interactions", LINES, body.encode()


_FORMS: Mapping[type[Told], Callable[[Any, Delivery], tuple[str, str, bytes]]] = {
    Span: _traces,
    Record: _logs,
    Line: _lines,
}
