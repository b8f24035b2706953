"""A row of the detailed or standard usage cost export -> CostRow.

Fields and their meanings: "Structure of Detailed data export" and "Structure of Standard data
export" (Cloud Billing docs).
"""

from collections.abc import Mapping
from datetime import date
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
from optiinfra_core.metrics.money import plain
from optiinfra_core.windows import month_window
from optiinfra_pipelines.providers.gcp.commitments import commitment
from optiinfra_pipelines.providers.gcp.identifiers import global_name, kind_of
from optiinfra_pipelines.providers.gcp.labels import label_pairs
from optiinfra_pipelines.providers.gcp.regions import region_name
from optiinfra_pipelines.providers.gcp.services import category_of

Record = Mapping[str, Any]

# cost_type -> FOCUS charge category, as Google's own FOCUS view has it.
CATEGORIES: Mapping[str, str] = MappingProxyType(
    {"regular": "Usage", "tax": "Tax", "adjustment": "Adjustment", "rounding_error": "Adjustment"}
)
GOOGLE = "Google Cloud"
SUPPORT = "Support"
FOCUS_EXTRAS: Mapping[str, str] = MappingProxyType(
    {
        "x_cost_type": "cost_type",
        "x_location": "location",
        "x_service_id": "service_id",
        "x_transaction_type": "transaction_type",
        "x_adjustment_id": "adjustment_id",
        "x_adjustment": "adjustment",
        "x_credit_type": "credit_type",
        "x_credit_id": "credit_id",
        "x_credit_name": "credit_name",
    }
)


def charge(record: Record) -> CostRow:
    """A charge, before credits."""
    category = category_of_charge(record)
    usage, priced = category == "Usage", category in ("Usage", "Purchase")
    cost = money(record["cost"])
    recurring = category == "Purchase" or text(record.get("service_name")) == SUPPORT
    return CostRow(
        **shared(record),
        charge_category=category,
        charge_class="Correction" if record.get("adjustment_id") else "",
        charge_description=text(record.get("sku_description")),
        charge_frequency="Recurring" if recurring else "Usage-Based" if usage else "One-Time",
        pricing_category="Committed" if category == "Purchase" else "Standard" if usage else "",
        consumed_quantity=optional_number(record.get("consumed")) if usage else None,
        consumed_unit=text(record.get("consumed_unit")) if usage else "",
        pricing_quantity=optional_number(record.get("priced")) if priced else None,
        pricing_unit=text(record.get("pricing_unit")) if priced else "",
        sku_price_id=_price_id(record),
        list_unit_price=optional_number(record.get("list_unit_price")),
        contracted_unit_price=optional_number(record.get("contracted_unit_price")),
        billed_cost=cost,
        effective_cost=cost,
        list_cost=optional_money(record.get("list_cost")),
        contracted_cost=cost,
    )


def _price_id(record: Record) -> str:
    """A price as Google's FOCUS export calls it; empty where the export names no tier."""
    tier = optional_number(record.get("tier_start"))
    if tier is None:
        return ""
    account, sku = text(record["billing_account_id"]), text(record.get("sku_id"))
    return f"Billing Account ID:{account}, SKU ID: {sku}, Price Tier Start Amount: {plain(tier)}"


def credit(record: Record) -> CostRow:
    """A credit; its amount is negative, except where Google takes one back."""
    amount = money(record["cost"])
    described = text(record.get("credit_full_name")) or text(record.get("credit_name"))
    return CostRow(
        **shared(record),
        charge_category="Credit",
        charge_description=described,
        charge_frequency="Usage-Based",
        billed_cost=amount,
        effective_cost=amount,
        list_cost=Decimal(0),
        contracted_cost=Decimal(0),
    )


def category_of_charge(record: Record) -> str:
    """The FOCUS category of a charge; a fee for a commitment is a purchase."""
    category = CATEGORIES.get(text(record.get("cost_type")), "Adjustment")
    return "Purchase" if category == "Usage" and record.get("commitment") else category


def shared(record: Record) -> dict[str, Any]:
    """What charges and credits of the same row have in common."""
    invoiced = billing_month(record)
    resource = global_name(
        text(record.get("resource_id")),
        text(record.get("project_id")),
        text(record.get("project_number")),
    )
    service, region = text(record["service_name"]), text(record.get("region"))
    own = record.get("transaction_type") in (None, "GOOGLE")
    extras = {ours: text(record.get(theirs)) for ours, theirs in FOCUS_EXTRAS.items()}
    return {
        # The reader places the charge in its usage day.
        "charge_period_start": moment(record["day"]),
        "charge_period_end": moment(record["day"]),
        "billing_period_start": invoiced,
        "billing_period_end": month_window(invoiced).end.date(),
        "billing_account_id": text(record["billing_account_id"]),
        "sub_account_id": text(record.get("project_id")),
        "sub_account_name": text(record.get("project_name")),
        "sub_account_type": "Project" if record.get("project_id") else "",
        "provider_name": GOOGLE,
        "publisher_name": GOOGLE if own else text(record.get("seller_name")),
        "service_provider_name": GOOGLE,
        "host_provider_name": GOOGLE,
        "invoice_issuer_name": GOOGLE,
        "service_name": service,
        "service_category": category_of(service),
        "region_id": region,
        "region_name": region_name(region),
        "availability_zone": text(record.get("zone")),
        "resource_id": resource,
        "resource_name": text(record.get("resource_name")),
        "resource_type": kind_of(resource),
        "sku_id": text(record.get("sku_id")),
        "sku_meter": text(record.get("sku_description")),
        **commitment(text(record.get("commitment")), text(record.get("sku_description"))),
        "billing_currency": text(record["currency"]),
        "tags": label_pairs(record.get("labels"), "key", "value"),
        "extra": {name: value for name, value in extras.items() if value},
    }


def billing_month(record: Record) -> date:
    """The month that invoices the row; that of the usage where none is named."""
    told = text(record.get("invoice_month"))
    if not told:
        return moment(record["day"]).date().replace(day=1)
    return date(int(told[:4]), int(told[4:6]), 1)
