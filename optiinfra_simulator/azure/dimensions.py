"""What Cost Management groups and filters by."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from optiinfra_simulator.azure.accounts import SUBSCRIPTIONS
from optiinfra_simulator.azure.charges import PURCHASE, REFUND, Charge
from optiinfra_simulator.azure.prices import METER_REGIONS

Value = str | None


def _group(charge: Charge) -> str:
    parts = charge.resource_id.split("/")
    return parts[4] if len(parts) > 4 and parts[3] == "resourcegroups" else ""  # noqa: PLR2004


def _frequency(charge: Charge) -> str:
    if charge.charge_type == REFUND:
        return "OneTime"
    return "Recurring" if charge.charge_type == PURCHASE else "UsageBased"


def _pricing(charge: Charge) -> str:
    return "Reservation" if charge.reservation else "OnDemand"


def _location(charge: Charge) -> str:
    return METER_REGIONS.get(charge.meter.region, "Unassigned")


DIMENSIONS: Mapping[str, Callable[[Charge], Value]] = MappingProxyType(
    {
        "ResourceId": lambda charge: charge.resource_id,
        "ResourceGroup": _group,
        "ResourceGroupName": _group,
        "ResourceType": lambda charge: charge.resource_type.lower(),
        "ResourceLocation": _location,
        "ServiceName": lambda charge: charge.meter.service.name,
        "ServiceFamily": lambda charge: charge.meter.service.family,
        "ServiceTier": lambda charge: charge.meter.subcategory,
        "MeterCategory": lambda charge: charge.meter.service.name,
        "MeterSubcategory": lambda charge: charge.meter.subcategory,
        "MeterSubCategory": lambda charge: charge.meter.subcategory,
        "Meter": lambda charge: charge.meter.name,
        "MeterId": lambda charge: charge.meter.id,
        "ResourceGuid": lambda charge: charge.meter.id,
        "UnitOfMeasure": lambda charge: charge.meter.unit,
        "Product": lambda charge: charge.meter.product,
        "ChargeType": lambda charge: charge.charge_type,
        "PublisherType": lambda charge: "Marketplace" if charge.marketplace else "Azure",
        "Publisher": lambda charge: charge.publisher,
        "PublisherName": lambda charge: charge.publisher,
        "Frequency": _frequency,
        "PricingModel": _pricing,
        "InvoiceId": lambda charge: charge.invoice or "",
        "SubscriptionId": lambda charge: charge.subscription,
        "SubscriptionName": lambda charge: SUBSCRIPTIONS[charge.subscription].label,
        "BillingMonth": lambda charge: f"{charge.day:%Y-%m}-01T00:00:00",
        "ReservationId": lambda charge: charge.reservation.id if charge.reservation else "",
        "ReservationName": lambda charge: charge.reservation.name if charge.reservation else "",
        "BenefitId": lambda charge: charge.reservation.arm_id if charge.reservation else "",
        "BenefitName": lambda charge: charge.reservation.name if charge.reservation else "",
    }
)
