"""Cost: one FOCUS charge line. Column names and meanings follow FOCUS 1.3 in snake_case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from optiinfra_core.metrics.model import Column, Kind, Metric, Row
from optiinfra_core.windows import DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow(Row):
    """One charge, with every column of FOCUS 1.3 and those of 1.2 that 1.3 deprecates.

    Money is exact; a cost the source does not tell is None, never 0, and a word it does not tell
    is empty. ``sku_price_details``, ``allocated_method_details`` and ``contract_applied`` hold
    canonical JSON (sorted keys, no blanks). Charges that differ in anything but amounts and
    finality stay two lines.
    """

    charge_period_start: datetime
    charge_period_end: datetime
    billing_period_start: date
    billing_period_end: date | None = None
    billing_account_id: str
    billing_account_name: str = ""
    billing_account_type: str = ""
    sub_account_id: str = ""
    sub_account_name: str = ""
    sub_account_type: str = ""
    provider_name: str = ""
    publisher_name: str = ""
    service_provider_name: str = ""
    host_provider_name: str = ""
    invoice_issuer_name: str = ""
    service_category: str = ""
    service_subcategory: str = ""
    service_name: str
    charge_category: str = "Usage"
    charge_class: str = ""
    charge_description: str = ""
    charge_frequency: str = ""
    region_id: str = ""
    region_name: str = ""
    availability_zone: str = ""
    resource_id: str = ""
    resource_name: str = ""
    resource_type: str = ""
    sku_id: str = ""
    sku_meter: str = ""
    sku_price_id: str = ""
    sku_price_details: str = ""
    pricing_category: str = ""
    commitment_discount_id: str = ""
    commitment_discount_name: str = ""
    commitment_discount_category: str = ""
    commitment_discount_type: str = ""
    commitment_discount_status: str = ""
    commitment_discount_quantity: Decimal | None = None
    commitment_discount_unit: str = ""
    capacity_reservation_id: str = ""
    capacity_reservation_status: str = ""
    consumed_quantity: Decimal | None = None
    consumed_unit: str = ""
    pricing_quantity: Decimal | None = None
    pricing_unit: str = ""
    list_unit_price: Decimal | None = None
    contracted_unit_price: Decimal | None = None
    billing_currency: str = "USD"
    billed_cost: Decimal
    effective_cost: Decimal
    list_cost: Decimal | None = None
    contracted_cost: Decimal | None = None
    pricing_currency: str = ""
    pricing_currency_list_unit_price: Decimal | None = None
    pricing_currency_contracted_unit_price: Decimal | None = None
    pricing_currency_effective_cost: Decimal | None = None
    allocated_method_id: str = ""
    allocated_method_details: str = ""
    allocated_resource_id: str = ""
    allocated_resource_name: str = ""
    allocated_tags: Mapping[str, str] = field(default_factory=dict)
    contract_applied: str = ""
    invoice_id: str = ""
    finality: str = "open"
    tags: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)


# What is summed where a source says the same line twice.
ADDITIVE = (
    "commitment_discount_quantity",
    "consumed_quantity",
    "pricing_quantity",
    "billed_cost",
    "effective_cost",
    "list_cost",
    "contracted_cost",
    "pricing_currency_effective_cost",
)
# How far the provider has got with a line says nothing about which line it is.
STANDING = ("finality",)

COLUMNS = (
    Column("charge_period_start", Kind.INSTANT, "Start of the charge, inclusive"),
    Column("charge_period_end", Kind.INSTANT, "End of the charge, exclusive"),
    Column("billing_period_start", Kind.DAY, "First day of the billing period"),
    Column(
        "billing_period_end",
        Kind.OPTIONAL_DAY,
        "First day after the billing period; null: the next month's first",
    ),
    Column("billing_account_id", Kind.TEXT, "Account that is invoiced"),
    Column("billing_account_name", Kind.TEXT, "Display name of the invoiced account"),
    Column("billing_account_type", Kind.TEXT, "The provider's kind of invoiced account"),
    Column("sub_account_id", Kind.TEXT, "Account, project or subscription that used it"),
    Column("sub_account_name", Kind.TEXT, "Display name of the sub account"),
    Column("sub_account_type", Kind.TEXT, "The provider's kind of sub account"),
    Column("provider_name", Kind.TEXT, "Who made it available (deprecated by FOCUS 1.3)"),
    Column("publisher_name", Kind.TEXT, "Who made it (deprecated by FOCUS 1.3)"),
    Column("service_provider_name", Kind.TEXT, "Who offers the service to the customer"),
    Column("host_provider_name", Kind.TEXT, "Whose infrastructure it runs on"),
    Column("invoice_issuer_name", Kind.TEXT, "Who sends the invoice"),
    Column("service_category", Kind.TEXT, "FOCUS service category"),
    Column("service_subcategory", Kind.TEXT, "FOCUS service subcategory"),
    Column("service_name", Kind.TEXT, "Service as the provider names it"),
    Column("charge_category", Kind.TEXT, "Usage, Purchase, Tax, Credit or Adjustment"),
    Column("charge_class", Kind.TEXT, "Correction, or empty"),
    Column("charge_description", Kind.TEXT, "The provider's own words"),
    Column("charge_frequency", Kind.TEXT, "One-Time, Recurring or Usage-Based"),
    Column("region_id", Kind.TEXT, "Region, empty where the charge has none"),
    Column("region_name", Kind.TEXT, "Display name of the region"),
    Column("availability_zone", Kind.TEXT, "Zone"),
    Column("resource_id", Kind.TEXT, "Resource, empty where the source does not tell"),
    Column("resource_name", Kind.TEXT, "Display name of the resource"),
    Column("resource_type", Kind.TEXT, "Kind of resource"),
    Column("sku_id", Kind.TEXT, "SKU, or the provider's usage type"),
    Column("sku_meter", Kind.TEXT, "What is measured, in the words of the price list"),
    Column("sku_price_id", Kind.TEXT, "Price within the SKU"),
    Column(
        "sku_price_details", Kind.LONG_TEXT, "Properties of the price: canonical JSON, or empty"
    ),
    Column("pricing_category", Kind.TEXT, "Standard, Dynamic, Committed or Other"),
    Column("commitment_discount_id", Kind.TEXT, "Reservation or savings plan"),
    Column("commitment_discount_name", Kind.TEXT, "Display name of the commitment"),
    Column("commitment_discount_category", Kind.TEXT, "Spend or Usage"),
    Column("commitment_discount_type", Kind.TEXT, "The provider's kind of commitment"),
    Column("commitment_discount_status", Kind.TEXT, "Used or Unused"),
    Column(
        "commitment_discount_quantity", Kind.QUANTITY, "How much of the commitment the charge takes"
    ),
    Column("commitment_discount_unit", Kind.TEXT, "Unit of that quantity"),
    Column("capacity_reservation_id", Kind.TEXT, "Capacity reservation"),
    Column("capacity_reservation_status", Kind.TEXT, "Used or Unused"),
    Column("consumed_quantity", Kind.QUANTITY, "Quantity used"),
    Column("consumed_unit", Kind.TEXT, "Unit of the quantity used"),
    Column("pricing_quantity", Kind.QUANTITY, "Quantity priced"),
    Column("pricing_unit", Kind.TEXT, "Unit of the quantity priced"),
    Column("list_unit_price", Kind.QUANTITY, "Public price of one pricing unit"),
    Column("contracted_unit_price", Kind.QUANTITY, "Negotiated price of one pricing unit"),
    Column("billing_currency", Kind.TEXT, "Currency of every cost in the row"),
    Column("billed_cost", Kind.MONEY, "What the invoice says"),
    Column("effective_cost", Kind.MONEY, "With up-front payments spread over their term"),
    Column("list_cost", Kind.OPTIONAL_MONEY, "At public prices; null where unknown"),
    Column("contracted_cost", Kind.OPTIONAL_MONEY, "At negotiated prices; null where unknown"),
    Column("pricing_currency", Kind.TEXT, "Currency of the price list, which may be virtual"),
    Column(
        "pricing_currency_list_unit_price", Kind.QUANTITY, "Public price in the pricing currency"
    ),
    Column(
        "pricing_currency_contracted_unit_price",
        Kind.QUANTITY,
        "Negotiated price in the pricing currency",
    ),
    Column(
        "pricing_currency_effective_cost",
        Kind.OPTIONAL_MONEY,
        "Effective cost in the pricing currency",
    ),
    Column("allocated_method_id", Kind.TEXT, "How a shared cost was split"),
    Column(
        "allocated_method_details", Kind.LONG_TEXT, "Shares of that split: canonical JSON, or empty"
    ),
    Column("allocated_resource_id", Kind.TEXT, "What the split charge was allocated to"),
    Column("allocated_resource_name", Kind.TEXT, "Display name of what it was allocated to"),
    Column("allocated_tags", Kind.TAGS, "Tags of what it was allocated to"),
    Column(
        "contract_applied",
        Kind.LONG_TEXT,
        "Contract commitments that apply: canonical JSON, or empty",
    ),
    Column("invoice_id", Kind.TEXT, "Invoice, once issued"),
    Column("finality", Kind.TEXT, "open, closing or final: may the provider still change it"),
    Column("tags", Kind.TAGS, "Tags of the resource at the time of the charge"),
    Column("extra", Kind.TAGS, "Provider columns outside FOCUS, x_ prefixed"),
)

COST = Metric(
    name="cost",
    title="Cost",
    table="cost_metrics",
    row=CostRow,
    window=DAY,
    partial=True,
    instant="charge_period_start",
    part="region_id",
    key=tuple(one.name for one in COLUMNS if one.name not in (*ADDITIVE, *STANDING)),
    additive=ADDITIVE,
    columns=COLUMNS,
    digest="detail_key",
)
