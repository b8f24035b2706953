"""Cost Explorer's daily groups -> CostRow."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from optiinfra_core.collecting.amounts import money
from optiinfra_core.collecting.payloads import understood
from optiinfra_core.errors import Malformed, NotReady
from optiinfra_core.metrics import CostRow
from optiinfra_core.windows import DAY, Window, day_window, month_window
from optiinfra_pipelines.providers.aws.billing_codes import region_of
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.client.costs import QUESTIONS, USAGE, Charge, charges
from optiinfra_pipelines.providers.aws.finality import finality

# RECORD_TYPE without blanks, lower case -> FOCUS charge category, class and frequency.
# A savings plan's negation cancels covered usage at public prices, so it stands with Usage:
# only together are they what was billed. What is not listed is an Adjustment in AWS's own words.
KINDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "savingsplannegation": ("Usage", "", "Usage-Based"),
        "savingsplanrecurringfee": ("Purchase", "", "Recurring"),
        "savingsplanupfrontfee": ("Purchase", "", "One-Time"),
        "recurring": ("Purchase", "", "Recurring"),
        "rifee": ("Purchase", "", "Recurring"),
        "upfront": ("Purchase", "", "One-Time"),
        "fee": ("Purchase", "", "One-Time"),
        "support": ("Purchase", "", "Recurring"),
        "otherout-of-cyclecharges": ("Purchase", "", "One-Time"),
        "tax": ("Tax", "", "Recurring"),
        "credit": ("Credit", "", "One-Time"),
        "refund": ("Credit", "Correction", "One-Time"),
        "bundleddiscount": ("Credit", "", "Usage-Based"),
        "discount": ("Credit", "", "Usage-Based"),
        "edpdiscount": ("Credit", "", "Usage-Based"),
        "enterprisediscountprogramdiscount": ("Credit", "", "Usage-Based"),
        "privateratediscount": ("Credit", "", "Usage-Based"),
        "privateratecarddiscount": ("Credit", "", "Usage-Based"),
        "sppdiscount": ("Credit", "", "Usage-Based"),
        "solutionproviderprogramdiscount": ("Credit", "", "Usage-Based"),
        "distributordiscount": ("Credit", "", "Usage-Based"),
    }
)
UNLISTED = ("Adjustment", "", "One-Time")

# Who offers what Cost Explorer tells of; a marketplace seller's name is not told.
AWS = "AWS"


def kind_of(record_type: str) -> tuple[str, str, str]:
    """The FOCUS charge category, class and frequency of a record type."""
    return KINDS.get(record_type.replace(" ", "").lower(), UNLISTED)


def to_row(charge: Charge, account_id: str, now: datetime) -> CostRow:
    """One group of one day; amounts become decimals digit by digit.

    Cost Explorer tells no list and no contracted cost, so both stay None, and neither who sends the
    invoice nor who published what is sold.
    """
    billed, effective = charge.metrics["UnblendedCost"], charge.metrics["AmortizedCost"]
    usage = charge.question is USAGE
    category, correction, frequency = ("Usage", "", "Usage-Based") if usage else kind_of(charge.key)
    quantity, unit = _quantity(charge.metrics.get("UsageQuantity", {})) if usage else (None, "")
    start = datetime.combine(charge.day, time(), UTC)
    region = region_of(charge.service, charge.key) if usage else ""
    return CostRow(
        charge_period_start=start,
        charge_period_end=start + DAY,
        billing_period_start=charge.day.replace(day=1),
        billing_period_end=month_window(charge.day).end.date(),
        billing_account_id=account_id,
        provider_name=AWS,
        service_provider_name=AWS,
        host_provider_name=AWS if region else "",
        service_name=charge.service,
        charge_category=category,
        charge_class=correction,
        charge_description=charge.key,
        charge_frequency=frequency,
        region_id=region,
        sku_id=charge.key if usage else "",
        sku_meter=charge.key if usage else "",
        consumed_quantity=quantity,
        consumed_unit=unit,
        billing_currency=str(billed["Unit"]),
        billed_cost=money(billed["Amount"]),
        effective_cost=money(effective["Amount"]),
        finality=finality(charge.day, now, invoiced=not charge.estimated),
    )


def _quantity(told: Mapping[str, str]) -> tuple[Decimal | None, str]:
    # N/A is a sum over unlike units: a number without a meaning.
    if not told or told.get("Unit", "N/A") == "N/A":
        return None, ""
    return Decimal(told["Amount"]), str(told["Unit"])


def rows(aws: Aws, span: Window) -> Iterator[CostRow]:
    """Every charge of the days in ``span``, as far as they have begun.

    Raises:
        NotReady: none has.
    """
    now = aws.gate.clock.now()
    end = min(day_window(span.last_day).end, day_window(now.date()).end)
    if end <= span.start:
        raise NotReady(f"the days {span} have not begun")
    for question in QUESTIONS:
        for charge in charges(aws, question, span.first_day, end.date()):
            yield _told(charge, aws.account_id, now)


def _told(charge: Charge, account_id: str, now: datetime) -> CostRow:
    payload: dict[str, Any] = dict(charge.metrics)
    row = understood(lambda: to_row(charge, account_id, now), payload)
    if isinstance(row, Malformed):
        raise row
    return row
