"""Cost: one FOCUS charge line. Column names and meanings follow FOCUS 1.3 in snake_case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from optiinfra_core.metrics.model import Column, Kind, Metric, Row
from optiinfra_core.windows import DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow(Row):
    """One charge. Money is exact; a cost the source does not tell is None, never 0."""

    charge_period_start: datetime
    charge_period_end: datetime
    billing_period_start: date
    billing_account_id: str
    sub_account_id: str = ""
    service_category: str = ""
    service_name: str
    charge_category: str = "Usage"
    charge_class: str = ""
    charge_description: str = ""
    charge_frequency: str = ""
    region_id: str = ""
    availability_zone: str = ""
    resource_id: str = ""
    resource_name: str = ""
    resource_type: str = ""
    sku_id: str = ""
    sku_price_id: str = ""
    pricing_category: str = ""
    commitment_discount_id: str = ""
    consumed_quantity: Decimal | None = None
    consumed_unit: str = ""
    pricing_quantity: Decimal | None = None
    pricing_unit: str = ""
    list_unit_price: Decimal | None = None
    billing_currency: str = "USD"
    billed_cost: Decimal
    effective_cost: Decimal
    list_cost: Decimal | None = None
    contracted_cost: Decimal | None = None
    invoice_id: str = ""
    finality: str = "open"
    tags: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)


COST = Metric(
    name="cost",
    title="Cost",
    table="cost_metrics",
    row=CostRow,
    window=DAY,
    partial=True,
    instant="charge_period_start",
    part="region_id",
    key=(
        "charge_period_start",
        "charge_period_end",
        "billing_period_start",
        "billing_account_id",
        "sub_account_id",
        "service_name",
        "charge_category",
        "charge_class",
        "charge_description",
        "charge_frequency",
        "region_id",
        "availability_zone",
        "resource_id",
        "resource_type",
        "sku_id",
        "sku_price_id",
        "pricing_category",
        "commitment_discount_id",
        "consumed_unit",
        "pricing_unit",
        "billing_currency",
        "invoice_id",
        "tags",
    ),
    additive=(
        "consumed_quantity",
        "pricing_quantity",
        "billed_cost",
        "effective_cost",
        "list_cost",
        "contracted_cost",
    ),
    columns=(
        Column("charge_period_start", Kind.INSTANT, "Start of the charge, inclusive"),
        Column("charge_period_end", Kind.INSTANT, "End of the charge, exclusive"),
        Column("billing_period_start", Kind.DAY, "First day of the billing period"),
        Column("billing_account_id", Kind.TEXT, "Account that is invoiced"),
        Column("sub_account_id", Kind.TEXT, "Account, project or subscription that used it"),
        Column("service_category", Kind.TEXT, "FOCUS service category"),
        Column("service_name", Kind.TEXT, "Service as the provider names it"),
        Column("charge_category", Kind.TEXT, "Usage, Purchase, Tax, Credit or Adjustment"),
        Column("charge_class", Kind.TEXT, "Correction, or empty"),
        Column("charge_description", Kind.TEXT, "The provider's own words"),
        Column("charge_frequency", Kind.TEXT, "One-Time, Recurring or Usage-Based"),
        Column("region_id", Kind.TEXT, "Region, empty where the charge has none"),
        Column("availability_zone", Kind.TEXT, "Zone"),
        Column("resource_id", Kind.TEXT, "Resource, empty where the source does not tell"),
        Column("resource_name", Kind.TEXT, "Display name of the resource"),
        Column("resource_type", Kind.TEXT, "Kind of resource"),
        Column("sku_id", Kind.TEXT, "SKU, or the provider's usage type"),
        Column("sku_price_id", Kind.TEXT, "Price within the SKU"),
        Column("pricing_category", Kind.TEXT, "Standard, Dynamic, Committed or Other"),
        Column("commitment_discount_id", Kind.TEXT, "Reservation or savings plan"),
        Column("consumed_quantity", Kind.QUANTITY, "Quantity used"),
        Column("consumed_unit", Kind.TEXT, "Unit of the quantity used"),
        Column("pricing_quantity", Kind.QUANTITY, "Quantity priced"),
        Column("pricing_unit", Kind.TEXT, "Unit of the quantity priced"),
        Column("list_unit_price", Kind.QUANTITY, "Public price of one pricing unit"),
        Column("billing_currency", Kind.TEXT, "Currency of every cost in the row"),
        Column("billed_cost", Kind.MONEY, "What the invoice says"),
        Column("effective_cost", Kind.MONEY, "With up-front payments spread over their term"),
        Column("list_cost", Kind.OPTIONAL_MONEY, "At public prices; null where unknown"),
        Column("contracted_cost", Kind.OPTIONAL_MONEY, "At negotiated prices; null where unknown"),
        Column("invoice_id", Kind.TEXT, "Invoice, once issued"),
        Column("finality", Kind.TEXT, "open, closing or final: may the provider still change it"),
        Column("tags", Kind.TAGS, "Tags of the resource at the time of the charge"),
        Column("extra", Kind.TAGS, "Provider columns outside FOCUS, x_ prefixed"),
    ),
)
