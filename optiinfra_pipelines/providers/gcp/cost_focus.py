"""A row of Google's FOCUS export -> CostRow; its credits become rows of their own.

Columns: "Structure of FOCUS data export" (Cloud Billing docs, Preview); Google's BilledCost and
EffectiveCost hold the credits of x_Credits.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from optiinfra_core.collecting.amounts import (
    moment,
    money,
    optional_money,
    optional_number,
    text,
)
from optiinfra_core.metrics import CostRow
from optiinfra_core.windows import month_window
from optiinfra_pipelines.providers.gcp.commitments import commitment
from optiinfra_pipelines.providers.gcp.cost_usage import GOOGLE
from optiinfra_pipelines.providers.gcp.identifiers import kind_of
from optiinfra_pipelines.providers.gcp.labels import label_pairs
from optiinfra_pipelines.providers.gcp.services import category_of

Record = Mapping[str, Any]

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "billing_account_id": "billing_account_id",
        "sub_account_id": "sub_account_id",
        "sub_account_name": "sub_account_name",
        "publisher_name": "publisher_name",
        "service_name": "service_name",
        "region_id": "region",
        "region_name": "region_name",
        "availability_zone": "zone",
        "resource_id": "resource_id",
        "resource_name": "resource_name",
        "sku_id": "sku_id",
        "sku_price_id": "sku_price_id",
        "billing_currency": "currency",
    }
)
EXTRAS: Mapping[str, str] = MappingProxyType(
    {
        "x_cost_type": "cost_type",
        "x_location": "location",
        "x_service_id": "service_id",
        "x_credit_type": "credit_type",
        "x_credit_id": "credit_id",
        "x_credit_name": "credit_name",
    }
)
# Billing periods begin at midnight of Los Angeles, which is 7 or 8 hours after that of UTC.
MIDDAY = timedelta(hours=12)


def charge(record: Record) -> CostRow:
    """A charge, before credits."""
    category = _capital(record.get("charge_category")) or "Usage"
    return CostRow(
        **_shared(record),
        charge_category=category,
        charge_class=_capital(record.get("charge_class")),
        charge_description=text(record.get("charge_description")),
        charge_frequency="Usage-Based" if category == "Usage" else "One-Time",
        pricing_category=_capital(record.get("pricing_category")),
        consumed_quantity=optional_number(record.get("consumed")),
        consumed_unit=text(record.get("consumed_unit")),
        pricing_quantity=optional_number(record.get("priced")),
        pricing_unit=text(record.get("pricing_unit")),
        list_unit_price=optional_number(record.get("list_unit_price")),
        contracted_unit_price=optional_number(record.get("contracted_unit_price")),
        billed_cost=money(record["cost"]),
        effective_cost=money(record["effective"]),
        list_cost=optional_money(record.get("list_cost")),
        contracted_cost=optional_money(record.get("contracted_cost")),
    )


def credit(record: Record) -> CostRow:
    """A credit that the row's BilledCost has in it."""
    amount = money(record["cost"])
    return CostRow(
        **_shared(record),
        charge_category="Credit",
        charge_description=text(record.get("credit_full_name")) or text(record.get("credit_name")),
        charge_frequency="Usage-Based",
        billed_cost=amount,
        effective_cost=amount,
        list_cost=Decimal(0),
        contracted_cost=Decimal(0),
    )


def _shared(record: Record) -> dict[str, Any]:
    texts = {ours: text(record.get(theirs)) for ours, theirs in TEXTS.items()}
    extras = {ours: text(record.get(theirs)) for ours, theirs in EXTRAS.items()}
    month: date = (moment(record["billing_period_start"]) + MIDDAY).date().replace(day=1)
    fee = commitment(text(record.get("commitment")), text(record.get("charge_description")))
    return {
        **texts,
        **fee,
        # The reader places the charge in its day.
        "charge_period_start": moment(record["day"]),
        "charge_period_end": moment(record["day"]),
        "billing_period_start": month,
        "billing_period_end": month_window(month).end.date(),
        "sub_account_type": "Project" if texts["sub_account_id"] else "",
        "provider_name": text(record.get("provider_name")) or GOOGLE,
        "service_provider_name": GOOGLE,
        "host_provider_name": GOOGLE,
        "invoice_issuer_name": GOOGLE,
        "service_category": category_of(texts["service_name"]),
        "resource_type": kind_of(texts["resource_id"]),
        "sku_meter": text(record.get("charge_description")),
        "tags": label_pairs(record.get("labels"), "Key", "Value"),
        "extra": {name: value for name, value in extras.items() if value},
    }


def _capital(value: Any) -> str:
    # Google's view writes usage, correction, committed; FOCUS writes Usage, Correction, Committed.
    return text(value).capitalize()
