"""Groups of the Cost Management query -> CostRow: the actual cost beside the amortised one.

The words of FOCUS follow Microsoft's own conversion (learn.microsoft.com, FinOps, "Convert Cost
Management data to FOCUS").
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from optiinfra_core.collecting.amounts import money
from optiinfra_core.errors import Malformed, NotReady
from optiinfra_core.metrics import ControlTotal, CostRow
from optiinfra_core.windows import DAY, Window, day_window, month_window
from optiinfra_pipelines.providers.azure.client import Azure
from optiinfra_pipelines.providers.azure.client.costs import (
    ACTUAL,
    AMORTIZED,
    DIMENSIONS,
    Question,
    Record,
    records,
    total,
)
from optiinfra_pipelines.providers.azure.finality import MONTHS
from optiinfra_pipelines.providers.azure.identifiers import location, name_of, resource_id

# Azure adds doubles up; a month of them differs from our exact sum in the last digits only.
TOLERANCE = Decimal("0.01")
KINDS = (ACTUAL, AMORTIZED)

CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "usage": "Usage", "unusedreservation": "Usage", "unusedsavingsplan": "Usage",
        "purchase": "Purchase", "refund": "Purchase", "credit": "Credit", "tax": "Tax",
    }
)  # fmt: skip
FREQUENCIES: Mapping[str, str] = MappingProxyType(
    {"onetime": "One-Time", "recurring": "Recurring", "usagebased": "Usage-Based"}
)
PRICING: Mapping[str, str] = MappingProxyType(
    {
        "ondemand": "Standard", "spot": "Dynamic", "reservation": "Committed",
        "savingsplan": "Committed",
    }
)  # fmt: skip
# Part of a commitment's id -> FOCUS category and type.
COMMITMENTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "/microsoft.capacity/": ("Usage", "Reservation"),
        "/microsoft.billingbenefits/": ("Spend", "Savings Plan"),
    }
)


@dataclass(slots=True)
class Costs:
    """Both costs of one group of one day; a kind of cost that does not have the group adds 0."""

    record: Record
    sums: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(KINDS, Decimal(0)))


def months(span: Window) -> Iterator[Window]:
    """The calendar months of ``span``, the first and last one cut where it begins and ends."""
    start = span.start
    while start < span.end:
        end = min(month_window(start.date()).end, span.end)
        yield Window(start, end)
        start = end


def rows(azure: Azure, span: Window) -> Iterator[CostRow | ControlTotal]:
    """Every charge of the days of ``span`` that have begun, and each month's sum as Azure adds it.

    Raises:
        NotReady: no day has begun, or Azure has no cost of the subscription yet.
    """
    now = azure.gate.clock.now()
    end = min(day_window(span.last_day).end, day_window(now.date()).end)
    if end <= span.start:
        raise NotReady(f"the days {span} have not begun")
    for month in months(Window(day_window(span.first_day).start, end)):
        yield from _month(azure, month, now)


def _month(azure: Azure, month: Window, now: datetime) -> Iterator[CostRow | ControlTotal]:
    """A month's rows and its totals, read once more where Azure refreshed its data in between."""
    held, totals = _read(azure, month)
    if not _agree(held, totals):
        held, totals = _read(azure, month)
    yield from totals
    for costs in held.values():
        yield _row(costs, azure.account_id, now)


def _read(azure: Azure, month: Window) -> tuple[dict[tuple[Any, ...], Costs], list[ControlTotal]]:
    held: dict[tuple[Any, ...], Costs] = {}
    asked = {
        kind: Question(kind=kind, first=month.first_day, last=month.last_day) for kind in KINDS
    }
    for kind, question in asked.items():
        for record in records(azure, question):
            _add(held, record, kind, month)
    return held, list(_totals(azure, asked[ACTUAL], month))


def _agree(held: Mapping[tuple[Any, ...], Costs], totals: list[ControlTotal]) -> bool:
    sums: dict[str, Decimal] = {}
    for costs in held.values():
        currency = str(costs.record.get("Currency", ""))
        sums[currency] = sums.get(currency, Decimal(0)) + costs.sums[ACTUAL]
    return all(
        abs(sums.get(total.currency, Decimal(0)) - total.amount) <= total.tolerance
        for total in totals
    )


def _totals(azure: Azure, question: Question, month: Window) -> Iterator[ControlTotal]:
    for record in total(azure, question):
        yield ControlTotal(
            name="cost_query_total",
            span=month,
            amount=_told(lambda record=record: money(record["Cost"]), record),
            currency=str(record.get("Currency", "USD")),
            tolerance=TOLERANCE,
        )


def _told(read: Any, record: Record) -> Any:
    try:
        return read()
    except (KeyError, TypeError, ValueError, ArithmeticError) as surprise:
        raise Malformed(
            f"a row of the cost query is not as documented: {type(surprise).__name__}: {surprise}",
            sample=f"columns: {', '.join(map(str, record))}",
        ) from None


def _add(held: dict[tuple[Any, ...], Costs], record: Record, kind: str, month: Window) -> None:
    amount, day = _told(lambda: (money(record["Cost"]), usage_day(record["UsageDate"])), record)
    if not month.first_day <= day <= month.last_day:
        raise Malformed(f"the cost query answered {day} when asked for {month}")
    # The two kinds spell ids in different case.
    names = tuple(str(record.get(name) or "").lower() for name in DIMENSIONS)
    key = (day, *names, str(record.get("Currency", "")))
    held.setdefault(key, Costs(record)).sums[kind] += amount


def usage_day(told: Any) -> date:
    """A day as the query writes it: the number 20261101, or text in ISO 8601."""
    text = str(told)
    if text.isdecimal():
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    return date.fromisoformat(text[:10])


def _row(costs: Costs, account_id: str, now: datetime) -> CostRow:
    row: CostRow = _told(lambda: to_row(costs, account_id, now), costs.record)
    return row


def to_row(costs: Costs, account_id: str, now: datetime) -> CostRow:
    """One group of one day.

    The query tells no quantity, list or contracted cost, so they stay None: its sums of quantities
    have no unit.
    """
    record = costs.record
    words = {name: _text(record, name) for name in DIMENSIONS}
    day = usage_day(record["UsageDate"])
    start = day_window(day).start
    charge, pricing = words["ChargeType"].lower(), words["PricingModel"].lower()
    identifier = resource_id(words["ResourceId"])
    category, kind = _commitment(words["BenefitId"])
    return CostRow(
        charge_period_start=start,
        charge_period_end=start + DAY,
        billing_period_start=day.replace(day=1),
        billing_period_end=month_window(day).end.date(),
        billing_account_id=account_id,
        sub_account_id=account_id,
        sub_account_type="Subscription",
        provider_name="Microsoft",
        service_provider_name="Microsoft",
        service_name=words["ServiceName"] or words["MeterCategory"] or words["PublisherType"],
        service_subcategory="",
        charge_category=CATEGORIES.get(charge, "Adjustment"),
        charge_class="Correction" if charge == "refund" else "",
        charge_description=" - ".join(filter(None, (words["MeterSubcategory"], words["Meter"]))),
        charge_frequency=FREQUENCIES.get(words["Frequency"].lower(), ""),
        region_id=location(words["ResourceLocation"]),
        resource_id=identifier,
        resource_name=name_of(identifier),
        resource_type=words["ResourceType"].lower(),
        sku_id=words["ResourceGuid"],
        sku_meter=words["Meter"],
        pricing_category=PRICING.get(pricing, "Other" if pricing else ""),
        commitment_discount_id=words["BenefitId"].lower(),
        commitment_discount_name=words["BenefitName"],
        commitment_discount_category=category,
        commitment_discount_type=kind,
        commitment_discount_status=_status(charge, pricing),
        billing_currency=str(record["Currency"]),
        billed_cost=costs.sums[ACTUAL],
        effective_cost=costs.sums[AMORTIZED],
        finality=MONTHS.finality(day, now),
        extra={
            f"x_{name}": words[key]
            for name, key in (
                ("charge_type", "ChargeType"), ("publisher_type", "PublisherType"),
                ("meter_category", "MeterCategory"), ("meter_subcategory", "MeterSubcategory"),
            )
            if words[key]
        },
    )  # fmt: skip


def _text(record: Record, name: str) -> str:
    return str(record.get(name) or "").strip()


def _commitment(identifier: str) -> tuple[str, str]:
    for part, meaning in COMMITMENTS.items():
        if part in identifier.lower():
            return meaning
    return "", ""


def _status(charge: str, pricing: str) -> str:
    if charge in ("unusedreservation", "unusedsavingsplan"):
        return "Unused"
    return "Used" if charge == "usage" and PRICING.get(pricing) == "Committed" else ""
