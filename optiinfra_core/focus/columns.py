"""The columns of the FOCUS Cost and Usage data set, versions 1.0 to 1.3, as data.

Names, feature levels and nullability after the specification, "Columns" (FinOps Foundation,
https://focus.finops.org/focus-specification/, CC BY 4.0): 57 columns in 1.2, 65 in 1.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from optiinfra_core.metrics import COST, Kind

VERSIONS = ("1.0", "1.1", "1.2", "1.3")
# What can be written: before 1.2 a charge could not say which invoice it is on.
WRITTEN = ("1.2", "1.3")


class Level(StrEnum):
    """Must a data set have the column: always, if the provider has such a thing, or better so."""

    MANDATORY = "Mandatory"
    CONDITIONAL = "Conditional"
    RECOMMENDED = "Recommended"


_MANDATORY, _CONDITIONAL, _RECOMMENDED = Level.MANDATORY, Level.CONDITIONAL, Level.RECOMMENDED


@dataclass(frozen=True, slots=True)
class FocusColumn:
    """One column: its name in FOCUS, our field, and what the specification demands of it."""

    name: str
    field: str
    level: Level
    nullable: bool
    since: str

    @property
    def kind(self) -> Kind:
        """How its values are stored."""
        return COST.by_name()[self.field].kind

    @property
    def allowed(self) -> tuple[str, ...]:
        """The values it may have; empty where any will do."""
        return ALLOWED.get(self.name, ())


COLUMNS = (
    FocusColumn(
        "AllocatedMethodDetails",
        "allocated_method_details",
        _CONDITIONAL,
        nullable=True,
        since="1.3",
    ),
    FocusColumn(
        "AllocatedMethodId", "allocated_method_id", _CONDITIONAL, nullable=True, since="1.3"
    ),
    FocusColumn(
        "AllocatedResourceId", "allocated_resource_id", _CONDITIONAL, nullable=True, since="1.3"
    ),
    FocusColumn(
        "AllocatedResourceName", "allocated_resource_name", _CONDITIONAL, nullable=True, since="1.3"
    ),
    FocusColumn("AllocatedTags", "allocated_tags", _CONDITIONAL, nullable=True, since="1.3"),
    FocusColumn("AvailabilityZone", "availability_zone", _RECOMMENDED, nullable=True, since="1.0"),
    FocusColumn("BilledCost", "billed_cost", _MANDATORY, nullable=False, since="1.0"),
    FocusColumn("BillingAccountId", "billing_account_id", _MANDATORY, nullable=False, since="1.0"),
    FocusColumn(
        "BillingAccountName", "billing_account_name", _MANDATORY, nullable=True, since="1.0"
    ),
    FocusColumn(
        "BillingAccountType", "billing_account_type", _CONDITIONAL, nullable=True, since="1.2"
    ),
    FocusColumn("BillingCurrency", "billing_currency", _MANDATORY, nullable=False, since="1.0"),
    FocusColumn("BillingPeriodEnd", "billing_period_end", _MANDATORY, nullable=False, since="1.0"),
    FocusColumn(
        "BillingPeriodStart", "billing_period_start", _MANDATORY, nullable=False, since="1.0"
    ),
    FocusColumn(
        "CapacityReservationId", "capacity_reservation_id", _CONDITIONAL, nullable=True, since="1.1"
    ),
    FocusColumn(
        "CapacityReservationStatus",
        "capacity_reservation_status",
        _CONDITIONAL,
        nullable=True,
        since="1.1",
    ),
    FocusColumn("ChargeCategory", "charge_category", _MANDATORY, nullable=False, since="1.0"),
    FocusColumn("ChargeClass", "charge_class", _MANDATORY, nullable=True, since="1.0"),
    FocusColumn("ChargeDescription", "charge_description", _MANDATORY, nullable=True, since="1.0"),
    FocusColumn("ChargeFrequency", "charge_frequency", _RECOMMENDED, nullable=False, since="1.0"),
    FocusColumn("ChargePeriodEnd", "charge_period_end", _MANDATORY, nullable=False, since="1.0"),
    FocusColumn(
        "ChargePeriodStart", "charge_period_start", _MANDATORY, nullable=False, since="1.0"
    ),
    FocusColumn(
        "CommitmentDiscountCategory",
        "commitment_discount_category",
        _CONDITIONAL,
        nullable=True,
        since="1.0",
    ),
    FocusColumn(
        "CommitmentDiscountId", "commitment_discount_id", _CONDITIONAL, nullable=True, since="1.0"
    ),
    FocusColumn(
        "CommitmentDiscountName",
        "commitment_discount_name",
        _CONDITIONAL,
        nullable=True,
        since="1.0",
    ),
    FocusColumn(
        "CommitmentDiscountQuantity",
        "commitment_discount_quantity",
        _CONDITIONAL,
        nullable=True,
        since="1.1",
    ),
    FocusColumn(
        "CommitmentDiscountStatus",
        "commitment_discount_status",
        _CONDITIONAL,
        nullable=True,
        since="1.0",
    ),
    FocusColumn(
        "CommitmentDiscountType",
        "commitment_discount_type",
        _CONDITIONAL,
        nullable=True,
        since="1.0",
    ),
    FocusColumn(
        "CommitmentDiscountUnit",
        "commitment_discount_unit",
        _CONDITIONAL,
        nullable=True,
        since="1.1",
    ),
    FocusColumn("ConsumedQuantity", "consumed_quantity", _CONDITIONAL, nullable=True, since="1.0"),
    FocusColumn("ConsumedUnit", "consumed_unit", _CONDITIONAL, nullable=True, since="1.0"),
    FocusColumn("ContractApplied", "contract_applied", _CONDITIONAL, nullable=True, since="1.3"),
    FocusColumn("ContractedCost", "contracted_cost", _MANDATORY, nullable=False, since="1.0"),
    FocusColumn(
        "ContractedUnitPrice", "contracted_unit_price", _CONDITIONAL, nullable=True, since="1.0"
    ),
    FocusColumn("EffectiveCost", "effective_cost", _MANDATORY, nullable=False, since="1.0"),
    FocusColumn("HostProviderName", "host_provider_name", _MANDATORY, nullable=True, since="1.3"),
    FocusColumn("InvoiceId", "invoice_id", _RECOMMENDED, nullable=True, since="1.2"),
    FocusColumn(
        "InvoiceIssuerName", "invoice_issuer_name", _MANDATORY, nullable=False, since="1.0"
    ),
    FocusColumn("ListCost", "list_cost", _MANDATORY, nullable=False, since="1.0"),
    FocusColumn("ListUnitPrice", "list_unit_price", _CONDITIONAL, nullable=True, since="1.0"),
    FocusColumn("PricingCategory", "pricing_category", _CONDITIONAL, nullable=True, since="1.0"),
    FocusColumn("PricingCurrency", "pricing_currency", _CONDITIONAL, nullable=False, since="1.2"),
    FocusColumn(
        "PricingCurrencyContractedUnitPrice",
        "pricing_currency_contracted_unit_price",
        _CONDITIONAL,
        nullable=True,
        since="1.2",
    ),
    FocusColumn(
        "PricingCurrencyEffectiveCost",
        "pricing_currency_effective_cost",
        _CONDITIONAL,
        nullable=True,
        since="1.2",
    ),
    FocusColumn(
        "PricingCurrencyListUnitPrice",
        "pricing_currency_list_unit_price",
        _CONDITIONAL,
        nullable=True,
        since="1.2",
    ),
    FocusColumn("PricingQuantity", "pricing_quantity", _MANDATORY, nullable=True, since="1.0"),
    FocusColumn("PricingUnit", "pricing_unit", _MANDATORY, nullable=True, since="1.0"),
    FocusColumn("ProviderName", "provider_name", _MANDATORY, nullable=False, since="1.0"),
    FocusColumn("PublisherName", "publisher_name", _MANDATORY, nullable=False, since="1.0"),
    FocusColumn("RegionId", "region_id", _CONDITIONAL, nullable=True, since="1.0"),
    FocusColumn("RegionName", "region_name", _CONDITIONAL, nullable=True, since="1.0"),
    FocusColumn("ResourceId", "resource_id", _CONDITIONAL, nullable=True, since="1.0"),
    FocusColumn("ResourceName", "resource_name", _CONDITIONAL, nullable=True, since="1.0"),
    FocusColumn("ResourceType", "resource_type", _CONDITIONAL, nullable=True, since="1.0"),
    FocusColumn("ServiceCategory", "service_category", _MANDATORY, nullable=False, since="1.0"),
    FocusColumn("ServiceName", "service_name", _MANDATORY, nullable=False, since="1.0"),
    FocusColumn(
        "ServiceProviderName", "service_provider_name", _MANDATORY, nullable=False, since="1.3"
    ),
    FocusColumn(
        "ServiceSubcategory", "service_subcategory", _RECOMMENDED, nullable=False, since="1.1"
    ),
    FocusColumn("SkuId", "sku_id", _CONDITIONAL, nullable=True, since="1.0"),
    FocusColumn("SkuMeter", "sku_meter", _CONDITIONAL, nullable=True, since="1.1"),
    FocusColumn("SkuPriceDetails", "sku_price_details", _CONDITIONAL, nullable=True, since="1.1"),
    FocusColumn("SkuPriceId", "sku_price_id", _CONDITIONAL, nullable=True, since="1.0"),
    FocusColumn("SubAccountId", "sub_account_id", _CONDITIONAL, nullable=True, since="1.0"),
    FocusColumn("SubAccountName", "sub_account_name", _CONDITIONAL, nullable=True, since="1.0"),
    FocusColumn("SubAccountType", "sub_account_type", _CONDITIONAL, nullable=True, since="1.2"),
    FocusColumn("Tags", "tags", _CONDITIONAL, nullable=True, since="1.0"),
)

BY_NAME: Mapping[str, FocusColumn] = MappingProxyType({one.name: one for one in COLUMNS})
# Still there in 1.3, to be removed by 1.4; ServiceProviderName and HostProviderName follow them.
DEPRECATED: Mapping[str, str] = MappingProxyType({"ProviderName": "1.3", "PublisherName": "1.3"})

# Names of before 1.0 and of providers that kept them -> names of today.
FORMER: Mapping[str, str] = MappingProxyType(
    {
        "Provider": "ProviderName",
        "Publisher": "PublisherName",
        "InvoiceIssuer": "InvoiceIssuerName",
        "Region": "RegionId",
        "UsageQuantity": "ConsumedQuantity",
        "UsageUnit": "ConsumedUnit",
        "ServiceProvider": "ServiceProviderName",
        "HostProvider": "HostProviderName",
    }
)

_USE = ("Used", "Unused")

ALLOWED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "CapacityReservationStatus": _USE,
        "ChargeCategory": ("Usage", "Purchase", "Tax", "Credit", "Adjustment"),
        "ChargeClass": ("Correction",),
        "ChargeFrequency": ("One-Time", "Recurring", "Usage-Based"),
        "CommitmentDiscountCategory": ("Spend", "Usage"),
        "CommitmentDiscountStatus": _USE,
        "PricingCategory": ("Standard", "Dynamic", "Committed", "Other"),
        "ServiceCategory": (
            "AI and Machine Learning",
            "Analytics",
            "Business Applications",
            "Compute",
            "Databases",
            "Developer Tools",
            "Identity",
            "Integration",
            "Internet of Things",
            "Management and Governance",
            "Media",
            "Migration",
            "Mobile",
            "Multicloud",
            "Networking",
            "Other",
            "Security",
            "Storage",
            "Web",
        ),
    }
)


def columns_of(version: str) -> tuple[FocusColumn, ...]:
    """The columns of a FOCUS version, by name."""
    return tuple(one for one in COLUMNS if one.since <= version)
