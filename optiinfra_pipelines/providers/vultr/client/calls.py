"""Calls of API v2: one at a time, or page by page along its cursors; each attempt is paced."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.collecting.retrying import retrying
from optiinfra_core.errors import Malformed
from optiinfra_pipelines.providers.vultr.client.pace import Pace
from optiinfra_pipelines.providers.vultr.client.refusals import Answer, refusal, unreadable
from optiinfra_pipelines.providers.vultr.client.wire import Request, Wire

Payload = Mapping[str, Any]

# The largest page there is (vultr-cli: "default is 100 and max is 500").
PAGE = 500
OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A read of API v2: ``key`` holds the answer, ``acl`` is what its user needs.

    ``path`` may name ``{id}``. The ledger knows it by its path.
    """

    path: str
    key: str
    acl: str = "subscriptions_view"


class Calls:
    """Asks with one key; ``endpoint`` is where API v2 lies."""

    def __init__(self, gate: Gate, wire: Wire, endpoint: str, key: str, pace: Pace) -> None:
        self._gate = gate
        self._wire = wire
        self._endpoint = endpoint.rstrip("/")
        self._key = key
        self._pace = pace

    def ask(self, operation: Operation, named: str = "", **params: str) -> Any:
        """What ``operation`` answers under its key; ``named`` is the identifier in its path.

        Raises:
            Malformed: the key is not there.
        """
        return self._page(operation, named, params)[operation.key]

    def everything(self, operation: Operation, named: str = "") -> Iterator[Payload]:
        """Each item of a listing, from every page.

        Raises:
            Malformed: a cursor comes again: there would be no end.
        """
        cursor, seen = "", set[str]()
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = self._page(operation, named, {"per_page": str(PAGE), **more})
            yield from page[operation.key]
            links = (page.get("meta") or {}).get("links") or {}
            cursor = str(links.get("next") or "")
            if not cursor:
                return
            if cursor in seen:
                raise Malformed(f"GET /v2/{operation.path}: the same cursor twice: no end")
            seen.add(cursor)

    def _page(self, operation: Operation, named: str, params: Mapping[str, str]) -> Payload:
        return retrying(self._gate, lambda: self._once(operation, named, params))

    def _once(self, operation: Operation, named: str, params: Mapping[str, str]) -> Payload:
        wait = self._pace.wait()
        if wait > 0:
            self._gate.sleep(wait)
        answer = self._wire.send(
            Request(
                method="GET",
                url=f"{self._endpoint}/v2/{operation.path.replace('{id}', named)}",
                operation=f"vultr:{operation.path}",
                headers={"Authorization": f"Bearer {self._key}"},
                params=params,
            )
        )
        if answer.status != OK:
            raise refusal(f"/v2/{operation.path}", answer, operation.acl)
        return _read(operation, answer)


def _read(operation: Operation, answer: Answer) -> Payload:
    """The JSON of an answer; amounts digit by digit, never as doubles."""
    try:
        told = json.loads(answer.body, parse_float=Decimal)
    except ValueError:
        told = None
    if not isinstance(told, Mapping) or operation.key not in told:
        raise unreadable(f"/v2/{operation.path}", answer)
    return told
