"""The columns of Microsoft's FOCUS export: their types, and what they say of a charge."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

from optiinfra_core.windows import day_window, month_window
from optiinfra_simulator.azure.accounts import Subscription
from optiinfra_simulator.azure.charges import (
    MICROSOFT,
    PURCHASE,
    REFUND,
    UNUSED,
    USAGE,
    ZERO,
    Charge,
    amount,
)
from optiinfra_simulator.azure.prices import LOCATION_TITLES

_CATEGORIES = {USAGE: "Usage", UNUSED: "Usage", PURCHASE: "Purchase", REFUND: "Purchase"}
_RESOURCE_TYPES = {
    "microsoft.compute/virtualmachines": "Virtual machine",
    "microsoft.compute/disks": "Disk",
    "microsoft.compute/snapshots": "Snapshot",
    "microsoft.network/publicipaddresses": "Public IP address",
    "microsoft.network/loadbalancers": "Load balancer",
    "microsoft.network/virtualnetworks": "Virtual network",
    "microsoft.sql/servers/databases": "SQL database",
    "microsoft.containerservice/managedclusters": "Kubernetes service",
    "microsoft.saas/resources": "SaaS",
    "microsoft.capacity/reservationorders/reservations": "Reservation",
}


# Thousands of charges share a day.
_day = cache(day_window)
_month = cache(month_window)


def _start(charge: Charge) -> datetime:
    return _day(charge.day).start


def _frequency(charge: Charge) -> str:
    if charge.charge_type == REFUND:
        return "One-Time"
    return "Recurring" if charge.charge_type == PURCHASE else "Usage-Based"


def _committed(charge: Charge) -> bool:
    return charge.reservation is not None and charge.charge_type != PURCHASE


def _status(charge: Charge) -> str | None:
    if not _committed(charge):
        return None
    return "Unused" if charge.charge_type == UNUSED else "Used"


def _contracted(charge: Charge) -> Decimal:
    if charge.charge_type == UNUSED:
        return ZERO
    return amount(charge.quantity * charge.price) if _status(charge) == "Used" else charge.billed


def _category(charge: Charge) -> str | None:
    if charge.charge_type == REFUND:
        return None
    return "Committed" if _committed(charge) else "Standard"


def _reserved(read: Callable[[Any], Any]) -> Callable[[Charge], Any]:
    """Something about the reservation, None where none applies."""
    return lambda charge: read(charge.reservation) if charge.reservation else None


def _group(charge: Charge) -> str | None:
    parts = charge.resource_id.split("/")
    return parts[4] if len(parts) > 4 and parts[3] == "resourcegroups" else None  # noqa: PLR2004


def _price(charge: Charge) -> Decimal | None:
    """The price of a unit: refunds have none, what is unused was paid before."""
    if charge.charge_type == REFUND:
        return None
    return ZERO if charge.charge_type == UNUSED else charge.price


def _list_price(charge: Charge) -> Decimal | None:
    if charge.charge_type == REFUND:
        return None
    return ZERO if charge.charge_type == UNUSED else charge.meter.price


def _effective_price(charge: Charge) -> Decimal | None:
    if charge.charge_type == REFUND:
        return None
    return charge.reservation.hourly if _committed(charge) and charge.reservation else _paid(charge)


def _paid(charge: Charge) -> Decimal:
    """What a unit is effective with where no reservation covers it."""
    return ZERO if charge.charge_type == PURCHASE and charge.reservation else charge.price


def _amortisation(charge: Charge) -> str | None:
    if charge.reservation is None:
        return None
    return "Amortized Charge" if _committed(charge) else "Principal"


CHARGED: Mapping[str, Callable[[Charge], Any]] = MappingProxyType(
    {
        "BilledCost": lambda charge: charge.billed,
        "BillingPeriodEnd": lambda charge: _month(charge.day).end,
        "BillingPeriodStart": lambda charge: _month(charge.day).start,
        "ChargeCategory": lambda charge: _CATEGORIES[charge.charge_type],
        "ChargeClass": lambda charge: "Correction" if charge.charge_type == REFUND else None,
        "ChargeDescription": lambda charge: charge.description or charge.meter.product,
        "ChargeFrequency": _frequency,
        "ChargePeriodEnd": lambda charge: _day(charge.day).end,
        "ChargePeriodStart": _start,
        "CommitmentDiscountCategory": _reserved(lambda _: "Usage"),
        "CommitmentDiscountId": _reserved(lambda one: one.arm_id),
        "CommitmentDiscountName": _reserved(lambda one: one.name),
        "CommitmentDiscountStatus": _status,
        "CommitmentDiscountType": _reserved(lambda _: "Reservation"),
        "ConsumedQuantity": lambda charge: charge.quantity if charge.charge_type == USAGE else None,
        "ConsumedUnit": lambda charge: _unit(charge) if charge.charge_type == USAGE else None,
        "ContractedCost": _contracted,
        "ContractedUnitPrice": _price,
        "EffectiveCost": lambda charge: charge.effective,
        "InvoiceId": lambda charge: charge.invoice,
        "ListCost": lambda charge: charge.listed,
        "ListUnitPrice": _list_price,
        "PricingCategory": _category,
        "PricingQuantity": lambda charge: charge.quantity or None,
        "PricingUnit": lambda charge: _unit(charge) if charge.quantity else None,
        "PublisherName": lambda charge: charge.publisher,
        "RegionId": lambda charge: charge.meter.region or None,
        "RegionName": lambda charge: LOCATION_TITLES.get(charge.meter.region),
        "ResourceId": lambda charge: charge.resource_id or None,
        "ResourceName": lambda charge: charge.resource_id.rpartition("/")[2] or None,
        "ResourceType": lambda charge: _RESOURCE_TYPES.get(charge.resource_type.lower()),
        "ServiceCategory": lambda charge: charge.meter.service.focus_category,
        "ServiceName": lambda charge: charge.meter.service.focus_name,
        "ServiceSubcategory": lambda charge: charge.meter.service.focus_subcategory,
        "SkuId": lambda charge: charge.meter.sku,
        "SkuMeter": lambda charge: charge.meter.name,
        "SkuPriceId": lambda charge: f"{charge.meter.sku}/{charge.meter.id[:8].upper()}",
        "Tags": lambda charge: json.dumps(dict(charge.tags)),
        "x_AmortizationClass": _amortisation,
        "x_BilledCostInUsd": lambda charge: charge.billed,
        "x_BilledUnitPrice": lambda charge: ZERO if _committed(charge) else _price(charge),
        "x_EffectiveCostInUsd": lambda charge: charge.effective,
        "x_EffectiveUnitPrice": _effective_price,
        "x_ListCostInUsd": lambda charge: charge.listed,
        "x_PricingUnitDescription": lambda charge: charge.meter.unit,
        "x_PublisherCategory": lambda charge: "Vendor" if charge.marketplace else "Cloud Provider",
        "x_ResourceGroupName": _group,
        "x_ResourceType": lambda charge: charge.resource_type.lower() or None,
        "x_ServicePeriodEnd": lambda charge: _day(charge.day).end,
        "x_ServicePeriodStart": _start,
        "x_SkuDescription": lambda charge: charge.meter.product,
        "x_SkuMeterCategory": lambda charge: charge.meter.service.name,
        "x_SkuMeterId": lambda charge: charge.meter.id,
        "x_SkuMeterSubcategory": lambda charge: charge.meter.subcategory,
        "x_SkuOrderId": _reserved(lambda one: one.order),
        "x_SkuRegion": lambda charge: charge.meter.region or None,
        "x_SkuServiceFamily": lambda charge: charge.meter.service.family,
        "x_SkuTerm": _reserved(lambda _: "36"),
    }
)


def _unit(charge: Charge) -> str:
    """Units as FOCUS writes them: ``Hours`` for ``1 Hour``."""
    unit = charge.meter.unit.removeprefix("1 ").removeprefix("1/")
    return {"Hour": "Hours", "Month": "Units/Month", "1": "Units"}.get(unit, unit)


SUBSCRIBED: Mapping[str, Callable[[Subscription], Any]] = MappingProxyType(
    {
        "BillingAccountId": lambda one: (
            f"/providers/Microsoft.Billing/billingAccounts/{one.billing_account}"
        ),
        "BillingAccountName": lambda one: one.customer_name,
        "BillingAccountType": lambda _: "Billing Account",
        "BillingCurrency": lambda _: "USD",
        "InvoiceIssuerName": lambda _: MICROSOFT,
        "PricingCurrency": lambda _: "USD",
        "ProviderName": lambda _: MICROSOFT,
        "SubAccountId": lambda one: f"/subscriptions/{one.id}",
        "SubAccountName": lambda one: one.label,
        "SubAccountType": lambda _: "Subscription",
        "x_BillingAccountId": lambda one: one.billing_account,
        "x_BillingAccountName": lambda one: one.customer_name,
        "x_BillingExchangeRate": lambda _: Decimal(1),
        "x_BillingProfileId": lambda one: one.billing_account,
        "x_BillingProfileName": lambda one: one.customer_name,
        "x_InvoiceIssuerId": lambda _: None,
        "x_SkuOfferId": lambda _: "MS-AZR-0017P",
    }
)
# Columns that are there and hold nothing in these subscriptions.
EMPTY = frozenset(
    {
        "AvailabilityZone", "CapacityReservationId", "CapacityReservationStatus",
        "CommitmentDiscountQuantity", "CommitmentDiscountUnit", "SkuPriceDetails",
        "x_AccountId", "x_AccountName", "x_AccountOwnerId",
        "x_BillingExchangeRateDate", "x_CostAllocationRuleName", "x_CostCenter", "x_CustomerId",
        "x_CustomerName", "x_InvoiceSectionId", "x_InvoiceSectionName", "x_PartnerCreditApplied",
        "x_PartnerCreditRate", "x_PricingBlockSize", "x_PricingSubcategory", "x_PublisherId",
        "x_ResellerId", "x_ResellerName", "x_SkuIsCreditEligible",
        "x_SkuOrderName", "x_SkuPartNumber", "x_SkuTier",
    }
)  # fmt: skip
_INSTANTS = ("BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart",
             "x_ServicePeriodEnd", "x_ServicePeriodStart", "x_BillingExchangeRateDate")  # fmt: skip
_MONEY_ENDS = ("Cost", "UnitPrice", "Quantity", "CostInUsd", "ExchangeRate", "BlockSize", "Rate")


def _type(name: str) -> str:
    if name in _INSTANTS:
        return "instant"
    if name in ("x_SkuIsCreditEligible", "x_PartnerCreditApplied"):
        return "flag"
    return "money" if name.endswith(_MONEY_ENDS) else "text"


def _place(name: str) -> tuple[bool, str]:
    """Columns of the specification first, Microsoft's own behind them."""
    return name.startswith("x_"), name


TYPES: Mapping[str, str] = MappingProxyType(
    {name: _type(name) for name in sorted({*CHARGED, *SUBSCRIBED, *EMPTY}, key=_place)}
)
