"""Microsoft.CostManagement/query: grouped sums of charges, a page at a time."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from optiinfra_core.windows import DAY
from optiinfra_simulator.azure.answers import Answer, bad_request
from optiinfra_simulator.azure.arm import offset, token
from optiinfra_simulator.azure.calls import Call
from optiinfra_simulator.azure.charges import ZERO, Charge
from optiinfra_simulator.azure.dimensions import DIMENSIONS
from optiinfra_simulator.azure.publication import refresh_at
from optiinfra_simulator.azure.questions import Question, read
from optiinfra_simulator.azure.rigging import guid

_NO_CLIENT_TYPE = "Default"

Row = list[Any]


def query(call: Call) -> Answer:
    """One page of an answer; ``nextLink`` wants the same body posted to it."""
    question = read(call.document(), call.now)
    digest = hashlib.sha256(call.request.body).hexdigest()[:16]
    told = call.parameters.get("$skiptoken")
    if told:
        first, refresh, headers = *_position(told, digest), dict[str, str]()
    else:
        first, refresh = 0, refresh_at(call.now)
        client_type = call.request.headers.get("clienttype", _NO_CLIENT_TYPE)
        headers = dict(
            call.azure.query_quota.spend(
                call.principal.tenant, client_type, question.months, call.now
            )
        )
    rows = call.azure.answers.get(
        (call.subscription, digest, refresh), lambda: _rows(call, question, refresh)
    )
    size = _page_size(call)
    link = None
    if first + size < len(rows):
        following = f"{token(first + size)}.{digest}.{int(refresh.timestamp())}"
        version = call.parameters.get("api-version", "2025-03-01")
        top = f"&$top={call.parameters['$top']}" if "$top" in call.parameters else ""
        link = f"{call.url}?api-version={version}{top}&$skiptoken={following}"
    return Answer(_document(call, question, rows[first : first + size], link), headers)


def _page_size(call: Call) -> int:
    limits = call.azure.limits
    asked = call.parameters.get("$top", "")
    return min(int(asked), limits.most_query_rows) if asked.isdecimal() else limits.query_rows


def _position(told: str, digest: str) -> tuple[int, datetime]:
    page, _, rest = told.partition(".")
    body, _, stamp = rest.partition(".")
    if body != digest or not stamp.isdecimal():
        raise bad_request("The skip token does not belong to the query in the body.")
    return offset(page), datetime.fromtimestamp(int(stamp), UTC)


def _document(
    call: Call, question: Question, rows: list[Row], link: str | None
) -> Mapping[str, Any]:
    name = guid("query", json.dumps(rows, default=str)[:200])
    scope = f"subscriptions/{call.subscription}"
    return {
        "id": f"{scope}/providers/Microsoft.CostManagement/query/{name}",
        "name": name,
        "type": "Microsoft.CostManagement/query",
        "location": None,
        "sku": None,
        "eTag": None,
        "properties": {"nextLink": link, "columns": _columns(question), "rows": rows},
    }


def _columns(question: Question) -> list[Mapping[str, str]]:
    """Aggregations, then the time, then the groups, then the currency."""
    found = [(name, "Number") for name in question.aggregations]
    if question.granularity == "Daily":
        found.append(("UsageDate", "Number"))
    if question.granularity == "Monthly":
        found.append(("BillingMonth", "Datetime"))
    for kind, name in question.groups:
        found += (
            [(name, "String")]
            if kind == "Dimension"
            else [("TagKey", "String"), ("TagValue", "String")]
        )
    if question.with_tags:
        found.append(("Tags", "Array"))
    return [{"name": name, "type": kind} for name, kind in (*found, ("Currency", "String"))]


def _rows(call: Call, question: Question, refresh: datetime) -> list[Row]:
    billing = call.azure.estate.billing(call.subscription)
    sums: dict[tuple[Any, ...], list[Decimal]] = {}
    day = question.first
    while day <= question.last:
        for charge in billing.charges(day, refresh):
            held = charge.amortised if question.amortised else charge.actual
            if held and question.keeps(charge):
                _add(sums, question, charge)
        day += DAY
    rows = [[*map(float, added), *key, "USD"] for key, added in sorted(sums.items(), key=_order)]
    names = [column["name"] for column in _columns(question)]
    for name, descending in reversed(question.sorting):
        if name in names:
            place = names.index(name)
            rows.sort(key=lambda row: row[place], reverse=descending)
    return rows


def _order(item: tuple[tuple[Any, ...], Any]) -> tuple[str, ...]:
    return tuple(map(str, item[0]))


def _add(sums: dict[tuple[Any, ...], list[Decimal]], question: Question, charge: Charge) -> None:
    key = _key(question, charge)
    cost = charge.effective if question.amortised else charge.billed
    added = sums.setdefault(key, [ZERO] * len(question.aggregations))
    for place, name in enumerate(question.aggregations):
        added[place] += charge.quantity if name == "UsageQuantity" else cost


def _key(question: Question, charge: Charge) -> tuple[Any, ...]:
    key: list[Any] = []
    if question.granularity == "Daily":
        key.append(int(f"{charge.day:%Y%m%d}"))
    if question.granularity == "Monthly":
        key.append(f"{charge.day:%Y-%m}-01T00:00:00")
    for kind, name in question.groups:
        if kind == "Dimension":
            key.append(DIMENSIONS[name](charge))
        else:
            key += [name, charge.tags.get(name, "")]
    if question.with_tags:
        key.append(json.dumps([f'"{name}":"{value}"' for name, value in charge.tags.items()]))
    return tuple(key)
