"""A row of Azure's FOCUS 1.0, 1.0r2 or 1.2-preview export -> CostRow."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from optiinfra_core.focus import COLUMNS as FOCUS_COLUMNS
from optiinfra_core.focus import FocusReader
from optiinfra_core.metrics import CostRow
from optiinfra_pipelines.providers.azure.finality import MONTHS
from optiinfra_pipelines.providers.azure.identifiers import location, resource_id

# Azure's own columns that are kept; others may name people (x_AccountOwnerId).
EXTRAS = (
    "x_AmortizationClass", "x_BillingExchangeRate", "x_CostAllocationRuleName", "x_CostCenter",
    "x_InvoiceSectionId", "x_PricingSubcategory", "x_PublisherCategory", "x_ResourceGroupName",
    "x_ResourceType", "x_SkuMeterCategory", "x_SkuMeterId", "x_SkuMeterSubcategory",
    "x_SkuOfferId", "x_SkuRegion", "x_SkuTerm", "x_SkuTier",
)  # fmt: skip

# Our fields that the export may leave empty -> Azure's own columns that tell them.
INSTEAD: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "invoice_id": ("InvoiceId", "x_InvoiceId"),
        "sku_meter": ("SkuMeter", "x_SkuMeterName"),
        "service_subcategory": ("ServiceSubcategory", "x_ServiceSubcategory"),
        "service_provider_name": ("ServiceProviderName", "ProviderName"),
        # Empty for purchases in the marketplace and of commitments (finops-toolkit issue 1569).
        "service_name": ("ServiceName", "x_SkuMeterCategory", "PublisherName"),
    }
)

COLUMNS = (
    *(one.name for one in FOCUS_COLUMNS),
    *EXTRAS,
    "x_InvoiceId",
    "x_SkuMeterName",
    "x_ServiceSubcategory",
)


@lru_cache(maxsize=16)
def reader(names: tuple[str, ...]) -> FocusReader:
    """The reader of the files that have these columns."""
    return FocusReader(names, told=("billing_period_start", "service_name"))


def to_row(record: Mapping[str, Any], month: date, now: datetime) -> CostRow:
    """One charge of the billing period that starts on ``month``, read at ``now``."""
    kept = {
        name: _braced(value) if name == "Tags" else value
        for name, value in record.items()
        if not name.startswith("x_") or name in EXTRAS
    }
    return reader(tuple(kept)).row(
        kept,
        billing_period_start=month,
        resource_id=resource_id(record.get("ResourceId")),
        region_id=location(record.get("RegionId")),
        commitment_discount_id=resource_id(record.get("CommitmentDiscountId")),
        finality=MONTHS.finality(month, now),
        **{ours: _first(record, names) for ours, names in INSTEAD.items()},
    )


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> str:
    found = (record.get(name) for name in names)
    return next((str(value) for value in found if value not in (None, "")), "")


def _braced(told: Any) -> Any:
    # Some exports write the pairs of the JSON object without its braces.
    bare = isinstance(told, str) and told.strip() and not told.lstrip().startswith("{")
    return f"{{{told}}}" if bare else told
