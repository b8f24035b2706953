"""The schemas of the export tables, and BigQuery's way of writing schemas and cells.

After docs.cloud.google.com/billing/docs/how-to/export-data-bigquery-tables (detailed-usage,
standard-usage, focus-export).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from optiinfra_simulator.google.world.projects import DETAILED, FOCUS, STANDARD

# A field is "NAME TYPE", or a name and its fields; a name with [] is repeated.
Fields = tuple["str | tuple[str, Fields]", ...]

_PAIRS: Fields = ("key STRING", "value STRING")
_BEFORE: Fields = (
    "billing_account_id STRING",
    ("service", ("id STRING", "description STRING")),
    ("sku", ("id STRING", "description STRING")),
    "usage_start_time TIMESTAMP",
    "usage_end_time TIMESTAMP",
    (
        "project",
        (
            "id STRING",
            "number STRING",
            "name STRING",
            ("labels[]", _PAIRS),
            "ancestry_numbers STRING",
            ("ancestors[]", ("resource_name STRING", "display_name STRING")),
        ),
    ),
    ("labels[]", _PAIRS),
    ("system_labels[]", _PAIRS),
    ("location", ("location STRING", "country STRING", "region STRING", "zone STRING")),
)
_TAGS = ("tags[]", (*_PAIRS, "inherited BOOLEAN", "namespace STRING"))
_AFTER: Fields = (
    "cost FLOAT",
    "currency STRING",
    "currency_conversion_rate FLOAT",
    (
        "usage",
        (
            "amount FLOAT",
            "unit STRING",
            "amount_in_pricing_units FLOAT",
            "pricing_unit STRING",
        ),
    ),
    (
        "credits[]",
        ("name STRING", "amount FLOAT", "full_name STRING", "id STRING", "type STRING"),
    ),
    ("invoice", ("month STRING", "publisher_type STRING")),
    "cost_type STRING",
    ("adjustment_info", ("id STRING", "description STRING", "mode STRING", "type STRING")),
    "export_time TIMESTAMP",
    "cost_at_list FLOAT",
    "transaction_type STRING",
    "seller_name STRING",
    ("subscription", ("instance_id STRING",)),
)
_PRICE = (
    "price",
    (
        "effective_price NUMERIC",
        "tier_start_amount NUMERIC",
        "unit STRING",
        "pricing_unit_quantity NUMERIC",
        "list_price NUMERIC",
        "effective_price_default NUMERIC",
        "list_price_consumption_model NUMERIC",
    ),
)
_FOCUS_PAIRS: Fields = ("Key STRING", "Value STRING")
_FOCUS: Fields = (
    "AvailabilityZone STRING", "BilledCost NUMERIC", "BillingAccountId STRING",
    "BillingCurrency STRING", "BillingPeriodStart TIMESTAMP", "BillingPeriodEnd TIMESTAMP",
    "ChargeCategory STRING", "ChargeClass STRING", "ChargeDescription STRING",
    "ChargePeriodStart TIMESTAMP", "ChargePeriodEnd TIMESTAMP", "ConsumedQuantity NUMERIC",
    "ConsumedUnit STRING", "ContractedCost NUMERIC", "ContractedUnitPrice NUMERIC",
    "ListCost NUMERIC", "ListUnitPrice NUMERIC", "PricingCategory STRING",
    "PricingQuantity NUMERIC", "PricingUnit STRING", "ProviderName STRING",
    "PublisherName STRING", "RegionId STRING", "RegionName STRING", "ResourceId STRING",
    "ResourceName STRING", "ServiceName STRING", "SkuId STRING", "SkuPriceId STRING",
    "SubAccountId STRING", "SubAccountName STRING",
    (
        "x_Credits[]",
        ("Name STRING", "Amount NUMERIC", "FullName STRING", "Id STRING", "Type STRING"),
    ),
    "x_CostType STRING", "x_CurrencyConversionRate FLOAT", "x_ExportTime TIMESTAMP",
    "x_Location STRING",
    (
        "x_Project",
        (
            "Id STRING", "Number STRING", "Name STRING", "AncestryNumbers STRING",
            ("Ancestors[]", ("ResourceName STRING", "DisplayName STRING")),
        ),
    ),
    "x_ServiceId STRING",
    ("x_SystemLabels[]", _FOCUS_PAIRS),
    ("x_Labels[]", _FOCUS_PAIRS),
    ("x_ProjectLabels[]", _FOCUS_PAIRS),
    ("x_Tags[]", (*_FOCUS_PAIRS, "x_Inherited BOOLEAN", "x_Namespace STRING")),
    "EffectiveCost NUMERIC", "PricingCurrency STRING",
    "PricingCurrencyContractedUnitPrice NUMERIC", "PricingCurrencyEffectiveCost NUMERIC",
    "PricingCurrencyListUnitPrice NUMERIC", "BillingAccountType STRING",
    "x_SubscriptionInstanceId STRING", "x_PriceEffectivePriceDefault NUMERIC",
    "x_PriceListPriceConsumptionModel NUMERIC", "x_CostAtEffectivePriceDefault NUMERIC",
    "x_CostAtListConsumptionModel NUMERIC", "x_ConsumptionModelId STRING",
    "x_ConsumptionModelDescription STRING",
)  # fmt: skip

SCHEMAS: Mapping[str, Fields] = MappingProxyType(
    {
        STANDARD: (*_BEFORE, *_AFTER, _TAGS),
        DETAILED: (
            *_BEFORE,
            ("resource", ("name STRING", "global_name STRING")),
            *_AFTER,
            _TAGS,
            _PRICE,
            "cost_at_effective_price_default FLOAT",
            "cost_at_list_consumption_model FLOAT",
            ("consumption_model", ("id STRING", "description STRING")),
        ),
        FOCUS: _FOCUS,
    }
)


def columns(kind: str) -> list[str]:
    """The columns of a table in order."""
    return [
        (field if isinstance(field, str) else field[0]).partition(" ")[0].removesuffix("[]")
        for field in SCHEMAS[kind]
    ]


def described(fields: Fields) -> list[Mapping[str, Any]]:
    """Fields as tables.get writes them."""
    return [_described(field) for field in fields]


def _described(field: "str | tuple[str, Fields]") -> Mapping[str, Any]:
    if isinstance(field, str):
        name, _, kind = field.partition(" ")
        return {"name": name, "type": kind, "mode": "NULLABLE"}
    name, inner = field
    mode = "REPEATED" if name.endswith("[]") else "NULLABLE"
    return {
        "name": name.removesuffix("[]"),
        "type": "RECORD",
        "mode": mode,
        "fields": described(inner),
    }
