"""A row of AWS's FOCUS 1.0 or 1.2 export -> CostRow; names are FOCUS's in lower case."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from optiinfra_core.collecting.amounts import (
    mapping,
    moment,
    money,
    optional_money,
    optional_number,
    text,
)
from optiinfra_core.metrics import CostRow
from optiinfra_pipelines.providers.aws.amounts import resource
from optiinfra_pipelines.providers.aws.finality import finality as told

# Our text columns that FOCUS has under the same words.
TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "billing_account_id": "billingaccountid",
        "sub_account_id": "subaccountid",
        "service_category": "servicecategory",
        "service_name": "servicename",
        "charge_class": "chargeclass",
        "charge_description": "chargedescription",
        "charge_frequency": "chargefrequency",
        "region_id": "regionid",
        "availability_zone": "availabilityzone",
        "resource_id": "resourceid",
        "resource_name": "resourcename",
        "resource_type": "resourcetype",
        "sku_id": "skuid",
        "sku_price_id": "skupriceid",
        "pricing_category": "pricingcategory",
        "commitment_discount_id": "commitmentdiscountid",
        "consumed_unit": "consumedunit",
        "pricing_unit": "pricingunit",
        "invoice_id": "invoiceid",
    }
)
# AWS's own columns that are kept beside FOCUS's.
EXTRAS = ("x_operation", "x_servicecode", "x_usagetype", "commitmentdiscountstatus")

COLUMNS = (
    *TEXTS.values(),
    *EXTRAS,
    "chargeperiodstart",
    "chargeperiodend",
    "chargecategory",
    "billingcurrency",
    "billedcost",
    "effectivecost",
    "listcost",
    "contractedcost",
    "consumedquantity",
    "pricingquantity",
    "listunitprice",
    "tags",
)


def to_row(record: Mapping[str, Any], month: date, now: datetime) -> CostRow:
    """One charge of the billing period that starts on ``month``, read at ``now``."""
    texts: dict[str, Any] = {ours: text(record.get(theirs)) for ours, theirs in TEXTS.items()}
    texts["resource_id"] = resource(texts["resource_id"])
    extras = {name: text(record.get(name)) for name in EXTRAS}
    return CostRow(
        charge_period_start=moment(record["chargeperiodstart"]),
        charge_period_end=moment(record["chargeperiodend"]),
        billing_period_start=month,
        charge_category=text(record["chargecategory"]) or "Usage",
        consumed_quantity=optional_number(record.get("consumedquantity")),
        pricing_quantity=optional_number(record.get("pricingquantity")),
        list_unit_price=optional_number(record.get("listunitprice")),
        billing_currency=text(record["billingcurrency"]),
        billed_cost=money(record["billedcost"]),
        effective_cost=money(record["effectivecost"]),
        list_cost=optional_money(record.get("listcost")),
        contracted_cost=optional_money(record.get("contractedcost")),
        finality=finality(texts["invoice_id"], month, now),
        tags=mapping(record.get("tags")),
        extra={
            (name if name.startswith("x_") else f"x_{name}"): value
            for name, value in extras.items()
            if value
        },
        **texts,
    )


def finality(invoice_id: str, month: date, now: datetime) -> str:
    """How final a charge of a month is, with the invoice it is on or none."""
    return told(month, now, invoiced=bool(invoice_id))
