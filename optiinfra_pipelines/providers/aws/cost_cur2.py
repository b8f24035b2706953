"""A row of a CUR 2.0 export (table COST_AND_USAGE_REPORT) -> CostRow."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
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
from optiinfra_pipelines.providers.aws.cost_explorer import kind_of
from optiinfra_pipelines.providers.aws.cost_focus import finality

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "billing_account_id": "bill_payer_account_id",
        "billing_account_name": "bill_payer_account_name",
        "sub_account_id": "line_item_usage_account_id",
        "sub_account_name": "line_item_usage_account_name",
        "invoice_issuer_name": "bill_invoicing_entity",
        "publisher_name": "line_item_legal_entity",
        "charge_description": "line_item_line_item_description",
        "region_id": "product_region_code",
        "availability_zone": "line_item_availability_zone",
        "resource_id": "line_item_resource_id",
        "sku_id": "product_sku",
        "sku_meter": "line_item_usage_type",
        "sku_price_id": "pricing_rate_code",
        "consumed_unit": "pricing_unit",
        "pricing_unit": "pricing_unit",
        "invoice_id": "bill_invoice_id",
    }
)
EXTRAS: Mapping[str, str] = MappingProxyType(
    {
        "x_operation": "line_item_operation",
        "x_servicecode": "line_item_product_code",
        "x_usagetype": "line_item_usage_type",
        "x_line_item_type": "line_item_line_item_type",
    }
)
COLUMNS = (
    *TEXTS.values(),
    *EXTRAS.values(),
    "line_item_usage_start_date",
    "line_item_usage_end_date",
    "line_item_currency_code",
    "line_item_unblended_cost",
    "line_item_usage_amount",
    "pricing_public_on_demand_cost",
    "pricing_public_on_demand_rate",
    "pricing_term",
    "product",
    "resource_tags",
    "reservation_reservation_a_r_n",
    "reservation_effective_cost",
    "reservation_unused_recurring_fee",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
    "savings_plan_savings_plan_a_r_n",
    "savings_plan_savings_plan_effective_cost",
    "savings_plan_total_commitment_to_date",
    "savings_plan_used_commitment",
)
USED = frozenset({"Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"})

Record = Mapping[str, Any]


def _or_zero(record: Record, name: str) -> Decimal:
    return optional_money(record.get(name)) or Decimal(0)


def _fee(record: Record) -> Decimal:
    # What a reservation's up-front payment bought is spread over the usage it covers.
    bought = text(record.get("reservation_reservation_a_r_n"))
    return Decimal(0) if bought else money(record["line_item_unblended_cost"])


# The amortised cost of a line by its type (CUR user guide, "Understanding your amortized ...").
EFFECTIVE: Mapping[str, Callable[[Record], Decimal]] = MappingProxyType(
    {
        "DiscountedUsage": lambda record: money(record["reservation_effective_cost"]),
        "RIFee": lambda record: (
            _or_zero(record, "reservation_unused_recurring_fee")
            + _or_zero(record, "reservation_unused_amortized_upfront_fee_for_billing_period")
        ),
        "SavingsPlanCoveredUsage": lambda record: money(
            record["savings_plan_savings_plan_effective_cost"]
        ),
        "SavingsPlanNegation": lambda _record: Decimal(0),
        "SavingsPlanRecurringFee": lambda record: (
            _or_zero(record, "savings_plan_total_commitment_to_date")
            - _or_zero(record, "savings_plan_used_commitment")
        ),
        "SavingsPlanUpfrontFee": lambda _record: Decimal(0),
        "Fee": _fee,
    }
)


def to_row(record: Record, month: date, now: datetime) -> CostRow:
    """One line item of the billing period that starts on ``month``, read at ``now``."""
    line_type = text(record["line_item_line_item_type"])
    used = line_type in USED
    category, correction, frequency = ("Usage", "", "Usage-Based") if used else kind_of(line_type)
    texts: dict[str, Any] = {ours: text(record.get(theirs)) for ours, theirs in TEXTS.items()}
    texts["resource_id"] = resource(texts["resource_id"])
    # A meter is one of a SKU; lines of taxes and credits have a usage type all the same.
    texts["sku_meter"] = texts["sku_meter"] if texts["sku_id"] else ""
    extras = {ours: text(record.get(theirs)) for ours, theirs in EXTRAS.items()}
    amount = optional_number(record.get("line_item_usage_amount")) if used else None
    billed = money(record["line_item_unblended_cost"])
    effective = EFFECTIVE.get(line_type)
    return CostRow(
        charge_period_start=moment(record["line_item_usage_start_date"]),
        charge_period_end=moment(record["line_item_usage_end_date"]),
        billing_period_start=month,
        service_name=_service(record),
        charge_category=category,
        charge_class=correction,
        charge_frequency=frequency,
        pricing_category=_pricing(line_type, record),
        commitment_discount_id=text(record.get("savings_plan_savings_plan_a_r_n"))
        or text(record.get("reservation_reservation_a_r_n")),
        consumed_quantity=amount,
        pricing_quantity=amount,
        list_unit_price=optional_number(record.get("pricing_public_on_demand_rate")),
        billing_currency=text(record["line_item_currency_code"]),
        billed_cost=billed,
        effective_cost=effective(record) if effective else billed,
        list_cost=optional_money(record.get("pricing_public_on_demand_cost")),
        finality=finality(texts["invoice_id"], month, now),
        tags=mapping(record.get("resource_tags")),
        extra={name: value for name, value in extras.items() if value},
        **texts,
    )


def _service(record: Record) -> str:
    named = mapping(record.get("product")).get("product_name", "")
    return named or text(record.get("line_item_product_code"))


def _pricing(line_type: str, record: Record) -> str:
    if line_type in ("DiscountedUsage", "SavingsPlanCoveredUsage"):
        return "Committed"
    terms = {"OnDemand": "Standard", "Spot": "Dynamic"}
    return terms.get(text(record.get("pricing_term")), "")
