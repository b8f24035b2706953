"""Rows of billing exports for tests: the columns of each kind, and a charge to start from."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.providers.gcp.bigquery import BigQuery

_PAIRS = "STRUCT(key VARCHAR, value VARCHAR)[]"
_CREDITS = "STRUCT(name VARCHAR, amount DOUBLE, full_name VARCHAR, id VARCHAR, type VARCHAR)[]"
USAGE = f"""
billing_account_id VARCHAR, service STRUCT(id VARCHAR, description VARCHAR),
sku STRUCT(id VARCHAR, description VARCHAR), usage_start_time TIMESTAMP,
usage_end_time TIMESTAMP, project STRUCT(id VARCHAR, number VARCHAR, name VARCHAR),
labels {_PAIRS}, location STRUCT(location VARCHAR, country VARCHAR, region VARCHAR, zone VARCHAR),
resource STRUCT(name VARCHAR, global_name VARCHAR), cost DOUBLE, currency VARCHAR,
usage STRUCT(amount DOUBLE, unit VARCHAR, amount_in_pricing_units DOUBLE, pricing_unit VARCHAR),
credits {_CREDITS}, invoice STRUCT(month VARCHAR), cost_type VARCHAR,
adjustment_info STRUCT(id VARCHAR, description VARCHAR, mode VARCHAR, type VARCHAR),
export_time TIMESTAMP, cost_at_list DOUBLE, transaction_type VARCHAR, seller_name VARCHAR,
subscription STRUCT(instance_id VARCHAR),
price STRUCT(list_price DECIMAL(38, 9), effective_price DECIMAL(38, 9),
tier_start_amount DECIMAL(38, 9)),
_PARTITIONTIME TIMESTAMP
"""
_FOCUS_CREDITS = (
    "STRUCT(Name VARCHAR, Amount DECIMAL(38, 9), FullName VARCHAR, Id VARCHAR, Type VARCHAR)[]"
)
FOCUS = f"""
BilledCost DECIMAL(38, 9), EffectiveCost DECIMAL(38, 9), ListCost DECIMAL(38, 9),
ContractedCost DECIMAL(38, 9), ConsumedQuantity DECIMAL(38, 9), PricingQuantity DECIMAL(38, 9),
ListUnitPrice DECIMAL(38, 9), ContractedUnitPrice DECIMAL(38, 9), ChargePeriodStart TIMESTAMP,
BillingPeriodStart TIMESTAMP, x_ExportTime TIMESTAMP, _PARTITIONTIME TIMESTAMP,
x_Credits {_FOCUS_CREDITS}, x_Labels STRUCT(Key VARCHAR, Value VARCHAR)[],
{
    ", ".join(
        f"{name} VARCHAR"
        for name in (
            "BillingAccountId",
            "BillingCurrency",
            "ServiceName",
            "x_ServiceId",
            "ChargeCategory",
            "ChargeClass",
            "ChargeDescription",
            "PricingCategory",
            "SkuId",
            "SkuPriceId",
            "SubAccountId",
            "SubAccountName",
            "RegionId",
            "RegionName",
            "AvailabilityZone",
            "x_Location",
            "ResourceId",
            "ResourceName",
            "PublisherName",
            "ProviderName",
            "x_CostType",
            "x_SubscriptionInstanceId",
            "ConsumedUnit",
            "PricingUnit",
        )
    )
}
"""
VM = "//compute.googleapis.com/projects/acme-prod-314159/zones/us-central1-a/instances/123"
DAY = datetime(2026, 11, 20, tzinfo=UTC)


def usage(*, at: datetime = DAY, lag_hours: float = 5.0, **fields: Any) -> Mapping[str, Any]:
    """An hour of a machine, exported some hours later; ``fields`` replace columns."""
    exported = fields.pop("export_time", at + timedelta(hours=1 + lag_hours))
    return {
        "billing_account_id": "01A2B3-4C5D6E-7F8091",
        "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
        "sku": {"id": "2E27-4F75-95CD", "description": "N1 Predefined Instance Core"},
        "usage_start_time": at,
        "usage_end_time": at + timedelta(hours=1),
        "project": {"id": "acme-prod-314159", "number": "314159265358", "name": "Acme production"},
        "labels": [{"key": "team", "value": "web"}],
        "location": {"location": "us-central1-a", "country": "US", "region": "us-central1",
                     "zone": "us-central1-a"},
        "resource": {"name": "web-1", "global_name": VM},
        "cost": 0.1,
        "currency": "USD",
        "usage": {"amount": 3600.0, "unit": "seconds", "amount_in_pricing_units": 1.0,
                  "pricing_unit": "hour"},
        "credits": [],
        "invoice": {"month": "202611"},
        "cost_type": "regular",
        "export_time": exported,
        "cost_at_list": 0.1,
        "transaction_type": "GOOGLE",
        "seller_name": "Google",
        "price": {"list_price": "0.1", "effective_price": "0.1", "tier_start_amount": "0"},
        "_PARTITIONTIME": exported.replace(hour=0, minute=0, second=0, microsecond=0),
        **fields,
    }  # fmt: skip


def credit(amount: float, kind: str = "SUSTAINED_USAGE_DISCOUNT") -> Mapping[str, Any]:
    """A credit of a usage row."""
    title = kind.replace("_", " ").title()
    return {"name": title, "amount": amount, "full_name": title, "id": kind, "type": kind}


def focus(*, at: datetime = DAY, **fields: Any) -> Mapping[str, Any]:
    """The same hour in the FOCUS export; BilledCost has the credits in it."""
    exported = fields.pop("x_ExportTime", at + timedelta(hours=6))
    return {
        "BilledCost": "0.08",
        "EffectiveCost": "0.08",
        "ListCost": "0.1",
        "ContractedCost": "0.1",
        "ConsumedQuantity": "3600",
        "PricingQuantity": "1",
        "ListUnitPrice": "0.1",
        "ChargePeriodStart": at,
        "BillingPeriodStart": datetime(2026, 11, 1, 7, tzinfo=UTC),
        "x_ExportTime": exported,
        "_PARTITIONTIME": exported.replace(hour=0, minute=0, second=0, microsecond=0),
        "x_Credits": [
            {"Name": "SUD", "Amount": "-0.02", "FullName": "Sustained use", "Id": "sud",
             "Type": "SUSTAINED_USAGE_DISCOUNT"}
        ],
        "x_Labels": [{"Key": "team", "Value": "web"}],
        "BillingAccountId": "01A2B3-4C5D6E-7F8091",
        "BillingCurrency": "USD",
        "ServiceName": "Compute Engine",
        "ChargeCategory": "Usage",
        "SkuId": "2E27-4F75-95CD",
        "SubAccountId": "acme-prod-314159",
        "RegionId": "us-central1",
        "RegionName": "Iowa",
        "ResourceId": VM,
        "PublisherName": "Google Cloud",
        "ProviderName": "Google Cloud",
        "x_CostType": "regular",
        "PricingCategory": "Standard",
        "ConsumedUnit": "seconds",
        "PricingUnit": "hour",
        **fields,
    }  # fmt: skip


def export_of(kind: str, **options: Any) -> BigQuery:
    """An empty export table."""
    return BigQuery(columns=FOCUS if kind == "focus" else USAGE, **options)
