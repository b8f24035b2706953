"""FOCUS 1.2 with AWS columns: the charges of a billing period as a Parquet file.

Columns and types after AWS's table dictionary of FOCUS_1_2_AWS. Costs are doubles there too; ten
decimals and less than five digits before them survive in one.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from optiinfra_core.windows import DAY, Window
from optiinfra_simulator.cost.ledger import ledger_of
from optiinfra_simulator.cost.lines import CostLine
from optiinfra_simulator.cost.services import PUBLISHERS
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
# FOCUS's category and frequency of a record type, where they are not its own name and One-Time.
_CATEGORIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "Usage": ("Usage", "Usage-Based"),
        "Fee": ("Purchase", "Recurring"),
        "Support": ("Purchase", "Recurring"),
        "Refund": ("Credit", "One-Time"),
    }
)
# What differs from hour to hour; everything else is the same for a resource and its price.
_VARYING: Mapping[str, Callable[[CostLine], Any]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("BilledCost", "EffectiveCost", "ContractedCost"), lambda line: float(line.billed)
        ),
        "ListCost": lambda line: float(line.listed),
        **dict.fromkeys(
            ("ConsumedQuantity", "PricingQuantity"),
            lambda line: None if line.price is None else float(line.quantity),
        ),
        "PricingCurrencyEffectiveCost": lambda line: (
            None if line.price is None else float(line.billed)
        ),
        "ChargePeriodStart": lambda line: line.start.replace(tzinfo=None),
        "ChargePeriodEnd": lambda line: line.end.replace(tzinfo=None),
    }
)


# Rows held in memory before they are written as a group.
_GROUP = 250_000


@dataclass
class _Sheet:
    """Rows that are not written yet: what varies by row, and where the rest of it stands."""

    account: Account
    month: Window
    fixed: list[Mapping[str, Any]] = field(default_factory=list)
    known: dict[tuple[object, ...], int] = field(default_factory=dict)
    places: list[int] = field(default_factory=list)
    varying: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in _VARYING})

    def add(self, line: CostLine) -> None:
        """Append a charge."""
        key = (
            line.thing.id if line.thing else "",
            line.record_type,
            line.usage_type,
            line.service,
            line.invoice,
        )
        place = self.known.get(key)
        if place is None:
            place = self.known[key] = len(self.fixed)
            self.fixed.append(_fixed(self.account, self.month, line))
        self.places.append(place)
        for name, read in _VARYING.items():
            self.varying[name].append(read(line))

    def take(self, pa: Any, schema: Any) -> Any:
        """The rows as a table; the sheet is empty afterwards."""
        places = pa.array(self.places, pa.int32())
        columns = [
            pa.array(self.varying[name], schema.field(name).type)
            if name in self.varying
            else pa.array([row.get(name) for row in self.fixed], schema.field(name).type).take(
                places
            )
            for name in COLUMNS
        ]
        self.places.clear()
        for held in self.varying.values():
            held.clear()
        return pa.Table.from_arrays(columns, schema=schema)


def parquet(world: World, account: Account, month: Window, as_of: datetime) -> bytes:
    """The billing period's charges as known at ``as_of``."""
    import pyarrow as pa  # noqa: PLC0415 - only accounts with an export pay for it
    import pyarrow.parquet as pq  # noqa: PLC0415 - as above

    schema = _schema(pa)
    sheet = _Sheet(account, month)
    buffer = io.BytesIO()
    with pq.ParquetWriter(buffer, schema, compression="snappy") as writer:
        for line in _lines(world, account, month, as_of):
            sheet.add(line)
            if len(sheet.places) == _GROUP:
                writer.write_table(sheet.take(pa, schema))
        writer.write_table(sheet.take(pa, schema))
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
    ledger = ledger_of(world, account.id)
    day = month.start
    while day < min(month.end, as_of):
        yield from ledger.lines(day.date(), as_of, hourly=world.hourly_export)
        day += DAY


def _fixed(account: Account, month: Window, line: CostLine) -> Mapping[str, Any]:
    row = {**_charge(account, month, line), **_what(line)}
    if line.price is not None:
        row |= _pricing(account, line.price, line.unit)
    return row


def _charge(account: Account, month: Window, line: CostLine) -> Mapping[str, Any]:
    category, frequency = _CATEGORIES.get(line.record_type, (line.record_type, "One-Time"))
    return {
        "BillingAccountId": account.id,
        "BillingAccountName": account.label,
        "BillingAccountType": "BillingAccount",
        "BillingCurrency": "USD",
        "BillingPeriodStart": month.start.replace(tzinfo=None),
        "BillingPeriodEnd": month.end.replace(tzinfo=None),
        "ChargeCategory": category,
        "ChargeClass": "Correction" if line.record_type == "Refund" else None,
        "ChargeDescription": line.description,
        "ChargeFrequency": frequency,
        "InvoiceId": line.invoice or None,
        "InvoiceIssuerName": "Amazon Web Services, Inc.",
        "ProviderName": "AWS",
        "PublisherName": PUBLISHERS.get(line.service, "AWS"),
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


def _pricing(account: Account, price: Decimal, unit: str) -> Mapping[str, Any]:
    contracted = price * (1 - account.discount)
    return {
        "ConsumedUnit": unit,
        "PricingUnit": unit,
        "PricingCategory": "Standard",
        "PricingCurrency": "USD",
        "ListUnitPrice": float(price),
        "ContractedUnitPrice": float(contracted),
        "PricingCurrencyListUnitPrice": float(price),
        "PricingCurrencyContractedUnitPrice": float(contracted),
    }
