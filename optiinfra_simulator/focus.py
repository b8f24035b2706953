"""FOCUS 1.2 with AWS columns: the charges of a billing period as a Parquet file.

Columns and types after AWS's table dictionary of FOCUS_1_2_AWS. Costs are doubles there too; ten
decimals and less than five digits before them survive in one.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from optiinfra_core.windows import DAY, Window
from optiinfra_simulator.cost.ledger import Ledger
from optiinfra_simulator.cost.lines import CostLine
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.accounts import Account
from optiinfra_simulator.world.prices import REGION_TITLES
from optiinfra_simulator.world.world import World

_TEXT, _MONEY, _INSTANT, _TAGS = "string", "double", "timestamp", "map"
_DISCOUNTS = "map_double"
_TEXTS = (
    "AvailabilityZone", "BillingAccountId", "BillingAccountName", "BillingAccountType",
    "BillingCurrency", "CapacityReservationId", "CapacityReservationStatus", "ChargeCategory",
    "ChargeClass", "ChargeDescription", "ChargeFrequency", "CommitmentDiscountCategory",
    "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountStatus",
    "CommitmentDiscountType", "CommitmentDiscountUnit", "ConsumedUnit", "InvoiceId",
    "InvoiceIssuerName", "PricingCategory", "PricingCurrency", "PricingUnit", "ProviderName",
    "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType",
    "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceId",
    "SubAccountId", "SubAccountName", "SubAccountType", "x_Operation", "x_ServiceCode",
)  # fmt: skip
_MONEYS = (
    "BilledCost", "CommitmentDiscountQuantity", "ConsumedQuantity", "ContractedCost",
    "ContractedUnitPrice", "EffectiveCost", "ListCost", "ListUnitPrice",
    "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice", "PricingQuantity",
)  # fmt: skip
_INSTANTS = ("BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart")

COLUMNS: Mapping[str, str] = MappingProxyType(
    dict(
        sorted(
            {
                **dict.fromkeys(_TEXTS, _TEXT),
                **dict.fromkeys(_MONEYS, _MONEY),
                **dict.fromkeys(_INSTANTS, _INSTANT),
                "SkuPriceDetails": _TAGS,
                "Tags": _TAGS,
                "x_Discounts": _DISCOUNTS,
            }.items(),
            key=lambda item: item[0].lower(),
        )
    )
)

_RESOURCE_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "ec2.instance": "instance",
        "ec2.volume": "volume",
        "ec2.snapshot": "snapshot",
        "ec2.address": "elastic-ip",
        "rds.instance": "db",
        "elbv2.loadbalancer": "loadbalancer",
        "lambda.function": "function",
        "eks.cluster": "cluster",
    }
)
_BATCH = 50_000


def parquet(world: World, account: Account, month: Window, as_of: datetime) -> bytes:
    """The billing period's charges as known at ``as_of``."""
    import pyarrow as pa  # noqa: PLC0415 - only accounts with an export pay for it
    import pyarrow.parquet as pq  # noqa: PLC0415 - as above

    schema = _schema(pa)
    buffer = io.BytesIO()
    rows = (_row(account, month, line) for line in _lines(world, account, month, as_of))
    with pq.ParquetWriter(buffer, schema, compression="snappy") as writer:
        for batch in _batches(rows):
            columns = [pa.array([row[name] for row in batch], schema.field(name).type)
                       for name in COLUMNS]  # fmt: skip
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    return buffer.getvalue()


def _schema(pa: Any) -> Any:
    types = {
        _TEXT: pa.string(),
        _MONEY: pa.float64(),
        _INSTANT: pa.timestamp("ms"),
        _TAGS: pa.map_(pa.string(), pa.string()),
        _DISCOUNTS: pa.map_(pa.string(), pa.float64()),
    }
    return pa.schema([(name, types[kind]) for name, kind in COLUMNS.items()])


def _lines(world: World, account: Account, month: Window, as_of: datetime) -> Iterator[CostLine]:
    ledger = Ledger(world, account)
    day = month.start
    while day < min(month.end, as_of):
        yield from ledger.lines(day.date(), as_of, hourly=world.hourly_export)
        day += DAY


def _batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    batch: list[Mapping[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _row(account: Account, month: Window, line: CostLine) -> Mapping[str, Any]:
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row |= _charge(account, month, line)
    row |= _what(line)
    if line.price is not None:
        row |= _pricing(account, line)
    return row


def _charge(account: Account, month: Window, line: CostLine) -> Mapping[str, Any]:
    frequency = "Usage-Based" if line.record_type == "Usage" else "One-Time"
    return {
        "BilledCost": float(line.billed),
        "EffectiveCost": float(line.billed),
        "ContractedCost": float(line.billed),
        "ListCost": float(line.listed),
        "BillingAccountId": account.id,
        "BillingAccountName": account.label,
        "BillingAccountType": "BillingAccount",
        "BillingCurrency": "USD",
        "BillingPeriodStart": month.start.replace(tzinfo=None),
        "BillingPeriodEnd": month.end.replace(tzinfo=None),
        "ChargeCategory": line.record_type,
        "ChargeDescription": line.description,
        "ChargeFrequency": frequency,
        "ChargePeriodStart": line.start.replace(tzinfo=None),
        "ChargePeriodEnd": line.end.replace(tzinfo=None),
        "InvoiceIssuerName": "Amazon Web Services, Inc.",
        "ProviderName": "AWS",
        "PublisherName": "AWS",
        "SubAccountId": account.id,
        "SubAccountName": account.label,
        "SubAccountType": "Account",
        "x_Discounts": [],
    }


def _what(line: CostLine) -> Mapping[str, Any]:
    thing = line.thing
    sku = dice.hexadecimal(16, line.usage_type, line.operation).upper()
    found = {
        "RegionId": line.region or None,
        "RegionName": REGION_TITLES.get(line.region),
        "ServiceCategory": line.service.category,
        "ServiceName": line.service.focus_name,
        "ServiceSubcategory": line.service.subcategory,
        "SkuId": sku if line.usage_type else None,
        "SkuPriceId": f"{sku}.JRTCKXETXF.6YS6EN2CT7" if line.usage_type else None,
        "SkuMeter": line.usage_type or None,
        "x_Operation": line.operation or None,
        "x_ServiceCode": line.service.code,
        "Tags": [] if thing is None else list(thing.tags.items()),
    }
    if thing is not None:
        found |= {
            "AvailabilityZone": getattr(thing, "zone", None),
            "ResourceId": thing.billing_id,
            "ResourceName": thing.name,
            "ResourceType": _RESOURCE_TYPES[thing.kind],
        }
    return found


def _pricing(account: Account, line: CostLine) -> Mapping[str, Any]:
    price = line.price or Decimal(0)
    contracted = price * (1 - account.discount)
    return {
        "ConsumedQuantity": float(line.quantity),
        "ConsumedUnit": line.unit,
        "PricingQuantity": float(line.quantity),
        "PricingUnit": line.unit,
        "PricingCategory": "Standard",
        "PricingCurrency": "USD",
        "ListUnitPrice": float(price),
        "ContractedUnitPrice": float(contracted),
        "PricingCurrencyListUnitPrice": float(price),
        "PricingCurrencyContractedUnitPrice": float(contracted),
        "PricingCurrencyEffectiveCost": float(line.billed),
    }
