"""AWS Cost Explorer: GetCostAndUsage."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from optiinfra_core.windows import DAY
from optiinfra_simulator.aws.calls import Call, Handler
from optiinfra_simulator.aws.explorer_filters import dimension, invalid, predicate
from optiinfra_simulator.cost.lines import ZERO
from optiinfra_simulator.cost.totals import Cell

_COSTS = frozenset(
    {"UnblendedCost", "BlendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost"}
)
_QUANTITIES = frozenset({"UsageQuantity", "NormalizedUsageAmount"})
_MOST_GROUPINGS = 2
# Fourteen months and the running one; more only with multi-year data switched on.
_HISTORY = timedelta(days=14 * 31)


@dataclass(frozen=True, slots=True)
class _Period:
    """A day or the part of a month that was asked for."""

    start: date
    end: date

    def days(self) -> Iterator[date]:
        day = self.start
        while day < self.end:
            yield day
            day += DAY


@dataclass(frozen=True, slots=True)
class _Question:
    """A request that passed every check."""

    periods: tuple[_Period, ...]
    metrics: tuple[str, ...]
    keys: tuple[str, ...]


def get_cost_and_usage(call: Call) -> Mapping[str, Any]:
    """Costs by day or month and up to two dimensions, in pages of groups."""
    question = _question(call)
    results: list[Mapping[str, Any]] = []
    room = call.cloud.limits.explorer_groups
    position = _position(call.parameters.get("NextPageToken"))
    for index in range(position[0], len(question.periods)):
        skipped = position[1] if index == position[0] else 0
        groups, estimated = _groups(call, question, question.periods[index])
        shown = list(groups.items())[skipped : skipped + room]
        results.append(_result(question, question.periods[index], dict(shown), estimated))
        room -= max(1, len(shown))
        done = skipped + len(shown) >= len(groups)
        if room <= 0 and not (done and index + 1 == len(question.periods)):
            following = (index + 1, 0) if done else (index, skipped + len(shown))
            return _page(question, results) | {"NextPageToken": _token(following)}
    return _page(question, results)


def _page(question: _Question, results: list[Mapping[str, Any]]) -> dict[str, Any]:
    page: dict[str, Any] = {"ResultsByTime": results, "DimensionValueAttributes": []}
    if question.keys:
        page["GroupDefinitions"] = [{"Type": "DIMENSION", "Key": key} for key in question.keys]
    return page


def _question(call: Call) -> _Question:
    parameters = call.parameters
    granularity = parameters.get("Granularity")
    if granularity == "HOURLY":
        raise invalid("Hourly granularity is not enabled for this account")
    if granularity not in ("DAILY", "MONTHLY"):
        raise invalid(f"Granularity {granularity} is not one of DAILY, MONTHLY, HOURLY")
    metrics = tuple(parameters.get("Metrics") or ())
    if not metrics or set(metrics) - _COSTS - _QUANTITIES:
        raise invalid(f"Invalid metrics: {sorted(set(metrics) - _COSTS - _QUANTITIES)}")
    groupings = parameters.get("GroupBy") or []
    if len(groupings) > _MOST_GROUPINGS:
        raise invalid("GroupBy: at most two groupings are allowed")
    for grouping in groupings:
        if grouping.get("Type") != "DIMENSION":
            raise invalid("only groupings of the type DIMENSION are simulated")
        dimension(grouping["Key"])
    start, end = _span(call)
    return _Question(
        tuple(_periods(start, end, monthly=granularity == "MONTHLY")),
        metrics,
        tuple(grouping["Key"] for grouping in groupings),
    )


def _span(call: Call) -> tuple[date, date]:
    period = call.parameters.get("TimePeriod") or {}
    try:
        start = date.fromisoformat(str(period["Start"]))
        end = date.fromisoformat(str(period["End"]))
    except (KeyError, ValueError):
        raise invalid("Start and end dates should be in the format yyyy-MM-dd") from None
    if start >= end:
        raise invalid("Start date (and hour) should be before end date (and hour)")
    if start < call.now.date() - _HISTORY:
        raise invalid(
            "You haven't enabled historical data beyond 14 months; "
            f"start {start} is further back than that"
        )
    return start, end


def _periods(start: date, end: date, *, monthly: bool) -> Iterator[_Period]:
    while start < end:
        following = start + DAY
        if monthly:
            following = min(end, (start.replace(day=1) + timedelta(days=32)).replace(day=1))
        yield _Period(start, following)
        start = following


def _groups(
    call: Call, question: _Question, period: _Period
) -> tuple[Mapping[tuple[str, ...], Cell], bool]:
    """The period's cells by the values of the grouping keys, and whether they may change yet."""
    wanted = predicate(call.parameters.get("Filter"))
    readers = [dimension(key) for key in question.keys]
    groups: dict[tuple[str, ...], Cell] = {}
    estimated = False
    for day in period.days():
        if not call.cloud.totals.known(call.account, day, call.now).invoiced:
            estimated = True
        for facet, cell in call.cloud.totals.cells(call.account, day, call.now).items():
            if wanted(facet):
                group = groups.setdefault(tuple(read(facet) for read in readers), Cell())
                group.billed += cell.billed
                group.quantity += cell.quantity
                group.units |= cell.units
    return dict(sorted(groups.items())), estimated


def _result(
    question: _Question,
    period: _Period,
    groups: Mapping[tuple[str, ...], Cell],
    estimated: bool,  # noqa: FBT001 - a field of the answer
) -> Mapping[str, Any]:
    grouped = [
        {"Keys": list(keys), "Metrics": _metrics(question, cell)} for keys, cell in groups.items()
    ]
    return {
        "TimePeriod": {"Start": period.start.isoformat(), "End": period.end.isoformat()},
        "Total": {} if question.keys else _metrics(question, groups.get((), Cell())),
        "Groups": grouped if question.keys else [],
        "Estimated": estimated,
    }


def _metrics(question: _Question, cell: Cell) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for metric in question.metrics:
        if metric in _COSTS:
            found[metric] = {"Amount": _text(cell.billed), "Unit": "USD"}
        else:
            unit = next(iter(cell.units)) if len(cell.units) == 1 else "N/A"
            quantity = cell.quantity if metric == "UsageQuantity" else ZERO
            found[metric] = {"Amount": _text(quantity), "Unit": unit}
    return found


def _text(amount: Decimal) -> str:
    """Amounts are strings without an exponent or trailing zeros."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _token(position: tuple[int, int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def _position(token: str | None) -> tuple[int, int]:
    if not token:
        return 0, 0
    try:
        period, group = json.loads(base64.urlsafe_b64decode(token))
        return int(period), int(group)
    except ValueError:
        raise invalid("Invalid next page token") from None


FIRST_PAGE = _token((0, 0))

HANDLERS: Mapping[str, Handler] = {"GetCostAndUsage": get_cost_and_usage}
