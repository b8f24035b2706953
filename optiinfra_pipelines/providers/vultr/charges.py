"""A line of an invoice -> CostRows: what is charged by the hour by day, everything else as told."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from optiinfra_core.collecting.amounts import MONEY
from optiinfra_core.metrics import CostRow, ResourceRow
from optiinfra_core.windows import DAY, Window, day_window, floor
from optiinfra_pipelines.providers.vultr.joining import Owned
from optiinfra_pipelines.providers.vultr.statement import Entry, Line

HOURS = "hours"
ISSUER = "Vultr"
HISTORY = "Billing history"

_TAX = re.compile(r"\b(tax|vat|gst)\b", re.IGNORECASE)
_HOUR = timedelta(hours=1)

# Words in Vultr's product names -> FOCUS service category; the first that fits.
CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "kubernetes": "Compute",
        "compute": "Compute",
        "gpu": "Compute",
        "bare metal": "Compute",
        "database": "Databases",
        "storage": "Storage",
        "snapshot": "Storage",
        "backup": "Storage",
        "load balancer": "Networking",
        "ip": "Networking",
        "bandwidth": "Networking",
        "inference": "AI and Machine Learning",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What holds for every line of a bill: whose, of which month, and how final it is."""

    account_id: str
    account_name: str
    month: Window
    finality: str
    invoice_id: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a line: its time, what it costs, and how many units it is."""

    start: datetime
    end: datetime
    cost: Decimal
    units: Decimal | None


def shares(line: Line, month: Window) -> Iterator[Share]:
    """A line by days of ``month``: hours at the told price up to the total, then what is left.

    Vultr tells no days. A day that is over keeps its share while the month grows, but for the rest,
    which is of cents: prices are told with four places and totals are rounded. What is not charged
    by the hour, or has no duration, is one share of its whole time.
    """
    start = min(max(line.start, month.start), month.end - _HOUR)
    end = min(max(line.end, start), month.end)
    if line.unit_type != HOURS or line.unit_price is None or end <= start:
        yield Share(start, max(end, start + _HOUR), line.total, line.units)
        return
    left, at = line.total, start
    while at < end:
        until = min(end, floor(at, DAY) + DAY)
        hours = Decimal(int((until - at).total_seconds())) / 3600
        cost = (hours * line.unit_price).quantize(MONEY)
        share = left if until == end else min(left, cost)
        if share or until == end:
            yield Share(at, until, share, hours.quantize(MONEY))
        left, at = left - share, until


def rows(line: Line, bill: Bill, owned: Owned) -> Iterator[CostRow]:
    """The charges of a line; its resource where its words mean exactly one."""
    category = category_of(line)
    usage = category == "Usage"
    meant = owned.meant(line.product, line.description, line.end) if usage else None
    for share in shares(line, bill.month):
        yield CostRow(
            charge_period_start=share.start,
            charge_period_end=share.end,
            billing_period_start=bill.month.first_day,
            billing_period_end=bill.month.end.date(),
            billing_account_id=bill.account_id,
            billing_account_name=bill.account_name,
            service_provider_name=ISSUER,
            provider_name=ISSUER,
            publisher_name=ISSUER,
            invoice_issuer_name=ISSUER,
            service_category=service_category(line.product),
            service_name=line.product or ISSUER,
            charge_category=category,
            charge_description=line.description,
            charge_frequency="Usage-Based" if usage else "One-Time",
            pricing_category="Standard" if usage else "",
            sku_id=line.product if usage else "",
            pricing_quantity=share.units if usage else None,
            pricing_unit=line.unit_type if usage else "",
            consumed_quantity=share.units if usage else None,
            consumed_unit=line.unit_type if usage else "",
            contracted_unit_price=line.unit_price if usage else None,
            contracted_cost=share.cost,
            billed_cost=share.cost,
            effective_cost=share.cost,
            invoice_id=bill.invoice_id,
            finality=bill.finality,
            extra=_whole(line),
            **_resource(meant),
        )


def _whole(line: Line) -> Mapping[str, str]:
    """The line as a whole, of which a day's charge is a part."""
    return {
        "x_line_start": f"{line.start:%Y-%m-%dT%H:%M:%SZ}",
        "x_line_end": f"{line.end:%Y-%m-%dT%H:%M:%SZ}",
    }


def _resource(meant: ResourceRow | None) -> dict[str, Any]:
    if meant is None:
        return {}
    return {
        "resource_id": meant.resource_id,
        "resource_name": meant.resource_name,
        "resource_type": meant.resource_type,
        "region_id": "" if meant.region == "global" else meant.region,
    }


def category_of(line: Line) -> str:
    """The FOCUS charge category of a line: its words tell a tax, its sign a credit."""
    if line.total < 0:
        return "Credit"
    hourly = line.unit_type == HOURS
    taxed = _TAX.search(line.product) or _TAX.search(line.description)
    return "Tax" if taxed and not hourly else "Usage"


def service_category(product: str) -> str:
    """The FOCUS service category of a product."""
    words = product.lower()
    return next((told for word, told in CATEGORIES.items() if word in words), "Other")


def credit(entry: Entry, bill: Bill) -> CostRow:
    """A credit or refund of the history, on its day; a refund corrects what was charged before."""
    day = day_window(entry.at.date())
    return CostRow(
        charge_period_start=day.start,
        charge_period_end=day.end,
        billing_period_start=bill.month.first_day,
        billing_period_end=bill.month.end.date(),
        billing_account_id=bill.account_id,
        billing_account_name=bill.account_name,
        service_provider_name=ISSUER,
        provider_name=ISSUER,
        publisher_name=ISSUER,
        invoice_issuer_name=ISSUER,
        service_category="Other",
        service_name=HISTORY,
        charge_category="Credit",
        charge_class="Correction" if entry.type == "refund" else "",
        charge_description=entry.description,
        charge_frequency="One-Time",
        billed_cost=entry.amount,
        effective_cost=entry.amount,
        contracted_cost=entry.amount,
        finality="final",
        extra={"x_history_id": str(entry.number)},
    )
